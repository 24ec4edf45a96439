//! A bound for a pass through one of Wan's VAEs.

use super::StepTime;
use super::rates::rate_16bit;
use crate::catalog::gpus::Gpu;
use crate::catalog::models::{ModelKind, latent_frames};
use crate::forecast::phase::{Load, Phase};
use crate::forecast::plan::{Step, Work};
use crate::forecast::tiles::spatial;

/// What a pass computes: operations for each cell of the first latent frame, of every further one, and channels of the attention
/// in the middle. Counted with a tracer on the modules of ComfyUI 0.3.64; 22 runs agree to the last operation.
struct Count {
    first: f64,
    next: f64,
    channels: f64,
}

fn count(kind: &ModelKind, work: Work) -> Option<Count> {
    let (first, next, channels) = match (kind, work) {
        (ModelKind::WanVae21, Work::VaeDecode) => (687_882_752.0, 2_161_889_792.0, 384.0),
        (ModelKind::WanVae21, Work::VaeEncode) => (426_039_296.0, 1_280_731_136.0, 384.0),
        (ModelKind::WanVae22, Work::VaeDecode) => (5_830_775_296.0, 18_835_608_064.0, 1024.0),
        (ModelKind::WanVae22, Work::VaeEncode) => (1_188_800_512.0, 3_574_556_672.0, 640.0),
        _ => return None,
    };
    Some(Count { first, next, channels })
}

/// Operations of a pass over the whole clip, for the whole batch; `None` for other models, and in tiles.
fn operations(step: &Step) -> Option<f64> {
    let Count { first, next, channels } = count(&step.model.spec.kind, step.work).filter(|_| step.tile.is_none())?;
    let side = |pixels: u32| f64::from(pixels / spatial(&step.model.spec.kind));
    let (cells, frames) = (side(step.width) * side(step.height), latent_frames(step.frames));
    let one = cells * (first + (frames - 1.0) * next) + 4.0 * channels * cells * cells * frames;
    Some(one * f64::from(step.batch.max(1)))
}

/// The time that no pass is shorter than, in 16 bit or more; convolutions in three dimensions stay far below the rate of matrix
/// products, so there is no range. `None` where the whole clip does not go through at once, or not on the card.
pub fn pass_time(step: &Step, phase: &Phase, card: &Gpu) -> Option<StepTime> {
    let on_card = phase.load != Load::Cpu && !phase.tiled;
    let limit = operations(step).filter(|_| on_card)? / rate_16bit(card)?;
    Some(StepTime { limit: Some(limit), whole: true, ..StepTime::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::models::identify;
    use crate::forecast::plan::ModelUse;

    #[test]
    fn counted_cases() {
        let cases = [
            ("wan_2.1_vae.safetensors", Work::VaeDecode, (832, 1216, 81), 7.02e14),
            ("wan_2.1_vae.safetensors", Work::VaeEncode, (832, 1216, 81), 4.20e14),
            ("wan2.2_vae.safetensors", Work::VaeDecode, (1280, 704, 121), 2.01e15),
            ("wan2.2_vae.safetensors", Work::VaeEncode, (1280, 704, 121), 3.83e14),
        ];
        for (file, work, (width, height, frames), counted) in cases {
            let model = ModelUse::new(file, identify(file).unwrap());
            let step =
                Step { work, node: None, model, width, height, frames, batch: 1, cfg: None, steps: None, tile: None };
            let found = operations(&step).unwrap();
            assert!((found / counted - 1.0).abs() < 0.005, "{found:e} is not {counted:e}");
        }
    }
}
