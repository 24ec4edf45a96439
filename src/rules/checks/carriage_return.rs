//! ENV025: Windows line ends in a shell script.

use crate::read::script::Dialect;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

/// Fires where a carriage return follows the command that starts ComfyUI: it becomes part of the last argument.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let text = view.of.file.source.text();
    let Some(behind) = text.get(view.launch.span.end as usize..) else { return };
    let inside = view.launch.span.range();
    let ends = behind.starts_with("\r\n") || text.get(inside).is_some_and(|command| command.ends_with('\r'));
    if view.launch.dialect == Dialect::Shell && ends {
        let last = view.launch.args.last().unwrap_or(&view.launch.main);
        let fill = [("last", last.text.trim_end().to_owned())];
        sink.fire(rule, view.at(view.launch.span), &fill);
    }
}
