//! MEM005, MEM006: what other programs hold, and where Windows puts what no longer fits.

use super::memory::{self, Answer};
use crate::finding::Location;
use crate::forecast::{Forecast, Phase, Verdict, over_range};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{ProjectView, called};
use crate::targets::Target;
use crate::text::{gib, mib_range};

/// The first branch of the driver that pages VRAM into system memory.
const FIRST_THAT_PAGES: u32 = 536;

/// MEM005: weights stay off the card only because of what other programs hold.
pub fn by_others(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let Some(held) = view.machine.stated_others else { return };
    for target in view.targets {
        let short = memory::ask(target, |_, forecast| memory::is_short(forecast)) == Answer::Always;
        let usual = view.machine.usual_others_mib(target.os);
        if !short || held.0 <= usual.1 || !would_fit(view, target) {
            continue;
        }
        let Some(phase) = target.shown().and_then(|variant| memory::tightest(&variant.forecast.best)) else { continue };
        let fill = [
            ("held", mib_range(held)),
            ("usual", mib_range(usual)),
            ("model", crate::read::script::base_name(&phase.file).to_owned()),
        ];
        report(view, (target, phase), &fill, (rule, sink));
    }
}

/// With what others usually hold everything stays on the card, whatever else is not known.
fn would_fit(view: &ProjectView, target: &Target) -> bool {
    let Ok(planned) = &target.work else { return false };
    let fits = |variant: &crate::targets::Variant| {
        let os = Some(variant.setting.os);
        let Some(total) = view.machine.total_mib(os) else { return false };
        let usual = view.machine.usual_others_mib(os);
        let worst = over_range(&planned.plan, &variant.setting, total, usual).worst;
        worst.verdict != Verdict::Unknown && !memory::is_short(&worst)
    };
    !target.variants.is_empty() && target.variants.iter().all(fits)
}

/// MEM006: the driver of Windows pages instead of failing.
pub fn paged(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    if view.machine.host.driver_branch().is_some_and(|branch| branch < FIRST_THAT_PAGES) {
        return;
    }
    for target in view.targets {
        if memory::not_forecast(target, rule, sink) {
            continue;
        }
        match memory::ask(target, |_, forecast| forecast.verdict == Verdict::Spills) {
            Answer::Always => {}
            Answer::Unknown(need) => {
                sink.not_checked(rule, need);
                continue;
            }
            Answer::Sometimes | Answer::Never => continue,
        }
        let Some(forecast) = target.shown().map(|variant| &variant.forecast.best) else { continue };
        let Some(phase) = exceeding(forecast) else { continue };
        let fill = [("peak", gib(phase.least_peak_mib())), ("total", gib(forecast.total_mib))];
        report(view, (target, phase), &fill, (rule, sink));
    }
}

fn exceeding(forecast: &Forecast) -> Option<&Phase> {
    let over = forecast.phases.iter().filter(|phase| phase.exceeds);
    over.max_by(|left, right| left.least_peak_mib().total_cmp(&right.least_peak_mib()))
}

fn report(
    view: &ProjectView,
    (target, phase): (&Target, &Phase),
    fill: &[(&str, String)],
    (rule, sink): (&'static Rule, &mut Sink),
) {
    let (place, node): (Location, _) = memory::place(view, target, phase);
    let name = node.as_ref().map(called).unwrap_or_default();
    let fill: Vec<(&str, String)> = fill.iter().cloned().chain([("node", name)]).collect();
    let finding = sink.fire(rule, place, &fill);
    finding.node = node;
    finding.targets.push(target.name(view.files));
}
