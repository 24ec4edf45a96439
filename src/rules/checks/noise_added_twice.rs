//! WF018: the second stage adds noise on top of the noise that is left.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, span, value};

/// Leftover noise on, a later start, and noise added again. A first stage that runs to the end of the schedule has none left,
/// whatever its switch says: the second stage is then a refining pass.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    for (first, second) in facts.stages() {
        let (a, b) = (&facts.samplers[first], &facts.samplers[second]);
        let stops_early = value(&a.end).zip(value(&a.steps)).is_some_and(|(end, steps)| end < steps);
        let hands_on = value(&a.leftover) == Some(true) && stops_early;
        if hands_on && value(&b.start).is_some_and(|start| start > 0) && value(&b.add_noise) == Some(true) {
            let (before, here) = (view.node(a.node), view.node(b.node));
            let fill = [("node", called(&before)), ("other", called(&here))];
            let beside = view.at(span(&a.leftover));
            sink.fire(rule, view.at(span(&b.add_noise)), &fill)
                .about(here)
                .relate(beside, "leftover noise is returned here");
        }
    }
}
