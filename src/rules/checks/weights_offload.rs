//! MEM001: the sampled weights do not all stay on the card.

use super::memory::{self, Answer};
use super::proposals::Proposals;
use crate::catalog::gpus;
use crate::facts::machine::Machine;
use crate::facts::os::Os;
use crate::finding::{Finding, Severity};
use crate::forecast::{Forecast, Phase, Regime};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::ProjectView;
use crate::targets::propose::Goal;
use crate::targets::{Target, Variant};
use crate::text::{gib, mib_range};

/// An offload below this share of a step is only worth knowing.
const NOTICEABLE: f64 = 0.05;

/// Says it at the workflow when every class of starts suffers and the reserve of a launch is not the cause; else as info.
pub fn check(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let mut at = 0;
    while at < view.targets.len() {
        let workflow = view.targets[at].workflow;
        let end = at + view.targets[at..].iter().take_while(|target| target.workflow == workflow).count();
        one_workflow(view, &view.targets[at..end], rule, sink);
        at = end;
    }
}

fn one_workflow(view: &ProjectView, targets: &[Target], rule: &'static Rule, sink: &mut Sink) {
    let mut short = 0;
    let mut findings = Vec::new();
    for target in targets {
        if memory::not_forecast(target, rule, sink) {
            continue;
        }
        match memory::ask(target, |_, forecast| memory::is_short(forecast)) {
            Answer::Never => {}
            Answer::Unknown(need) => sink.not_checked(rule, need),
            answer => {
                short += usize::from(answer == Answer::Always);
                findings.push((target, answer));
            }
        }
    }
    let every_class = short == targets.len();
    findings.retain(|(target, _)| !super::reserve_offloads::is_the_cause(target));
    let targets: Vec<&Target> = findings.iter().map(|(target, _)| *target).collect();
    let proposals = (!targets.is_empty()).then(|| Proposals::new(view, &targets, goal(&targets)));
    for (target, answer) in findings {
        let as_stated = answer == Answer::Always && every_class;
        let Some(finding) = report(view, target, as_stated, rule, sink) else { continue };
        let weighs = as_stated && finding.severity > Severity::Info;
        proposals.iter().for_each(|proposals| proposals.offer(finding, (target, goal(&[target])), weighs));
    }
}

/// What fails must run; what only streams weights must keep them on the card.
fn goal(targets: &[&Target]) -> Goal {
    let fails = |variant: &Variant| memory::sampling(&variant.forecast.worst).any(|phase| phase.exceeds);
    let any = targets.iter().flat_map(|target| &target.variants).any(fails);
    if any { Goal::Runs } else { Goal::Fits }
}

fn report<'s>(
    view: &ProjectView,
    target: &Target,
    as_stated: bool,
    rule: &'static Rule,
    sink: &'s mut Sink,
) -> Option<&'s mut Finding> {
    let variant = target.shown()?;
    let phase = memory::tightest(&variant.forecast.worst)?;
    let (place, node) = memory::place(view, target, phase);
    let called = node.as_ref().map_or(String::new(), crate::rules::view::called);
    let fill = [
        ("node", called),
        ("model", crate::read::script::base_name(&phase.file).to_owned()),
        ("size", memory::size(phase)),
        ("short", short(variant, phase)),
        ("cost", if has_budget(variant, phase) { format!("; cost {}", memory::cost(phase)) } else { String::new() }),
        ("verdict", verdict(variant, as_stated)),
    ];
    let severity = if as_stated { severity(view, target) } else { Severity::Info };
    let name = target.name(view.files);
    let finding = sink.fire(rule, place, &fill).graded(severity);
    finding.node = node;
    finding.targets.push(name);
    Some(finding)
}

/// ComfyUI counts what may be loaded; with --highvram and --gpu-only it loads everything.
fn has_budget(variant: &Variant, phase: &Phase) -> bool {
    variant.forecast.worst.regime == Regime::Dynamic || phase.usable_mib.is_some()
}

