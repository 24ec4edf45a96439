//! Sampling with WanVideoWrapper (kijai/ComfyUI-WanVideoWrapper): its own loader, and blocks that it swaps itself.
//!
//! What changes the memory in a way nobody worked out is a [`Gap`], not a guess.

use super::work::{Gap, GapKind};
use crate::forecast::plan::BlockSwap;
use crate::workflow::graph::{Graph, NodeIx};
use crate::workflow::resolve::{Resolved, link, resolve, source};

/// The sampler that is modelled.
pub const SAMPLER: &str = "WanVideoSampler";
/// Samplers of the same pack that are not.
const OTHER_SAMPLERS: [&str; 4] = [
    "WanVideoDiffusionForcingSampler",
    "WanVideoFlowEdit",
    "WanVideoLoopingDiffusionForcingSampler",
    "WanVideoSamplerv2",
];
/// Nodes that hand the model on: weights and working memory stay as they are, but for LoRAs.
const HANDS_ON: [&str; 3] = ["WanVideoSetAttentionModeOverride", "WanVideoSetBlockSwap", "WanVideoSetLoRAs"];
/// Inputs of the loader and of the sampler whose memory is not modelled.
const LOADER_EXTRAS: [&str; 6] = [
    "extra_model",
    "fantasyportrait_model",
    "fantasytalking_model",
    "multitalk_model",
    "vace_model",
    "vram_management_args",
];
const SAMPLER_EXTRAS: [&str; 7] = [
    "context_options",
    "fantasytalking_embeds",
    "flowedit_args",
    "loop_args",
    "multitalk_embeds",
    "uni3c_embeds",
    "unianimate_poses",
];
/// Longest chain of nodes that is followed.
const MAX_CHAIN: usize = 32;

/// One sampling.
#[derive(Clone, Debug, PartialEq)]
pub struct WrapperSampling {
    /// The node that loads the model.
    pub loader: NodeIx,
    /// Where the blocks are and how weights are kept.
    pub swap: BlockSwap,
    /// The node that says so, where there is one.
    pub swap_args: Option<NodeIx>,
    /// LoRAs are applied.
    pub loras: bool,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Pixel frames.
    pub frames: Option<i64>,
    /// Guidance.
    pub cfg: Option<f64>,
    /// Steps of the whole schedule.
    pub steps: Option<u32>,
    /// Nodes whose additions to the embeds are not counted.
    pub additions: Vec<String>,
}

/// A node samples with WanVideoWrapper, modelled or not.
pub fn samples(graph: &Graph, node: NodeIx) -> bool {
    let class = graph.class(node);
    class == SAMPLER || OTHER_SAMPLERS.contains(&class)
}

/// What a sampler node does.
///
/// # Errors
/// A [`Gap`] where memory is used in a way that is not modelled, or a value is not known.
pub fn sampling(graph: &Graph, node: NodeIx) -> Result<WrapperSampling, Gap> {
    if graph.class(node) != SAMPLER {
        return Err(not_modelled(&format!("{} of WanVideoWrapper", graph.class(node))));
    }
    without(graph, node, &SAMPLER_EXTRAS)?;
    let chain = chain(graph, node)?;
    without(graph, chain.loader, &LOADER_EXTRAS)?;
    let swap_args = chain.swap.or_else(|| source(graph, chain.loader, "block_swap_args").map(|(from, _)| from));
    let swap = match swap_args {
        Some(args) => swap(graph, args)?,
        None => BlockSwap::default(),
    };
    let (embeds, additions) = embeds(graph, node);
    let number = |input| embeds.and_then(|embeds| int(graph, embeds, input));
    Ok(WrapperSampling {
        swap: BlockSwap {
            quantised: quantised(graph, chain.loader)?,
            batched: flag(graph, node, "batched_cfg")?,
            ..swap
        },
        swap_args,
        loras: chain.loras || link(graph, chain.loader, "lora").is_some(),
        loader: chain.loader,
        width: number("width"),
        height: number("height"),
        frames: number("num_frames"),
        cfg: resolve(graph, node, "cfg").value().and_then(|value| value.to_f64()),
        steps: int(graph, node, "steps").and_then(|steps| u32::try_from(steps).ok()),
        additions,
    })
}

/// The way from the sampler to the loader.
struct Chain {
    loader: NodeIx,
    swap: Option<NodeIx>,
    loras: bool,
}

