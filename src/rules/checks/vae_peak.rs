//! MEM008: encoding or decoding needs more than the card has beside the weights that stay loaded.

use super::memory::{self, Answer};
use super::proposals;
use crate::finding::{Finding, Severity};
use crate::forecast::{Forecast, Phase};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{ProjectView, called};
use crate::targets::Target;
use crate::targets::propose::{Goal, Seeker, TILE};
use crate::text::{gib, mib_range};

/// One finding for the tightest VAE phase of a target.
pub fn check(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets {
        if memory::not_forecast(target, rule, sink) {
            continue;
        }
        let answer = memory::ask(target, |_, forecast| worst(forecast).is_some());
        let severity = match answer {
            Answer::Never => continue,
            Answer::Unknown(need) => {
                sink.not_checked(rule, need);
                continue;
            }
            Answer::Always => rule.severity,
            Answer::Sometimes => Severity::Info,
        };
        let Some(variant) = target.shown() else { continue };
        let Some(phase) = worst(&variant.forecast.worst) else { continue };
        let (place, node) = memory::place(view, target, phase);
        let (worst, best) = (&variant.forecast.worst, &variant.forecast.best);
        let fill = [
            ("node", node.as_ref().map(called).unwrap_or_default()),
            ("size", memory::size(phase)),
            ("peak", gib(phase.least_peak_mib())),
            ("total", mib_range((worst.total_mib, best.total_mib))),
        ];
        let name = target.name(view.files);
        let finding = sink.fire(rule, place, &fill).graded(severity);
        finding.node = node;
        finding.targets.push(name);
        offer(view, target, (finding, answer == Answer::Always));
    }
}

/// A start without the flag that keeps the weights beside the VAE; tiles, which may show seams, are for people to choose.
fn offer(view: &ProjectView, target: &Target, (finding, sure): (&mut Finding, bool)) {
    proposals::flags(view, target, Goal::Runs, (finding, sure));
    let Some(workflow) = view.workflow(target) else { return };
    let seeker = Seeker { workflow, targets: &[target], machine: view.machine, models: view.models };
    if let Some(tiled) = seeker.tiled(Goal::Runs) {
        let tiles = format!("{0}x{0}, {1} frames", TILE.0, TILE.1);
        proposals::change_of(view, target, ("tiles", ("tiles", tiles)), &tiled, (finding, false));
    }
}

/// The VAE phase with the least room, when even the lower peak does not fit.
fn worst(forecast: &Forecast) -> Option<&Phase> {
    let vae = forecast.phases.iter().filter(|phase| phase.work.is_vae() && (phase.exceeds || phase.tiled));
    vae.max_by(|left, right| left.least_peak_mib().total_cmp(&right.least_peak_mib()))
}
