//! WF030, WF031: guidance that does nothing, and guidance that works against the prompt.

use std::collections::HashMap;

use crate::facts::workflow::Sampler;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, span, value};
use crate::workflow::graph::NodeIx;
use crate::workflow::resolve::source;

/// WF031: guidance below 1.
pub fn below_one(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for sampler in &view.workflow.facts.samplers {
        let Some(cfg) = value(&sampler.cfg).filter(|cfg| (0.0..0.999).contains(cfg)) else { continue };
        let here = view.node(sampler.node);
        let what = if cfg == 0.0 {
            "the prompt is left out altogether"
        } else {
            "the negative prompt gets a share of the picture"
        };
        let fill = [("node", called(&here)), ("value", cfg.to_string()), ("what", what.to_owned())];
        sink.fire(rule, view.at(span(&sampler.cfg)), &fill).about(here);
    }
}

/// WF030: a negative prompt that every sampler leaves out.
pub fn idle_negative(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let users = users(view);
    for encode in &view.workflow.facts.text_encodes {
        let text =
            encode.text.as_ref().filter(|text| text.value.as_deref().is_some_and(|text| !text.trim().is_empty()));
        let Some((text, users)) = text.zip(users.get(&encode.node)) else { continue };
        if !users.iter().all(|(sampler, negative)| *negative && is_plain(view, sampler)) {
            continue;
        }
        let here = view.node(encode.node);
        let finding = sink.fire(rule, view.at(text.span), &[("node", called(&here))]).about(here);
        for (sampler, _) in users {
            finding.relate(view.at(span(&sampler.cfg)), format!("cfg 1 of {}", called(&view.node(sampler.node))));
        }
    }
}

/// The samplers that a text reaches, and whether as the negative prompt.
fn users<'a>(view: &'a WorkflowView) -> HashMap<NodeIx, Vec<(&'a Sampler, bool)>> {
    let mut users: HashMap<NodeIx, Vec<(&Sampler, bool)>> = HashMap::new();
    for sampler in &view.workflow.facts.samplers {
        let sides = [(sampler.positive, "positive", false), (sampler.negative, "negative", true)];
        for (node, input, negative) in sides {
            if let Some(text) = node.and_then(|node| text_behind(view, node, input)) {
                users.entry(text).or_default().push((sampler, negative));
            }
        }
    }
    users
}

/// Without guidance, and without a node that may bring the negative prompt in by another way (NAG, for example).
fn is_plain(view: &WorkflowView, sampler: &Sampler) -> bool {
    let harmless = |class: &str| ["ModelSampling", "TorchCompile"].iter().any(|known| class.starts_with(known));
    let others = sampler.model.others.iter().all(|&node| harmless(view.workflow.graph.class(node)));
    value(&sampler.cfg) == Some(1.0) && sampler.model.certain && others
}

/// The text behind a conditioning, through nodes that have an input of the same name.
fn text_behind(view: &WorkflowView, node: NodeIx, input: &str) -> Option<NodeIx> {
    let mut node = node;
    for _ in 0..32 {
        match source(&view.workflow.graph, node, input) {
            Some((from, _)) => node = from,
            None => return Some(node),
        }
    }
    None
}
