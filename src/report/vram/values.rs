//! Forecasts as JSON.

use serde_json::{Value, json};

use super::{Extras, assumptions, cards, fit, reserve, times, verdict, with_times};
use crate::forecast::time::{Known, StepTime};
use crate::forecast::{Forecast, Load, Phase, Regime};
use crate::outcome::Outcome;
use crate::report::safe;
use crate::targets::{Target, Variant};
use crate::text::rounded;

/// All forecasts of a check as JSON values.
pub fn values(outcome: &Outcome, extras: Extras) -> Vec<Value> {
    let one = |target| {
        let cards = || if extras.cards { cards::value(target, outcome) } else { None };
        let mut value = value(target, outcome, extras).or_else(cards)?;
        if let (Some(run), Some(object)) = (&outcome.files[target.workflow].run, value.as_object_mut()) {
            object.insert("run".to_owned(), json!(run.id));
        }
        Some(value)
    };
    outcome.targets.iter().filter_map(one).map(safe::masked).collect()
}

fn value(target: &Target, outcome: &Outcome, extras: Extras) -> Option<Value> {
    let variant = target.shown()?;
    let mut value = plain_value((target, variant), outcome, extras.known);
    if extras.fit
        && let Some(object) = value.as_object_mut()
    {
        object.insert("fit".to_owned(), fit::value(target.fit(&outcome.machine).as_ref()));
    }
    Some(value)
}

fn plain_value((target, variant): (&Target, &Variant), outcome: &Outcome, known: Option<&Known>) -> Value {
    let middle = &variant.forecast.middle;
    let times = times(target, variant, outcome, known);
    let spread = |value: fn(&Forecast) -> f64| [value(&variant.forecast.worst), value(&variant.forecast.best)];
    let total = spread(|forecast| forecast.total_mib);
    let others = [variant.others.0, variant.others.1];
    json!({
        "schema": 1,
        "workflow": workflow(target, outcome),
        "launch": launch(target, outcome),
        "comfyui": variant.setting.version.to_string(),
        "regime": if middle.regime == Regime::Static { "static" } else { "dynamic" },
        "machine": {
            "gpu": outcome.machine.gpu,
            "total_mib": rounded(middle.total_mib),
            "used_by_others_mib": rounded(middle.others_mib),
            "reserve_mib": rounded(reserve(variant, middle)),
            "ram_gib": outcome.machine.ram_mib.map(|mib| mib / 1024.0),
        },
        "ranges": { "total_mib": total.map(rounded), "used_by_others_mib": others.map(rounded) },
        "phases": middle.phases.iter().zip(&times).map(|(one, time)| phase(one, time.as_ref())).collect::<Vec<_>>(),
        "peak_mib": middle.peak_mib.map(rounded),
        "headroom_mib": middle.headroom_mib.map(rounded),
        "ram_mib": [rounded(variant.forecast.best.ram_mib.0), rounded(variant.forecast.worst.ram_mib.1)],
        "verdict": verdict(&variant.forecast),
        "assumptions": with_times(assumptions(target, variant, outcome), &times),
    })
}

fn phase(phase: &Phase, time: Option<&StepTime>) -> Value {
    let load = match phase.load {
        Load::Complete => "complete",
        Load::Swapped if phase.streamed_mib == 0.0 => "complete",
        Load::Partial | Load::Swapped => "partial",
        Load::Dynamic => "dynamic",
        Load::Resident => "resident",
        Load::Cpu => "cpu",
    };
    json!({
        "name": phase.work.name(),
        "node": phase.node,
        "model": phase.class,
        "file": safe::line(&phase.file),
        "width": phase.width,
        "height": phase.height,
        "frames": phase.frames,
        "batch": phase.batch,
        "forward_batch": phase.forward_batch,
        "estimate_mib": rounded(phase.estimate_mib),
        "usable_mib": phase.usable_mib.map(rounded),
        "weights_mib": rounded(phase.weights_mib),
        "loaded_mib": phase.loaded_mib.map(rounded),
        "offloaded_mib": phase.offloaded_mib.map(rounded),
        "buffer_mib": phase.buffer_mib.map(rounded),
        "lowvram_patches": phase.lowvram_patches,
        "load": load,
        "unload_lines": phase.unload_lines,
        "log_line": phase.log_line,
        "streamed_mib": [rounded(phase.least_streamed_mib), rounded(phase.streamed_mib)],
        "resident_mib": rounded(phase.resident_mib),
        "ram_mib": [rounded(phase.ram_mib.0), rounded(phase.ram_mib.1)],
        "tile": phase.tile.map(|tile| json!({ "edge": tile.edge, "frames": tile.frames })),
        "activation_mib": phase.activation_mib.map(|(_, high)| rounded(high)),
        "peak_mib": phase.peak_mib.map(|(_, high)| rounded(high)),
        "headroom_mib": phase.headroom_mib.map(rounded),
        "step_seconds": time.filter(|time| !time.whole).map(step_seconds),
        "pass_seconds": time.filter(|time| time.whole).map(|time| json!({ "limit": time.limit.map(rounded) })),
    })
}

/// Limit and range of a step, seconds.
pub(super) fn step_seconds(time: &StepTime) -> Value {
    json!({ "limit": time.limit.map(rounded), "expected": time.expected.map(|(low, high)| [rounded(low), rounded(high)]) })
}

/// The workflow's path.
pub(super) fn workflow(target: &Target, outcome: &Outcome) -> String {
    outcome.files[target.workflow].source.shown_path()
}

/// The path of the file with the first start.
pub(super) fn launch(target: &Target, outcome: &Outcome) -> Option<String> {
    target.launches.first().map(|&(file, _)| outcome.files[file].source.shown_path())
}
