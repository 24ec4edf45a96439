//! SEC011: nodes that run code or commands out of the workflow.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called};

/// Classes that were seen to run their text input as Python or in a shell, by exact name: nodes that calculate (`MathExpression`)
/// are none of them.
const CLASSES: [&str; 5] = ["Terminal", "RunCommandNode", "NodePython", "ShellCodeNode", "PythonCodeNode"];

/// Fires on every such node that takes part.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let graph = &view.workflow.graph;
    for index in graph.real().filter(|&index| CLASSES.contains(&graph.class(index))) {
        let node = view.node(index);
        let span = graph.get(index).map(|node| node.class_span).unwrap_or_default();
        sink.fire(rule, view.at(span), &[("node", called(&node))]).about(node);
    }
}
