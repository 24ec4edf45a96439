//! WF043: schedulers that take a flow model through the noise as if it were another kind of model.

use crate::facts::workflow::Sampler;
use crate::finding::Severity;
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, span, value};

/// Schedulers that space the noise levels themselves, from the largest to the smallest, and so pass over the shift.
const WITHOUT_SHIFT: [&str; 2] = ["exponential", "karras"];
/// Steps up to which the first leap takes most of the noise away.
const FEW: i64 = 10;

/// Shows the level after the first step, with this scheduler and with `simple`.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for sampler in view.workflow.facts.samplers.iter().filter(|sampler| from_the_start(sampler)) {
        let Some(field) = sampler.scheduler.as_ref() else { continue };
        let Some(name) = field.value.as_deref().filter(|name| WITHOUT_SHIFT.contains(name)) else { continue };
        let wan = view.channels_of(&sampler.model).is_some();
        let (Some(level), Some(simple)) = (sampler.wan_noise(1), sampler.wan_noise_as("simple", 1)) else { continue };
        let Some(steps) = value(&sampler.steps).filter(|steps| wan && *steps > 1) else { continue };
        let here = view.node(sampler.node);
        let fill = [
            ("node", called(&here)),
            ("value", name.to_owned()),
            ("steps", steps.to_string()),
            ("level", format!("{level:.2}")),
            ("simple", format!("{simple:.2}")),
        ];
        let finding = sink.fire(rule, view.at(field.span), &fill).about(here);
        finding.relate(view.at(span(&sampler.steps)), "the steps are set here");
        finding.offer("simple", simple_for_run(view, sampler, name), &[]);
        if steps > FEW {
            finding.graded(Severity::Info);
        }
    }
}

fn from_the_start(sampler: &Sampler) -> bool {
    sampler.start.as_ref().is_none_or(|start| start.value == Some(0))
}

/// `simple` for the sampler and for those that go on with its latent by the same scheduler: the stages of a run share a schedule.
fn simple_for_run(view: &WorkflowView, sampler: &Sampler, name: &str) -> Vec<Act> {
    let runs = view.runs();
    let mine = runs.iter().filter(|run| run.iter().any(|one| one.node == sampler.node)).flatten();
    let same = mine.filter_map(|one| one.scheduler.as_ref()).filter(|field| field.value.as_deref() == Some(name));
    let mut places: Vec<_> = same.map(|field| view.at(field.span)).collect();
    places.sort();
    places.dedup();
    places.into_iter().map(|place| Act::At(Verb::Replace, place, "simple".to_owned())).collect()
}
