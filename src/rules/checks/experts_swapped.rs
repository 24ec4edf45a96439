//! WF023: the low-noise expert samples before the high-noise expert.

use crate::facts::workflow::{LoraUse, Sampler};
use crate::fix::Act;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{Stage, WorkflowView, called, file_of, stage};

/// Only where both file names carry the word.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    for (first, second) in facts.stages() {
        let (a, b) = (&facts.samplers[first], &facts.samplers[second]);
        let (Some(from), Some(to)) = (view.loader(&a.model), view.loader(&b.model)) else { continue };
        let (Some(early), Some(late)) = (file_of(from), file_of(to)) else { continue };
        if (stage(&early), stage(&late)) != (Some(Stage::Low), Some(Stage::High)) {
            continue;
        }
        let (here, next) = (view.node(a.node), view.node(b.node));
        let fill = [("node", called(&here)), ("other", called(&next)), ("model", early), ("other_model", late)];
        let beside = view.at(to.file.span);
        let mut acts = vec![Act::Swap(view.at(from.file.span), beside)];
        acts.extend(loras(view, a, b));
        sink.fire(rule, view.at(from.file.span), &fill)
            .about(here)
            .relate(beside, "the high-noise expert comes second")
            .offer("swap", acts, &[]);
    }
}

/// The LoRAs that go with the experts: the low-noise one of the first stage and the high-noise one of the second. Where each stage has
/// exactly one in the wrong place they are a pair.
fn loras(view: &WorkflowView, first: &Sampler, second: &Sampler) -> Option<Act> {
    let lone = |sampler: &Sampler, made_for: Stage| {
        let named = |lora: &&LoraUse| lora.file.value.as_deref().and_then(stage) == Some(made_for);
        let mut found = sampler.model.active_loras().filter(named);
        let (only, None) = (found.next()?, found.next()) else { return None };
        Some(view.at(only.file.span))
    };
    Some(Act::Swap(lone(first, Stage::Low)?, lone(second, Stage::High)?))
}
