//! WF047: a seed that changes after every run and that nothing uses.

use crate::facts::structure::Seed;
use crate::facts::workflow::Sampler;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, value};
use crate::workflow::graph::NodeIx;

/// Samplers that draw no noise of their own, so that a stage which adds none never asks for its seed.
const WITHOUT_NOISE: [&str; 13] = [
    "ddim",
    "deis",
    "dpm_2",
    "dpmpp_2m",
    "euler",
    "gradient_estimation",
    "heun",
    "ipndm",
    "ipndm_v",
    "lms",
    "res_multistep",
    "uni_pc",
    "uni_pc_bh2",
];

/// Fires only where every other seed stays: else what comes before the stage changes too, and it has to run again anyway.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    let seeds = &view.workflow.structure.seeds;
    let ran = seeds.iter().filter(|seed| facts.order.contains(&seed.node) && seed.changes);
    let [seed] = ran.collect::<Vec<_>>()[..] else { return };
    let second = facts.stages().into_iter().map(|(_, second)| &facts.samplers[second]);
    let Some(stage) = { second }.find(|stage| stage.node == seed.node && is_idle(stage)) else { return };
    if !is_own(view, seed) || others_move(view, stage.node) {
        return;
    }
    let node = view.node(stage.node);
    let sampler = stage.sampler_name.as_ref().and_then(|name| name.value.clone()).unwrap_or_default();
    let fill = [("node", called(&node)), ("sampler", sampler)];
    sink.fire(rule, view.at(seed.span), &fill).about(node);
}

/// No noise is added at the start, and none while it samples.
fn is_idle(stage: &Sampler) -> bool {
    let name = stage.sampler_name.as_ref().and_then(|name| name.value.as_deref());
    value(&stage.add_noise) == Some(false) && name.is_some_and(|name| WITHOUT_NOISE.binary_search(&name).is_ok())
}

/// The node holds its seed itself: no link, no PrimitiveNode and no subgraph gives it.
fn is_own(view: &WorkflowView, seed: &Seed) -> bool {
    let (graph, structure) = (&view.workflow.graph, &view.workflow.structure);
    let input = graph.input(seed.node, seed.input);
    input.is_some_and(|input| input.value.is_literal() && input.from.is_none())
        && !structure.is_newer(seed.node)
        && !structure.is_shifted(seed.node)
}

/// A node whose class is not known may come up with something new in every run, and so may a PrimitiveNode.
fn others_move(view: &WorkflowView, stage: NodeIx) -> bool {
    let graph = &view.workflow.graph;
    let foreign = |node: &NodeIx| graph.spec(*node).is_none_or(|spec| spec.custom);
    let fed = |node: &NodeIx| graph.get(*node).is_some_and(|node| node.inputs.iter().any(|input| input.from.is_some()));
    let order = &view.workflow.facts.order;
    !view.workflow.facts.complete || order.iter().any(|node| foreign(node) || *node != stage && fed(node))
}
