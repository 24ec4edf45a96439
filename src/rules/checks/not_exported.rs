//! ENV005, ENV007: a variable of the shell itself, which ComfyUI never sees.

use crate::catalog::env::is_known;
use crate::project::ScriptFile;
use crate::read::script::{Dialect, Step, Word};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::FileView;
use crate::span::Span;

/// `X=1` without `export` in a shell script.
pub fn shell(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    check(view, Dialect::Shell, rule, sink);
}

/// `$X = 1` without `$env:` in PowerShell, and `set X=1`, which is Set-Variable there.
pub fn powershell(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    check(view, Dialect::PowerShell, rule, sink);
    let Some(script) = view.script().filter(|script| script.script.dialect == Dialect::PowerShell) else { return };
    for step in &script.script.steps {
        if let Step::Command(command) = step
            && let Some(name) = set_command(&command.words)
        {
            sink.fire(rule, view.at(command.span), &[("name", name.to_owned())]);
        }
    }
}

/// The name in `set X=1`, `set X 1` and `Set-Variable X 1`.
fn set_command(words: &[Word]) -> Option<&str> {
    let [first, second, ..] = words else { return None };
    let sets = ["set", "sv", "set-variable"].iter().any(|name| first.text.eq_ignore_ascii_case(name));
    let name = second.text.split('=').next().unwrap_or_default();
    (sets && is_known(name)).then_some(name)
}

fn check(view: &FileView, dialect: Dialect, rule: &'static Rule, sink: &mut Sink) {
    let Some(script) = view.script().filter(|script| script.script.dialect == dialect) else { return };
    let assigns = script.script.steps.iter().filter_map(|step| match step {
        Step::Assign(assign) => Some(assign),
        Step::Command(_) => None,
    });
    let mut assigns = assigns.filter(|assign| !assign.exported && is_known(&assign.name.text)).peekable();
    // A script without a start, or without such a variable, costs nothing more.
    let (Some(_), Some(last)) = (assigns.peek(), script.launches.iter().map(|launch| launch.span.start).max()) else {
        return;
    };
    let used = used(script);
    for assign in assigns {
        let given = script.launches.iter().any(|launch| launch.env(&assign.name.text).is_some());
        let at = used.partition_point(|&at| at < assign.span.start);
        let is_used = used.get(at).is_some_and(|&at| at < assign.span.end);
        // What a subshell exports ends with it, which is another fault.
        let inside = |shell: &Span| shell.start <= assign.span.start && assign.span.end <= shell.end;
        if script.script.subshells.iter().any(inside) {
            continue;
        }
        if !given && last > assign.span.start && !is_used {
            sink.fire(rule, view.at(assign.span), &[("name", assign.name.text.clone())]);
        }
    }
}

/// Where the bytes are written that commands and other assignments use, ascending: a variable whose value is among them
/// reaches somebody.
fn used(script: &ScriptFile) -> Vec<u32> {
    let mut used: Vec<u32> = Vec::new();
    for step in &script.script.steps {
        match step {
            Step::Command(command) => {
                used.extend(command.words.iter().flat_map(|word| &word.at));
                used.extend(command.env.iter().flat_map(|own| &own.value.at));
            }
            Step::Assign(assign) => {
                let own = assign.span.start..assign.span.end;
                used.extend(assign.value.at.iter().filter(|at| !own.contains(at)));
            }
        }
    }
    used.sort_unstable();
    used.dedup();
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_in_powershell_names_a_variable() {
        let words = |text: &str| text.split(' ').map(|word| Word::plain(word, 0)).collect::<Vec<_>>();
        assert_eq!(set_command(&words("set CUDA_VISIBLE_DEVICES=0")), Some("CUDA_VISIBLE_DEVICES"));
        assert_eq!(set_command(&words("Set-Variable HF_HOME D:\\hf")), Some("HF_HOME"));
        assert_eq!(set_command(&words("set FOO=0")), None);
        assert_eq!(set_command(&words("python main.py")), None);
    }
}
