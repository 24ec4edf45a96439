//! Block swap: WanVideoWrapper keeps a number of transformer blocks in system memory and brings each to the card when it is used
//! (WanVideoWrapper nodes_model_loading.load_weights, wanvideo/modules/model.py forward).

use super::activation::activation;
use super::evict::Pool;
use super::modules::Tree;
use super::phase::{Load, Phase};
use super::plan::{BlockSwap, Step};
use super::setting::Setting;
use super::sizes::{Layout, MIB};
use crate::catalog::models::ModelKind;

/// Weights of a swapped model, MiB.
struct Weights {
    all: f64,
    swapped: f64,
    /// One swapped block: the largest of those in use.
    block: f64,
}

/// The forecast of a sampling whose weights WanVideoWrapper moves itself. Neither budget nor estimate applies, and nothing is
/// logged that a rule could compare.
pub(crate) fn phase(step: &Step, swap: &BlockSwap, pool: &Pool<'_>, setting: &Setting) -> Phase {
    let weights = weights(step, swap, setting);
    let mut phase = Phase::start(step, 0.0, weights.all);
    let kept = weights.all - weights.swapped;
    let moving = |blocks: u32| weights.block * f64::from(blocks.saturating_add(swap.prefetched).min(64));
    let forward = f64::from(step.batch.max(1)) * if swap.batched && step.cfg != Some(1.0) { 2.0 } else { 1.0 };
    phase.load = Load::Swapped;
    phase.forward_batch = forward as u32;
    phase.activation_mib = activation(step, forward, setting);
    (phase.loaded_mib, phase.offloaded_mib) = (Some(kept), Some(weights.swapped));
    phase.streams(weights.swapped);
    phase.resident_mib = pool.held();
    // A block on its way out may still be there while the next comes in; models of the core may or may not have been unloaded.
    phase.held_mib = kept + moving(1);
    let most_held = kept + moving(2) + phase.resident_mib;
    phase.peak_mib = phase.activation_mib.map(|(low, high)| (phase.held_mib + low, most_held + high));
    phase.headroom_mib = phase.peak_mib.map(|(_, high)| setting.available_mib() - high);
    phase.exceeds = phase.least_peak_mib() > setting.available_mib();
    phase
}

fn weights(step: &Step, swap: &BlockSwap, setting: &Setting) -> Weights {
    let (tree, layout) = (Tree::of(&step.model.spec.kind), Layout::of(&step.model, setting));
    let of = |stems: &[&str]| {
        let own = tree.modules.iter().filter(|module| stems.contains(&module.name.stem()));
        own.map(|module| layout.module(module)).sum::<u64>() as f64 / MIB
    };
    let share = |stem: &str, layers: u32, swapped: u32| {
        let block = of(&[stem]) / f64::from(layers.max(1));
        (block * f64::from(swapped.min(layers)), if swapped > 0 { block } else { 0.0 })
    };
    let ModelKind::WanDit(shape) = step.model.spec.kind else {
        return Weights { all: layout.model_size(&tree) as f64 / MIB, swapped: 0.0, block: 0.0 };
    };
    let (blocks, block) = share("blocks", shape.layers, swap.blocks);
    let (vace, vace_block) = share("vace_blocks", shape.vace_layers, swap.vace_blocks);
    let image =
        if swap.img_emb { of(&["img_emb.proj.0", "img_emb.proj.1", "img_emb.proj.3", "img_emb.proj.4"]) } else { 0.0 };
    let text = if swap.txt_emb { of(&["text_embedding.0", "text_embedding.2"]) } else { 0.0 };
    Weights {
        all: layout.model_size(&tree) as f64 / MIB,
        swapped: blocks + vace + image + text,
        block: block.max(vace_block),
    }
}
