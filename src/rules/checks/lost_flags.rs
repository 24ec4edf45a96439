//! LAUNCH037-042: flags that a slip in the text keeps from the command they were written for.

use crate::read::oddities::OddityKind;
use crate::read::script::Dialect;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

/// Flags behind a `pause` or an empty line.
pub fn apart(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    report(view, rule, sink, &[OddityKind::FlagsApart]);
}

/// A caret with blanks behind it.
pub fn caret(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    if view.launch.dialect == Dialect::Batch {
        report(view, rule, sink, &[OddityKind::BlankAfterContinuation]);
    }
}

/// A backslash with blanks behind it.
pub fn backslash(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    if view.launch.dialect != Dialect::Batch {
        report(view, rule, sink, &[OddityKind::BlankAfterContinuation]);
    }
}

/// Two flags without a blank between them.
pub fn glued(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    report(view, rule, sink, &[OddityKind::Glued]);
}

/// A line that is not continued.
pub fn unfinished(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    report(view, rule, sink, &[OddityKind::NotContinued]);
}

/// A comment among the lines of a command.
pub fn comment(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    report(view, rule, sink, &[OddityKind::CommentInside, OddityKind::CommentJoined]);
}

fn report(view: &LaunchView, rule: &'static Rule, sink: &mut Sink, kinds: &[OddityKind]) {
    for oddity in view.launch.oddities.iter().filter(|oddity| kinds.contains(&oddity.kind)) {
        let what = match oddity.kind {
            OddityKind::CommentJoined => "its words become arguments of main.py".to_owned(),
            _ => format!("{} never reaches main.py", oddity.flag),
        };
        let sign = if view.launch.dialect == Dialect::Batch { "^" } else { "\\" };
        let fill = [("flag", oddity.flag.clone()), ("what", what), ("sign", sign.to_owned())];
        let start = view.at(view.launch.span);
        sink.fire(rule, view.at(oddity.span), &fill).relate(start, "the start of ComfyUI");
    }
}
