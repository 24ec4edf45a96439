//! The report of `wanlint log`: what loaded, against the forecast, and the findings.

mod steps;
mod values;

pub use values::value;

use std::fmt::Write as _;

use super::full::Full;
use super::summary::counted;
use super::{Report, safe};
use crate::compare::{Cause, Comparison, Explanation, Line, Place, Verdict};
use crate::facts::log::{ModelLoad, Run, Session};
use crate::finding::Severity;
use crate::forecast::Work;
use crate::logged::{Logged, Step};
use crate::read::log::{Figure, Loaded, OutOfMemory};
use crate::span::Span;
use crate::text::mib_range;
use steps::step_times;

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

fn one_run(out: &mut String, logged: &Logged, index: usize, run: &Run) {
    let at = run.prompt.map(|span| format!(", line {}", line_of(logged, span))).unwrap_or_default();
    let seconds = run.seconds.map(|(seconds, _)| format!(": {seconds:.2} seconds")).unwrap_or_default();
    let _ = writeln!(out, "  run {}{at}{seconds}", index + 1);
    for (place, load) in run.loads.iter().enumerate() {
        let steps = run.bar_after(place).map(|bar| steps(&bar.what)).unwrap_or_default();
        let _ = writeln!(out, "    {:>5}  {}{steps}", line_of(logged, load.span), loaded(load));
    }
    for bar in run.bars.iter().filter(|bar| bar.load.is_none()) {
        let _ = writeln!(out, "    {:>5}  no load before it{}", line_of(logged, bar.span), steps(&bar.what));
    }
    for error in &run.errors {
        let _ = writeln!(out, "    {:>5}  out of memory{}", line_of(logged, error.span), figures(&error.what));
    }
    for span in &run.tiled {
        let _ = writeln!(out, "    {:>5}  VAE tried again in tiles", line_of(logged, *span));
    }
}

fn steps(bar: &crate::read::log::Bar) -> String {
    match (bar.steps, bar.seconds) {
        (Some((done, all)), Some(seconds)) if done < all => format!("; {done} of {all} steps at {seconds:.2} s"),
        (Some((_, all)), Some(seconds)) => format!("; {} at {seconds:.2} s", counted(all as usize, "step")),
        (None, Some(seconds)) => format!("; steps at {seconds:.2} s"),
        (_, None) => "; no step was done".to_owned(),
    }
}

fn loaded(found: &ModelLoad) -> String {
    let load = &found.load;
    let class = found.class.as_deref().map_or("a model".to_owned(), safe::line);
    let mib =
        |value: Option<f64>, words: &str| value.map(|value| format!(", {value:.2} MiB {words}")).unwrap_or_default();
    let how = match load.how {
        Loaded::Completely => "completely",
        Loaded::Partially => "partially",
        Loaded::Dynamic => "dynamic",
        Loaded::Lowvram => "in lowvram mode",
    };
    let staged = if load.how == Loaded::Dynamic { "staged" } else { "loaded" };
    let budget = if load.unlimited { ", no budget".to_owned() } else { mib(load.usable, "usable") };
    format!(
        "{class} {how}{}{}{}{budget}",
        mib(load.loaded, staged),
        mib(load.offloaded, "offloaded"),
        mib(load.buffer, "buffer"),
    )
}

fn figures(error: &OutOfMemory) -> String {
    let names = [
        (Figure::Requested, "asked for"),
        (Figure::Free, "free"),
        (Figure::Allocated, "handed out by torch"),
        (Figure::Unallocated, "held idle by torch"),
        (Figure::InUse, "in use by this process"),
        (Figure::Total, "on the card"),
    ];
    let found = names.iter().filter_map(|(figure, words)| Some(format!("{:.2} MiB {words}", error.get(*figure)?)));
    let others = error.others().map(|mib| format!("about {mib:.0} MiB held by other processes"));
    let found: Vec<String> = found.chain(others).collect();
    if found.is_empty() { String::new() } else { format!(": {}", found.join(", ")) }
}

