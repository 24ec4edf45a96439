//! LAUNCH018: a reserve that pushes weights off the card although all of them would fit with the default.

use super::memory::{self, Answer};
use crate::facts::launch::{Flag, Launch};
use crate::finding::{FileIx, Finding, Location, Severity};
use crate::fix::{Act, Verb};
use crate::forecast::{
    Forecast, MemoryFlags, Plan, Regime, Setting, forecast, largest_reserve_that_loads_completely, reserve_default,
};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::ProjectView;
use crate::targets::{LaunchIx, Target, Variant};
use crate::text::{gib_range, mib_range};

/// One finding at the flag of every start whose workflow suffers.
pub fn check(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets.iter().filter(|target| target.flags.reserve_gib.is_some()) {
        if memory::not_forecast(target, rule, sink) {
            continue;
        }
        match answer(target) {
            Answer::Never => {}
            Answer::Unknown(need) => sink.not_checked(rule, need),
            answer => {
                for (place, launch) in target.starts(view.files) {
                    report(view, target, (place, launch), answer == Answer::Always, rule, sink);
                }
            }
        }
    }
}

/// True when the offload of a target is this rule's business, so that no other rule need mention it.
pub fn is_the_cause(target: &Target) -> bool {
    target.flags.reserve_gib.is_some() && matches!(answer(target), Answer::Always | Answer::Sometimes)
}

fn answer(target: &Target) -> Answer {
    let Ok(work) = &target.work else { return Answer::Never };
    memory::ask(target, |variant, at| {
        at.regime == Regime::Static && !memory::loads_completely(at) && default_fits(&work.plan, variant, at)
    })
}

/// The same corner with the default reserve.
fn default_fits(plan: &Plan, variant: &Variant, at: &Forecast) -> bool {
    memory::loads_completely(&forecast(plan, &with_default(&corner(variant, at))))
}

/// The setting of the corner that a forecast was made for.
fn corner(variant: &Variant, at: &Forecast) -> Setting {
    Setting { total_mib: at.total_mib, others_mib: at.others_mib, ..variant.setting.clone() }
}

fn with_default(setting: &Setting) -> Setting {
    let mut setting = setting.clone();
    setting.flags.reserve_gib = None;
    setting
}

fn report(
    view: &ProjectView,
    target: &Target,
    (place, launch): (LaunchIx, &Launch),
    always: bool,
    rule: &'static Rule,
    sink: &mut Sink,
) {
    let (Some(flag), Some(variant), Ok(work)) = (launch.flag("--reserve-vram"), target.shown(), &target.work) else {
        return;
    };
    let Some(phase) = memory::tightest(&variant.forecast.worst) else { return };
    let (worst, best) = (&variant.forecast.worst, &variant.forecast.best);
    let usable_by_default = |at: &Forecast| {
        let alone = forecast(&work.plan, &with_default(&corner(variant, at)));
        memory::tightest(&alone).and_then(|phase| phase.usable_mib).unwrap_or_default()
    };
    let largest = tidy_reserve(target);
    let reserve = variant.setting.flags.reserve_gib.unwrap_or_default() * 1024.0;
    let default = reserve_default(variant.setting.os, worst.total_mib, variant.setting.version);
    let fill = [
        ("flag", "--reserve-vram".to_owned()),
        ("value", flag.value().map(|word| word.text.clone()).unwrap_or_default()),
        ("gpu", view.machine.gpu.clone().unwrap_or_else(|| "card".to_owned())),
        ("total", mib_range((worst.total_mib, best.total_mib))),
        ("others", mib_range((best.others_mib, worst.others_mib))),
        ("estimate", mib_range((phase.estimate_mib, phase.estimate_mib))),
        ("reserve", mib_range((reserve, reserve))),
        ("default_reserve", mib_range((default, default))),
        ("usable", memory::figure(variant, |phase| phase.usable_mib.unwrap_or_default())),
        ("default_usable", mib_range((usable_by_default(worst), usable_by_default(best)))),
        ("weights", mib_range((phase.weights_mib, phase.weights_mib))),
        ("offloaded", memory::figure(variant, |phase| phase.offloaded_mib.unwrap_or_default())),
        ("activation", phase.activation_mib.map_or("an unknown amount".to_owned(), mib_range)),
        ("headroom", headroom(&work.plan, variant)),
        ("cost", memory::cost(phase)),
        ("largest", largest.map_or("nothing".to_owned(), |gib| format!("{gib:.1}"))),
    ];
    let (size, node) = memory::place(view, target, phase);
    let name = target.name_on(view.files, &[place]);
    let finding = sink.fire(rule, Location { file: place.0, span: flag.whole }, &fill);
    if !always {
        finding.graded(Severity::Info);
    }
    offer(view, target, (place.0, flag), largest.filter(|gib| gib * 1024.0 > default), finding);
    let who = node.map(|node| crate::rules::view::called(&node)).unwrap_or_default();
    finding.relate(size, format!("sampled by {who} at {}", memory::size(phase)));
    finding.in_target(name, place.1);
}

/// A smaller reserve, or none where the default is smaller still; with what `wanlint vram` shows then.
fn offer(
    view: &ProjectView,
    target: &Target,
    (file, flag): (FileIx, &Flag),
    lower: Option<f64>,
    finding: &mut Finding,
) {
    let Ok(work) = &target.work else { return };
    let (lower, value) = lower.zip(flag.value()).unzip();
    let flags = MemoryFlags { reserve_gib: lower, ..target.flags.clone() };
    let Some(after) = target.with(&work.plan, &flags, view.machine).next() else { return };
    let text = lower.map(|gib| format!("{gib:.1}")).unwrap_or_default();
    let (name, verb, span) = match value {
        Some(value) => ("lower", Verb::Replace, value.span),
        None => ("delete", Verb::RemoveFlag, flag.whole),
    };
    let act = Act::At(verb, Location { file, span }, text.clone());
    let fill = [("flag", flag.written.clone()), ("largest", text), ("then", after.forecast.in_short())];
    finding.offer(name, vec![act], &fill);
}

/// The largest tenth of a GiB that may be reserved while everything still loads completely, whatever is not known exactly.
fn tidy_reserve(target: &Target) -> Option<f64> {
    let Ok(work) = &target.work else { return None };
    let corners = |variant: &Variant| [&variant.forecast.worst, &variant.forecast.best].map(|at| corner(variant, at));
    let settings: Vec<Setting> = target.variants.iter().flat_map(corners).collect();
    let largest = |setting: &Setting| largest_reserve_that_loads_completely(&work.plan, setting);
    let least = settings.iter().map(largest).try_fold(f64::INFINITY, |least, mib| Some(least.min(mib?)))?;
    let tidy = (least / 1024.0 * 10.0).floor() / 10.0;
    let fits = |setting: &Setting| {
        let mut tried = setting.clone();
        tried.flags.reserve_gib = Some(tidy);
        memory::loads_completely(&forecast(&work.plan, &tried))
    };
    (tidy > 0.0 && settings.iter().all(fits)).then_some(tidy)
}

/// What would stay free with all weights loaded, at the worst and the best corner.
fn headroom(plan: &Plan, variant: &Variant) -> String {
    let at = |corner_forecast: &Forecast| {
        let alone = forecast(plan, &with_default(&corner(variant, corner_forecast)));
        memory::sampling(&alone).filter_map(|phase| phase.headroom_mib).fold(f64::INFINITY, f64::min)
    };
    gib_range((at(&variant.forecast.worst), at(&variant.forecast.best)))
}
