//! WF004, WF008, WF063, WF064: links that lead nowhere, to another type, that are no links, values in place of links.

use std::collections::HashSet;

use crate::facts::structure::{BadLink, LinkFault};
use crate::finding::Finding;
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called};
use crate::validate::{Fault, Kind};
use crate::workflow::graph::{Graph, Lost, NodeIx, Value};

/// A node or an output that does not exist.
pub fn broken(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for fault in &view.validation().faults {
        let (problem, help) = match &fault.kind {
            Kind::Lost { id, why: Lost::Missing, .. } => (
                format!("is linked to node {id}, which does not exist"),
                format!("Link it to a node that is there.{}", givers(view, fault)),
            ),
            Kind::NoOutput { from, slot } => (
                format!("takes output {slot} of {}, which has {}", called(&view.node(*from)), outputs(view, *from)),
                "Outputs count from 0.".to_owned(),
            ),
            _ => continue,
        };
        let finding = fire(view, rule, sink, fault, &[("problem", problem), ("help", help)]);
        let wants = wanted(view, fault).unwrap_or_default();
        let known = match &fault.kind {
            Kind::NoOutput { from, .. } => only(outputs_of(view, *from, wants)).or_else(|| only_giver(view, fault)),
            _ => only_giver(view, fault),
        };
        relink(view, finding, fault, known);
    }
}

/// An output of another type.
pub fn mismatch(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for fault in &view.validation().faults {
        let Kind::Type { from, slot, gives, wants } = &fault.kind else { continue };
        let source = view.node(*from);
        let problem = format!("takes {wants}, and output {slot} of {} gives {gives}", called(&source));
        let help = match fitting(view, *from, wants) {
            Some(slot) => format!("Output {slot} of the same node gives {wants}."),
            None => givers(view, fault).trim_start().to_owned(),
        };
        let place = view.workflow.graph.get(*from).map(|node| node.class_span);
        let finding = fire(view, rule, sink, fault, &[("problem", problem), ("help", help)]);
        finding.related.extend(place.map(|span| (view.at(span), "the link comes from here".to_owned())));
        let known = only(outputs_of(view, *from, wants)).or_else(|| only_giver(view, fault));
        relink(view, finding, fault, known);
    }
}

/// A value where only a link makes sense.
pub fn literal(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for fault in &view.validation().faults {
        if let Kind::Literal(wants) = fault.kind {
            let problem = format!("holds the value '{}' where only a link to {wants} makes sense", fault.value);
            let help = givers(view, fault).trim_start().to_owned();
            let finding = fire(view, rule, sink, fault, &[("problem", problem), ("help", help)]);
            relink(view, finding, fault, only_giver(view, fault));
        }
    }
}

/// Lists that are no links. The server looks at those of nodes that an output needs.
pub fn malformed(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let reach = &view.validation().reach;
    for bad in view.workflow.structure.bad_links.iter().filter(|bad| reach.may_run(bad.node)) {
        let (problem, help) = in_words(bad);
        let node = view.node(bad.node);
        let fill = [("node", called(&node)), ("input", bad.input.clone()), ("problem", problem), ("help", help)];
        let finding = sink.fire(rule, view.at(bad.span), &fill).about(node);
        if let LinkFault::NumericId(_, true) = &bad.why {
            finding.offer("quote-id", vec![Act::At(Verb::Quote, view.at(bad.span), String::new())], &[]);
        }
    }
}

fn in_words(bad: &BadLink) -> (String, String) {
    let value = &bad.value;
    let link = || "A link is [\"id of a node\", number of its output].".to_owned();
    match &bad.why {
        LinkFault::Length(count) => (
            format!("holds {value}, a list of {count}: every list is taken for a link, which has two elements"),
            format!("{} A list as a value is written as {{\"__value__\": {value}}}.", link()),
        ),
        LinkFault::NumericId(id, true) => {
            (format!("holds {value}: the id of a node is a text"), format!("Write the id in quotes: \"{id}\"."))
        }
        LinkFault::NumericId(id, false) => {
            (format!("holds {value}: the id of a node is a text, and no node is called {id}"), link())
        }
        LinkFault::NoId => (format!("holds {value}: the id of a node is a text"), link()),
        LinkFault::NoSlot => (format!("holds {value}: the output is a whole number"), link()),
    }
}