fn compared(out: &mut String, logged: &Logged, session: &Session, (comparison, steps): (&Comparison, &[Step])) {
    let target = logged.outcome.targets.first();
    let workflow = target.map(|target| logged.outcome.files[target.workflow].shown_path()).unwrap_or_default();
    let _ = writeln!(out, "\n  against the forecast for {}", safe::line(&workflow));
    if let Some(anchor) = comparison.anchor {
        let line = line_of(logged, load_at(session, anchor).span);
        let _ = writeln!(out, "  what others held is solved from line {line}; the other lines test it");
    }
    for (index, explanation) in comparison.explanations.iter().enumerate() {
        let mark = if comparison.best == Some(index) { "=>" } else { "  " };
        let _ = writeln!(out, "  {mark} {}", explained(explanation, comparison, logged, session));
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

fn load_at(session: &Session, place: Place) -> &ModelLoad {
    &session.runs[place.run].loads[place.load]
}

/// `--reserve-vram 4 (4096 MiB): others held 1882.69 MiB, as usual (1400..1900 MiB)`.
fn explained(found: &Explanation, comparison: &Comparison, logged: &Logged, session: &Session) -> String {
    let cause = cause(found);
    let held = found.others_mib.map(|held| amount(held, comparison)).unwrap_or_default();
    let usual = mib_range(comparison.usual);
    let line = |place: Place| line_of(logged, load_at(session, place).span);
    let verdict = match &found.verdict {
        Verdict::Fits if found.cause.is_work() => {
            format!("that would have to be so: then all lines follow, and others held {held} (usual {usual})")
        }
        Verdict::Fits => format!("fits: others held {held} (usual {usual})"),
        Verdict::Unusual(off) if *off > 0.0 => {
            format!("only if others held {held}, {off:.0} MiB more than usual ({usual})")
        }
        Verdict::Unusual(off) => format!("only if others held {held}, {:.0} MiB less than usual ({usual})", -off),
        Verdict::Impossible => format!("impossible: others would have held {held}"),
        Verdict::NoAmount => "impossible: no amount held by others gives that line".to_owned(),
        Verdict::NoLine if is_dynamic(session) => {
            "not tested: dynamic VRAM has no budget and logs none, so what others held cannot be solved from these lines".to_owned()
        }
        Verdict::NoLine => "not tested: no line of the log tells how much was usable".to_owned(),
        Verdict::Misses(off, place) => format!("excluded: line {} would be off by {off:+.2} MiB", line(*place)),
        Verdict::Wording => "excluded: that release does not write such lines".to_owned(),
        Verdict::Weights(place) => {
            format!("excluded: the weights of line {} are not those of the workflow's file", line(*place))
        }
    };
    format!("{cause}: {verdict}")
}

fn is_dynamic(session: &Session) -> bool {
    session.runs.iter().flat_map(|run| &run.loads).any(|load| load.load.how == Loaded::Dynamic)
}

/// The log prints the total without decimals: then what others held has none either.
fn amount(held: f64, comparison: &Comparison) -> String {
    if comparison.exact { format!("{held:.2} MiB") } else { format!("{held:.0} MiB") }
}

/// What is supposed, in words.
pub fn cause(found: &Explanation) -> String {
    let reserve = format!("{:.0} MiB", found.reserve_mib);
    match &found.cause {
        Cause::Start(name) => format!("{} with a reserve of {reserve}", safe::line(name)),
        Cause::DefaultReserve => format!("the default reserve of {reserve}"),
        Cause::Reserve(gib) => format!("--reserve-vram {gib} ({reserve})"),
        Cause::System(os) => format!("a start on {os} (reserve {reserve})"),
        Cause::Attention => "split or quad attention (an estimate 7.5 times as large)".to_owned(),
        Cause::OldEstimate => "the larger estimate of ComfyUI before 0.3.60".to_owned(),
        Cause::Frames { stated, least, most, best } if least == most => format!("{best} frames instead of {stated}"),
        Cause::Frames { stated, least, most, .. } => format!("{least} to {most} frames instead of {stated}"),
        Cause::Size { stated, least, most, best } if least == most => {
            format!("a size of {} instead of {}", size(*best), size(*stated))
        }
        Cause::Size { stated, least, most, .. } => {
            format!("a size from {} to {} instead of {}", size(*least), size(*most), size(*stated))
        }
        Cause::Weights(changes) => {
            let changes = changes.iter().map(|(file, word)| format!("{} {word}", safe::line(file)));
            format!("other weights: {}", changes.collect::<Vec<_>>().join(", "))
        }
    }
}

fn size((width, height): (u32, u32)) -> String {
    format!("{width}x{height}")
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
    let forecast = phase.log_line.as_deref().unwrap_or("nothing: the model is still there");
    let _ = writeln!(out, "           forecast  {forecast}");
    if let (Some(off), Some(held)) = (line.usable_off.filter(|off| off.abs() >= 0.015), line.others_mib) {
        let _ =
            writeln!(out, "           usable is off by {off:+.2} MiB: others held {} here", amount(held, comparison));
    }
}
