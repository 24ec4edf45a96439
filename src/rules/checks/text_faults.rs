//! WF054, WF056, WF061, WF062: what the text of a workflow holds that does not take part in the run.

use crate::facts::structure::Aside;
use crate::finding::Severity;
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called};

/// The same key twice in one object.
pub fn twice(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for twice in &view.workflow.structure.twice {
        let effect = if twice.same { "both have the same value" } else { "only the last one counts" };
        let fill = [("key", twice.key.clone()), ("effect", effect.to_owned())];
        let finding = sink.fire(rule, view.at(twice.first), &fill);
        finding.relate(view.at(twice.last), "the last one");
        // Of two that are the same the first keeps its place among the others, so it stays.
        let (fix, gone) = if twice.same { ("same", twice.last) } else { ("lost", twice.first) };
        let act = Act::At(Verb::RemoveKey, view.at(gone), String::new());
        finding.offer(fix, vec![act], &[("key", twice.key.clone())]).in_all_instances();
        if twice.same {
            finding.graded(Severity::Info);
        }
    }
}

/// A value by position and one by name that disagree.
pub fn disagree(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for pair in &view.workflow.structure.disagree {
        let node = view.node(pair.node);
        let fill = [
            ("node", called(&node)),
            ("input", pair.name.clone()),
            ("counts", pair.counts.clone()),
            ("named", pair.named.clone()),
        ];
        let finding = sink.fire(rule, view.at(pair.span), &fill).about(node);
        finding.relate(view.at(pair.named_span), "by name").in_all_instances();
    }
}

/// A promoted setting that was put aside.
pub fn set_aside(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for entry in &view.workflow.structure.set_aside {
        let node = view.node(entry.node);
        let name = view.workflow.graph.subgraph(entry.node).map(|name| format!("'{name}' ({})", node.id));
        let name = name.unwrap_or_else(|| called(&node));
        let why = match &entry.why {
            Aside::ByTheBrowser => "was put aside".to_owned(),
            Aside::NoNode(id) => format!("belongs to node {id}, which the subgraph does not have"),
            Aside::NoWidget(inner) => {
                format!("belongs to {}, which has no such setting", called(&view.node(*inner)))
            }
            Aside::NoInput => "belongs to an input that the subgraph does not have".to_owned(),
        };
        let fill = [("node", name), ("input", entry.name.clone()), ("value", entry.value.clone()), ("why", why)];
        sink.fire(rule, view.at(entry.span), &fill).about(node);
    }
}

/// `NaN` and infinities.
pub fn not_finite(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for &span in &view.workflow.structure.not_finite {
        sink.fire(rule, view.at(span), &[]);
    }
}
