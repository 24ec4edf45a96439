//! PERF005: a node that skips steps, in a run of few steps.

use std::collections::HashSet;

use crate::facts::workflow::Sampler;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, span, value};

/// Nodes that reuse the result of a step for the next: ComfyUI's own, KJNodes, ComfyUI-TeaCache and ComfyUI-MagCache.
const CACHES: [&str; 5] = ["EasyCache", "LazyCache", "MagCache", "TeaCache", "WanVideoTeaCacheKJ"];
/// Steps of a schedule up to which a cache is of no use (the author of ComfyUI-TeaCache: from 10 on; one report of a gain at 8).
const FEW: i64 = 6;

/// Once for each cache node.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let mut seen = HashSet::new();
    for sampler in view.workflow.facts.samplers.iter().filter(|sampler| is_short(sampler)) {
        let is_cache = |node: &&_| CACHES.binary_search(&view.workflow.graph.class(**node)).is_ok();
        let Some(&cache) = sampler.model.others.iter().find(is_cache) else { continue };
        if !seen.insert(cache) {
            continue;
        }
        let (here, sampled) = (view.node(cache), view.node(sampler.node));
        let fill = [
            ("node", called(&here)),
            ("sampler", called(&sampled)),
            ("steps", value(&sampler.steps).unwrap_or_default().to_string()),
        ];
        sink.fire(rule, view.at_class(cache), &fill)
            .about(here)
            .relate(view.at(span(&sampler.steps)), "the steps are set here");
    }
}

fn is_short(sampler: &Sampler) -> bool {
    value(&sampler.steps).is_some_and(|steps| steps <= FEW)
}
