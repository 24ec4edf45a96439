//! ENV026: a variable exported in a RUN line of a Dockerfile, which ends with that line.

use crate::catalog::env::is_known;
use crate::project::Content;
use crate::read::script::{Dialect, Step};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::FileView;

/// Only for names that ComfyUI, torch or the driver read, and only when nothing later in the same build uses the value: then
/// the line has no effect at all.
pub fn check(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    let Content::Script(script) = &view.file.content else { return };
    if script.script.dialect != Dialect::Dockerfile || script.launches.is_empty() {
        return;
    }
    for container in &script.script.containers {
        for (index, step) in container.building.iter().enumerate() {
            let Step::Assign(assign) = step else { continue };
            // A command behind it in the build may be what it is for.
            let followed = matches!(container.building.get(index + 1), Some(Step::Command(_)));
            let given = script.launches.iter().any(|launch| launch.env(&assign.name.text).is_some());
            if assign.exported && is_known(&assign.name.text) && !followed && !given {
                sink.fire(rule, view.at(assign.span), &[("name", assign.name.text.clone())]);
            }
        }
    }
}
