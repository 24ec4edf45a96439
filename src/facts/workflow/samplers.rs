//! Sampling: four core nodes, two of which take guider, schedule and sampler from other nodes, and that of WanVideoWrapper.

use super::chain::{self, ModelChain};
use super::field::{Field, float, if_present, int, on_off, text};
use super::{Context, sizes, wrapper};
use crate::workflow::graph::{Graph, NodeIx};
use crate::workflow::resolve::source;

/// Which node samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SamplerKind {
    /// `KSampler`.
    KSampler,
    /// `KSamplerAdvanced`: may do a part of the steps.
    KSamplerAdvanced,
    /// `SamplerCustom` and `SamplerCustomAdvanced`.
    Custom,
    /// `WanVideoSampler` of WanVideoWrapper: its own engine, with schedulers of its own.
    WanVideo,
}

/// One sampling. A field is `None` where the node has no such setting.
#[derive(Clone, Debug)]
pub struct Sampler {
    /// The node.
    pub node: NodeIx,
    /// Which one.
    pub kind: SamplerKind,
    /// The model with its LoRAs.
    pub model: ModelChain,
    /// The node whose latent is sampled, behind nodes that only hand it on.
    pub latent_from: Option<NodeIx>,
    /// Steps of the whole schedule.
    pub steps: Option<Field<i64>>,
    /// Guidance.
    pub cfg: Option<Field<f64>>,
    /// First step.
    pub start: Option<Field<i64>>,
    /// Step at which it ends.
    pub end: Option<Field<i64>>,
    /// Whether noise is added.
    pub add_noise: Option<Field<bool>>,
    /// Whether noise is left for a next stage.
    pub leftover: Option<Field<bool>>,
    /// Denoise strength.
    pub denoise: Option<Field<f64>>,
    /// Sampler name.
    pub sampler_name: Option<Field<String>>,
    /// Scheduler name.
    pub scheduler: Option<Field<String>>,
    /// Index into `WorkflowFacts::sizes`.
    pub size: Option<usize>,
    /// The same index, where that node itself gives the latent: no other sampler and nothing else between.
    pub direct_size: Option<usize>,
    /// The node that gives the positive conditioning.
    pub positive: Option<NodeIx>,
    /// The node that gives the negative conditioning.
    pub negative: Option<NodeIx>,
}

impl Sampler {
    /// How many steps it does: KSamplerAdvanced only those between start and end.
    pub fn step_count(&self) -> Option<u32> {
        let bound = |field: &Option<Field<i64>>, none: i64| field.as_ref().map_or(Some(none), |field| field.value);
        let steps = self.steps.as_ref()?.value?;
        let (start, end) = (bound(&self.start, 0)?.max(0), bound(&self.end, steps)?.min(steps));
        u32::try_from(end.saturating_sub(start).max(0)).ok()
    }

    /// True for a sampler of WanVideoWrapper that does not surely do all steps.
    pub(super) fn is_part_of_wrapper_run(&self) -> bool {
        let whole = self.start.as_ref().is_some_and(|start| start.value == Some(0)) && self.end.is_none();
        self.kind == SamplerKind::WanVideo && !whole
    }
}

/// The sampling that a node does.
pub(super) fn sampler(context: &Context<'_>, node: NodeIx) -> Option<Sampler> {
    match context.graph.class(node) {
        "KSampler" => Some(plain(context, node, SamplerKind::KSampler)),
        "KSamplerAdvanced" => Some(plain(context, node, SamplerKind::KSamplerAdvanced)),
        "WanVideoSampler" => Some(wrapper::sampler(context, node)),
        "SamplerCustom" => Some(custom(context, node, node)),
        "SamplerCustomAdvanced" => {
            let guider = source(context.graph, node, "guider").map_or(node, |(guider, _)| guider);
            Some(custom(context, node, guider))
        }
        _ => None,
    }
}

