//! MEM011, PERF018: too few blocks swapped by WanVideoWrapper, or some for nothing.

use super::memory::{self, Answer};
use super::proposals;
use crate::facts::os::Os;
use crate::finding::{Finding, Severity};
use crate::forecast::{Forecast, Load, Phase, Plan, Setting, forecast};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{ProjectView, called};
use crate::targets::propose::{self, Seeker};
use crate::targets::{Target, Variant};
use crate::text::{gib, mib_range};

/// Headroom that holds whatever the working memory really is, MiB beside the half of what is assumed.
const AMPLE_MIB: f64 = 1536.0;
/// No model has more blocks.
const MOST_BLOCKS: u32 = 48;

/// MEM011: certain where the weights that stay exceed the card by themselves; where only the assumed working memory does, as info.
pub fn too_small(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets.iter().filter(|target| swaps(target)) {
        if memory::not_forecast(target, rule, sink) {
            continue;
        }
        let alone = |at: &Forecast| swapped(at).any(|phase| phase.held_mib > room(at));
        let with_work = |at: &Forecast| swapped(at).any(|phase| phase.exceeds);
        let answers = [memory::ask(target, |_, at| alone(at)), memory::ask(target, |_, at| with_work(at))];
        let severity = match (answers, target.shown().map(|variant| variant.setting.os)) {
            ([Answer::Always, _], Some(Os::Windows)) => Severity::Warning,
            ([Answer::Always, _], _) => rule.severity,
            ([_, Answer::Always], _) => Severity::Info,
            ([_, Answer::Unknown(need)], _) => {
                sink.not_checked(rule, need);
                continue;
            }
            _ => continue,
        };
        let enough = enough(view, target);
        let Some(finding) = report(view, target, (severity, enough), (rule, sink)) else { continue };
        if let Some(blocks) = enough {
            offer(view, target, blocks, (finding, severity > Severity::Info));
        }
    }
}

/// PERF018: without any swapping there is ample room, whatever is not known.
pub fn needless(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets.iter().filter(|target| swaps(target)) {
        if memory::not_forecast(target, rule, sink) {
            continue;
        }
        match memory::ask(target, claim(target)) {
            Answer::Always => {
                let Some(finding) = report(view, target, (rule.severity, None), (rule, sink)) else { continue };
                let ample = |target: &Target| memory::ask(target, claim(target)) == Answer::Always;
                offer(view, target, 0, (finding, others(view, target).all(ample)));
            }
            Answer::Unknown(need) => sink.not_checked(rule, need),
            Answer::Sometimes | Answer::Never => {}
        }
    }
}

fn claim(target: &Target) -> impl Fn(&Variant, &Forecast) -> bool + use<'_> {
    |variant, at| {
        swapped(at).any(|phase| phase.streamed_mib > 0.0)
            && swapped(&with_blocks(target, variant, at, 0)).all(has_ample_room)
    }
}

/// The targets of the same workflow, itself among them: what is written there holds for all.
fn others<'a>(view: &ProjectView<'a>, target: &Target) -> impl Iterator<Item = &'a Target> {
    let workflow = target.workflow;
    view.targets.iter().filter(move |other| other.workflow == workflow)
}

/// Another number of blocks, with what `wanlint vram` shows then.
fn offer(view: &ProjectView, target: &Target, blocks: u32, (finding, made): (&mut Finding, bool)) {
    let Some(workflow) = view.workflow(target) else { return };
    let seeker = Seeker { workflow, targets: &[target], machine: view.machine, models: view.models };
    if let Some(proposal) = seeker.swapping(blocks) {
        proposals::change_of(view, target, ("blocks", ("blocks", blocks.to_string())), &proposal, (finding, made));
    }
}

fn has_ample_room(phase: &Phase) -> bool {
    phase.headroom_mib.zip(phase.activation_mib).is_some_and(|(room, (_, work))| room > AMPLE_MIB + 0.5 * work)
}

/// Some model of a target is loaded by WanVideoWrapper; known without a card, too.
fn swaps(target: &Target) -> bool {
    target.work.iter().flat_map(|work| &work.plan.steps).any(|step| step.model.swap.is_some())
}

fn swapped(at: &Forecast) -> impl Iterator<Item = &Phase> {
    at.phases.iter().filter(|phase| phase.load == Load::Swapped)
}

fn room(at: &Forecast) -> f64 {
    at.total_mib - at.others_mib
}

/// The same corner with another number of blocks in system memory.
fn with_blocks(target: &Target, variant: &Variant, at: &Forecast, blocks: u32) -> Forecast {
    let plan = target.work.as_ref().map_or_else(|_| Plan::default(), |work| propose::with_blocks(&work.plan, blocks));
    forecast(&plan, &Setting { total_mib: at.total_mib, others_mib: at.others_mib, ..variant.setting.clone() })
}

/// The least number of blocks with which the workflow fits on all of its starts, whatever is not known exactly.
fn enough(view: &ProjectView, target: &Target) -> Option<u32> {
    let variants =
        || others(view, target).flat_map(|target| target.variants.iter().map(move |variant| (target, variant)));
    let fits = |blocks: &u32| {
        variants().all(|(target, variant)| {
            let at = with_blocks(target, variant, &variant.forecast.worst, *blocks);
            swapped(&at).all(|phase| phase.headroom_mib.is_some_and(|room| room >= 0.0))
        })
    };
    (0..=MOST_BLOCKS).find(fits)
}

fn report<'s>(
    view: &ProjectView,
    target: &Target,
    (severity, enough): (Severity, Option<u32>),
    (rule, sink): (&'static Rule, &'s mut Sink),
) -> Option<&'s mut Finding> {
    let variant = target.shown()?;
    let (best, worst) = (&variant.forecast.best, &variant.forecast.worst);
    let tight = |at: &Forecast| swapped(at).max_by(|a, b| a.least_peak_mib().total_cmp(&b.least_peak_mib())).cloned();
    let phase = tight(best)?;
    let (place, node) = memory::place(view, target, &phase);
    let enough = match enough {
        Some(blocks) => format!("{blocks} swapped blocks are enough"),
        None => "no number of swapped blocks is enough".to_owned(),
    };
    let fill = [
        ("node", node.as_ref().map(called).unwrap_or_default()),
        ("size", memory::size(&phase)),
        ("kept", gib(phase.weights_mib - phase.streamed_mib)),
        ("swapped", gib(phase.streamed_mib)),
        ("activation", phase.activation_mib.map_or("an unknown amount".to_owned(), mib_range)),
        ("room", mib_range((room(worst), room(best)))),
        ("enough", enough),
        ("cost", memory::cost(&phase)),
    ];
    let name = target.name(view.files);
    let finding = sink.fire(rule, place, &fill).graded(severity);
    finding.node = node;
    finding.targets.push(name);
    Some(finding)
}
