//! WF007, WF059, WF060: required inputs that nothing feeds, or that a muted or bypassed node no longer feeds.

use super::broken_links::{fire, givers};
use crate::catalog::nodes::Era;
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called};
use crate::validate::{Fault, Kind};
use crate::workflow::graph::{Lost, Value};

/// Nothing feeds it.
pub fn missing(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let faults = view.validation().faults.iter().filter(|fault| !may_be_sent(view, fault));
    for fault in faults {
        let wants = match &fault.kind {
            Kind::Missing { wants } => *wants,
            Kind::Lost { why: Lost::Nowhere, required: true, .. } => "",
            _ => continue,
        };
        let wants = if wants.is_empty() { String::new() } else { format!(" ({wants})") };
        let help = givers(view, fault);
        let help = if help.is_empty() { "Give it a value or a link.".to_owned() } else { help.trim_start().to_owned() };
        let finding = fire(view, rule, sink, fault, &[("wants", wants), ("help", help)]);
        if let Some(value) = default(view, fault) {
            let add = Act::Add(view.at(fault.span), fault.input.clone(), value.clone());
            finding.offer("default", vec![add], &[("input", fault.input.clone()), ("value", value)]);
        }
    }
    if view.validation().unsure.contains(&Kind::Missing { wants: "" }.index()) {
        sink.not_checked(rule, view.need_of_release());
    }
}

/// The default of a setting that came with a later release: what a prompt made for an earlier one was run with.
fn default(view: &WorkflowView, fault: &Fault) -> Option<String> {
    let graph = &view.workflow.graph;
    let old = graph.catalog().at(graph.class(fault.node), Era::Old)?;
    let widget = graph.spec(fault.node)?.widget(&fault.input).filter(|_| old.widget(&fault.input).is_none())?;
    match widget.default()?.into() {
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Bool(on) => Some(on.to_string()),
        Value::Text(text) => Some(text).filter(|text| !text.is_empty()),
        _ => None,
    }
}

/// True when "Use Everywhere" may fill the input as the browser sends the workflow; the file holds no link then.
fn may_be_sent(view: &WorkflowView, fault: &Fault) -> bool {
    let graph = &view.workflow.graph;
    let socket = graph.spec(fault.node).and_then(|spec| spec.socket(&fault.input));
    graph.may_be_sent(fault.node, &fault.input, socket.map_or("", |socket| socket.kind))
}

/// A muted node fed it.
pub fn muted(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    lost(view, rule, sink, Lost::Muted);
}

/// A bypassed node that has nothing of that type to hand on fed it.
pub fn bypassed(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    lost(view, rule, sink, Lost::Bypassed);
}

fn lost(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink, wanted: Lost) {
    let faults = view.validation().faults.iter().filter(|fault| !may_be_sent(view, fault));
    for fault in faults {
        let Kind::Lost { id, why, required: true } = &fault.kind else { continue };
        if *why != wanted {
            continue;
        }
        let graph = &view.workflow.graph;
        let source = graph.by_id(id);
        let name = source.map_or_else(|| id.clone(), |source| called(&view.node(source)));
        let finding = fire(view, rule, sink, fault, &[("source", name.clone())]);
        let place = source.and_then(|source| graph.get(source)).map(|node| view.at(node.class_span));
        finding.related.extend(place.map(|place| (place, "this node".to_owned())));
        if let Some(place) = place.filter(|_| wanted == Lost::Muted) {
            finding.offer("unmute", vec![Act::At(Verb::Unmute, place, String::new())], &[("source", name)]);
        }
    }
}
