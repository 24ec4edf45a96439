//! PERF009: a node that unloads all models stands between two stages.

use crate::facts::workflow::UNLOADERS;
use crate::fix::Act;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called};
use crate::workflow::resolve::{link, resolve, source};

/// The node hands the latent on, so the two samplers count as stages all the same.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let (facts, graph) = (&view.workflow.facts, &view.workflow.graph);
    for (first, second) in facts.stages() {
        let (a, b) = (&facts.samplers[first], &facts.samplers[second]);
        let Some((between, _)) = source(graph, b.node, "latent_image") else { continue };
        let Some((_, input, switch)) = UNLOADERS.iter().find(|(class, ..)| *class == graph.class(between)) else {
            continue;
        };
        let on = |input: &str| resolve(graph, between, input).value().and_then(|value| value.to_i64()) == Some(1);
        if switch.is_some_and(|switch| !on(switch)) {
            continue;
        }
        let here = view.node(between);
        let fill =
            [("node", called(&here)), ("first", called(&view.node(a.node))), ("second", called(&view.node(b.node)))];
        let finding = sink.fire(rule, view.at_class(between), &fill).about(here);
        finding.relate(view.at_class(b.node), "the second stage loads its model here");
        let direct = link(graph, b.node, "latent_image").is_some_and(|(from, _)| from == between);
        let place = graph.input(b.node, "latent_image").filter(|_| direct).map(|input| view.at(input.span));
        if let (Some(place), Some((from, slot))) = (place, link(graph, between, input)) {
            finding.offer("direct", vec![Act::Link(place, view.at_class(from), slot)], &fill);
        }
    }
}
