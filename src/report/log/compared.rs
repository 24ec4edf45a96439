//! A session beside the forecast: explanations, lines, and what is not compared.

use std::fmt::Write as _;

use super::steps::step_times;
use super::words::{amount, explained};
use super::{line_of, load_at};
use crate::compare::{Comparison, Line, Odd, Passed, Verdict};
use crate::facts::log::{ModelLoad, Session};
use crate::forecast::Work;
use crate::logged::{Logged, Step};
use crate::report::safe;
use crate::report::summary::counted;

/// No explanation holds.
const NOTHING: &str = "nothing single explains it: no start, reserve, attention, length, size, official weights or amount held by others gives all lines";

/// Most runs that are named as not compared.
const MOST_PASSED: usize = 6;

pub(super) fn compared(
    out: &mut String,
    logged: &Logged,
    session: &Session,
    (comparison, steps): (&Comparison, &[Step]),
) {
    let target = logged.outcome.targets.first();
    let workflow = target.map(|target| logged.outcome.files[target.workflow].shown_path()).unwrap_or_default();
    let _ = writeln!(out, "\n  against the forecast for {}", safe::line(&workflow));
    if let Some(anchor) = comparison.anchor {
        let line = line_of(logged, load_at(session, anchor).span);
        let _ = writeln!(out, "  what others held is solved from line {line}; the other lines test it");
    }
    not_compared(out, logged, session, &comparison.passed);
    for (index, explanation) in comparison.explanations.iter().enumerate() {
        let mark = if comparison.best == Some(index) { "=>" } else { "  " };
        let _ = writeln!(out, "  {mark} {}", explained(explanation, comparison, logged, session));
    }
    if comparison.best.is_none() && comparison.explanations.iter().all(|one| one.verdict != Verdict::NoLine) {
        let _ = writeln!(out, "  => {NOTHING}");
    }
    for line in &comparison.lines {
        one_line(out, logged, (session, comparison), line);
    }
    for (time, _) in steps {
        step_times(out, logged, session, time);
    }
    for place in comparison.strangers.iter().take(5) {
        let load = load_at(session, *place);
        let _ = writeln!(
            out,
            "    {:>5}  {}: not a model of the workflow",
            line_of(logged, load.span),
            load.class.as_deref().map_or("a model".to_owned(), safe::line)
        );
    }
}

/// The runs that are of another workflow.
fn not_compared(out: &mut String, logged: &Logged, session: &Session, passed: &[Passed]) {
    for one in passed.iter().take(MOST_PASSED) {
        let load = load_at(session, one.place);
        let (run, line) = (one.place.run + 1, line_of(logged, load.span));
        let _ = writeln!(out, "  run {run} is not compared: line {line} {}", reason(one, load));
    }
    if passed.len() > MOST_PASSED {
        let _ = writeln!(out, "  ({} more are not compared)", counted(passed.len() - MOST_PASSED, "run"));
    }
}

/// Why a run is not compared: `loads Flux, which the workflow does not`.
pub(super) fn reason(passed: &Passed, load: &ModelLoad) -> String {
    let model = load.class.as_deref().map_or("a model".to_owned(), safe::line);
    match &passed.why {
        Odd::Model => format!("loads {model}, which the workflow does not"),
        Odd::Again => format!("loads {model} where the workflow does not, or not again"),
        Odd::Weights(logged, file) => {
            format!("loads {model} with {logged:.2} MiB of weights, and the workflow's file has {file:.2} MiB")
        }
    }
}

fn one_line(out: &mut String, logged: &Logged, (session, comparison): (&Session, &Comparison), line: &Line) {
    let load = load_at(session, line.place);
    let phase = &line.phase;
    let node = phase.node.as_deref().map(|id| format!(" (node {})", safe::line(id))).unwrap_or_default();
    let size = match phase.work {
        Work::TextEncode | Work::ClipVision => String::new(),
        _ => format!(", {}x{}x{}", phase.width, phase.height, phase.frames),
    };
    let _ = writeln!(out, "    {:>5}  {}{node}{size}", line_of(logged, load.span), phase.work.name());
    let _ = writeln!(out, "           logged    {}", safe::line(logged.source().slice(load.span)));
    if load.load.unlimited && phase.usable_mib.is_some() {
        out.push_str("           built on the GPU, which free system memory decides: no budget applies\n");
        return;
    }
    if !line.known {
        out.push_str("           not compared: what the loads before it left on the card is not known\n");
        return;
    }
    let forecast = phase.log_line.as_deref().unwrap_or("nothing: the model is still there");
    let _ = writeln!(out, "           forecast  {forecast}");
    if let (Some(off), Some(held)) = (line.usable_off.filter(|off| off.abs() >= 0.015), line.others_mib) {
        let _ =
            writeln!(out, "           usable is off by {off:+.2} MiB: others held {} here", amount(held, comparison));
    }
}
