//! WF006, WF009, WF058: values outside limits and lists, files that the server lacks, inputs that a class does not have.

use super::broken_links::fire;
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
        fire(view, rule, sink, fault, &[("problem", problem), ("help", help)]);
    }
    let kinds = [Kind::Below(0.0), Kind::Above(0.0), Kind::NoNumber(""), Kind::NotInList(None), Kind::NoBranch(None)];
    if kinds.iter().any(|kind| view.validation().unsure.contains(&kind.index())) {
        sink.not_checked(rule, view.need_of_release());
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
            fire(view, rule, sink, fault, &fill);
        }
    }
    sink.findings.len() > before
}

/// Inputs that a class does not have.
pub fn unknown_input(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for fault in &view.validation().faults {
        if let Kind::Unknown(near) = &fault.kind {
            let class = view.workflow.graph.class(fault.node).to_owned();
            fire(view, rule, sink, fault, &[("class", class), ("help", did_you_mean(near))]);
        }
    }
}
