//! Loads that differ between a variant and the baseline, and which change explains that.

use serde_json::Value;

use crate::bench::measured::{Load, Measured};
use crate::bench::series::Series;
use crate::bench::variant::Variant;

/// A model that was loaded otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadChange {
    /// The class of the model, as logged.
    pub model: String,
    /// In the baseline.
    pub before: Load,
    /// In the variant.
    pub after: Load,
    /// By how much each change alone moves what is usable, by the forecast, MiB.
    pub causes: Vec<Cause>,
    /// By how much usable changed beyond that, MiB: others held so much more or less.
    pub rest_mib: Option<f64>,
}

/// What one change does to a load.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// The change, as it is written.
    pub change: String,
    /// By how much it alone moves what is usable, MiB; `None`: the forecast does not tell.
    pub usable_mib: Option<f64>,
}

/// Usable that moves by less is the same, MiB.
const SAME_MIB: f64 = 1.0;

/// Offloaded weights that differ by less are the same, MiB: others' memory moves by some MiB from run to run.
const NEAR_MIB: f64 = 64.0;

/// The loads that differ: in how they were made, or in how much stayed in system memory.
pub fn changes((baseline, base): (&Variant, &Series), (variant, own): (&Variant, &Series)) -> Vec<LoadChange> {
    let Some((before, after)) = loads(baseline, base).zip(loads(variant, own)) else { return Vec::new() };
    let models = before.loads.iter().filter_map(|load| load.model.as_deref());
    let mut seen: Vec<&str> = Vec::new();
    let mut all = Vec::new();
    for model in models {
        if seen.contains(&model) {
            continue;
        }
        seen.push(model);
        let Some((before, after)) = worst(before, model).zip(worst(after, model)) else { continue };
        if differs(before, after) {
            all.push(change(model, (before, after), (baseline, variant)));
        }
    }
    all
}

fn loads<'a>(variant: &'a Variant, series: &Series<'a>) -> Option<&'a Measured> {
    series.logged().or(variant.seen.as_ref().filter(|seen| !seen.loads.is_empty()))
}

/// Of several loads of a model the one that left most in system memory.
fn worst<'a>(measured: &'a Measured, model: &str) -> Option<&'a Load> {
    let own = measured.loads.iter().filter(|load| load.model.as_deref() == Some(model));
    let off = |load: &Load| load.offloaded_mib.unwrap_or_default();
    own.reduce(|worst, load| if off(load) > off(worst) { load } else { worst })
}

fn differs(before: &Load, after: &Load) -> bool {
    let off = |load: &Load| load.offloaded_mib.unwrap_or_default();
    before.load != after.load || (off(before) - off(after)).abs() > NEAR_MIB
}

fn change(model: &str, (before, after): (&Load, &Load), (baseline, variant): (&Variant, &Variant)) -> LoadChange {
    let causes: Vec<Cause> = causes(model, baseline, variant);
    let known = causes.iter().map(|cause| cause.usable_mib).sum::<Option<f64>>();
    let moved = after.usable_mib.zip(before.usable_mib).map(|(after, before)| after - before);
    let rest_mib = moved.zip(known).map(|(moved, known)| moved - known);
    LoadChange { model: model.to_owned(), before: before.clone(), after: after.clone(), causes, rest_mib }
}

fn causes(model: &str, baseline: &Variant, variant: &Variant) -> Vec<Cause> {
    let before = usable(&baseline.forecast, model);
    let one = |alone: &crate::bench::variant::Alone| {
        let usable_mib = usable(&alone.forecast, model).zip(before).map(|(after, before)| after - before);
        let same = usable_mib.filter(|moved| moved.abs() < SAME_MIB).map(|_| 0.0);
        Some(Cause { change: alone.change.as_ref()?.to_string(), usable_mib: same.or(usable_mib) })
    };
    variant.alone.iter().filter_map(one).collect()
}

/// What a forecast says is usable when a model is loaded to sample.
fn usable(forecast: &Value, model: &str) -> Option<f64> {
    let phases = forecast["phases"].as_array()?;
    let of_model = |phase: &&Value| phase["model"] == model && phase["usable_mib"].is_number();
    phases.iter().filter(of_model).filter_map(|phase| phase["usable_mib"].as_f64()).reduce(f64::min)
}
