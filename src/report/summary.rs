//! The lines under a report: the machine, the forecasts, what was not checked, the counts.

use std::fmt::Write as _;

use super::safe;
use crate::facts::machine::{Machine, Origin};
use crate::finding::Severity;
use crate::fix::allow::Allowed;
use crate::fix::engine::{MAX_PASSES, Note};
use crate::outcome::Outcome;
use crate::text::gib;

/// The summary as text, with a line end.
pub fn text(outcome: &Outcome) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "machine: {}", machine(&outcome.machine));
    for line in super::vram::lines(outcome) {
        let _ = writeln!(out, "{line}");
    }
    for note in super::vram::notes(outcome) {
        let _ = writeln!(out, "assumed: {note}");
    }
    for (need, codes) in &outcome.not_checked {
        let codes: Vec<&str> = codes.iter().copied().collect();
        let _ = writeln!(out, "not checked: {} ({})", codes.join(", "), need.remedy());
    }
    trust(&mut out, outcome);
    notes(&mut out, outcome);
    let _ = writeln!(out, "{}{}", counts(outcome), fixes(outcome));
    out
}

/// Every fix that was made, every one that was held back and every one that nobody makes, when they are asked for.
fn notes(out: &mut String, outcome: &Outcome) {
    let repair = &outcome.repair;
    if repair.unsettled {
        let _ = writeln!(out, "fixes: stopped after {MAX_PASSES} passes, as some seem to undo each other");
    }
    let made = if repair.written { "fixed" } else { "would fix" };
    let kept = if repair.written { "not fixed" } else { "would not fix" };
    let all = repair.made.iter().flatten().map(|note| (made, note));
    let allowed = if repair.written { "allowed" } else { "would allow" };
    let allows = repair.allowed.iter().flat_map(|allows| &allows.made).map(|note| (allowed, note));
    let all = all.chain(repair.held_back.iter().map(|note| (kept, note))).chain(allows);
    for (word, note) in all.filter(|_| repair.shown) {
        let _ = writeln!(out, "{word} {}", self::note(note));
    }
    for way in super::ways::by_hand(outcome).filter(|_| repair.shown) {
        let _ = writeln!(out, "{way}");
    }
}

/// `launch.bat:6 LAUNCH018: Delete --reserve-vram 4 (why not)`.
pub(super) fn note(note: &Note) -> String {
    let (path, line) = (safe::line(&note.place.0), note.place.1);
    let reason = note.reason.as_deref().map(|why| format!(" ({})", safe::line(why))).unwrap_or_default();
    format!("{path}:{line} {}: {}{reason}", note.rule.code, safe::line(&note.title))
}

/// `not allowed clip.png:1 WF010: why not`.
pub fn left(note: &Note) -> String {
    let reason = note.reason.as_deref().unwrap_or_default();
    format!("not allowed {}:{} {}: {}", safe::line(&note.place.0), note.place.1, note.rule.code, safe::line(reason))
}

/// The end of the last line: what fixes did, or could do.
pub fn fixes(outcome: &Outcome) -> String {
    let repair = &outcome.repair;
    let allowed = repair.allowed.as_ref().map(|allowed| self::allowed(allowed, repair.written)).unwrap_or_default();
    format!("{}{allowed}", mended(outcome))
}

fn allowed(allowed: &Allowed, written: bool) -> String {
    let word = if written { "allowed" } else { "would be allowed" };
    let left = if allowed.left.is_empty() { String::new() } else { format!(", {} not", allowed.left.len()) };
    format!("; {} {word}{left}", allowed.made.len())
}

fn mended(outcome: &Outcome) -> String {
    let repair = &outcome.repair;
    if let Some(made) = &repair.made {
        let held = repair.held_back.len();
        let word = if repair.written { "fixed" } else { "would be fixed" };
        let why = if held > 0 && !repair.shown { " (--show-fixes says why)" } else { "" };
        return format!("; {} {word}, {held} held back{why}", made.len());
    }
    match outcome.fixable() {
        (0, 0) => String::new(),
        (safe, 0) => format!("; {safe} fixable with --fix"),
        (0, more) => format!("; {more} fixable with --fix --unsafe-fixes"),
        (safe, more) => format!("; {safe} fixable with --fix, {more} more with --unsafe-fixes"),
    }
}

/// Most suppressions that are named one by one.
const MAX_NAMED: usize = 5;

/// Where configuration and suppressions come from, when they are not those of the files themselves.
pub(super) fn trust(out: &mut String, outcome: &Outcome) {
    let Some(trust) = &outcome.trust else { return };
    let name = safe::line(&trust.reference.shown());
    let _ = writeln!(out, "configuration, baseline and suppressions: as in {name}");
    if let Some(path) = &trust.no_baseline {
        let _ = writeln!(out, "not in {name}, so nothing in it counts: {}", safe::line(&path.display().to_string()));
    }
    let count = trust.left_out.len();
    if count == 0 {
        return;
    }
    let named = trust.left_out.iter().take(MAX_NAMED).map(|(at, rule)| {
        let source = &outcome.files[at.file].source;
        format!("{}:{} {}", safe::line(&source.shown_path()), source.place(at.span.start).line, safe::line(rule))
    });
    let mut named: Vec<String> = named.collect();
    if count > MAX_NAMED {
        named.push(format!("and {} more", count - MAX_NAMED));
    }
    let _ = writeln!(out, "not in {name}, so of no effect: {} ({})", counted(count, "suppression"), named.join(", "));
}

/// `NVIDIA GeForce RTX 5090 (stated), Windows, ComfyUI 0.3.70`, with what is unknown said to be unknown.
pub fn machine(machine: &Machine) -> String {
    let card = match (&machine.gpu, machine.stated_total) {
        (Some(name), _) => format!("{} ({})", safe::line(name), machine.origin.name()),
        (None, Some((total, _))) => format!("a card with {} of VRAM (stated)", gib(total)),
        (None, None) => "no GPU known".to_owned(),
    };
    let os = machine.os.map(|os| format!(", {os}")).unwrap_or_default();
    let version = match machine.comfyui {
        Some(version) => format!(", ComfyUI {version}"),
        None => ", ComfyUI's version unknown".to_owned(),
    };
    let ram = machine.ram_mib.map(|mib| format!(", {} RAM", gib(mib))).unwrap_or_default();
    debug_assert!(machine.gpu.is_some() || machine.origin != Origin::Detected);
    format!("{card}{os}{ram}{version}")
}

/// `1 error, 2 warnings in 4 files (1 suppressed)`.
pub fn counts(outcome: &Outcome) -> String {
    let files = outcome.checked_files();
    let kinds = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")];
    let found: Vec<String> = kinds
        .iter()
        .map(|&(severity, word)| (outcome.count(severity), word))
        .filter(|&(count, _)| count > 0)
        .map(|(count, word)| counted(count, word))
        .collect();
    let found = if found.is_empty() { "no findings".to_owned() } else { found.join(", ") };
    let suppressed = match outcome.suppression.suppressed {
        0 => String::new(),
        count => format!(" ({count} suppressed)"),
    };
    let gone = match outcome.suppression.gone {
        0 => String::new(),
        1 => "; 1 entry of the baseline no longer occurs".to_owned(),
        count => format!("; {count} entries of the baseline no longer occur"),
    };
    format!("{found} in {}{suppressed}{gone}", counted(files, "file"))
}

/// `1 file`, `2 files`; "info" has no plural.
pub fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 || word == "info" { "" } else { "s" })
}
