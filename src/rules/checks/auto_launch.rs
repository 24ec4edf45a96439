//! LAUNCH046: a container that is to open a browser.

use crate::read::script::Dialect;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

/// Variables by which a container gets a desktop.
const DESKTOP: [&str; 2] = ["DISPLAY", "WAYLAND_DISPLAY"];

/// Fires in images and compose files that hand no desktop in.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let launch = view.launch;
    let Some(flag) = launch.flag("--auto-launch") else { return };
    let boxed = matches!(launch.dialect, Dialect::Dockerfile | Dialect::Compose);
    let desktop = DESKTOP.iter().any(|name| launch.env(name).is_some());
    if boxed && !desktop && launch.flag("--disable-auto-launch").is_none() {
        sink.fire(rule, view.at(flag.whole), &[]);
    }
}
