//! Peaks measured on a real card: an H100 (driver 580, torch 2.11 for CUDA 13), the modules of ComfyUI 0.3.64 with random
//! weights, `torch.cuda.max_memory_allocated` less what was allocated before. The working memory must lie in the forecast's range.

use std::sync::Arc;

use wanlint::catalog::models::{DitShape, ModelKind, ModelSpec, identify};
use wanlint::facts::versions::Version;
use wanlint::forecast::Tree;
use wanlint::forecast::activation::activation;
use wanlint::forecast::modules::listed::{Beside, Listed, Part, Working};
use wanlint::forecast::plan::{ModelUse, Step, Work};
use wanlint::forecast::setting::{Os, Setting};

type Row = (&'static str, Work, u32, u32, u32, u32, f64);

/// File that stands for the module, work, width, height, frames, batch, measured MiB.
const MEASURED: [Row; 27] = [
    ("wan2.2_i2v_high_noise_14B_fp16.safetensors", Work::Sample, 832, 480, 33, 1, 1292.6),
    ("wan2.2_i2v_high_noise_14B_fp16.safetensors", Work::Sample, 832, 480, 81, 1, 2926.0),
    ("wan2.2_i2v_high_noise_14B_fp16.safetensors", Work::Sample, 832, 1216, 81, 1, 7403.2),
    ("wan2.2_i2v_high_noise_14B_fp16.safetensors", Work::Sample, 640, 640, 81, 2, 5967.8),
    ("wan2.1_t2v_1.3B_fp16.safetensors", Work::Sample, 832, 480, 81, 1, 1445.8),
    ("wan2.2_ti2v_5B_fp16.safetensors", Work::Sample, 1280, 704, 121, 1, 2011.6),
    ("wan_2.1_vae.safetensors", Work::VaeDecode, 832, 480, 81, 1, 4045.6),
    ("wan_2.1_vae.safetensors", Work::VaeDecode, 832, 1216, 81, 1, 10239.8),
    ("wan_2.1_vae.safetensors", Work::VaeDecode, 832, 480, 1, 1, 1541.1),
    // The input video was allocated before: 6 bytes a pixel and frame less than the forecast counts.
    ("wan_2.1_vae.safetensors", Work::VaeEncode, 832, 480, 81, 1, 3134.3 + 185.1),
    ("wan_2.1_vae.safetensors", Work::VaeEncode, 832, 1216, 81, 1, 7932.2 + 468.9),
    ("wan_2.1_vae.safetensors", Work::VaeEncode, 832, 480, 1, 1, 1032.9 + 2.3),
    (VACE, Work::Sample, 832, 480, 33, 1, 1700.9),
    (VACE, Work::Sample, 832, 480, 81, 1, 3880.9),
    (VACE, Work::Sample, 1280, 720, 81, 1, 8947.6),
    (VACE, Work::Sample, 832, 480, 81, 2, 7729.8),
    (CAMERA, Work::Sample, 480, 480, 49, 1, 1424.4),
    (CAMERA, Work::Sample, 832, 480, 81, 1, 3186.7),
    (CAMERA, Work::Sample, 1280, 720, 81, 1, 6746.2),
    (VAE22, Work::VaeDecode, 1280, 704, 1, 1, 2857.2),
    (VAE22, Work::VaeDecode, 1280, 704, 33, 1, 8571.0),
    (VAE22, Work::VaeDecode, 1280, 704, 121, 1, 9037.8),
    (VAE22, Work::VaeDecode, 640, 640, 49, 1, 3951.6),
    (VAE22, Work::VaeEncode, 1280, 704, 1, 1, 1046.5),
    (VAE22, Work::VaeEncode, 1280, 704, 33, 1, 3397.1),
    (VAE22, Work::VaeEncode, 1280, 704, 121, 1, 3865.2),
    (VAE22, Work::VaeEncode, 640, 640, 49, 1, 1587.3),
];

const T2V: &str = "wan2.1_t2v_14B_fp16.safetensors";
const VACE: &str = "wan2.1_vace_14B_fp16.safetensors";
const CAMERA: &str = "wan2.2_fun_camera_high_noise_14B_bf16.safetensors";
const VAE22: &str = "wan2.2_vae.safetensors";

/// The same with ComfyUI 0.33.0 and comfy-kitchen 0.2.31: its CUDA kernels.
const WITH_CUDA_KERNELS: [Row; 6] = [
    (T2V, Work::Sample, 480, 480, 49, 1, 1092.3),
    (T2V, Work::Sample, 832, 480, 81, 1, 3049.1),
    (T2V, Work::Sample, 1280, 720, 81, 1, 7029.3),
    (VACE, Work::Sample, 832, 480, 81, 1, 4009.0),
    (VACE, Work::Sample, 1280, 720, 81, 1, 9244.2),
    (VACE, Work::Sample, 1280, 720, 81, 2, 18413.7),
];

/// The same with the CUDA kernels switched off, as with torch for CUDA 12.
const WITH_TORCH_CODE: [Row; 6] = [
    (T2V, Work::Sample, 480, 480, 49, 1, 1160.9),
    (T2V, Work::Sample, 832, 480, 81, 1, 3241.0),
    (T2V, Work::Sample, 1280, 720, 81, 1, 7471.0),
    (VACE, Work::Sample, 832, 480, 81, 1, 4009.0),
    (VACE, Work::Sample, 1280, 720, 81, 1, 9244.2),
    (VACE, Work::Sample, 1280, 720, 81, 2, 18414.5),
];

#[test]
fn measured_peaks_lie_in_the_range() {
    assert_in_range(&MEASURED, Version::new(0, 3, 64), None);
    assert_in_range(&WITH_CUDA_KERNELS, Version::new(0, 33, 0), Some(true));
    assert_in_range(&WITH_TORCH_CODE, Version::new(0, 33, 0), Some(false));
}

/// What is beside the blocks, 0.3.64 or 0.33.0 with CUDA kernels, width, height, frames: measured MiB without and with face video, or
/// without and with audio, reference, motion and control.
const BESIDE: [(Beside, Version, u32, u32, u32, f64, f64); 8] = [
    (Beside::Face, OLD, 832, 480, 33, 1297.7, 2859.2),
    (Beside::Face, OLD, 832, 480, 81, 2931.1, 3248.3),
    (Beside::Face, OLD, 1280, 720, 81, 6749.3, 6751.0),
    (Beside::Face, NEW, 480, 480, 49, 1098.8, 2817.0),
    (Beside::Face, NEW, 1280, 720, 81, 7045.9, 7046.9),
    (Beside::Audio, OLD, 832, 480, 33, 1291.8, 1616.3),
    (Beside::Audio, OLD, 1280, 720, 81, 6735.9, 7611.3),
    (Beside::Audio, NEW, 832, 480, 81, 3052.4, 3448.6),
];

const OLD: Version = Version::new(0, 3, 64);
const NEW: Version = Version::new(0, 33, 0);

#[test]
fn what_is_beside_the_blocks_lies_in_the_range() {
    for (beside, version, width, height, frames, least, most) in BESIDE {
        let plain = identify(T2V).unwrap();
        let shape = DitShape::B14;
        let working = Some(Working::WanBeside(shape, beside));
        let tree = Tree::of(&plain.kind);
        let listed =
            Listed { part: Part::Diffusion, tree, names: Vec::new(), class: None, working, gguf: false, lighter: None };
        let model = ModelUse::new("x", ModelSpec { kind: ModelKind::Listed(Arc::new(listed)), ..plain });
        let setting = Setting { cuda13: Some(true), ..Setting::new(version, Os::Linux, 81_079.0, 527.0) };
        let size = (width, height, frames);
        let step = Step { width, height, frames, ..sampling(model) };
        let (low, high) = activation(&step, 1.0, &setting).unwrap();
        assert!(low * 0.985 <= least && least <= most, "{beside:?} {version} {size:?}: {low} {least}");
        assert!(most <= high * 1.001 && high <= most * 1.05, "{beside:?} {version} {size:?}: {most} {high}");
    }
}

fn sampling(model: ModelUse) -> Step {
    let work = Work::Sample;
    Step { work, node: None, model, width: 0, height: 0, frames: 0, batch: 1, cfg: Some(1.0), steps: None, tile: None }
}

/// The rows as a table: measured, forecast, and how far the upper end is above.
pub(super) fn table() -> String {
    let mut out =
        "| ComfyUI | file | work | size | batch | measured | forecast | above |\n|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    let old = (Version::new(0, 3, 64), None, "0.3.64");
    let kernels = (Version::new(0, 33, 0), Some(true), "0.33.0, CUDA 13");
    let code = (Version::new(0, 33, 0), Some(false), "0.33.0, CUDA 12");
    let all = MEASURED.iter().map(|row| (old, row));
    let all = all
        .chain(WITH_CUDA_KERNELS.iter().map(|row| (kernels, row)))
        .chain(WITH_TORCH_CODE.iter().map(|row| (code, row)));
    for ((version, cuda13, release), row) in all {
        let (file, work, width, height, frames, batch, measured) = *row;
        let (low, high) = range(row, version, cuda13);
        let above = (high / measured - 1.0) * 100.0;
        let name = work.name();
        let file = file.trim_end_matches(".safetensors");
        out += &format!(
            "| {release} | {file} | {name} | {width}x{height}x{frames} | {batch} | {measured:.0} | {low:.0}..{high:.0} | {above:+.1} % |\n"
        );
    }
    out
}

/// What the forecast gives for a row.
fn range(row: &Row, version: Version, cuda13: Option<bool>) -> (f64, f64) {
    let setting = Setting { compute: (9, 0), cuda13, ..Setting::new(version, Os::Linux, 81_079.0, 527.0) };
    let &(file, work, width, height, frames, batch, _) = row;
    let model = ModelUse::new(file, identify(file).unwrap());
    let step = Step { work, node: None, model, width, height, frames, batch, cfg: Some(1.0), steps: None, tile: None };
    activation(&step, f64::from(batch), &setting).unwrap()
}

fn assert_in_range(rows: &[Row], version: Version, cuda13: Option<bool>) {
    for row in rows {
        let (file, work, width, height, frames, _, measured) = *row;
        let (low, high) = range(row, version, cuda13);
        assert!(
            low * 0.985 <= measured && measured <= high * 1.02,
            "{version} {file} {work:?} {width}x{height}x{frames}: {low}..{high}, {measured}"
        );
    }
}
