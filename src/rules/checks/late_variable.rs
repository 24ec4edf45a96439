//! ENV004: a variable that is set when ComfyUI has already been started.

use crate::catalog::env::is_known;
use crate::read::script::{Assign, Command, Dialect, Step, base_name};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::FileView;

/// Commands that use no such variable: what may follow the assignment. Anything else may be what it is meant for.
const INERT: [&str; 12] =
    ["echo", "pause", "exit", "wait", "cd", "popd", "endlocal", "timeout", "sleep", "true", "title", "read"];

/// Fires in scripts with one start, on an assignment behind it that nothing later can use.
pub fn check(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    let Some(script) = view.script() else { return };
    let starts: Vec<_> = script.starts().collect();
    let [[launch, ..]] = starts.as_slice() else { return };
    if !matches!(script.script.dialect, Dialect::Batch | Dialect::Shell) || !launch.certain {
        return;
    }
    let steps = &script.script.steps;
    let Some(start) =
        steps.iter().position(|step| matches!(step, Step::Command(command) if command.span == launch.span))
    else {
        return;
    };
    let later = &steps[start + 1..];
    if later.iter().any(|step| matches!(step, Step::Command(command) if !is_inert(command))) {
        return;
    }
    for assign in later.iter().filter_map(late) {
        let fill = [("name", assign.name.text.clone())];
        sink.fire(rule, view.at(assign.span), &fill).relate(view.at(launch.main.span), "ComfyUI is started here");
    }
}

fn late(step: &Step) -> Option<&Assign> {
    match step {
        // An empty value is tidying up.
        Step::Assign(assign) if assign.certain && assign.exported && !assign.value.text.trim().is_empty() => {
            is_known(assign.name.text.trim_end()).then_some(assign)
        }
        _ => None,
    }
}

pub(super) fn is_inert(command: &Command) -> bool {
    let name = command.words.first().map_or("", |word| base_name(&word.text));
    INERT.iter().any(|inert| inert.eq_ignore_ascii_case(name))
}
