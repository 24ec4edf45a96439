//! Working memory of Wan's diffusion transformer: which tensors are alive where a block needs most.

use super::Range;
use crate::catalog::models::{DitShape, Storage, dit_tokens, latent_frames};
use crate::facts::versions::Version;
use crate::forecast::eras;
use crate::forecast::modules::listed::Beside;
use crate::forecast::plan::{ModelUse, Step, WeightDtype};
use crate::forecast::setting::{Attention, Setting};
use crate::forecast::sizes::{Layout, MIB, has_fp8};

/// The two ways a block's arithmetic can run: torch code, or comfy-kitchen's CUDA kernels (v0.8.0 and later with torch for CUDA 13).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kernels {
    Torch,
    Cuda,
}

/// Working memory of a Wan diffusion transformer, MiB.
pub(super) fn dit(shape: &DitShape, step: &Step, forward: f64, setting: &Setting) -> Range {
    let peak = |kernels| dit_peak(shape, step, forward, setting, kernels);
    let torch = peak(Kernels::Torch);
    let cuda = peak(Kernels::Cuda);
    let (low, high) = match setting.cuda13 {
        _ if !setting.since(8, 0) => (torch, torch),
        Some(true) => (cuda, cuda),
        Some(false) => (torch, torch),
        None => (cuda.min(torch), cuda.max(torch)),
    };
    // The traced peaks lie between 1.001 and 1.017 times the formula.
    (low, with_sage(shape, step, forward, setting, high) * 1.01 + 10.0)
}

/// Working memory of a model that computes something beside its blocks: without that at least, with all of it at most. Measured on an
/// H100 with ComfyUI 0.3.64 and 0.33.0: encoding a face video takes 2590 MiB and two hidden tensors before the blocks begin;
/// reference and motion frames lengthen the sequence by two and a half latent frames, the audio takes 0.15 hidden tensors.
pub(super) fn dit_beside(shape: &DitShape, beside: Beside, step: &Step, forward: f64, setting: &Setting) -> Range {
    let (least, most) = dit(shape, step, forward, setting);
    let unit = hidden(shape, step, forward);
    let most = match beside {
        Beside::Face => most.max((2590.0 + 2.0 * unit) * 1.01 + 10.0),
        Beside::Audio => most * (1.0 + 2.5 / latent_frames(step.frames)) + 0.15 * unit,
    };
    (least, most)
}

/// Sage and ck attention keep 8-bit copies of q, k and v (inferred from their sources): an upper bound only.
fn with_sage(shape: &DitShape, step: &Step, forward: f64, setting: &Setting, peak: f64) -> f64 {
    let first_block = if setting.since(3, 69) { 1.0 } else { 0.0 };
    let units = match setting.flags.attention {
        Attention::Sage => 8.5 + first_block,
        Attention::Ck => 7.6 + first_block,
        _ => return peak,
    };
    peak.max(units * hidden(shape, step, forward) + rope_table(shape, step))
}

/// One 16-bit hidden tensor, MiB.
fn hidden(shape: &DitShape, step: &Step, forward: f64) -> f64 {
    forward * dit_tokens(step.width, step.height, step.frames, shape.spatial()) * f64::from(shape.dim) * 2.0 / MIB
}

/// The rotary table: 64 two by two matrices of fp32 for each token, MiB.
fn rope_table(shape: &DitShape, step: &Step) -> f64 {
    dit_tokens(step.width, step.height, step.frames, shape.spatial()) * 1024.0 / MIB
}

fn dit_peak(shape: &DitShape, step: &Step, forward: f64, setting: &Setting, kernels: Kernels) -> f64 {
    let unit = hidden(shape, step, forward);
    let fp8_products = multiplies_fp8(&step.model, setting);
    let feed_forward =
        unit * feed_forward_units(shape, setting, kernels, fp8_products) + dequantised(shape, step, setting);
    let blocks = match shape.vace_layers {
        0 => feed_forward.max(unit * rope_units(setting, kernels)),
        _ => VACE_UNITS * unit + feed_forward.max(unit * later_rope_units(setting, kernels)),
    };
    (blocks + rope_table(shape, step)).max(camera_adapter(shape, unit))
}

/// Peak of the camera adapter, which runs before the blocks and decides at small sizes, MiB: measured on an H100 for the 14B model
/// at four sizes.
fn camera_adapter(shape: &DitShape, unit: f64) -> f64 {
    if shape.camera_in == 0 { 0.0 } else { 460.0 + 8.5 * unit }
}

/// Hidden tensors that stay alive beside the blocks of a VACE model: the embedded video, the control and its hint (VaceWanModel
/// forward_orig). Measured on an H100: 3.0 for one control, in 0.3.64 as in 0.33.0 with either kind of kernels.
const VACE_UNITS: f64 = 3.0;

/// As [`rope_units`], in any block but the first, which from v0.3.69 holds the patch embedding's output as well.
fn later_rope_units(setting: &Setting, kernels: Kernels) -> f64 {
    let first = rope_units(setting, kernels);
    if setting.since(3, 69) && first == 10.0 { 9.0 } else { first }
}

/// Hidden tensors alive at the rotary embedding of k (apply_rope in comfy/ldm/flux/math.py and WanSelfAttention.forward).
fn rope_units(setting: &Setting, kernels: Kernels) -> f64 {
    if setting.since(8, 0) && kernels == Kernels::Cuda {
        return 7.0;
    }
    let rows = [(Version::new(0, 3, 60), 12.0), (Version::new(0, 3, 61), 9.0), (Version::new(0, 3, 69), 10.0)];
    eras::at(setting.version, 17.0, &rows)
}

/// Hidden tensors alive in the feed-forward layer, by its width relative to the hidden width.
fn feed_forward_units(shape: &DitShape, setting: &Setting, kernels: Kernels, fp8_products: bool) -> f64 {
    let wide = f64::from(shape.ffn) / f64::from(shape.dim.max(1));
    // From v0.31.0 the tensor before GELU stays alive during the second product.
    match (setting.since(31, 0), fp8_products, kernels) {
        (true, true, Kernels::Cuda) => 4.0 + 2.5 * wide,
        (true, true, Kernels::Torch) => 3.0 + 3.5 * wide,
        (true, false, _) => 4.0 + 2.0 * wide,
        (false, true, Kernels::Torch) => 3.0 + 2.5 * wide,
        _ if setting.version == Version::new(0, 3, 60) => 4.0 + 2.0 * wide,
        _ => 3.0 + 2.0 * wide,
    }
}

/// A dequantised copy of the feed-forward weight, MiB. Before v0.31.0 it never coincides with the peak.
fn dequantised(shape: &DitShape, step: &Step, setting: &Setting) -> f64 {
    let eight_bit = Layout::of(&step.model, setting).linear_weight == 1;
    let coincides = setting.since(31, 0) && eight_bit && !multiplies_fp8(&step.model, setting);
    if coincides { f64::from(shape.dim) * f64::from(shape.ffn) * 2.0 / MIB } else { 0.0 }
}

/// The input of each Linear is quantised, too: scaled files without the full precision marker, or the fast modes on plain ones.
fn multiplies_fp8(model: &ModelUse, setting: &Setting) -> bool {
    let fast = setting.flags.fast_fp8 || model.weight_dtype == Some(WeightDtype::Fp8E4m3fnFast);
    let asked = match model.spec.storage {
        Storage::Fp8Scaled => !model.spec.full_precision_marker,
        _ => fast && Layout::of(model, setting).linear_weight == 1,
    };
    asked && has_fp8(setting)
}
