//! PERF001: a torch.compile node in a workflow of few steps.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::WorkflowView;

/// Steps below which a compile is seldom earned back.
const FEW_STEPS: i64 = 40;

/// Fires only when the number of steps is known.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    let Some(steps) = facts.total_steps.filter(|steps| i64::from(*steps) < FEW_STEPS) else { return };
    for &node in &facts.compile_nodes {
        let about = view.node(node);
        let span = view.workflow.graph.get(node).map(|node| node.class_span).unwrap_or_default();
        let fill = [("class", about.class.clone()), ("steps", steps.to_string())];
        sink.fire(rule, view.at(span), &fill).about(about);
    }
}
