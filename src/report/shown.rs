//! `--show-files` and `--show-facts`: how wanlint sees a project.

use std::fmt::Write as _;

use super::{safe, shown_machine, shown_models};
use crate::facts::launch::Launch;
use crate::facts::models::Library;
use crate::outcome::Outcome;
use crate::project::{Content, File, WorkflowFile};
use crate::redact;
use crate::span::Span;

/// Every file with what it was read as.
pub fn files(outcome: &Outcome) -> String {
    outcome.files.iter().fold(String::new(), |mut out, file| {
        let role = if file.checked { "" } else { " (context)" };
        let _ = writeln!(out, "{}: {}{role}", safe::line(&file.shown_path()), found(file));
        out
    })
}

fn found(file: &File) -> String {
    let kind = file.kind.name();
    if let Some(other) = &file.repeats {
        return format!("{kind}, the same as in {}", safe::line(other));
    }
    match &file.content {
        Content::Script(script) => match script.starts().count() {
            0 => format!("{kind}, starts no ComfyUI"),
            1 => format!("{kind}, starts ComfyUI"),
            count => format!("{kind}, starts ComfyUI {count} times"),
        },
        Content::Workflow(workflow) => format!("{kind}, {} nodes", workflow.graph.nodes.len()),
        Content::Settings(settings) => format!("{kind}, {} entries", settings.entries.len()),
        Content::Model(model) => format!("{kind}, {}", shown_models::what(model)),
        Content::Nothing => kind.to_owned(),
    }
}

/// Every fact: its value and where it comes from.
pub fn facts(outcome: &Outcome) -> String {
    let mut out = String::new();
    machine(&mut out, outcome);
    for file in &outcome.files {
        for launch in file.launches() {
            start(&mut out, file, launch);
        }
        if let Some(workflow) = file.workflow() {
            graph(&mut out, file, workflow, &outcome.models);
        }
        if let Content::Model(model) = &file.content {
            shown_models::facts(&mut out, model, outcome.machine.comfyui);
        }
    }
    for target in &outcome.targets {
        let _ = writeln!(out, "target = {}", safe::line(&target.name(&outcome.files)));
    }
    out
}

fn machine(out: &mut String, outcome: &Outcome) {
    for fact in shown_machine::facts(&outcome.machine) {
        let (value, origin) = match &fact.value {
            Some(value) => (safe::line(value), fact.origin),
            None => ("unknown".to_owned(), "nobody stated it"),
        };
        let _ = writeln!(out, "{} = {value}  ({origin})", fact.name);
    }
}

fn start(out: &mut String, file: &File, launch: &Launch) {
    let when = file.script().and_then(|script| script.paths.of(launch, &script.launches));
    let when = match when {
        Some(when) => format!(", {}", safe::line(&when)),
        None if launch.certain => String::new(),
        None => ", on some paths only".to_owned(),
    };
    let _ = writeln!(out, "launch at {}{when}", place(file, launch.span));
    let _ = writeln!(out, "  main = {}  ({})", safe::line(&launch.main.text), place(file, launch.main.span));
    if let Some(os) = launch.os {
        let _ = writeln!(out, "  os = {os}  (inferred: {})", file.kind.name());
    }
    if let Some(found) = &launch.checkout {
        let _ = writeln!(
            out,
            "  comfyui = {}  (inferred: {})",
            found.version,
            safe::line(&found.path.display().to_string())
        );
    }
    for flag in &launch.flags {
        let values: Vec<String> = flag.values.iter().map(|word| value_of(&flag.written, &word.text)).collect();
        let name = flag.name.map_or_else(|| format!("{} (unknown)", safe::line(&flag.written)), str::to_owned);
        let value = if values.is_empty() { String::new() } else { format!(" = {}", values.join(" ")) };
        let _ = writeln!(out, "  {name}{value}  ({})", place(file, flag.span));
    }
    for var in &launch.env {
        let value = if var.value.known { value_of(&var.name.text, &var.value.text) } else { "unknown".to_owned() };
        let _ = writeln!(out, "  env {} = {value}  ({})", safe::line(&var.name.text), place(file, var.span));
    }
    if launch.unknown_args {
        let _ = writeln!(out, "  further arguments are not known");
    }
}

/// A value whose name stands elsewhere in the line.
fn value_of(name: &str, value: &str) -> String {
    safe::line(&redact::masked_under(name, value))
}

fn graph(out: &mut String, file: &File, workflow: &WorkflowFile, models: &Library) {
    let facts = &workflow.facts;
    let _ = writeln!(out, "workflow {}", safe::line(&file.shown_path()));
    for loader in &facts.loaders {
        let name = loader.file.value.as_deref().map_or_else(|| "unknown".to_owned(), safe::line);
        let _ = writeln!(out, "  {:?} = {name}  ({})", loader.kind, place(file, loader.file.span));
        shown_models::lookup(out, &models.of(&workflow.graph, loader));
    }
    for size in &facts.sizes {
        let number = |value: Option<i64>| value.map_or_else(|| "unknown".to_owned(), |value| value.to_string());
        let length = size.length.as_ref().map(|length| format!("x{}", number(length.value))).unwrap_or_default();
        let shown = format!("{}x{}{length}", number(size.width.value), number(size.height.value));
        let _ = writeln!(out, "  {} = {shown}  ({})", safe::line(&size.class), place(file, size.width.span));
    }
    for sampler in &facts.samplers {
        let steps = sampler.step_count().map_or_else(|| "unknown".to_owned(), |steps| steps.to_string());
        let class = safe::line(workflow.graph.class(sampler.node));
        let span = workflow.graph.get(sampler.node).map(|node| node.class_span).unwrap_or_default();
        let _ = writeln!(out, "  {class} = {steps} steps  ({})", place(file, span));
    }
}

fn place(file: &File, span: Span) -> String {
    let place = file.source.place(span.start);
    format!("{}:{}:{}", safe::line(&file.place_path()), place.line, place.column)
}
