//! ENV002, ENV003: blanks and quotes that become part of a value in a batch file.

use crate::catalog::env::is_known;
use crate::read::script::{Assign, Dialect, Step};
use crate::redact::masked_under;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::FileView;

/// A value that ends in a blank.
pub fn trailing_blank(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    report(view, rule, sink, |text| text.ends_with([' ', '\t']) && !text.trim().is_empty());
}

/// A value that keeps its quotes.
pub fn quotes(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    report(view, rule, sink, |text| {
        let text = text.trim_end();
        text.len() > 1 && text.starts_with('"') && text.ends_with('"')
    });
}

/// Only names that programs look for: in variables of the script itself both are often harmless.
fn report(view: &FileView, rule: &'static Rule, sink: &mut Sink, holds: impl Fn(&str) -> bool) {
    let Some(script) = view.script().filter(|script| script.script.dialect == Dialect::Batch) else { return };
    let assigns = script.script.steps.iter().filter_map(|step| match step {
        Step::Assign(assign) => Some(assign),
        Step::Command(_) => None,
    });
    let wrong = |assign: &&Assign| !assign.quoted && is_known(assign.name.text.trim_end()) && holds(&assign.value.text);
    for assign in assigns.filter(wrong) {
        let name = assign.name.text.trim_end();
        let bare = masked_under(name, assign.value.text.trim().trim_matches('"'));
        let fill = [("name", name.to_owned()), ("value", bare)];
        sink.fire(rule, view.at(assign.span), &fill);
    }
}
