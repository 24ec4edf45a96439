//! LAUNCH003: a flag that came after this version.

use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::LaunchView;

/// Silent where the catalog knows the introduction only as a range that includes the version.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    for flag in &view.launch.flags {
        let Some((spec, since)) = flag.spec.and_then(|spec| Some((spec, spec.since?))) else { continue };
        let Some(version) = view.comfyui() else {
            sink.not_checked(rule, Need::Comfyui);
            continue;
        };
        if version < since && spec.exists_in(version) == Some(false) {
            let fill = [("flag", spec.name.to_owned()), ("since", since.to_string()), ("comfyui", version.to_string())];
            sink.fire(rule, view.at(flag.whole), &fill);
        }
    }
}
