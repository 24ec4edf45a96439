//! The memory model against public ComfyUI logs and traced peaks.

// clippy.toml's exceptions for tests do not reach helper functions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "forecast/dynamic_lines.rs"]
mod dynamic_lines;
#[path = "forecast/field_logs.rs"]
mod field_logs;
#[path = "forecast/founding.rs"]
mod founding;
#[path = "forecast/loads.rs"]
mod loads;
#[path = "forecast/logged.rs"]
mod logged;
#[path = "forecast/measured.rs"]
mod measured;
#[path = "forecast/page.rs"]
mod page;
#[path = "forecast/prompts.rs"]
mod prompts;
#[path = "forecast/properties.rs"]
mod properties;
#[path = "forecast/ram.rs"]
mod ram;
#[path = "forecast/robust.rs"]
mod robust;
#[path = "forecast/sizes.rs"]
mod sizes;
#[path = "forecast/step_times.rs"]
mod step_times;
#[path = "forecast/table.rs"]
mod table;
#[path = "forecast/threads.rs"]
mod threads;
#[path = "forecast/tiles.rs"]
mod tiles;
#[path = "forecast/traces.rs"]
mod traces;
#[path = "forecast/unknowns.rs"]
mod unknowns;
#[path = "forecast/wrapper.rs"]
mod wrapper;

use wanlint::catalog::models::{ModelSpec, identify};
use wanlint::facts::versions::Version;
use wanlint::forecast::{ModelUse, Os, Plan, Setting, Step, Work};

pub(crate) const I2V_HIGH: &str = "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors";
pub(crate) const I2V_LOW: &str = "wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors";
pub(crate) const T2V21: &str = "wan2.1_t2v_14B_fp8_scaled.safetensors";
pub(crate) const UMT5: &str = "umt5_xxl_fp8_e4m3fn_scaled.safetensors";
pub(crate) const VAE: &str = "wan_2.1_vae.safetensors";
pub(crate) const CLIP: &str = "clip_vision_h.safetensors";

pub(crate) fn spec(file: &str) -> ModelSpec {
    identify(file).unwrap_or_else(|| panic!("{file} is not in the catalogue"))
}

pub(crate) fn version(text: &str) -> Version {
    text.parse().unwrap()
}

pub(crate) fn step(work: Work, file: &str, width: u32, height: u32, frames: u32) -> Step {
    let model = ModelUse::new(file, spec(file));
    Step { work, node: None, model, width, height, frames, batch: 1, cfg: Some(1.0), steps: Some(2), tile: None }
}

/// The founding workflow: text, start image, high noise, low noise, decode.
pub(crate) fn founding_plan(frames: u32) -> Plan {
    let at = |work, file| step(work, file, 832, 1216, frames);
    let steps = vec![
        at(Work::TextEncode, UMT5),
        at(Work::VaeEncode, VAE),
        at(Work::Sample, I2V_HIGH),
        at(Work::Sample, I2V_LOW),
        at(Work::VaeDecode, VAE),
    ];
    Plan { steps }
}

/// An RTX 5090 on Windows.
pub(crate) fn rtx5090(release: &str, others: f64) -> Setting {
    Setting { compute: (12, 0), ..Setting::new(version(release), Os::Windows, 32606.5625, others) }
}

#[track_caller]
pub(crate) fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not within {tolerance} of {expected}");
}