/// The settings that a node itself has.
pub(super) fn plain(context: &Context<'_>, node: NodeIx, kind: SamplerKind) -> Sampler {
    let graph = context.graph;
    let from = |input: &str| source(graph, node, input).map(|(node, _)| node);
    let latent_from = sizes::latent_source(graph, node, "latent_image");
    Sampler {
        node,
        kind,
        model: chain::model(context, node, "model"),
        latent_from,
        direct_size: latent_from.and_then(|from| context.size_of.get(&from).copied()),
        steps: if_present(graph, node, "steps", int),
        cfg: if_present(graph, node, "cfg", float),
        start: if_present(graph, node, "start_at_step", int),
        end: if_present(graph, node, "end_at_step", int),
        add_noise: if_present(graph, node, "add_noise", on_off),
        leftover: if_present(graph, node, "return_with_leftover_noise", on_off),
        denoise: if_present(graph, node, "denoise", float),
        sampler_name: if_present(graph, node, "sampler_name", text),
        scheduler: if_present(graph, node, "scheduler", text),
        size: size(context, node, node),
        positive: from("positive"),
        negative: from("negative"),
    }
}

/// The latent decides; a latent that was encoded from pictures leaves it to the conditioning.
fn size(context: &Context<'_>, node: NodeIx, guider: NodeIx) -> Option<usize> {
    let latent = sizes::of_latent(context, node, "latent_image");
    latent.unwrap_or_else(|| sizes::of_conditioning(context, guider, "positive"))
}

/// `guider` is the node that holds model, conditioning and cfg: a guider, or SamplerCustom itself.
fn custom(context: &Context<'_>, node: NodeIx, guider: NodeIx) -> Sampler {
    let graph = context.graph;
    let from = |names: &[&str]| names.iter().find_map(|name| source(graph, guider, name)).map(|(node, _)| node);
    let schedule = schedule(graph, node);
    let select = source(graph, node, "sampler").map(|(select, _)| select);
    Sampler {
        model: chain::model(context, guider, "model"),
        cfg: cfg(graph, guider),
        steps: schedule.node.and_then(|node| if_present(graph, node, "steps", int)),
        start: schedule.start,
        end: schedule.end,
        denoise: schedule.node.and_then(|node| if_present(graph, node, "denoise", float)),
        scheduler: schedule.node.and_then(|node| if_present(graph, node, "scheduler", text)),
        sampler_name: select.and_then(|select| if_present(graph, select, "sampler_name", text)),
        size: size(context, node, guider),
        positive: from(&["positive", "conditioning", "cond1"]),
        negative: from(&["negative"]),
        ..plain(context, node, SamplerKind::Custom)
    }
}

/// BasicGuider has no cfg: it computes the positive side only, which is what cfg 1 does.
fn cfg(graph: &Graph, guider: NodeIx) -> Option<Field<f64>> {
    if graph.class(guider) == "BasicGuider" {
        let span = graph.get(guider).map(|node| node.class_span)?;
        return Some(Field { value: Some(1.0), span, node: guider });
    }
    if_present(graph, guider, "cfg", float).or_else(|| if_present(graph, guider, "cfg_conds", float))
}

/// Where the sigmas come from.
#[derive(Default)]
struct Schedule {
    node: Option<NodeIx>,
    start: Option<Field<i64>>,
    end: Option<Field<i64>>,
}

/// Follows the sigmas through one SplitSigmas to the scheduler node. Whatever else changes sigmas hides the steps.
fn schedule(graph: &Graph, node: NodeIx) -> Schedule {
    let mut schedule = Schedule::default();
    let Some((mut from, slot)) = source(graph, node, "sigmas") else { return schedule };
    if graph.class(from) == "SplitSigmas" {
        let step = Some(int(graph, from, "step"));
        if slot == 0 {
            schedule.end = step;
        } else {
            schedule.start = step;
        }
        let Some((next, _)) = source(graph, from, "sigmas") else { return schedule };
        from = next;
    }
    let scheduler = graph.spec(from).is_some_and(|spec| spec.widget("steps").is_some() && spec.gives("SIGMAS"));
    schedule.node = scheduler.then_some(from);
    schedule
}