/// What is missing, in figures.
fn short(variant: &Variant, phase: &Phase) -> String {
    let weights = mib_range((phase.weights_mib, phase.weights_mib));
    if !has_budget(variant, phase) {
        let room = |forecast: &Forecast| forecast.total_mib - forecast.others_mib;
        let room = mib_range((room(&variant.forecast.worst), room(&variant.forecast.best)));
        let peak =
            phase.peak_mib.map(|(low, high)| format!(", {} in all,", mib_range((low, high)))).unwrap_or_default();
        return format!(
            "all {weights} of weights are loaded beside what is there already, whatever is free (--highvram or --gpu-only){peak} and the card has {room} for them"
        );
    }
    let usable = match variant.forecast.worst.regime {
        Regime::Dynamic => memory::range(variant, |phase| (phase.weights_mib - phase.streamed_mib).max(0.0)),
        Regime::Static => memory::range(variant, |phase| phase.usable_mib.unwrap_or_default()),
    };
    let offloaded = memory::figure(variant, |phase| phase.streamed_mib);
    format!("{} usable for {weights} of weights, {offloaded} stays in system memory", mib_range(usable))
}

/// The mildest of what the facts that nobody stated leave open: a version that only offloads must not be called an error.
fn severity(view: &ProjectView, target: &Target) -> Severity {
    target.variants.iter().map(|variant| severity_of(view, variant)).min().unwrap_or(Severity::Info)
}

/// Out of memory over the whole range is an error, paging a warning, offload as its cost is.
fn severity_of(view: &ProjectView, variant: &Variant) -> Severity {
    let exceeds = |forecast: &Forecast| memory::sampling(forecast).any(|phase| phase.exceeds);
    match (exceeds(&variant.forecast.best), variant.setting.os) {
        (true, Os::Linux) => Severity::Error,
        (true, Os::Windows) => Severity::Warning,
        (false, _) if is_noticeable(view.machine, variant) => Severity::Warning,
        (false, _) => Severity::Info,
    }
}

/// Streaming weights over even the fastest link costs more than 5 % of the slowest plausible step, at best.
pub fn is_noticeable(machine: &Machine, variant: &Variant) -> bool {
    let Some(phase) = memory::tightest(&variant.forecast.best) else { return false };
    let card = machine.gpu.as_deref().and_then(|name| match gpus::find(name) {
        gpus::Match::One(card) => Some(card),
        _ => None,
    });
    let Some(slowest) = card.and_then(|card| slowest_step(&card, phase)) else { return false };
    memory::streaming_seconds(phase).0 > NOTICEABLE * slowest
}

/// Seconds of a step at half of the card's nominal 16-bit rate: slower than any run on record. With guidance a step computes
/// two passes, whether they share a forward or not.
fn slowest_step(card: &gpus::Gpu, phase: &Phase) -> Option<f64> {
    let passes = if phase.guided { 2.0 } else { 1.0 };
    Some(passes * phase.forward_flop? / (0.5 * card.tflops_16bit? * 1e12))
}

fn verdict(variant: &Variant, as_stated: bool) -> String {
    let exceeds = |forecast: &Forecast| memory::sampling(forecast).any(|phase| phase.exceeds);
    let (best, worst) = (&variant.forecast.best, &variant.forecast.worst);
    let failing = match variant.setting.os {
        Os::Linux => "out of memory",
        Os::Windows => "the driver pages into system memory",
    };
    if exceeds(best) {
        return failing.to_owned();
    }
    if exceeds(worst) {
        return format!("offloads, or even {failing}, by what other programs hold");
    }
    if as_stated || memory::is_short(best) { "offloads".to_owned() } else { may_fit(variant) }
}

/// Usable memory moves one to one with what others hold, so the limit is known.
fn may_fit(variant: &Variant) -> String {
    let spare = memory::tightest(&variant.forecast.best).and_then(|phase| Some(phase.usable_mib? - phase.weights_mib));
    match spare.map(|spare| (spare, variant.others.0)) {
        Some((spare, low)) => format!("may offload: fits if other programs hold less than {}", gib(low + spare)),
        None => "may offload, by what other programs hold".to_owned(),
    }
}
