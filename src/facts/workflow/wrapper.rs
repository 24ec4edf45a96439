//! The sampler of WanVideoWrapper, which has an engine of its own: what can be said of it as of any sampler.
//!
//! Source: kijai/ComfyUI-WanVideoWrapper nodes_sampler.py and nodes_model_loading.py, 2026. Sizes and schedules are not taken over:
//! its schedulers, its conditioning and its memory follow other rules.

use super::Context;
use super::chain::{self, MAX_CHAIN, ModelChain};
use super::field::{float, if_present, int, text};
use super::noise::Shift;
use super::samplers::{Sampler, SamplerKind, plain};
use crate::workflow::graph::NodeIx;
use crate::workflow::resolve::{link, source};

/// Conditioning that adds nothing which changes how the frames play.
const PLAIN_EMBEDS: [&str; 2] = ["WanVideoEmptyEmbeds", "WanVideoImageToVideoEncode"];

/// Inputs through which another model works on the same video.
const EXTRA_MODELS: [&str; 4] = ["extra_model", "fantasyportrait_model", "fantasytalking_model", "multitalk_model"];
const EXTRA_EMBEDS: [&str; 5] =
    ["fantasytalking_embeds", "loop_args", "multitalk_embeds", "uni3c_embeds", "unianimate_poses"];

/// Its settings. An `end_step` of -1 means that it goes on to the end.
pub(super) fn sampler(context: &Context<'_>, node: NodeIx) -> Sampler {
    let graph = context.graph;
    let end = if_present(graph, node, "end_step", int).filter(|end| end.value != Some(-1));
    let mut model = model(context, node);
    let embeds = source(graph, node, "image_embeds").map(|(from, _)| graph.class(from));
    let plain_embeds = embeds.is_some_and(|class| PLAIN_EMBEDS.contains(&class));
    model.certain &= plain_embeds && EXTRA_EMBEDS.iter().all(|input| link(graph, node, input).is_none());
    Sampler {
        model,
        start: if_present(graph, node, "start_step", int),
        end,
        denoise: if_present(graph, node, "denoise_strength", float),
        scheduler: if_present(graph, node, "scheduler", text),
        size: None,
        direct_size: None,
        ..plain(context, node, SamplerKind::WanVideo)
    }
}

/// The loader of its model, and the LoRAs that it or a node on the way gets.
fn model(context: &Context<'_>, sampler: NodeIx) -> ModelChain {
    let graph = context.graph;
    let shift = Shift::Node(sampler, float(graph, sampler, "shift"));
    let mut chain = ModelChain { certain: true, shift, ..ModelChain::default() };
    let mut node = sampler;
    for _ in 0..MAX_CHAIN {
        let Some((from, _)) = source(graph, node, "model") else { break };
        let bare = EXTRA_MODELS.iter().all(|input| link(graph, from, input).is_none());
        match graph.class(from) {
            "WanVideoModelLoader" => {
                chain.loader = context.loaders_at(from).next();
                chain.certain &= bare;
            }
            "WanVideoSetLoRAs" | "WanVideoSetBlockSwap" => chain.others.push(from),
            _ => {
                chain.others.push(from);
                chain.certain = false;
            }
        }
        chain.certain &= loras(context, from, &mut chain);
        if chain.loader.is_some() {
            break;
        }
        node = from;
    }
    chain.certain &= chain.loader.is_some();
    chain.loras.reverse();
    chain.others.reverse();
    chain
}

/// Collects the LoRAs that a node gets; false when not all of them are known.
fn loras(context: &Context<'_>, node: NodeIx, chain: &mut ModelChain) -> bool {
    let graph = context.graph;
    let (mut node, mut input) = (node, "lora");
    for _ in 0..MAX_CHAIN {
        let Some((from, _)) = source(graph, node, input) else { return true };
        if !matches!(graph.class(from), "WanVideoLoraSelect" | "WanVideoLoraSelectMulti") {
            return false;
        }
        chain.loras.extend(context.loaders_at(from).rev().filter_map(|loader| chain::lora(context, loader)));
        (node, input) = (from, "prev_lora");
    }
    false
}
