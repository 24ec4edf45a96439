//! LAUNCH051: a prefix in place of a flag's name.

use crate::catalog::flags::{FlagSpec, lookup};
use crate::facts::launch::Flag;
use crate::facts::versions::Version;
use crate::finding::Severity;
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::LaunchView;

/// Info where one flag is meant; an error where the version is known to have several that begin like this.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    for flag in &view.launch.flags {
        let fill = |meant: String| [("flag", flag.written.clone()), ("meant", meant)];
        if let (true, Some(name)) = (flag.abbreviated, flag.name) {
            one(view, flag, name, (rule, sink));
        } else if !flag.ambiguous.is_empty() {
            let Some(version) = view.comfyui() else {
                sink.not_checked(rule, Need::Comfyui);
                continue;
            };
            match present(flag, version).as_slice() {
                [] => {}
                [only] => one(view, flag, only, (rule, sink)),
                several => {
                    let meant = format!("may stand for {}, so ComfyUI exits at start", several.join(" or "));
                    sink.fire(rule, view.at(flag.span), &fill(meant)).graded(Severity::Error);
                }
            }
        }
    }
}

/// The one flag that is meant.
fn one(view: &LaunchView, flag: &Flag, name: &str, (rule, sink): (&'static Rule, &mut Sink)) {
    let fill = [("flag", flag.written.clone()), ("meant", format!("stands for {name}")), ("name", name.to_owned())];
    let whole = vec![Act::At(Verb::Replace, view.at(flag.span), name.to_owned())];
    sink.fire(rule, view.at(flag.span), &fill).offer("whole-name", whole, &fill);
}

/// The candidates that a version surely has.
fn present(flag: &Flag, version: Version) -> Vec<&'static str> {
    let has = |spec: &&FlagSpec| spec.exists_in(version) == Some(true);
    flag.ambiguous.iter().filter_map(|name| lookup(name)).filter(has).map(|spec| spec.name).collect()
}
