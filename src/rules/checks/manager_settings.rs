//! SEC005, SEC006: settings of ComfyUI-Manager that open doors.

use crate::fix::{Act, Verb};
use crate::project::Content;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::FileView;

/// SEC005: every action is allowed to whoever reaches the page.
pub fn weak(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    check(view, ("security_level", "weak", "normal"), rule, sink);
}

/// SEC006: certificates are not checked.
pub fn without_certificates(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    check(view, ("bypass_ssl", "true", "False"), rule, sink);
}

/// The Manager reads the section `default` only and takes values in lower case.
fn check(view: &FileView, (key, value, better): (&str, &str, &str), rule: &'static Rule, sink: &mut Sink) {
    let Content::Settings(settings) = &view.file.content else { return };
    if let Some(entry) = settings.get("default", key).filter(|entry| entry.value.text.eq_ignore_ascii_case(value)) {
        let write = Act::At(Verb::Replace, view.at(entry.value.span), better.to_owned());
        sink.fire(rule, view.at(entry.span), &[]).offer("better", vec![write], &[]);
    }
}
