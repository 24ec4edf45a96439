//! WF016, WF019, WF022, WF042: samplers whose steps or noise do not go with the latent they get.

use std::collections::{HashMap, HashSet};

use crate::facts::workflow::{Sampler, SamplerKind, SizeNode, VaeOp};
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, span, value};
use crate::workflow::graph::NodeIx;
use crate::workflow::resolve::{link, source};

/// WF016: the end is not behind the start. A start at or after the last step is WF015.
pub fn empty_range(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for sampler in advanced(view) {
        let (Some(start), Some(end), Some(steps)) = (value(&sampler.start), value(&sampler.end), value(&sampler.steps))
        else {
            continue;
        };
        if end > start || start >= steps {
            continue;
        }
        let here = view.node(sampler.node);
        let fill = [("node", called(&here)), ("start", start.to_string()), ("end", end.to_string())];
        let beside = view.at(span(&sampler.start));
        sink.fire(rule, view.at(span(&sampler.end)), &fill).about(here).relate(beside, "it starts here");
    }
}

/// WF019: the first steps of an empty latent without any noise.
pub fn no_noise(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for sampler in advanced(view) {
        let starts = value(&sampler.start) == Some(0) && value(&sampler.add_noise) == Some(false);
        let Some(empty) = empty_latent(view, sampler).filter(|_| starts) else { continue };
        let (here, latent) = (view.node(sampler.node), view.node(empty.node));
        let fill = [("node", called(&here)), ("latent", called(&latent))];
        let beside = view.at_class(empty.node);
        sink.fire(rule, view.at(span(&sampler.add_noise)), &fill)
            .about(here)
            .relate(beside, "the empty latent comes from here");
    }
}

/// Below this share of the schedule a start from zeros shows.
const DENOISE: f64 = 0.9;

/// WF042: the schedule is entered late although there is nothing to keep.
pub fn partial_denoise(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for sampler in view.workflow.facts.samplers.iter().filter(|sampler| sampler.kind == SamplerKind::KSampler) {
        let Some(denoise) = value(&sampler.denoise).filter(|denoise| *denoise < DENOISE) else { continue };
        let Some(empty) = empty_latent(view, sampler) else { continue };
        let (here, latent) = (view.node(sampler.node), view.node(empty.node));
        let fill = [("node", called(&here)), ("latent", called(&latent)), ("value", denoise.to_string())];
        let beside = view.at_class(empty.node);
        sink.fire(rule, view.at(span(&sampler.denoise)), &fill)
            .about(here)
            .relate(beside, "the empty latent comes from here");
    }
}

/// WF022: a latent that still holds its noise is decoded. One that another stage goes on with as well is decoded on purpose.
pub fn noisy_decode(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    let at: HashMap<NodeIx, usize> = facts.samplers.iter().enumerate().map(|(at, one)| (one.node, at)).collect();
    let goes_on: HashSet<usize> = facts.stages().into_iter().map(|(first, _)| first).collect();
    for decode in facts.vae_uses.iter().filter(|one| matches!(one.op, VaeOp::Decode | VaeOp::DecodeTiled)) {
        let Some((from, _)) = source(&view.workflow.graph, decode.node, "samples") else { continue };
        let Some(&at) = at.get(&from) else { continue };
        let sampler = &facts.samplers[at];
        let (Some(end), Some(steps)) = (value(&sampler.end), value(&sampler.steps)) else { continue };
        let noisy = value(&sampler.leftover) == Some(true) && end < steps && end > value(&sampler.start).unwrap_or(0);
        if !noisy || goes_on.contains(&at) {
            continue;
        }
        let (here, before) = (view.node(decode.node), view.node(from));
        let fill = [
            ("node", called(&here)),
            ("sampler", called(&before)),
            ("end", end.to_string()),
            ("steps", steps.to_string()),
        ];
        let graph = &view.workflow.graph;
        let input = graph.input(decode.node, "samples").map(|input| input.span).unwrap_or_default();
        let finding = sink.fire(rule, view.at(input), &fill).about(here);
        finding.relate(view.at(span(&sampler.end)), "it ends here");
        finding.relate(view.at(span(&sampler.leftover)), "leftover noise is returned here");
        let takes = |node: &NodeIx| link(graph, *node, "latent_image").is_some_and(|(latent, _)| latent == from);
        let later: Vec<NodeIx> = graph.real().filter(takes).collect();
        match later[..] {
            [] => {
                let set = |place, text: &str| Act::At(Verb::Replace, view.at(place), text.to_owned());
                let acts = vec![set(span(&sampler.end), "10000"), set(span(&sampler.leftover), "disable")];
                finding.offer("to-the-end", acts, &fill);
            }
            [last] if link(graph, decode.node, "samples").is_some_and(|(latent, _)| latent == from) => {
                let act = Act::Link(view.at(input), view.at_class(last), 0);
                finding.offer("last-stage", vec![act], &[("last", called(&view.node(last)))]);
            }
            _ => {}
        }
    }
}

fn advanced<'a>(view: &'a WorkflowView) -> impl Iterator<Item = &'a Sampler> {
    view.workflow.facts.samplers.iter().filter(|sampler| sampler.kind == SamplerKind::KSamplerAdvanced)
}

/// The node that gives a sampler's latent, if it makes an empty one: nothing but zeros, or a start frame and zeros.
fn empty_latent<'a>(view: &'a WorkflowView, sampler: &Sampler) -> Option<&'a SizeNode> {
    let size = view.workflow.facts.direct_size(sampler)?;
    (size.is_wan || (size.class.starts_with("Empty") && size.class.contains("Latent"))).then_some(size)
}
