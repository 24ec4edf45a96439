//! Working memory against the peaks that tracing the real modules gave.

use std::fs;
use std::path::PathBuf;

use wanlint::forecast::activation::activation;
use wanlint::forecast::plan::WeightDtype;
use wanlint::forecast::{Os, Setting, Step, Work};

use super::{step, version};

/// Rows of a trace, each a lookup by column name; empty when the shared data is not there.
fn rows(name: &str) -> Vec<Vec<(String, String)>> {
    let root = std::env::var_os("WANLINT_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let Ok(text) = fs::read_to_string(root.join("data").join(name)) else {
        println!("skipped: {name} is not under {}", root.display());
        return Vec::new();
    };
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            header.iter().zip(line.split(',')).map(|(key, value)| ((*key).to_owned(), value.to_owned())).collect()
        })
        .collect()
}

fn cell<'a>(row: &'a [(String, String)], key: &str) -> &'a str {
    row.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
}

fn number(row: &[(String, String)], key: &str) -> u32 {
    cell(row, key).parse().unwrap()
}

fn sized(row: &[(String, String)], work: Work, file: &str) -> Step {
    step(work, file, number(row, "width"), number(row, "height"), number(row, "frames"))
}

fn dit_step(row: &[(String, String)]) -> Step {
    let eight_bit = cell(row, "weight_dtype") != "fp16";
    let scaled = cell(row, "weight_dtype").starts_with("fp8_scaled");
    let mut step = sized(
        row,
        Work::Sample,
        match cell(row, "model") {
            "14B_t2v" => "wan2.1_t2v_14B_fp16.safetensors",
            "14B_i2v22" if scaled => "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors",
            "14B_i2v22" => "wan2.2_i2v_high_noise_14B_fp16.safetensors",
            "14B_i2v21" => "wan2.1_i2v_720p_14B_fp16.safetensors",
            "5B_ti2v" => "wan2.2_ti2v_5B_fp16.safetensors",
            "1.3B_t2v" => "wan2.1_t2v_1.3B_fp16.safetensors",
            other => panic!("{other}"),
        },
    );
    step.model.spec.full_precision_marker = cell(row, "weight_dtype") == "fp8_scaled (dequantised)";
    step.model.weight_dtype = (eight_bit && !scaled).then_some(WeightDtype::Fp8E4m3fn);
    step.batch = number(row, "batch");
    step
}

/// The traced peak lies within 3 % of the lower bound and not above the upper one.
#[track_caller]
fn check(row: &[(String, String)], step: &Step, setting: &Setting) {
    let traced: f64 = cell(row, "peak_mib").parse().unwrap();
    let (low, high) = activation(step, f64::from(step.batch), setting).unwrap();
    assert!((traced / low - 1.0).abs() < 0.03, "traced {traced}, forecast {low}: {row:?}");
    assert!(traced <= high * 1.01 + 1.0, "traced {traced}, forecast at most {high}: {row:?}");
}

fn setting(release: &str, cuda13: bool) -> Setting {
    Setting { cuda13: Some(cuda13), ..Setting::new(version(release), Os::Linux, 80000.0, 0.0) }
}

#[test]
fn transformer_by_release() {
    for row in &rows("trace_dit_by_version.csv") {
        check(row, &dit_step(row), &setting(cell(row, "comfyui"), cell(row, "path") == "ck-cuda"));
    }
}

#[test]
fn transformer_of_0_3_64() {
    for row in &rows("trace_dit.csv") {
        check(row, &dit_step(row), &setting("0.3.64", false));
    }
}

fn vae_step(row: &[(String, String)]) -> Step {
    let work = if cell(row, "op") == "encode" { Work::VaeEncode } else { Work::VaeDecode };
    sized(row, work, if cell(row, "vae") == "2.1" { "wan_2.1_vae.safetensors" } else { "wan2.2_vae.safetensors" })
}

#[test]
fn vae_by_release() {
    for row in &rows("trace_vae_by_version.csv") {
        check(row, &vae_step(row), &setting(cell(row, "comfyui"), false));
    }
}

#[test]
fn vae_of_0_3_64() {
    for row in &rows("trace_vae.csv") {
        check(row, &vae_step(row), &setting("0.3.64", false));
    }
}
