//! WF006, WF009, WF058: values outside limits and lists, files that the server lacks, inputs that a class does not have.

use super::broken_links::fire;
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called};
use crate::validate::Kind;

/// Values outside limits and lists.
pub fn outside(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for fault in &view.validation().faults {
        let value = &fault.value;
        let (problem, help) = match &fault.kind {
            Kind::Below(min) => (format!("is {value}, and {min} is the least"), format!("Use {min} or more.")),
            Kind::Above(max) => (format!("is {value}, and {max} is the most"), format!("Use {max} or less.")),
            Kind::NoNumber(kind) if value.is_empty() => (format!("is no {}", number(kind)), String::new()),
            Kind::NoNumber(kind) => (format!("is '{value}', which is no {}", number(kind)), String::new()),
            Kind::NotInList(None) => {
                let help = "A newer ComfyUI or a custom node may have it; this one does not.".to_owned();
                (format!("is '{value}', which is not on its list"), help)
            }
            Kind::NotInList(near) => (format!("is '{value}', which is not on its list"), did_you_mean(near)),
            Kind::NoBranch(near) => (
                format!("is '{value}', which is none of its choices: the server drops all settings that belong to it"),
                did_you_mean(near),
            ),
            _ => continue,
        };
        let finding = fire(view, rule, sink, fault, &[("problem", problem), ("help", help)]);
        if let Some((name, value)) = better(&fault.kind) {
            let fill = [("input", fault.input.clone()), ("value", value.clone())];
            finding.offer(name, vec![Act::At(Verb::Replace, view.at(fault.span), value)], &fill);
        }
    }
    let kinds = [Kind::Below(0.0), Kind::Above(0.0), Kind::NoNumber(""), Kind::NotInList(None), Kind::NoBranch(None)];
    if kinds.iter().any(|kind| view.validation().unsure.contains(&kind.index())) {
        sink.not_checked(rule, view.need_of_release());
    }
}

/// The fix, by its name, and the value that the server takes. Limits too large for a float are not what they seem.
fn better(kind: &Kind) -> Option<(&'static str, String)> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match kind {
        Kind::Below(limit) | Kind::Above(limit) if limit.abs() < EXACT => Some(("limit", limit.to_string())),
        Kind::NotInList(Some(near)) | Kind::NoBranch(Some(near)) => Some(("choice", near.clone())),
        _ => None,
    }
}

fn number(kind: &str) -> &'static str {
    if kind == "INT" { "whole number" } else { "number" }
}

fn did_you_mean(near: &Option<String>) -> String {
    near.as_ref().map(|near| format!("Did you mean '{near}'?")).unwrap_or_default()
}

/// Files that the stated server does not have; true when there are some. Its lists are as good as its folders.
pub fn no_file(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) -> bool {
    let before = sink.findings.len();
    for fault in &view.validation().faults {
        if let Kind::NoFile(near) = &fault.kind {
            let kind = format!("'{}' of {}", fault.input, called(&view.node(fault.node)));
            let folders = "the lists of the stated server".to_owned();
            let remedy = match near {
                Some(_) => did_you_mean(near),
                None => "Put the file where that server looks for it, or choose one that it has.".to_owned(),
            };
            let fill = [("file", fault.value.clone()), ("folders", folders), ("kind", kind), ("remedy", remedy)];
            let finding = fire(view, rule, sink, fault, &fill);
            if let Some(near) = near {
                let load = Act::At(Verb::Replace, view.at(fault.span), near.clone());
                finding.offer("near", vec![load], &[("file", near.clone())]);
            }
        }
    }
    sink.findings.len() > before
}

/// Inputs that a class does not have.
pub fn unknown_input(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for fault in &view.validation().faults {
        if let Kind::Unknown(near) = &fault.kind {
            let class = view.workflow.graph.class(fault.node).to_owned();
            let finding = fire(view, rule, sink, fault, &[("class", class), ("help", did_you_mean(near))]);
            if let Some(near) = near {
                let rename = Act::At(Verb::RenameInput, view.at(fault.span), near.clone());
                finding.offer("near", vec![rename], &[("input", fault.input.clone()), ("near", near.clone())]);
            }
        }
    }
}
