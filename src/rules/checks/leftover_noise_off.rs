//! WF017: the first of two stages hands on a latent that counts as finished.

use crate::facts::workflow::Sampler;
use crate::finding::Severity;
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{Stage, WorkflowView, called, file_of, span, stage, value};

/// A second stage that adds noise of its own is a refining pass and none of our business, unless both are the experts of one
/// schedule: then the clip comes out, by another way than the models were made for, which is worth knowing.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    for (first, second) in facts.stages() {
        let (a, b) = (&facts.samplers[first], &facts.samplers[second]);
        let (Some(end), Some(steps)) = (value(&a.end), value(&a.steps)) else { continue };
        let Some(adds) = value(&b.add_noise) else { continue };
        let lost = value(&a.leftover) == Some(false) && end < steps;
        if !lost || (adds && !one_schedule(view, a, b)) {
            continue;
        }
        let (here, next) = (view.node(a.node), view.node(b.node));
        let fill = [("node", called(&here)), ("other", called(&next))];
        let words = if adds { "and this stage makes up for it with new noise" } else { "and this stage adds none" };
        let finding = sink.fire(rule, view.at(span(&a.leftover)), &fill).about(here);
        finding.relate(view.at(span(&b.add_noise)), words);
        if adds {
            finding.graded(Severity::Info);
        } else {
            let keep = Act::At(Verb::Replace, view.at(span(&a.leftover)), "enable".to_owned());
            finding.offer("keep-noise", vec![keep], &[]);
        }
    }
}

/// The high-noise expert, then the low-noise expert from the very step at which the first one stopped.
fn one_schedule(view: &WorkflowView, a: &Sampler, b: &Sampler) -> bool {
    let expert = |sampler: &Sampler| view.loader(&sampler.model).and_then(file_of).and_then(|file| stage(&file));
    let meets = value(&a.end) == value(&b.start) && value(&a.steps) == value(&b.steps);
    meets && (expert(a), expert(b)) == (Some(Stage::High), Some(Stage::Low))
}
