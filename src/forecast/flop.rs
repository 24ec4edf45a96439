//! Floating-point operations of one forward pass of a Wan DiT: what the length of a step is measured against.

use super::plan::Step;
use crate::catalog::models::{DitShape, ModelKind, dit_tokens};

/// Text tokens that the model attends to.
const TEXT_TOKENS: f64 = 512.0;

/// Image tokens of models with their own image keys and values (Wan 2.1 i2v).
const IMAGE_TOKENS: f64 = 257.0;

/// Width of the CLIP vision features that become image tokens.
const CLIP_DIM: f64 = 1280.0;

/// Passes of 16-bit activations through memory in each layer, outside matrix products and attention kernels (norms, modulation,
/// rotary embedding in 32 bit, activation function, residuals): counted with a tracer, uncompiled.
const PASSES: f64 = 61.0;

/// What one forward pass computes and moves, for the whole batch. A fused multiply-add counts as two operations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// Operations of the linear layers.
    pub linear: f64,
    /// Operations of self-attention and cross-attention.
    pub attention: f64,
    /// Bytes that pass through memory outside both.
    pub traffic: f64,
}

impl Count {
    /// All operations.
    pub fn total(&self) -> f64 {
        self.linear + self.attention
    }
}

/// Operations of one forward pass for the whole batch; `None` for other models.
pub fn forward(step: &Step) -> Option<f64> {
    count(step).map(|count| count.total())
}

/// Counts one forward pass for the whole batch; `None` for models that are no Wan DiT.
///
/// Counted with a tracer on the modules of ComfyUI 0.3.64, to the last operation for the plain models; a VACE block adds a whole block
/// and its projections. Reference frames that some models append as tokens are left out: they only make a pass longer.
pub fn count(step: &Step) -> Option<Count> {
    let ModelKind::WanDit(shape) = &step.model.spec.kind else { return None };
    let tokens = dit_tokens(step.width, step.height, step.frames, shape.spatial());
    let one = pass(shape, tokens);
    let batch = f64::from(step.batch.max(1));
    Some(Count { linear: one.linear * batch, attention: one.attention * batch, traffic: one.traffic * batch })
}

fn pass(shape: &DitShape, tokens: f64) -> Count {
    let (dim, ffn) = (f64::from(shape.dim), f64::from(shape.ffn));
    let vace = f64::from(shape.vace_layers);
    let layers = f64::from(shape.layers) + vace;
    let context = TEXT_TOKENS + if shape.img_emb { IMAGE_TOKENS } else { 0.0 };
    let linear = tokens * (12.0 * dim * dim + 4.0 * dim * ffn) + 4.0 * context * dim * dim;
    // Every VACE block projects its result, the first one its input as well.
    let projections = 2.0 * tokens * dim * dim * (vace + if vace > 0.0 { 1.0 } else { 0.0 });
    Count {
        linear: layers * linear + projections + once(shape, tokens),
        attention: layers * (4.0 * tokens * tokens * dim + 4.0 * tokens * context * dim),
        traffic: PASSES * tokens * dim * 2.0 * layers,
    }
}

/// Patch embedding, head, text and time embedding, and the image embedding of models that have one.
fn once(shape: &DitShape, tokens: f64) -> f64 {
    let (dim, text, time) = (f64::from(shape.dim), f64::from(shape.text_dim), f64::from(shape.freq_dim));
    let channels = f64::from(shape.in_dim) + f64::from(shape.out_dim);
    let image = if shape.img_emb { 2.0 * IMAGE_TOKENS * (CLIP_DIM * CLIP_DIM + CLIP_DIM * dim) } else { 0.0 };
    8.0 * tokens * dim * channels
        + 2.0 * TEXT_TOKENS * (text * dim + dim * dim)
        + 2.0 * (time * dim + 7.0 * dim * dim)
        + image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_cases() {
        // Linear operations, those of attention, and their sum, as counted.
        let cases = [
            (DitShape::B14, (832, 480, 81), 7.85e14, 8.93e14, 1.678e15),
            (DitShape::B14, (640, 640, 81), 8.06e14, 9.39e14, 1.744e15),
            (DitShape::B14, (1280, 720, 81), 1.810e15, 4.714e15, 6.523e15),
            (DitShape::B14, (832, 1216, 81), 1.987e15, 5.677e15, 7.664e15),
            (DitShape::B14, (608, 400, 81), 4.79e14, 3.34e14, 8.14e14),
            (DitShape::B1_3, (832, 480, 81), 8.21e13, 2.01e14, 2.830e14),
            (DitShape::B5, (1280, 704, 121), 2.38e14, 2.79e14, 5.170e14),
        ];
        for (shape, (width, height, frames), linear, attention, total) in cases {
            let found = pass(&shape, dit_tokens(width, height, frames, shape.spatial()));
            for (found, counted) in [(found.linear, linear), (found.attention, attention), (found.total(), total)] {
                assert!((found / counted - 1.0).abs() < 0.003, "{found:e} is not {counted:e}");
            }
        }
    }

    #[test]
    fn vace_blocks_take_their_part() {
        let vace = DitShape { vace_layers: 8, ..DitShape::B14 };
        let (plain, more) = (pass(&DitShape::B14, 32_760.0), pass(&vace, 32_760.0));
        assert!((more.attention / plain.attention - 1.2).abs() < 1e-9);
        assert!(more.linear > 1.2 * plain.linear);
    }
}