/// A finding at a fault: every such message may name the node and the input.
pub(super) fn fire<'s>(
    view: &WorkflowView,
    rule: &'static Rule,
    sink: &'s mut Sink,
    fault: &Fault,
    more: &[(&str, String)],
) -> &'s mut Finding {
    let node = view.node(fault.node);
    let mut fill = vec![("node", called(&node)), ("input", fault.input.clone())];
    fill.extend_from_slice(more);
    sink.fire(rule, view.at(fault.span), &fill).about(node)
}

/// `1 output: 0 IMAGE`.
fn outputs(view: &WorkflowView, node: NodeIx) -> String {
    let Some(spec) = view.workflow.graph.spec(node).filter(|spec| !spec.outputs.is_empty()) else {
        return "no outputs".to_owned();
    };
    let list: Vec<String> = spec.outputs.iter().enumerate().map(|(slot, kind)| format!("{slot} {kind}")).collect();
    let count = list.len();
    format!("{count} output{}: {}", if count == 1 { "" } else { "s" }, list.join(", "))
}

/// Offers to link an input to an output.
fn relink(view: &WorkflowView, finding: &mut Finding, fault: &Fault, output: Option<(NodeIx, u32)>) {
    let Some((node, slot)) = output else { return };
    let source = called(&view.node(node));
    let fill = [("input", fault.input.clone()), ("slot", slot.to_string()), ("source", source)];
    finding.offer("relink", vec![Act::Link(view.at(fault.span), view.at_class(node), slot)], &fill);
}

/// The type that an input takes, where that is one.
fn wanted<'a>(view: &WorkflowView<'a>, fault: &Fault) -> Option<&'a str> {
    let spec = view.workflow.graph.spec(fault.node)?;
    let wants = spec.socket(&fault.input).map(|socket| socket.kind)?;
    (!wants.contains([',', '*']) && !wants.starts_with("COMFY_")).then_some(wants)
}

/// The outputs of a node that give a type.
fn outputs_of(view: &WorkflowView, node: NodeIx, wants: &str) -> impl Iterator<Item = (NodeIx, u32)> {
    let outputs = view.workflow.graph.spec(node).map_or(&[][..], |spec| &spec.outputs);
    let fits = outputs.iter().zip(0..).filter(|(gives, _)| **gives == wants).map(|(_, slot)| (node, slot));
    fits.collect::<Vec<_>>().into_iter()
}

/// The one output of the whole workflow that gives what an input takes. A node of an unknown class may give it too.
fn only_giver(view: &WorkflowView, fault: &Fault) -> Option<(NodeIx, u32)> {
    let (graph, wants) = (&view.workflow.graph, wanted(view, fault)?);
    let complete = graph.unread.is_empty() && graph.real().all(|node| graph.spec(node).is_some());
    let others = graph.real().filter(|_| complete).flat_map(|node| outputs_of(view, node, wants));
    only(others.filter(|(node, _)| !needs(graph, *node, fault.node)))
}

/// True for a node that needs another one before it can run: a link from it would close a circle.
fn needs(graph: &Graph, node: NodeIx, other: NodeIx) -> bool {
    let (mut open, mut seen) = (vec![node], HashSet::from([node]));
    while let Some(at) = open.pop() {
        if at == other {
            return true;
        }
        for input in graph.get(at).map_or(&[][..], |node| &node.inputs) {
            if let Value::Link { node, .. } = input.value
                && seen.insert(node)
            {
                open.push(node);
            }
        }
    }
    false
}

fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

fn fitting(view: &WorkflowView, node: NodeIx, wants: &str) -> Option<usize> {
    let outputs = &view.workflow.graph.spec(node)?.outputs;
    outputs.iter().position(|gives| wants.split(',').any(|want| want.trim() == *gives))
}

/// ` Node 4 gives VAE at output 2.` for the first nodes that give what an input takes.
pub(super) fn givers(view: &WorkflowView, fault: &Fault) -> String {
    let graph = &view.workflow.graph;
    let spec = graph.spec(fault.node);
    let wants = spec.and_then(|spec| spec.socket(&fault.input)).map(|socket| socket.kind);
    let Some(wants) = wants.filter(|wants| !wants.starts_with("COMFY_") && *wants != "*") else { return String::new() };
    let fits = graph.real().filter_map(|node| Some((node, fitting(view, node, wants)?)));
    let fits = fits.filter(|(node, _)| !needs(graph, *node, fault.node));
    let texts: Vec<String> =
        fits.take(2).map(|(node, slot)| format!("output {slot} of {}", called(&view.node(node)))).collect();
    if texts.is_empty() { String::new() } else { format!(" {wants} comes from {}.", texts.join(" or ")) }
}
