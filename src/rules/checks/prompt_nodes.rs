//! WF001, WF002, WF003, WF057: entries that are no nodes, a saved workflow in place of a prompt, nodes that reach no output.

use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{WorkflowView, called};
use crate::workflow::everywhere::is_own;
use crate::workflow::format::Format;
use crate::workflow::graph::{Graph, NodeIx, Value};

/// Entries of an API prompt that are no nodes.
pub fn not_nodes(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for entry in &view.workflow.structure.not_nodes {
        let fill = [("key", entry.key.clone()), ("lacks", entry.lacks.to_owned())];
        sink.fire(rule, view.at(entry.span), &fill);
    }
}

/// The body of a request that holds a saved workflow as its prompt.
pub fn posted_ui(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    if let Some(span) = view.workflow.structure.posted {
        sink.fire(rule, view.at(crate::span::Span::new(span.start, span.start + 1)), &[]);
    }
}

/// No output node. A node of an unknown class may be one.
pub fn no_output(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let graph = &view.workflow.graph;
    let reach = &view.validation().reach;
    let Some(first) = graph.real().next().filter(|_| reach.outputs == 0) else { return };
    match reach.maybe == 0 && graph.unread.is_empty() {
        true => {
            let span = graph.get(first).map(|node| node.class_span).unwrap_or_default();
            sink.fire(rule, view.at(span), &[("count", graph.real().count().to_string())]);
        }
        false => sink.not_checked(rule, if graph.unread.is_empty() { Need::Nodes } else { Need::Graph }),
    }
}

/// Nodes that reach no output: in a prompt each of them, in a saved workflow the last of a chain. Nodes that stand alone on the
/// canvas are parked there, and a preview of text or a primitive that only feeds a note is no loss.
pub fn unused(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let graph = &view.workflow.graph;
    let reach = &view.validation().reach;
    if reach.outputs == 0 || !graph.unread.is_empty() {
        return;
    }
    let feeds = sources(graph);
    let idle = |&node: &NodeIx| !reach.may_run(node) && !feeds.contains(&node) && !is_own(graph.class(node));
    for node in graph.real().filter(idle) {
        let Some(found) = graph.get(node) else { continue };
        let fed = found.inputs.iter().any(|input| matches!(input.value, Value::Link { .. }));
        if fed || graph.format == Format::Api {
            let named = view.node(node);
            sink.fire(rule, view.at(found.class_span), &[("node", called(&named))]).about(named);
        }
    }
}

/// Nodes whose outputs are used.
fn sources(graph: &Graph) -> std::collections::HashSet<NodeIx> {
    let inputs = graph.real().filter_map(|node| graph.get(node)).flat_map(|node| &node.inputs);
    let sources = inputs.filter_map(|input| match input.value {
        Value::Link { node, .. } => Some(node),
        _ => None,
    });
    sources.collect()
}
