//! PERF010: a video written as lossless WEBP.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, value};
use crate::workflow::resolve::resolve;

/// Frames from which it takes a noticeable share of a run.
const MANY: i64 = 49;

/// Only for frames that come from a sampler: pictures with transparency pass other nodes and have a reason.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let (facts, graph) = (&view.workflow.facts, &view.workflow.graph);
    for playback in facts.playbacks.iter().filter(|one| graph.class(one.node) == "SaveAnimatedWEBP") {
        let lossless = resolve(graph, playback.node, "lossless").value().and_then(|value| value.to_i64()) == Some(1);
        let method = resolve(graph, playback.node, "method");
        let Some(method) = method.value().and_then(|value| value.as_text()) else { continue };
        let sampler = facts.samplers.get(playback.sampler);
        let length = sampler.and_then(|one| one.size).and_then(|size| value(&facts.sizes.get(size)?.length));
        let Some(frames) = length.zip(playback.factor()).map(|(length, factor)| length.saturating_mul(factor)) else {
            continue;
        };
        if !lossless || method == "fastest" || frames < MANY {
            continue;
        }
        let here = view.node(playback.node);
        let fill = [("node", called(&here)), ("frames", frames.to_string()), ("method", method.to_owned())];
        sink.fire(rule, view.at_class(playback.node), &fill).about(here);
    }
}
