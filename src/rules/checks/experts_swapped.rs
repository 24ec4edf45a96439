//! WF023: the low-noise expert samples before the high-noise expert.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{Stage, WorkflowView, called, file_of, stage};

/// Only where both file names carry the word.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    for (first, second) in facts.stages() {
        let (a, b) = (&facts.samplers[first], &facts.samplers[second]);
        let (Some(from), Some(to)) = (view.loader(&a.model), view.loader(&b.model)) else { continue };
        let (Some(early), Some(late)) = (file_of(from), file_of(to)) else { continue };
        if (stage(&early), stage(&late)) != (Some(Stage::Low), Some(Stage::High)) {
            continue;
        }
        let (here, next) = (view.node(a.node), view.node(b.node));
        let fill = [("node", called(&here)), ("other", called(&next)), ("model", early), ("other_model", late)];
        let beside = view.at(to.file.span);
        sink.fire(rule, view.at(from.file.span), &fill)
            .about(here)
            .relate(beside, "the high-noise expert comes second");
    }
}
