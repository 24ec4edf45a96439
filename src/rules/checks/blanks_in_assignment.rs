//! ENV006: blanks around the equals sign in a shell.

use crate::catalog::env::is_known;
use crate::read::script::{Command, Dialect, Step};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::FileView;

/// `X = 1` runs a command called X, `X= 1` one called 1, `export X = 1` fails.
pub fn check(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    let Some(script) = view.script().filter(|script| script.script.dialect == Dialect::Shell) else { return };
    for step in &script.script.steps {
        if let Step::Command(command) = step
            && let Some(name) = name(command)
        {
            sink.fire(rule, view.at(command.span), &[("name", name.to_owned())]);
        }
    }
}

fn name(command: &Command) -> Option<&str> {
    let text = |index: usize| command.words.get(index).map_or("", |word| word.text.as_str());
    let first = usize::from(text(0) == "export");
    if is_known(text(first)) && text(first + 1).starts_with('=') {
        return Some(text(first));
    }
    // `X= 1`: an empty assignment in front of what looks like a value.
    let empty = command.env.last().filter(|own| own.value.text.is_empty() && own.value.known)?;
    let value = matches!(text(0), "True" | "False") || text(0).starts_with(|c: char| c.is_ascii_digit());
    (command.words.len() == 1 && value && is_known(&empty.name.text)).then_some(empty.name.text.as_str())
}
