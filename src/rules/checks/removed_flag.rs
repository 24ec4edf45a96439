//! LAUNCH002: a flag that this version no longer has.

use crate::catalog::flags::NEVER;
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::LaunchView;

/// Fires when the version is known to be without the flag, or when no release ever had it.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    for flag in &view.launch.flags {
        let Some(spec) = flag.spec else { continue };
        let Some(until) = spec.until else { continue };
        match view.comfyui() {
            Some(version) if version < until => continue,
            None if until != NEVER => {
                sink.not_checked(rule, Need::Comfyui);
                continue;
            }
            _ => {}
        }
        let comfyui = view.comfyui().map_or("of any release".to_owned(), |version| version.to_string());
        let until = if until == NEVER { "before 0.0.1".to_owned() } else { until.to_string() };
        let instead = spec.replacement().unwrap_or("nothing").to_owned();
        let fill = [("flag", spec.name.to_owned()), ("until", until), ("comfyui", comfyui), ("instead", instead)];
        sink.fire(rule, view.at(flag.whole), &fill);
    }
}
