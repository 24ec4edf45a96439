//! INPUT001-004: faults of the file itself, found while it was read.

use crate::finding::Severity;
use crate::project::TroubleKind;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::FileView;
use crate::source::Encoding;

/// Not readable as what it claims to be.
pub fn broken(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    report(view, rule, sink, TroubleKind::Broken);
}

/// Bytes outside the encodings that its reader understands.
pub fn encoding(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    report(view, rule, sink, TroubleKind::Encoding);
}

/// Beyond the limits of what is read.
pub fn limits(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    report(view, rule, sink, TroubleKind::Limit);
}

/// A media file in which there is no workflow.
pub fn no_workflow(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    report(view, rule, sink, TroubleKind::NoWorkflow);
}

fn report(view: &FileView, rule: &'static Rule, sink: &mut Sink, kind: TroubleKind) {
    for trouble in view.file.trouble.iter().filter(|trouble| trouble.kind == kind) {
        let finding = sink.fire(rule, view.at(trouble.span), &[("problem", trouble.message.clone())]);
        // Where UTF-16 is a fault at all, nothing in the file runs.
        if kind == TroubleKind::Encoding && matches!(view.file.source.encoding(), Encoding::Utf16 { .. }) {
            finding.graded(Severity::Error);
        }
    }
}
