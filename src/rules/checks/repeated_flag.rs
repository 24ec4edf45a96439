//! LAUNCH009: a flag given twice with different values.

use crate::catalog::flags::Arity;
use crate::facts::launch::Flag;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;

/// Fires on the value that loses. Only what is written on the command itself counts: a variable may override on purpose.
pub fn check(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let command = view.launch.span;
    let written = |flag: &&Flag| flag.whole.start >= command.start && flag.whole.end <= command.end;
    let single: Vec<&Flag> = view.launch.flags.iter().filter(written).filter(|flag| takes_one(view, flag)).collect();
    for (at, flag) in single.iter().enumerate() {
        let Some(last) = single[at + 1..].iter().rfind(|later| later.name == flag.name) else { continue };
        let (Some(first), Some(second)) = (flag.value(), last.value()) else { continue };
        if first.known && second.known && first.text != second.text {
            let fill = [("flag", flag.written.clone()), ("value", first.text.clone()), ("other", second.text.clone())];
            let place = view.at(last.whole);
            sink.fire(rule, view.at(flag.whole), &fill).relate(place, "this one counts");
        }
    }
}

fn takes_one(view: &LaunchView, flag: &Flag) -> bool {
    flag.known
        && flag.spec.is_some_and(|spec| {
            !spec.repeats && spec.shape(view.comfyui()).is_some_and(|shape| shape.arity == Arity::One)
        })
}
