//! A verdict as JSON.

use serde_json::{Value, json};

use super::words;
use crate::bench::compare::{Answer, Estimate, Method, Reason};
use crate::bench::stats::interval::Interval;
use crate::bench::stats::quotient::Quotient;
use crate::bench::verdict::earned::{Cost, Earned};
use crate::bench::verdict::{Against, Summary};
use crate::bench::{Record, Verdict};
use crate::report::safe;

/// The verdict with the record that it follows from.
pub fn value(record: &Record, verdict: &Verdict) -> Value {
    let variants: Vec<Value> = verdict.variants.iter().map(|summary| variant(record, summary)).collect();
    safe::masked(json!({
        "schema": 1,
        "verdict": { "variants": variants, "notes": words::notes(record, verdict) },
        "record": record,
    }))
}

fn variant(record: &Record, summary: &Summary) -> Value {
    json!({
        "name": summary.name,
        "changes": summary.changes,
        "skipped": summary.skipped,
        "seconds": summary.seconds,
        "cold_seconds": summary.cold,
        "step_seconds": summary.step.map(|(mean, _)| mean),
        "bar_seconds_per_step": summary.bar.map(|(shown, _)| shown),
        "offloaded_mib": summary.offloaded_mib,
        "peak_mib": summary.peak_mib,
        "left_out": summary.left_out.iter().map(|left| left.order).collect::<Vec<_>>(),
        "against": summary.against.as_ref().map(against),
        "says": words::sentences(record, summary),
    })
}

fn against(found: &Against) -> Value {
    json!({
        "answer": answer(found.answer),
        "whole": found.whole.as_ref().map(estimate),
        "step": found.step.as_ref().map(estimate),
        "beginning": found.beginning.as_ref().map(estimate),
        "earned": found.earned.as_ref().map(earned),
        "loads": found.loads.iter().map(|load| json!({
            "model": load.model, "before": load.before, "after": load.after, "rest_mib": load.rest_mib,
            "causes": load.causes.iter().map(|cause| json!({"change": cause.change, "usable_mib": cause.usable_mib})).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

const fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Slower => "slower",
        Answer::Faster => "faster",
        Answer::NoDifference => "no-difference",
        Answer::Nothing(Reason::NoRun) => "no-run",
        Answer::Nothing(Reason::OneRun) => "one-run",
        Answer::Nothing(Reason::OneAfterTheOther) => "not-mixed",
    }
}

fn estimate(found: &Estimate) -> Value {
    json!({
        "answer": answer(found.answer),
        "method": match found.method { Method::Rounds => "rounds", Method::Course => "course" },
        "rounds": found.rounds,
        "baseline": found.baseline,
        "variant": found.variant,
        "difference": found.difference.map(interval),
        "ratio": found.ratio.map(interval),
        "rounds_needed": found.rounds_needed,
        "least_shown": found.least_shown,
        "drift": found.drift.map(|drift| json!({"whole": drift.whole, "chance": drift.chance})),
    })
}

fn interval(found: Interval) -> Value {
    json!({"value": found.value, "low": found.low, "high": found.high})
}

fn earned(found: &Earned) -> Value {
    json!({
        "gain": found.gain,
        "each_run": found.each_run.as_ref().map(cost),
        "first_run": found.first_run.as_ref().map(cost),
        "runs": found.runs,
    })
}

fn cost(found: &Cost) -> Value {
    let steps = match found.steps {
        Quotient::Bounded(found) => interval(found),
        Quotient::AtLeast { value, low } => json!({"value": value, "low": low, "high": null}),
        Quotient::Guess(value) => json!({"value": value, "low": null, "high": null}),
        Quotient::Unknown => Value::Null,
    };
    json!({"seconds": found.seconds, "steps": steps, "measurements": found.count})
}
