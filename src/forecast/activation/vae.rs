//! Working memory of Wan's VAEs, by bytes per pixel.

use super::Range;
use crate::catalog::models::ModelKind;
use crate::facts::versions::Version;
use crate::forecast::eras;
use crate::forecast::plan::{Step, Work};
use crate::forecast::setting::Setting;
use crate::forecast::sizes::{MIB, vae_dtype};
use crate::forecast::tiles::{one_tile, retry};

/// A VAE pass in one piece.
pub(super) fn vae_pass(step: &Step, forward: f64, setting: &Setting) -> Range {
    let peak = vae(step, setting) * forward;
    // Encoding 121 frames with the Wan 2.2 VAE took 1.8 % less on an H100 than traced.
    let encodes22 = step.work == Work::VaeEncode && step.model.spec.kind == ModelKind::WanVae22;
    let least = if encodes22 { 0.98 * peak } else { peak };
    (least, peak * 1.01 + workspace(step) * forward)
}

/// What convolution libraries may take besides the tensors, MiB: nothing at least. At most, by bytes per pixel measured on an H100
/// with torch 2.11 beyond the traced peak: 1570 for the Wan 2.1 VAE, 1081 for decoding and 318 for encoding with that of Wan 2.2.
fn workspace(step: &Step) -> f64 {
    let per_pixel = match (&step.model.spec.kind, step.work) {
        (ModelKind::WanVae22, Work::VaeEncode) => 340.0,
        (ModelKind::WanVae22, _) => 1100.0,
        _ => 1600.0,
    };
    per_pixel * f64::from(step.width) * f64::from(step.height) / MIB
}

/// Bytes per pixel of a 16-bit VAE pass: of a video, and of a single frame.
fn vae_bytes(kind: &ModelKind, work: Work, version: Version) -> (f64, f64) {
    let (early, middle, late) = match (kind, work) {
        (ModelKind::WanVae22, Work::VaeEncode) => ((3103.0, 900.0), (2937.0, 658.0), (2937.0, 658.0)),
        (ModelKind::WanVae22, _) => ((8710.0, 2645.0), (7672.0, 2257.0), (7672.0, 2257.0)),
        (_, Work::VaeEncode) => ((6665.0, 1935.0), (6285.0, 774.0), (4420.0, 774.0)),
        _ => ((8585.0, 3267.0), (8195.0, 769.0), (6765.0, 781.0)),
    };
    eras::at(version, early, &[(Version::new(0, 11, 0), middle), (Version::new(0, 18, 0), late)])
}

/// Bytes per pixel and frame of the whole video beside the pass.
fn video_bytes(kind: &ModelKind, work: Work) -> f64 {
    if *kind == ModelKind::WanVae22 && work == Work::VaeEncode { 12.2 } else { 6.0 }
}

/// Working memory of one video through a VAE, MiB.
fn vae(step: &Step, setting: &Setting) -> f64 {
    let kind = &step.model.spec.kind;
    let (video, single) = vae_bytes(kind, step.work, setting.version);
    let frames = f64::from(step.frames.max(1));
    let per_pixel = if step.frames > 1 { video + frames * video_bytes(kind, step.work) } else { single };
    per_pixel * f64::from(step.width) * f64::from(step.height) * vae_dtype(setting).bytes() as f64 / 2.0 / MIB
}

/// Working memory of the tiled retry after an out-of-memory error, MiB.
pub(crate) fn vae_tiled(step: &Step, setting: &Setting) -> f64 {
    vae(&one_tile(step, retry(step, setting)), setting)
}