fn chain(graph: &Graph, sampler: NodeIx) -> Result<Chain, Gap> {
    let (mut at, mut swap, mut loras) = (sampler, None, false);
    for _ in 0..MAX_CHAIN {
        let Some((from, _)) = source(graph, at, "model") else { break };
        let class = graph.class(from);
        match class {
            "WanVideoModelLoader" => return Ok(Chain { loader: from, swap, loras }),
            _ if !HANDS_ON.contains(&class) => return Err(not_modelled(&format!("what {class} does to the model"))),
            _ => {}
        }
        loras |= class == "WanVideoSetLoRAs";
        swap = swap.or_else(|| source(graph, from, "block_swap_args").map(|(args, _)| args));
        at = from;
    }
    Err(Gap { kind: GapKind::Model, words: "the loader of the sampled model was not found".to_owned() })
}

fn without(graph: &Graph, node: NodeIx, inputs: &[&str]) -> Result<(), Gap> {
    match inputs.iter().find(|input| link(graph, node, input).is_some()) {
        Some(input) => Err(not_modelled(&format!("{input} of {}", graph.class(node)))),
        None => Ok(()),
    }
}

fn swap(graph: &Graph, args: NodeIx) -> Result<BlockSwap, Gap> {
    if graph.class(args) != "WanVideoBlockSwap" {
        return Err(not_modelled(&format!("{} as block swap settings", graph.class(args))));
    }
    Ok(BlockSwap {
        blocks: count(graph, args, "blocks_to_swap", 20)?,
        vace_blocks: count(graph, args, "vace_blocks_to_swap", 0)?,
        prefetched: count(graph, args, "prefetch_blocks", 0)?,
        img_emb: flag(graph, args, "offload_img_emb")?,
        txt_emb: flag(graph, args, "offload_txt_emb")?,
        ..BlockSwap::default()
    })
}

/// `quantization` keeps 8-bit weights whatever the file holds; "disabled" goes by the file. Full precision is not modelled.
fn quantised(graph: &Graph, loader: NodeIx) -> Result<bool, Gap> {
    let text = |input: &str| resolve(graph, loader, input).value().and_then(|value| value.as_text().map(str::to_owned));
    let unknown =
        |input: &str| Gap { kind: GapKind::Value, words: format!("the {input} of WanVideoModelLoader is not known") };
    match text("base_precision").ok_or_else(|| unknown("base_precision"))?.as_str() {
        "bf16" | "fp16" | "fp16_fast" => {}
        other => return Err(not_modelled(&format!("base_precision {other} of WanVideoModelLoader"))),
    }
    Ok(text("quantization").ok_or_else(|| unknown("quantization"))?.starts_with("fp8"))
}

/// The node that states the size, and those on the way to it.
fn embeds(graph: &Graph, sampler: NodeIx) -> (Option<NodeIx>, Vec<String>) {
    let (mut at, mut input, mut passed) = (sampler, "image_embeds", Vec::new());
    for _ in 0..MAX_CHAIN {
        let Some((from, _)) = source(graph, at, input) else { break };
        if !matches!(resolve(graph, from, "num_frames"), Resolved::Absent) {
            return (Some(from), passed);
        }
        passed.push(graph.class(from).to_owned());
        input = if link(graph, from, "embeds").is_some() { "embeds" } else { "image_embeds" };
        at = from;
    }
    (None, passed)
}

fn int(graph: &Graph, node: NodeIx, input: &str) -> Option<i64> {
    resolve(graph, node, input).value().and_then(|value| value.to_i64())
}

/// A number that older versions of the node lack.
fn count(graph: &Graph, node: NodeIx, input: &str, default: u32) -> Result<u32, Gap> {
    match resolve(graph, node, input) {
        Resolved::Absent => Ok(default),
        Resolved::Unknown => Err(computed(graph, node, input)),
        Resolved::Known { value, .. } => {
            let number = value.to_i64().ok_or_else(|| computed(graph, node, input))?;
            Ok(u32::try_from(number.max(0)).unwrap_or(u32::MAX))
        }
    }
}

fn flag(graph: &Graph, node: NodeIx, input: &str) -> Result<bool, Gap> {
    match resolve(graph, node, input) {
        Resolved::Absent => Ok(false),
        Resolved::Unknown => Err(computed(graph, node, input)),
        Resolved::Known { value, .. } => value.to_i64().map(|on| on != 0).ok_or_else(|| computed(graph, node, input)),
    }
}

fn computed(graph: &Graph, node: NodeIx, input: &str) -> Gap {
    Gap { kind: GapKind::Value, words: format!("the {input} of {} is not known", graph.class(node)) }
}

fn not_modelled(what: &str) -> Gap {
    Gap { kind: GapKind::Model, words: format!("{what}: not modelled") }
}
