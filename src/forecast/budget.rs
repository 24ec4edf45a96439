//! Reserve, estimates and the budget for weights (ComfyUI model_management.py, model_base.py).

use super::eras;
use super::modules::listed::{Estimated, Part};
use super::plan::{Step, Work};
use super::setting::{Attention, Os, Setting};
use super::sizes::{MIB, picture_vae_bytes, vae_dtype};
use super::tiles::{one_tile, spatial};
use crate::catalog::models::{DitShape, ModelKind, latent_area, latent_frames};
use crate::facts::versions::Version;

/// The reserve in MiB without `--reserve-vram` (EXTRA_RESERVED_VRAM): 400, on Windows 600, from v0.3.47 700 above 15 GiB.
pub fn reserve_default(os: Os, total_mib: f64, version: Version) -> f64 {
    match os {
        Os::Linux => 400.0,
        Os::Windows if version >= Version::new(0, 3, 47) && total_mib > 15360.0 => 700.0,
        Os::Windows => 600.0,
    }
}

/// The reserve in MiB, `--reserve-vram` included.
pub fn reserve(setting: &Setting) -> f64 {
    let default = || reserve_default(setting.os, setting.total_mib, setting.version);
    setting.flags.reserve_gib.map_or_else(default, |gib| gib * 1024.0)
}

/// Minimum inference memory in MiB: 0.8 GiB and the reserve.
pub fn minimum_inference(setting: &Setting) -> f64 {
    819.2 + reserve(setting)
}

/// `memory_usage_factor` of a Wan model: width over 2222 (2000 before v0.3.60), VACE 1.2 times that from v0.3.31.
pub fn factor(shape: &DitShape, version: Version) -> f64 {
    let vace = shape.vace_layers > 0 && version >= Version::new(0, 3, 31);
    f64::from(shape.dim) / eras::factor_divisor(version) * if vace { 1.2 } else { 1.0 }
}

/// The estimate assumes memory-efficient attention: always on NVIDIA, unless split or quad attention is asked for without xformers.
pub fn efficient_attention(setting: &Setting) -> bool {
    let other = matches!(setting.flags.attention, Attention::Split | Attention::Quad);
    !other || setting.flags.xformers == Some(true)
}

/// What ComfyUI asks for one sampler forward of `batch` latents, MiB (BaseModel.memory_required).
pub fn sample_estimate(shape: &DitShape, step: &Step, batch: f64, setting: &Setting) -> f64 {
    let area = batch * latent_area(step.width, step.height, step.frames, shape.spatial());
    let per_cell = if efficient_attention(setting) { 2.0 * 0.01 } else { 0.15 };
    area * per_cell * factor(shape, setting.version)
}

/// As [`sample_estimate`], for a class of the catalogue. Nothing before the class existed.
fn class_estimate(of: &Estimated, step: &Step, batch: f64, setting: &Setting) -> f64 {
    let cells = of.class.cells.map_or(0.0, |cells| cells.area(step.width, step.height, step.frames));
    let per_cell = if efficient_attention(setting) { of.class.width as f64 * 0.01 } else { 0.15 };
    batch * cells * per_cell * of.class.factor(&of.config, setting.version).unwrap_or(0.0)
}

/// What ComfyUI asks for sampling `batch` latents at once, MiB; `None` when the step does not sample.
pub(crate) fn sampling_estimate(step: &Step, batch: f64, setting: &Setting) -> Option<f64> {
    match (&step.model.spec.kind, step.work) {
        (ModelKind::WanDit(shape), Work::Sample) => Some(sample_estimate(shape, step, batch, setting)),
        (ModelKind::Listed(model), Work::Sample) => {
            Some(model.class.as_ref().map_or(0.0, |class| class_estimate(class, step, batch, setting)))
        }
        _ => None,
    }
}

/// What ComfyUI asks for a pass through a VAE for pictures, MiB (sd.py VAE: 1767 and 2178 bytes a pixel and byte of dtype).
fn picture_estimate(step: &Step, setting: &Setting) -> f64 {
    let decode = step.work == Work::VaeDecode;
    let side = |pixels: u32| f64::from(if decode { pixels / 8 * 8 } else { pixels });
    let per_pixel = if decode { 2178.0 } else { 1767.0 };
    per_pixel * side(step.width) * side(step.height) * picture_vae_bytes(setting) as f64 / MIB
}

/// What ComfyUI asks for a VAE pass, MiB. From v0.32.0 decoding in tiles asks for one tile; encoding in tiles, and decoding
/// before, for the whole picture (sd.py VAE.decode_tiled, VAE.encode_tiled).
pub fn vae_estimate(step: &Step, setting: &Setting) -> f64 {
    match step.tile.filter(|_| step.work == Work::VaeDecode && setting.since(32, 0)) {
        Some(tile) => untiled_estimate(&one_tile(step, tile), setting),
        None => untiled_estimate(step, setting),
    }
}

/// The estimate of a pass in one piece, MiB (sd.py VAE memory_used_encode, memory_used_decode).
pub(crate) fn untiled_estimate(step: &Step, setting: &Setting) -> f64 {
    let spatial = spatial(&step.model.spec.kind);
    let decode = step.work == Work::VaeDecode;
    let frames = if decode { latent_frames(step.frames) } else { f64::from(step.frames) };
    let short = eras::short_vae_estimates(setting.version) && frames <= 4.0;
    let side = |pixels: u32| f64::from(if decode { pixels / spatial * spatial } else { pixels });
    let per_pixel = match (spatial, decode) {
        (16, false) => 3300.0,
        (16, true) => 8000.0,
        (_, false) if short => 1500.0,
        (_, false) => 6000.0,
        (_, true) if short => 2200.0,
        (_, true) => 7000.0,
    };
    per_pixel * side(step.width) * side(step.height) * vae_dtype(setting).bytes() as f64 / MIB
}

/// What a step asks for, MiB: for one batch, and for the doubled batch that decides what is unloaded first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    /// The estimate that sets "usable".
    pub estimate: f64,
    /// Least free memory beside the weights.
    pub minimum: f64,
    /// Memory to clear before loading.
    pub clear: f64,
}

/// What a step asks for (sampler_helpers.estimate_memory, load_models_gpu).
pub(crate) fn need(step: &Step, setting: &Setting) -> Need {
    let batch = f64::from(step.batch.max(1));
    let (one, two) = match (&step.model.spec.kind, step.work) {
        (_, Work::Sample) => {
            let of = |batch: f64| sampling_estimate(step, batch, setting).unwrap_or(0.0);
            (of(batch), of(2.0 * batch))
        }
        (ModelKind::WanVae21 | ModelKind::WanVae22, work) if work.is_vae() => {
            let estimate = vae_estimate(step, setting);
            (estimate, estimate)
        }
        (kind, work) if work.is_vae() && kind.is_part(Part::PictureVae) => {
            let estimate = picture_estimate(step, setting);
            (estimate, estimate)
        }
        _ => (0.0, 0.0),
    };
    let least = |estimate: f64| minimum_inference(setting).max(estimate + reserve(setting));
    Need { estimate: one, minimum: least(one), clear: least(two) }
}

/// The budget for weights that the log calls "usable", MiB: `free` counts the model's own loaded part as free.
pub fn usable(free_mib: f64, need_mib: f64, version: Version) -> f64 {
    eras::usable_floor(version).max(free_mib - need_mib)
}
