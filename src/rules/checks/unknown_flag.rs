//! LAUNCH001: a flag that no version of ComfyUI has.

use crate::catalog::flags;
use crate::finding::Severity;
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

/// An error where the version is known to the catalog or the flag is an obvious slip; else a warning, since a fork or a
/// version newer than the catalog may have it.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let version = view.comfyui();
    let covered = version.is_some_and(|version| version <= flags::EXACT_TO);
    for flag in view.launch.flags.iter().filter(|flag| flag.name.is_none() && flag.ambiguous.is_empty()) {
        let near = flags::nearest(&flag.written);
        let suggestion = near.unwrap_or("none within two letters").to_owned();
        let fill = [("flag", flag.written.clone()), ("suggestion", suggestion)];
        let found = sink.fire(rule, view.at(flag.span), &fill);
        if let Some(near) = near {
            found.offer("nearest", vec![Act::At(Verb::Replace, view.at(flag.span), near.to_owned())], &fill);
        }
        if !covered && near.is_none() {
            found.graded(Severity::Warning);
        }
    }
}
