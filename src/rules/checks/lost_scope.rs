//! ENV024: variables that end with the scope they were set in.

use super::late_variable::is_inert;
use crate::catalog::env::is_known;
use crate::facts::launch::Launch;
use crate::finding::Location;
use crate::project::{Content, ScriptFile};
use crate::read::script::{Assign, Command, Dialect, Step, Word, base_name};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{FileView, ProjectView};

/// Shells that run a script as a program of its own.
const SHELLS: [&str; 5] = ["bash", "sh", "zsh", "dash", "ksh"];

/// Both ways to lose a variable.
pub fn check(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for (index, file) in view.files.iter().enumerate() {
        ended(&FileView { index, file, machine: view.machine, models: view.models }, rule, sink);
    }
    helper(view, rule, sink);
}

/// `set` between `setlocal` and `endlocal`, in front of a start.
fn ended(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    let Some(script) = view.script().filter(|script| script.script.dialect == Dialect::Batch) else { return };
    let steps = &script.script.steps;
    let mut open: Vec<Vec<&Assign>> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Assign(assign) if is_known(assign.name.text.trim()) && !assign.value.text.trim().is_empty() => {
                open.iter_mut().for_each(|scope| scope.push(assign));
            }
            Step::Assign(_) => {}
            Step::Command(command) => match name(command).as_str() {
                "setlocal" if command.certain => open.push(Vec::new()),
                "endlocal" if command.certain => {
                    for assign in open.pop().into_iter().flatten() {
                        lost(view, (assign, script), at, (rule, sink));
                    }
                }
                // Whatever else runs in between may be what the variable is for.
                _ if !is_inert(command) => open.iter_mut().for_each(Vec::clear),
                _ => {}
            },
        }
    }
}

/// Fires when a start follows and nothing sets the variable again.
fn lost(
    view: &FileView,
    (assign, script): (&Assign, &ScriptFile),
    end: usize,
    (rule, sink): (&'static Rule, &mut Sink),
) {
    let later = script.script.steps.get(end..).unwrap_or_default();
    let again = later.iter().any(|step| {
        matches!(step, Step::Assign(other) if other.name.text.trim().eq_ignore_ascii_case(assign.name.text.trim()))
    });
    let behind = later.iter().filter_map(|step| match step {
        Step::Command(command) => Some(command.span),
        Step::Assign(_) => None,
    });
    let starts = behind.into_iter().any(|span| script.launches.iter().any(|launch| launch.span == span));
    if starts && !again && assign.certain {
        let fill =
            [("name", assign.name.text.trim().to_owned()), ("how", "endlocal gives back the old value".to_owned())];
        sink.fire(rule, view.at(assign.span), &fill);
    }
}

/// A script that only sets variables, run as a program of its own in front of a start.
fn helper(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for (index, file) in view.files.iter().enumerate() {
        let Content::Script(script) = &file.content else { continue };
        for step in &script.script.steps {
            let Step::Command(command) = step else { continue };
            let Some(helper) = run_apart(&command.words, script.script.dialect) else { continue };
            let Some(names) = view.beside(file, &helper).and_then(|at| variables(view.files[at].script()?)) else {
                continue;
            };
            let starts = |launch: &&Launch| launch.span.start > command.span.start;
            let lacks = |launch: &Launch| names.iter().any(|name| launch.env(name).is_none());
            if command.certain && script.launches.iter().find(starts).is_some_and(lacks) {
                let how = format!("{helper} runs as a program of its own");
                let fill = [("name", names.join(", ")), ("how", how)];
                sink.fire(rule, Location { file: index, span: command.span }, &fill);
            }
        }
    }
}

/// The script that a command runs apart: `./env.sh` and `bash env.sh` in a shell, `.\env.bat` in PowerShell.
fn run_apart(words: &[Word], dialect: Dialect) -> Option<String> {
    let first = words.first().filter(|word| word.known)?;
    let own = |text: &str| text.replace('\\', "/").trim_start_matches("./").to_owned();
    match dialect {
        Dialect::Shell if SHELLS.contains(&base_name(&first.text)) => {
            let script = words.get(1).filter(|word| word.known && !word.text.starts_with('-'))?;
            Some(own(&script.text))
        }
        Dialect::Shell if first.text.starts_with("./") => Some(own(&first.text)),
        Dialect::PowerShell => {
            let lower = first.text.to_ascii_lowercase();
            (lower.ends_with(".bat") || lower.ends_with(".cmd")).then(|| own(&first.text))
        }
        _ => None,
    }
}

/// The variables of a script that does nothing but set them for ComfyUI and the libraries below it.
fn variables(script: &ScriptFile) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for step in &script.script.steps {
        match step {
            Step::Command(command) if is_inert(command) || name(command) == "setlocal" => {}
            Step::Command(_) => return None,
            Step::Assign(assign) if assign.exported && is_known(assign.name.text.trim()) => {
                names.push(assign.name.text.trim().to_owned());
            }
            Step::Assign(_) => {}
        }
    }
    (!names.is_empty()).then_some(names)
}

fn name(command: &Command) -> String {
    command.words.first().map_or_else(String::new, |word| base_name(&word.text).to_ascii_lowercase())
}
