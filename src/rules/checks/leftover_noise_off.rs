//! WF017: the first of two stages hands on a latent that counts as finished.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, span, value};

/// Silent when the second stage adds noise of its own: that is a refining pass.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    for (first, second) in facts.stages() {
        let (a, b) = (&facts.samplers[first], &facts.samplers[second]);
        let (Some(end), Some(steps)) = (value(&a.end), value(&a.steps)) else { continue };
        let lost = value(&a.leftover) == Some(false) && end < steps;
        if lost && value(&b.add_noise) == Some(false) {
            let (here, next) = (view.node(a.node), view.node(b.node));
            let fill = [("node", called(&here)), ("other", called(&next))];
            let beside = view.at(span(&b.add_noise));
            sink.fire(rule, view.at(span(&a.leftover)), &fill).about(here).relate(beside, "and this stage adds none");
        }
    }
}
