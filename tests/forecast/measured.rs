//! Peaks measured on a real card: an H100 (driver 580, torch 2.11 for CUDA 13), the modules of ComfyUI 0.3.64 with random
//! weights, `torch.cuda.max_memory_allocated` less what was allocated before. The working memory must lie in the forecast's range.

use wanlint::catalog::models::identify;
use wanlint::facts::versions::Version;
use wanlint::forecast::activation::activation;
use wanlint::forecast::plan::{ModelUse, Step, Work};
use wanlint::forecast::setting::{Os, Setting};

/// File that stands for the module, work, width, height, frames, batch, measured MiB.
const MEASURED: [(&str, Work, u32, u32, u32, u32, f64); 12] = [
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
];

#[test]
fn measured_peaks_lie_in_the_range() {
    let setting = Setting { compute: (9, 0), ..Setting::new(Version::new(0, 3, 64), Os::Linux, 81_079.0, 527.0) };
    for (file, work, width, height, frames, batch, measured) in MEASURED {
        let model = ModelUse::new(file, identify(file).unwrap());
        let step =
            Step { work, node: None, model, width, height, frames, batch, cfg: Some(1.0), steps: None, tile: None };
        let (low, high) = activation(&step, f64::from(batch), &setting);
        assert!(
            low * 0.985 <= measured && measured <= high * 1.02,
            "{file} {width}x{height}x{frames}: {low}..{high}, {measured}"
        );
    }
}
