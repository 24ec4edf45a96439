//! WF007, WF059, WF060: required inputs that nothing feeds, or that a muted or bypassed node no longer feeds.

use super::broken_links::{fire, givers};
use crate::catalog::nodes::Era;
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called};
use crate::validate::{Fault, Kind};
use crate::workflow::graph::{Lost, Value};

/// Most inputs of a node that a message names.
const MOST_NAMED: usize = 6;

/// Nothing feeds it. All that a node lacks is one finding: what is missing has no place of its own in the file.
pub fn missing(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let lacks = |kind: &Kind| match kind {
        Kind::Missing { .. } => true,
        Kind::Lost { why, required, .. } => *required && *why == Lost::Nowhere,
        _ => false,
    };
    let faults = view.validation().faults.iter().filter(|fault| lacks(&fault.kind) && !may_be_sent(view, fault));
    let faults: Vec<&Fault> = faults.collect();
    for lacking in faults.chunk_by(|one, two| (one.node, one.span) == (two.node, two.span)) {
        let fill = [("inputs", inputs(lacking)), ("help", help(view, lacking))];
        let finding = fire(view, rule, sink, lacking[0], &fill);
        let given = lacking.iter().map(|fault| Some((fault, default(view, fault)?)));
        let Some(given) = given.collect::<Option<Vec<_>>>() else { continue };
        let add =
            |(fault, value): &(&&Fault, String)| Act::Add(view.at(fault.span), fault.input.clone(), value.clone());
        let value = given.iter().map(|(fault, value)| format!("{} to {value}", fault.input)).collect();
        finding.offer("default", given.iter().map(add).collect(), &[("values", listed(value))]);
    }
    if view.validation().unsure.contains(&Kind::Missing { wants: "" }.index()) {
        sink.not_checked(rule, view.need_of_release());
    }
}

/// `'model' (MODEL) and 'positive' (CONDITIONING)`.
fn inputs(lacking: &[&Fault]) -> String {
    let named = |fault: &&Fault| match fault.kind {
        Kind::Missing { wants } if !wants.is_empty() => format!("'{}' ({wants})", fault.input),
        _ => format!("'{}'", fault.input),
    };
    let mut all: Vec<String> = lacking.iter().take(MOST_NAMED).map(named).collect();
    if lacking.len() > MOST_NAMED {
        all.push(format!("{} more", lacking.len() - MOST_NAMED));
    }
    listed(all)
}

/// `a, b and c`.
fn listed(mut all: Vec<String>) -> String {
    match all.pop() {
        Some(last) if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// Which outputs give what is missing, each type once.
fn help(view: &WorkflowView, lacking: &[&Fault]) -> String {
    let mut all: Vec<String> = Vec::new();
    for text in lacking.iter().take(MOST_NAMED).map(|fault| givers(view, fault).trim_start().to_owned()) {
        if !text.is_empty() && !all.contains(&text) {
            all.push(text);
        }
    }
    match (all.is_empty(), lacking.len()) {
        (false, _) => all.join(" "),
        (true, 1) => "Give it a value or a link.".to_owned(),
        _ => "Give each a value or a link.".to_owned(),
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
