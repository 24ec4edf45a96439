//! LAUNCH008: a flag that takes the next word although it was not meant for it.

use crate::facts::launch::Flag;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

/// The flags that take any text they find behind them, and that a start can do without. Values of the others are refused by
/// type or choice (LAUNCH007).
const GREEDY: [&str; 2] = ["--listen", "--enable-cors-header"];

/// Fires on numbers and on files: neither is an address nor an origin.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    for flag in view.launch.flags.iter().filter(|flag| flag.name.is_some_and(|name| GREEDY.contains(&name))) {
        let Some(value) = flag.value().filter(|word| word.known && flag.known) else { continue };
        if is_port(&value.text) || is_file(&value.text) {
            let meant = if is_port(&value.text) { format!("{} --port {}", name(flag), value.text) } else { name(flag) };
            let fill = [("flag", name(flag)), ("value", value.text.clone()), ("meant", meant)];
            sink.fire(rule, view.at(flag.whole), &fill);
        }
    }
}

/// A bare number beyond one byte: as an address it would be a host nobody has.
fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 255)
}

/// A path into a folder of Windows, or a file that programs read.
fn is_file(text: &str) -> bool {
    let endings = [".py", ".json", ".yaml", ".yml", ".bat", ".safetensors"];
    text.contains('\\') || endings.iter().any(|ending| text.to_ascii_lowercase().ends_with(ending))
}

fn name(flag: &Flag) -> String {
    flag.name.unwrap_or(&flag.written).to_owned()
}
