//! WF020: a stage does not start where the one before it ended.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, span, value};

/// A first stage that runs to its end leaves nothing to hand on: that is another rule's business. So is a second stage
/// that adds noise of its own.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    for (first, second) in facts.stages() {
        let (a, b) = (&facts.samplers[first], &facts.samplers[second]);
        let (Some(end), Some(steps), Some(start)) = (value(&a.end), value(&a.steps), value(&b.start)) else { continue };
        let refines = value(&b.add_noise) != Some(false);
        if end >= steps || end == start || refines || value(&b.steps) != Some(steps) {
            continue;
        }
        let (before, here) = (view.node(a.node), view.node(b.node));
        let what = if end < start { "skipped" } else { "done twice" };
        let fill = [
            ("node", called(&before)),
            ("other", called(&here)),
            ("end", end.to_string()),
            ("start", start.to_string()),
            ("steps", (end - start).abs().to_string()),
            ("what", what.to_owned()),
        ];
        let beside = view.at(span(&a.end));
        sink.fire(rule, view.at(span(&b.start)), &fill).about(here).relate(beside, "the stage before ends here");
    }
}
