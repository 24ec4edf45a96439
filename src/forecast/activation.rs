//! What a forward pass truly needs beside weights.
//!
//! The terms are counted from the lifetimes of the tensors in each release's modules and were confirmed by running those modules
//! with shape-only tensors; they exclude library workspaces and allocator rounding.

mod dit;
mod vae;

pub(crate) use vae::vae_tiled;

use super::modules::Tree;
use super::modules::listed::{Kept, Working};
use super::plan::{ModelUse, Step};
use super::setting::Setting;
use super::sizes::MIB;
use super::tiles::one_tile;
use crate::catalog::models::{ModelKind, Storage};
use dit::{dit, dit_beside};
use vae::vae_pass;

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

/// Working memory of umt5-xxl for 512 tokens in fp32, MiB.
fn umt5(model: &ModelUse, setting: &Setting) -> f64 {
    match model.spec.storage {
        // The whole 8-bit embedding is cast to fp32.
        Storage::Fp8 => 4014.0,
        Storage::Fp8Scaled if !setting.since(4, 0) => 393.0,
        _ => 373.0,
    }
}
