//! The report of `wanlint log` for scripts.

use serde_json::{Value, json};

use super::compared::reason;
use super::steps::proven;
use super::words::{cause, explained};
use super::{line_of, load_at};
use crate::compare::{Comparison, Explanation, Line, Passed, Timed, Verdict};
use crate::facts::log::{After, Limit, ModelLoad, Run, Session};
use crate::finding::Severity;
use crate::logged::{Logged, Step};
use crate::read::log::{Bar, Figure, Loaded};
use crate::report::safe;
use crate::span::Span;
use crate::text::rounded;

/// The report for scripts, schema 1.
pub fn value(logged: &Logged) -> Value {
    let sessions = logged.sessions().map(|(session, comparison)| session_value(logged, session, comparison));
    let findings = logged.outcome.findings.iter().map(|found| crate::report::json::finding(found, &logged.outcome));
    let not_checked =
        logged.outcome.not_checked.iter().map(|(need, codes)| json!({"needs": need.name(), "rules": codes}));
    json!({
        "schema": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "log": logged.source().shown_path(),
        "sessions": sessions.map(safe::masked).collect::<Vec<_>>(),
        "not_compared": logged.no_comparison.as_deref().map(safe::line),
        "summary": {
            "error": logged.outcome.count(Severity::Error),
            "warning": logged.outcome.count(Severity::Warning),
            "info": logged.outcome.count(Severity::Info),
            "suppressed": logged.outcome.suppression.suppressed,
            "not_checked": not_checked.collect::<Vec<_>>(),
        },
        "findings": findings.collect::<Vec<_>>(),
    })
}

fn session_value(logged: &Logged, session: &Session, comparison: Option<(&Comparison, &[Step])>) -> Value {
    let start = &session.start;
    let text = |said: &Option<(String, Span)>| said.as_ref().map(|(text, _)| safe::line(text));
    let limit = |limit: Option<Limit>| limit.map(|limit| limit.version.to_string());
    json!({
        "comfyui": text(&start.comfyui),
        "comfyui_by_wording": { "since": limit(session.bounds.since), "before": limit(session.bounds.until) },
        "torch": text(&start.torch),
        "gpu": text(&start.card),
        "total_mib": start.total_mib.map(|((low, high), _)| [low, high]),
        "ram_mib": start.ram_mib.map(|(ram, _)| ram),
        "os": start.os.map(|(os, _)| os.to_string().to_lowercase()),
        "attention": text(&start.attention),
        "arguments": start.arguments.as_ref().map(|(words, _)| words.iter().map(|word| safe::line(word)).collect::<Vec<_>>()),
        "dynamic_vram": start.dynamic.map(|(on, _)| on),
        "runs": session.runs.iter().map(|run| run_value(logged, run)).collect::<Vec<_>>(),
        "forecast": comparison.map(|found| comparison_value(logged, session, found)),
    })
}

fn run_value(logged: &Logged, run: &Run) -> Value {
    let loads = run.loads.iter().enumerate().map(|(place, load)| load_value(logged, load, run.bar_after(place)));
    let errors = run.errors.iter().map(|error| {
        json!({
            "line": line_of(logged, error.span),
            "requested_mib": error.what.get(Figure::Requested),
            "free_mib": error.what.get(Figure::Free),
            "allocated_mib": error.what.get(Figure::Allocated),
            "total_mib": error.what.get(Figure::Total),
            "used_by_other_processes_mib": error.what.others().map(rounded),
        })
    });
    json!({
        "line": run.prompt.map(|span| line_of(logged, span)),
        "seconds": run.seconds.map(|(seconds, _)| seconds),
        "loads": loads.collect::<Vec<_>>(),
        "out_of_memory": errors.collect::<Vec<_>>(),
    })
}

fn load_value(logged: &Logged, found: &ModelLoad, bar: Option<&After<Bar>>) -> Value {
    let load = &found.load;
    let how = match load.how {
        Loaded::Completely => "complete",
        Loaded::Partially | Loaded::Lowvram => "partial",
        Loaded::Dynamic => "dynamic",
    };
    let dynamic = load.how == Loaded::Dynamic;
    json!({
        "line": line_of(logged, found.span),
        "model": found.class.as_deref().map(safe::line),
        "load": how,
        "usable_mib": load.usable,
        "loaded_mib": load.loaded.filter(|_| !dynamic),
        "staged_mib": load.loaded.filter(|_| dynamic),
        "offloaded_mib": load.offloaded,
        "buffer_mib": load.buffer,
        "patches": load.patches,
        "steps": bar.and_then(|bar| bar.what.steps).map(|(done, all)| [done, all]),
        "step_seconds": bar.and_then(|bar| bar.what.seconds),
        "text": safe::line(logged.source().slice(found.span)),
    })
}

fn comparison_value(logged: &Logged, session: &Session, (found, steps): (&Comparison, &[Step])) -> Value {
    let explanation = |explanation: &Explanation| {
        json!({
            "cause": cause(explanation),
            "reserve_mib": explanation.reserve_mib,
            "used_by_others_mib": explanation.others_mib.map(rounded),
            "holds": explanation.holds(),
            "fits": explanation.verdict == Verdict::Fits,
            "verdict": explained(explanation, found, logged, session),
        })
    };
    let line = |line: &Line| {
        json!({
            "line": line_of(logged, load_at(session, line.place).span),
            "phase": line.phase.work.name(),
            "node": line.phase.node.as_deref().map(safe::line),
            "log_line": line.phase.log_line,
            "compared": line.known,
            "usable_off_mib": line.usable_off.map(rounded),
            "loaded_off_mib": line.loaded_off.map(rounded),
            "used_by_others_mib": line.others_mib.map(rounded),
        })
    };
    let passed = |passed: &Passed| {
        let load = load_at(session, passed.place);
        json!({
            "run": passed.place.run + 1,
            "line": line_of(logged, load.span),
            "model": load.class.as_deref().map(safe::line),
            "reason": reason(passed, load),
        })
    };
    let steps = steps.iter().map(|(time, _)| step_value(logged, time));
    json!({
        "not_compared": found.passed.iter().map(passed).collect::<Vec<_>>(),
        "steps": steps.collect::<Vec<_>>(),
        "usual_mib": [found.usual.0, found.usual.1],
        "solved_from_line": found.anchor.map(|place| line_of(logged, load_at(session, place).span)),
        "explanations": found.explanations.iter().map(explanation).collect::<Vec<_>>(),
        "explained_by": found.best,
        "lines": found.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

fn step_value(logged: &Logged, time: &Timed) -> Value {
    json!({
        "line": line_of(logged, time.span),
        "steps": time.steps,
        "shown_seconds": time.shown,
        "at_most_seconds": rounded(time.at_most),
        "limits_seconds": {
            "attention_16bit": rounded(time.limits.attention),
            "all_16bit": rounded(time.limits.sixteen),
            "fastest": rounded(time.limits.dense),
        },
        "streaming_at_most_seconds": time.streaming.map(rounded),
        "proven": proven(time),
    })
}
