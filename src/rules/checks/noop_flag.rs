//! LAUNCH052: a flag that is declared but read by nothing.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

/// With an unknown version the message names both cases: no effect before, refused from some version on.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    for flag in &view.launch.flags {
        let Some(spec) = flag.spec else { continue };
        let Some(idle) = spec.idle_since else { continue };
        let still_there = match (view.comfyui(), spec.until) {
            (Some(version), Some(until)) => version >= idle && version < until,
            (Some(version), None) => version >= idle,
            // Idle in every version that has it: true whatever the version is.
            (None, Some(_)) => spec.since.is_none_or(|since| idle <= since),
            (None, None) => false,
        };
        if still_there {
            let until = spec.until.map_or("a later version".to_owned(), |until| until.to_string());
            let fill = [("flag", spec.name.to_owned()), ("until", until)];
            sink.fire(rule, view.at(flag.whole), &fill);
        }
    }
}
