//! LAUNCH052: a flag that is declared but read by nothing, and later refused.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

/// With an unknown version the message names both cases: no effect before, refused from some version on. Flags that only
/// became idle stay accepted and have rules of their own.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    for flag in &view.launch.flags {
        let Some(spec) = flag.spec else { continue };
        let (Some(idle), Some(until)) = (spec.idle_since, spec.until) else { continue };
        let still_there = match view.comfyui() {
            Some(version) => version >= idle && version < until,
            // Idle in every version that has it: true whatever the version is.
            None => spec.since.is_none_or(|since| idle <= since),
        };
        if still_there {
            let fill = [("flag", spec.name.to_owned()), ("until", until.to_string())];
            sink.fire(rule, view.at(flag.whole), &fill);
        }
    }
}
