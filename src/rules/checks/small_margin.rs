//! MEM002: everything loads completely, but only just.

use super::memory::{self, Answer};
use crate::forecast::{Forecast, Regime};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::ProjectView;
use crate::text::mib_range;

/// Margin below which a complete load is called narrow, MiB.
const NARROW_MIB: f64 = 1536.0;

/// Fires only where the load is complete over the whole range.
pub fn check(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets {
        if memory::not_forecast(target, rule, sink) {
            continue;
        }
        let complete = |forecast: &Forecast| forecast.regime == Regime::Static && memory::loads_completely(forecast);
        match memory::ask(target, |_, forecast| complete(forecast)) {
            Answer::Always => {}
            Answer::Unknown(need) => {
                sink.not_checked(rule, need);
                continue;
            }
            Answer::Sometimes | Answer::Never => continue,
        }
        let narrow = memory::ask(target, |_, forecast| margin(forecast).is_some_and(|margin| margin < NARROW_MIB));
        if !matches!(narrow, Answer::Always | Answer::Sometimes) {
            continue;
        }
        let Some(variant) = target.shown() else { continue };
        let Some(phase) = memory::tightest(&variant.forecast.worst) else { continue };
        let (place, node) = memory::place(view, target, phase);
        let range = |value: fn(&crate::forecast::Phase) -> f64| memory::figure(variant, value);
        let fill = [
            ("usable", range(|phase| phase.usable_mib.unwrap_or_default())),
            ("weights", mib_range((phase.weights_mib, phase.weights_mib))),
            ("margin", range(|phase| phase.usable_mib.unwrap_or_default() - phase.weights_mib)),
        ];
        let name = target.name(view.files);
        let finding = sink.fire(rule, place, &fill);
        finding.node = node;
        finding.targets.push(name);
    }
}

fn margin(forecast: &Forecast) -> Option<f64> {
    memory::tightest(forecast).and_then(|phase| Some(phase.usable_mib? - phase.weights_mib))
}
