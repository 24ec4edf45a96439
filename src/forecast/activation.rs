//! What a forward pass truly needs beside weights.
//!
//! The terms are counted from the lifetimes of the tensors in each release's modules and were confirmed by running those modules
//! with shape-only tensors; they exclude library workspaces and allocator rounding.

use super::eras;
use super::modules::Tree;
use super::modules::listed::{Beside, Kept, Working};
use super::plan::{ModelUse, Step, WeightDtype, Work};
use super::setting::{Attention, Setting};
use super::sizes::{Layout, MIB, has_fp8, vae_dtype};
use super::tiles::{one_tile, retry};
use crate::catalog::models::{DitShape, ModelKind, Storage, dit_tokens, latent_frames};
use crate::facts::versions::Version;

/// A lower and an upper bound, MiB.
pub type Range = (f64, f64);

/// Working memory of a step, MiB: `forward` videos go through the model at once. `None` where it is not modelled.
pub fn activation(step: &Step, forward: f64, setting: &Setting) -> Option<Range> {
    Some(match &step.model.spec.kind {
        ModelKind::WanDit(shape) => dit(shape, step, forward, setting),
        ModelKind::WanVae21 | ModelKind::WanVae22 => match step.tile {
            Some(tile) => vae_pass(&one_tile(step, tile), 1.0, setting),
            None => vae_pass(step, forward, setting),
        },
        ModelKind::Umt5Xxl => {
            let peak = umt5(&step.model, setting);
            (peak, peak)
        }
        // 257 tokens in fp16.
        ModelKind::ClipVisionH => (35.0 * forward, 35.0 * forward),
        ModelKind::Listed(model) => {
            let converted = converted(&model.tree);
            let (least, most) = match model.working? {
                Working::Wan(shape) => dit(&shape, step, forward, setting),
                Working::WanBeside(shape, beside) => dit_beside(&shape, beside, step, forward, setting),
                // Without and with the fp32 copy of its largest Linear.
                Working::Umt5 => (373.0 - 160.0, 373.0),
            };
            (least, most + converted)
        }
    })
}

/// Copies of the largest GGUF weight while it is converted, MiB: three in 16 bit at most (ComfyUI-GGUF `dequant.py`). They are
/// gone when the hidden tensors are at their peak, so they enter the upper bound only.
fn converted(tree: &Tree) -> f64 {
    let blocks = |kept: Kept| matches!(kept, Kept::Blocks { quantised: true, .. });
    let largest = tree.modules.iter().filter(|module| blocks(module.kept)).map(|module| module.weight).max();
    largest.map_or(0.0, |elements| elements as f64 * 6.0 / MIB)
}

/// A VAE pass in one piece.
fn vae_pass(step: &Step, forward: f64, setting: &Setting) -> Range {
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

/// The two ways a block's arithmetic can run: torch code, or comfy-kitchen's CUDA kernels (v0.8.0 and later with torch for CUDA 13).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kernels {
    Torch,
    Cuda,
}

fn dit(shape: &DitShape, step: &Step, forward: f64, setting: &Setting) -> Range {
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
fn dit_beside(shape: &DitShape, beside: Beside, step: &Step, forward: f64, setting: &Setting) -> Range {
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

/// Working memory of umt5-xxl for 512 tokens in fp32, MiB.
fn umt5(model: &ModelUse, setting: &Setting) -> f64 {
    match model.spec.storage {
        // The whole 8-bit embedding is cast to fp32.
        Storage::Fp8 => 4014.0,
        Storage::Fp8Scaled if !setting.since(4, 0) => 393.0,
        _ => 373.0,
    }
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
