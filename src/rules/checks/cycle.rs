//! WF053: nodes that wait for each other. WF066: subgraphs without an end.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called};
use crate::workflow::graph::{Graph, NodeIx, Value};

/// One finding for each circle, at the link that closes it.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let graph = &view.workflow.graph;
    for circle in circles(graph) {
        let names: Vec<String> = circle.iter().chain(circle.first()).map(|&node| called(&view.node(node))).collect();
        let (Some(&first), Some(&last)) = (circle.first(), circle.last()) else { continue };
        let inputs = graph.get(first).map_or(&[][..], |node| &node.inputs);
        let closing = inputs.iter().find(|input| matches!(input.value, Value::Link { node, .. } if node == last));
        let span = closing.map(|input| input.span).or_else(|| graph.get(first).map(|node| node.class_span));
        let fill = [("path", names.join(" -> "))];
        sink.fire(rule, view.at(span.unwrap_or_default()), &fill).about(view.node(first));
    }
}

/// One finding for each instance of a subgraph inside itself.
pub fn subgraphs(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for (span, name) in &view.workflow.graph.circular {
        sink.fire(rule, view.at(*span), &[("name", name.clone())]);
    }
}

/// The circles, each in the direction of the data and from the node that stands first in the file. Without recursion: every
/// node is entered once.
fn circles(graph: &Graph) -> Vec<Vec<NodeIx>> {
    const NEW: u8 = 0;
    const OPEN: u8 = 1;
    const DONE: u8 = 2;
    let mut state = vec![NEW; graph.nodes.len()];
    let mut found = Vec::new();
    for root in graph.real().filter(|node| sources(graph, *node).next().is_some()).collect::<Vec<_>>() {
        if state[root.0 as usize] != NEW {
            continue;
        }
        state[root.0 as usize] = OPEN;
        let mut path = vec![(root, sources(graph, root))];
        while let Some((node, links)) = path.last_mut().filter(|_| found.len() < 20) {
            let Some(next) = links.next() else {
                state[node.0 as usize] = DONE;
                path.pop();
                continue;
            };
            match state.get(next.0 as usize) {
                Some(&NEW) => {
                    state[next.0 as usize] = OPEN;
                    path.push((next, sources(graph, next)));
                }
                Some(&OPEN) => {
                    let start = path.iter().position(|(node, _)| *node == next).unwrap_or(0);
                    found.push(from_first(path[start..].iter().rev().map(|(node, _)| *node).collect()));
                }
                _ => {}
            }
        }
    }
    found
}

/// Where a node's links come from.
fn sources(graph: &Graph, node: NodeIx) -> impl Iterator<Item = NodeIx> + '_ {
    let inputs = graph.get(node).map_or(&[][..], |node| &node.inputs);
    inputs.iter().filter_map(|input| match input.value {
        Value::Link { node, .. } => Some(node),
        _ => None,
    })
}

fn from_first(mut circle: Vec<NodeIx>) -> Vec<NodeIx> {
    let first = circle.iter().enumerate().min_by_key(|(_, node)| **node).map_or(0, |(at, _)| at);
    circle.rotate_left(first);
    circle
}
