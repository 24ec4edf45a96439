//! ENV018, ENV019: which cards the environment leaves visible.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

const NAME: &str = "CUDA_VISIBLE_DEVICES";

/// Flags that make the variable meaningless: main.py overwrites it, or no CUDA device is wanted.
const OTHERWISE: [&str; 5] = ["--cuda-device", "--default-device", "--cpu", "--directml", "--oneapi-device-selector"];

/// ENV018: no card is left.
pub fn none_left(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let launch = view.launch;
    if launch.unknown_args || OTHERWISE.iter().any(|flag| launch.flag(flag).is_some()) {
        return;
    }
    let Some(var) = launch.env(NAME).filter(|var| var.value.known && var.certain) else { return };
    // CUDA stops reading the list at the first index that is none.
    let text = var.value.text.trim().trim_matches(['"', '\'']);
    let first = text.split(',').next().unwrap_or_default().trim();
    if first.is_empty() || first == "-1" || first.eq_ignore_ascii_case("NoDevFiles") {
        sink.fire(rule, view.at(var.span), &[("name", NAME.to_owned()), ("value", text.to_owned())]);
    }
}

/// ENV019: the flag overwrites it with something else.
pub fn overwritten(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let Some(var) = view.launch.env(NAME).filter(|var| var.value.known) else { return };
    let Some(flag) = view.launch.flag("--cuda-device") else { return };
    let Some(value) = flag.value().filter(|value| value.known && value.text.parse::<u32>().is_ok()) else { return };
    let set = var.value.text.trim();
    if set != value.text {
        let fill = [("name", NAME.to_owned()), ("value", set.to_owned()), ("flag", value.text.clone())];
        sink.fire(rule, view.at(var.span), &fill).relate(view.at(flag.whole), "this wins");
    }
}
