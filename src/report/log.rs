//! The report of `wanlint log`: what loaded, against the forecast, and the findings.

mod compared;
mod runs;
mod steps;
mod values;
mod words;

pub use values::value;
pub use words::cause;

use std::fmt::Write as _;

use super::full::Full;
use super::summary::counted;
use super::{Report, safe};
use crate::compare::Place;
use crate::facts::log::{ModelLoad, Session};
use crate::finding::Severity;
use crate::logged::Logged;
use crate::span::Span;
use compared::compared;
use runs::one_run;

/// Most runs of a session that are printed for people: a server that ran for weeks did the same thing all the time.
const MOST_RUNS: usize = 12;

/// The report for people.
///
/// # Errors
/// What the renderer of findings says.
pub fn text(logged: &Logged, color: bool) -> Result<String, String> {
    let mut out = safe::line(&logged.source().shown_path()) + "\n";
    for (session, comparison) in logged.sessions() {
        start(&mut out, session);
        let hidden = session.runs.len().saturating_sub(MOST_RUNS);
        for (index, run) in session.runs.iter().enumerate().skip(hidden) {
            one_run(&mut out, logged, index, run);
        }
        if hidden > 0 {
            let _ = writeln!(out, "  ({} before these are not shown)", counted(hidden, "run"));
        }
        if let Some(comparison) = comparison {
            compared(&mut out, logged, session, comparison);
        }
    }
    if logged.facts.sessions.is_empty() {
        out.push_str("  no line of it is one that ComfyUI logs about memory or steps\n");
    }
    if let Some(why) = &logged.no_comparison {
        let _ = writeln!(out, "\nnot compared with the forecast: {}", safe::line(why));
    }
    findings(&mut out, logged, color)?;
    Ok(out)
}

fn findings(out: &mut String, logged: &Logged, color: bool) -> Result<(), String> {
    let mut shown = Vec::new();
    let full = Full { color, quiet: true };
    full.write(&logged.outcome, &mut shown).map_err(|error| format!("cannot write the report: {error}"))?;
    let _ = write!(out, "\n{}", String::from_utf8_lossy(&shown));
    for (need, codes) in &logged.outcome.not_checked {
        let codes: Vec<&str> = codes.iter().copied().collect();
        let _ = writeln!(out, "not checked: {} ({})", codes.join(", "), need.remedy());
    }
    let kinds = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")];
    let found: Vec<String> = kinds
        .into_iter()
        .map(|(severity, word)| (logged.outcome.count(severity), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| counted(count, word))
        .collect();
    let _ = writeln!(out, "{}", if found.is_empty() { "no findings".to_owned() } else { found.join(", ") });
    Ok(())
}

fn line_of(logged: &Logged, span: Span) -> u32 {
    logged.source().place(span.start).line
}

fn start(out: &mut String, session: &Session) {
    let start = &session.start;
    let text = |said: &Option<(String, Span)>| said.as_ref().map(|(text, _)| safe::line(text));
    let version = text(&start.comfyui).unwrap_or_else(|| worded(session));
    let parts = [
        Some(format!("ComfyUI {version}")),
        text(&start.torch).map(|torch| format!("torch {torch}")),
        text(&start.card),
        start.total_mib.map(|((low, high), _)| format!("{:.0} MiB of VRAM", f64::midpoint(low, high))),
        start.ram_mib.map(|(ram, _)| format!("{ram:.0} MiB of RAM")),
        start.os.map(|(os, _)| os.to_string()),
        text(&start.attention).map(|name| format!("{name} attention")),
        start.dynamic.map(|(on, _)| format!("dynamic VRAM {}", if on { "on" } else { "off" })),
    ];
    let _ = writeln!(out, "\n  {}", parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    if let Some((words, _)) = &start.arguments {
        let _ = writeln!(out, "  started with {}", safe::line(&words.join(" ")));
    }
}

/// The releases that write such lines.
fn worded(session: &Session) -> String {
    let bounds = &session.bounds;
    match (bounds.since, bounds.until) {
        _ if bounds.contradict() => "of no release that writes all of these lines".to_owned(),
        (Some(since), Some(until)) => format!("{} or later, before {}, by its wording", since.version, until.version),
        (Some(since), None) => format!("{} or later, by its wording", since.version),
        (None, Some(until)) => format!("before {}, by its wording", until.version),
        (None, None) => "of an unknown version".to_owned(),
    }
}

fn load_at(session: &Session, place: Place) -> &ModelLoad {
    &session.runs[place.run].loads[place.load]
}
