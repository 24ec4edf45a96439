//! The format `json`, schema 1: what scripts can rely on.

use std::io;

use serde_json::{Value, json};

use super::{Report, safe, vram};
use crate::facts::machine::Machine;
use crate::finding::{Finding, Location, Severity};
use crate::fix::engine::Note;
use crate::fix::{self, Edit, Fix, Grade};
use crate::outcome::Outcome;
use crate::source::Place;

/// The format `json`.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl Report for Json {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{}", safe::json(&format!("{:#}", value(outcome))))
    }
}

/// The whole report as a value.
pub fn value(outcome: &Outcome) -> Value {
    let findings: Vec<Value> = outcome.findings.iter().map(|found| finding(found, outcome)).collect();
    let mut value = json!({
        "schema": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "machine": safe::masked(machine(&outcome.machine)),
        "summary": summary(outcome, fixable(outcome, &findings)),
        "findings": findings,
        "forecasts": vram::values(outcome, vram::Extras::default()),
    });
    if let Some(made) = &outcome.repair.made {
        let all = made.iter().chain(&outcome.repair.held_back);
        value["fixes"] = safe::masked(all.map(|note| fix_note(note, outcome.repair.written)).collect());
    }
    if let Some(allowed) = &outcome.repair.allowed {
        let all = allowed.made.iter().chain(&allowed.left);
        value["allows"] = safe::masked(all.map(|note| fix_note(note, outcome.repair.written)).collect());
    }
    value
}

/// One fix or suppression that was made or held back, where some were asked for.
fn fix_note(note: &Note, written: bool) -> Value {
    json!({
        "code": note.rule.code,
        "path": safe::line(&note.place.0),
        "line": note.place.1,
        "title": safe::line(&note.title),
        "applied": note.reason.is_none() && written,
        "reason": note.reason.as_deref().map(safe::line),
    })
}

fn machine(machine: &Machine) -> Value {
    json!({
        "gpu": machine.gpu,
        "source": machine.origin.name(),
        "total_mib": machine.total_mib(machine.os).map(|(low, high)| [low, high]),
        "ram_gib": machine.ram_mib.map(|mib| mib / 1024.0),
        "os": machine.os.map(|os| os.to_string().to_lowercase()),
        "comfyui": machine.comfyui.map(|version| version.to_string()),
        "torch": machine.torch.map(|version| version.to_string()),
    })
}

/// How many of the findings have a fix that can be made, as their values tell: to make the edits of all fixes takes a while.
fn fixable(outcome: &Outcome, values: &[Value]) -> usize {
    let can = |fix: &Value| fix["grade"] != Grade::Display.name();
    let any = |value: &Value| value["fixes"].as_array().is_some_and(|fixes| fixes.iter().any(can));
    let counts = outcome.findings.iter().zip(values).filter(|(found, _)| outcome.repair.rules.covers(found.rule));
    counts.filter(|(_, value)| any(value)).count()
}

fn summary(outcome: &Outcome, fixable: usize) -> Value {
    let not_checked = outcome.not_checked.iter().map(|(need, codes)| json!({"needs": need.name(), "rules": codes}));
    let mut all = json!({
        "files": outcome.checked_files(),
        "error": outcome.count(Severity::Error),
        "warning": outcome.count(Severity::Warning),
        "info": outcome.count(Severity::Info),
        "fixable": fixable,
        "suppressed": outcome.suppression.suppressed,
        "not_checked": not_checked.collect::<Vec<_>>(),
    });
    if let Some(made) = &outcome.repair.made {
        all["applied"] = json!(if outcome.repair.written { made.len() } else { 0 });
        all["held_back"] = json!(outcome.repair.held_back.len());
    }
    if let Some(allowed) = &outcome.repair.allowed {
        all["allowed"] = json!(if outcome.repair.written { allowed.made.len() } else { 0 });
        all["not_allowed"] = json!(allowed.left.len());
    }
    if let Some(trust) = &outcome.trust {
        all["config_from"] =
            json!({"commit": trust.reference.commit(), "suppressions_without_effect": trust.left_out.len()});
    }
    all
}

/// One finding as a value.
pub fn finding(finding: &Finding, outcome: &Outcome) -> Value {
    let mut value = place_of(finding.primary, outcome);
    let node = finding.node.as_ref().map(|node| {
        json!({"id": safe::line(&node.id), "type": safe::line(&node.class), "title": node.title.as_deref().map(safe::line)})
    });
    let related = finding.related.iter().map(|(location, words)| {
        let mut value = place_of(*location, outcome);
        value["message"] = json!(safe::line(words));
        let within = embedded(*location, outcome);
        if !within.is_null() {
            value["embedded"] = within;
        }
        value
    });
    let help = (!finding.help.is_empty()).then(|| safe::line(&finding.help));
    let rest = json!({
        "code": finding.rule.code,
        "name": finding.rule.name,
        "severity": finding.severity.to_string(),
        "message": safe::line(&finding.message),
        "help": help,
        "url": finding.rule.url(),
        "embedded": embedded(finding.primary, outcome),
        "related": related.collect::<Vec<_>>(),
        "node": node,
        "targets": finding.targets.iter().map(|name| safe::line(name)).collect::<Vec<_>>(),
        "fixes": finding.fixes.iter().map(|fix| fix_value(fix, outcome)).collect::<Vec<_>>(),
    });
    if let (Value::Object(all), Value::Object(rest)) = (&mut value, rest) {
        all.extend(rest);
        let run = outcome.files[finding.primary.file].run.as_ref();
        all.extend(run.map(|run| ("run".to_owned(), json!(safe::line(&run.id)))));
    }
    safe::masked(value)
}

/// One fix. What cannot be made is only shown; its text says what would be done.
fn fix_value(fix: &Fix, outcome: &Outcome) -> Value {
    let edits = fix::edits(fix, &outcome.files).unwrap_or_default();
    let grade = if edits.is_empty() { Grade::Display } else { fix.grade };
    let edit = |edit: &Edit| {
        let source = &outcome.files[edit.file].source;
        let [start, end] = [edit.span.start, edit.span.end].map(|offset| source.place(offset).offset);
        json!({"path": source.shown_path(), "start": start, "end": end, "text": edit.text})
    };
    json!({
        "title": safe::line(&fix.title),
        "grade": grade.name(),
        "edits": edits.iter().map(edit).collect::<Vec<_>>(),
    })
}

/// Where the text lies whose places are given; null for a file of its own.
fn embedded(location: Location, outcome: &Outcome) -> Value {
    outcome.files[location.file]
        .embedded
        .map_or(Value::Null, |embedded| json!({"container": embedded.container.name(), "key": embedded.key.name()}))
}

fn place_of(location: Location, outcome: &Outcome) -> Value {
    let source = &outcome.files[location.file].source;
    json!({
        "path": source.shown_path(),
        "start": place(source.place(location.span.start)),
        "end": place(source.place(location.span.end)),
    })
}

fn place(place: Place) -> Value {
    json!({"line": place.line, "column": place.column, "offset": place.offset})
}
