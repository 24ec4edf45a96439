//! LAUNCH051: a prefix in place of a flag's name.

use crate::catalog::flags::{FlagSpec, lookup};
use crate::facts::launch::Flag;
use crate::facts::versions::Version;
use crate::finding::Severity;
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::LaunchView;

/// Info where one flag is meant; an error where the version is known to have several that begin like this.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    for flag in &view.launch.flags {
        let fill = |meant: String| [("flag", flag.written.clone()), ("meant", meant)];
        if let (true, Some(name)) = (flag.abbreviated, flag.name) {
            sink.fire(rule, view.at(flag.span), &fill(format!("stands for {name}")));
        } else if !flag.ambiguous.is_empty() {
            let Some(version) = view.comfyui() else {
                sink.not_checked(rule, Need::Comfyui);
                continue;
            };
            match present(flag, version).as_slice() {
                [] => {}
                [only] => drop(sink.fire(rule, view.at(flag.span), &fill(format!("stands for {only}")))),
                several => {
                    let meant = format!("may stand for {}, so ComfyUI exits at start", several.join(" or "));
                    sink.fire(rule, view.at(flag.span), &fill(meant)).graded(Severity::Error);
                }
            }
        }
    }
}

/// The candidates that a version surely has.
fn present(flag: &Flag, version: Version) -> Vec<&'static str> {
    let has = |spec: &&FlagSpec| spec.exists_in(version) == Some(true);
    flag.ambiguous.iter().filter_map(|name| lookup(name)).filter(has).map(|spec| spec.name).collect()
}
