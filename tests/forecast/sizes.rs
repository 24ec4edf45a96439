//! Sizes of loaded models against the log.

use wanlint::forecast::ModelUse;
use wanlint::forecast::modules::Tree;
use wanlint::forecast::sizes::{Layout, MIB};

use super::{CLIP, I2V_HIGH, T2V21, UMT5, VAE, near, rtx5090, spec};

fn listed(file: &str, release: &str) -> f64 {
    let model = ModelUse::new(file, spec(file));
    let tree = Tree::of(&model.spec.kind);
    Layout::of(&model, &rtx5090(release, 1636.15)).listed(&tree) as f64 / MIB
}

#[test]
fn loaded_sizes_equal_the_log() {
    for (file, release, mib) in [
        // "13629.08 MB loaded": fp8_scaled with scale_input, fp8 biases.
        (I2V_HIGH, "0.3.70", 13629.0754),
        // PR #12557: 63-byte configuration, 16-bit biases.
        (T2V21, "0.12.0", 13629.8698),
        (I2V_HIGH, "0.4.0", 13631.42),
        (VAE, "0.3.64", 242.02829551696777),
        // WanVideoWrapper #1152, KJNodes #255.
        (UMT5, "0.3.70", 6419.477203369141),
        (CLIP, "0.3.64", 1208.09814453125),
        ("umt5_xxl_fp16.safetensors", "0.3.70", 10835.4766),
    ] {
        near(listed(file, release), mib, 0.005);
    }
}

#[test]
fn sizes_that_are_logged_in_full_agree_in_full() {
    near(listed(VAE, "0.3.64"), 242.02829551696777, 1e-9);
    near(listed(UMT5, "0.3.70"), 6419.477203369141, 1e-9);
    near(listed(CLIP, "0.3.64"), 1208.09814453125, 1e-9);
    near(listed(I2V_HIGH, "0.3.70"), 13629.0754, 0.00005);
    near(listed(T2V21, "0.12.0"), 13629.8698, 0.00005);
}

#[test]
fn without_scale_input_the_founding_log_would_differ() {
    let mut model = ModelUse::new(I2V_HIGH, spec(I2V_HIGH));
    model.spec.scale_input = false;
    let tree = Tree::of(&model.spec.kind);
    let mib = Layout::of(&model, &rtx5090("0.3.70", 0.0)).listed(&tree) as f64 / MIB;
    near(mib, 13629.0739, 0.00005);
}

#[test]
fn model_size_has_the_loose_parameters_too() {
    let model = ModelUse::new(I2V_HIGH, spec(I2V_HIGH));
    let tree = Tree::of(&model.spec.kind);
    let layout = Layout::of(&model, &rtx5090("0.3.70", 0.0));
    near((layout.model_size(&tree) - layout.listed(&tree)) as f64 / MIB, 2.37, 0.005);
}
