//! From a sampler back to the file: LoRAs and patches on the way.

use super::Context;
use super::field::Field;
use super::loaders::LoaderIx;
use super::loras;
use super::noise::Shift;
use crate::catalog::names::is_distilled;
use crate::catalog::nodes::NodeSpec;
use crate::workflow::graph::NodeIx;
use crate::workflow::resolve::source;

/// Longest chain that is followed.
pub(super) const MAX_CHAIN: usize = 128;

/// A LoRA on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct LoraUse {
    /// The node.
    pub node: NodeIx,
    /// Which loader it is: a node may load several.
    pub loader: LoaderIx,
    /// The file.
    pub file: Field<String>,
    /// Its strength on the diffusion model.
    pub strength: Field<f64>,
}

/// What a sampler's model consists of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelChain {
    /// The node that loads the model.
    pub loader: Option<LoaderIx>,
    /// LoRAs in the order from the loader to the sampler.
    pub loras: Vec<LoraUse>,
    /// Everything else in that order: ModelSamplingSD3, TorchCompileModel, patches.
    pub others: Vec<NodeIx>,
    /// The shift of the schedule.
    pub shift: Shift,
    /// False when a node on the way is not known to hand its model on, when models are merged, or when the chain ends
    /// at no known loader. What is listed is then only what could be seen.
    pub certain: bool,
    /// True also where nothing but LoRAs is unknown: the model and its schedule are then known, the weights are not.
    pub schedule_certain: bool,
}

/// What a node on the way does to the model.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Nothing that a rule asks for.
    None,
    /// It applies LoRAs that are not read.
    Weights,
    /// Anything: nobody looked, or models are merged.
    Unknown,
}

/// Custom nodes that hand their `model` on, patched but with the same weights (KJNodes).
const PATCHES: [&str; 11] = [
    "CFGZeroStarAndInit",
    "ModelPatchTorchSettings",
    "PatchModelPatcherOrder",
    "PathchSageAttentionKJ",
    "SkipLayerGuidanceWanVideo",
    "TorchCompileModelWanVideo",
    "TorchCompileModelWanVideoV2",
    "VRAM_Debug",
    "WanVideoEnhanceAVideoKJ",
    "WanVideoNAG",
    "WanVideoTeaCacheKJ",
];

/// Follows the model that feeds an input.
pub(super) fn model(context: &Context<'_>, node: NodeIx, input: &str) -> ModelChain {
    let mut chain = ModelChain { certain: true, schedule_certain: true, ..ModelChain::default() };
    let (mut node, mut input) = (node, input.to_owned());
    for _ in 0..MAX_CHAIN {
        let Some((from, _)) = source(context.graph, node, &input) else { break };
        if is_lora_loader(context, from) {
            chain.loras.extend(context.loaders_at(from).rev().filter_map(|loader| lora(context, loader)));
            let known = loras::are_known(context.graph, from);
            chain.certain &= known;
            input = "model".into();
        } else if let Some(loader) = context.loaders_at(from).next() {
            chain.loader = Some(loader);
            break;
        } else if let Some((next, effect)) = handed_on(context, from) {
            chain.others.push(from);
            chain.certain &= effect == Effect::None;
            chain.schedule_certain &= effect != Effect::Unknown;
            input = next;
        } else {
            break;
        }
        node = from;
    }
    chain.certain &= chain.loader.is_some();
    chain.schedule_certain &= chain.loader.is_some();
    chain.loras.reverse();
    chain.others.reverse();
    chain.shift = Shift::of(context.graph, &chain.others);
    chain
}

impl ModelChain {
    /// The LoRAs that change the model: all whose strength is not known to be 0.
    pub fn active_loras(&self) -> impl Iterator<Item = &LoraUse> {
        self.loras.iter().filter(|lora| lora.strength.value != Some(0.0))
    }

    /// The first active LoRA whose name says that it distills the model to a few steps without guidance.
    pub fn distilled_lora(&self) -> Option<&LoraUse> {
        self.active_loras().find(|lora| lora.file.value.as_deref().is_some_and(is_distilled))
    }
}

fn is_lora_loader(context: &Context<'_>, node: NodeIx) -> bool {
    loras::rows(context.graph, node).is_some() && !context.graph.class(node).starts_with("WanVideo")
}

/// What a loader of a LoRA applies.
pub(super) fn lora(context: &Context<'_>, index: LoaderIx) -> Option<LoraUse> {
    let loader = context.loaders.get(index.0)?;
    Some(LoraUse { node: loader.node, loader: index, file: loader.file.clone(), strength: loader.strength.clone()? })
}

/// The input whose model a node hands on, and what the node does to it. The schema of a custom node tells its inputs and not
/// what it does.
fn handed_on(context: &Context<'_>, node: NodeIx) -> Option<(String, Effect)> {
    let (class, spec) = (context.graph.class(node), context.graph.spec(node));
    let own = spec.filter(|spec| !spec.custom);
    let input = match spec {
        Some(spec) => spec.inputs.iter().find(|socket| socket.kind == "MODEL")?.name.to_owned(),
        None => context.graph.input(node, "model")?.name.to_string(),
    };
    let plain = |spec: &NodeSpec| {
        spec.gives("MODEL") && spec.inputs.iter().filter(|socket| socket.kind == "MODEL").count() == 1
    };
    let effect = match own {
        Some(spec) if plain(spec) && class.contains("Lora") => Effect::Weights,
        Some(spec) if plain(spec) => Effect::None,
        None if PATCHES.binary_search(&class).is_ok() => Effect::None,
        _ => Effect::Unknown,
    };
    Some((input, effect))
}

/// Follows text encoder, VAE or CLIP vision back to its loader: through LoRAs, CLIPSetLastLayer and the like.
pub(super) fn loader(context: &Context<'_>, node: NodeIx, input: &str, kind: &str) -> Option<LoaderIx> {
    let (mut node, mut input) = (node, input.to_owned());
    for _ in 0..MAX_CHAIN {
        let (from, _) = source(context.graph, node, &input)?;
        let spec = context.graph.spec(from);
        let next = spec.and_then(|spec| spec.inputs.iter().find(|socket| socket.kind == kind));
        match next {
            Some(socket) => (node, input) = (from, socket.name.to_owned()),
            None => return context.loaders_at(from).next(),
        }
    }
    None
}
