//! INPUT001-004: faults of the file itself, found while it was read.

use crate::discover::Kind;
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
        let fill = [("problem", trouble.message.clone()), ("remedy", remedy(view.file.kind).to_owned())];
        let finding = sink.fire(rule, view.at(trouble.span), &fill);
        // Where UTF-16 is a fault at all, nothing in the file runs.
        if kind == TroubleKind::Encoding && matches!(view.file.source.encoding(), Encoding::Utf16 { .. }) {
            finding.graded(Severity::Error);
        }
    }
}

/// What helps against a file that breaks off: people write scripts by hand, programs write the others.
fn remedy(kind: Kind) -> &'static str {
    match kind {
        Kind::Script(_) | Kind::Settings | Kind::Config | Kind::Log => {
            "Complete it, or restore the file from version control."
        }
        Kind::Json | Kind::Media => "Export the workflow again, or restore the file from version control.",
        Kind::Model => "Download the file again.",
    }
}
