//! SEC007-009: keys where others can read them.

use crate::read::script::{Command, Step, Word};
use crate::redact::{is_secret, is_secret_name};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{FileView, WorkflowView, called};

/// SEC007: in an input of a workflow.
pub fn in_workflow(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let graph = &view.workflow.graph;
    for index in graph.indices() {
        let inputs = graph.get(index).map(|node| node.inputs.as_slice()).unwrap_or_default();
        for input in inputs {
            if input.value.as_text().is_some_and(|text| is_secret(&input.name, text)) {
                let node = view.node(index);
                let fill = [("node", called(&node)), ("input", input.name.to_string())];
                sink.fire(rule, view.at(input.span), &fill).about(node);
            }
        }
    }
}

/// SEC008: in a variable, or in the command that starts ComfyUI.
pub fn in_script(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    let Some(script) = view.script() else { return };
    let own = script.script.steps.iter().flat_map(|step| match step {
        Step::Assign(assign) => std::slice::from_ref(assign),
        Step::Command(command) => &command.env,
    });
    for assign in own.filter(|assign| assign.value.known && is_secret(&assign.name.text, &assign.value.text)) {
        sink.fire(rule, view.at(assign.span), &[("name", assign.name.text.trim().to_owned())]);
    }
}

/// SEC009: on a command line.
pub fn on_command_line(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    let Some(script) = view.script() else { return };
    for step in &script.script.steps {
        if let Step::Command(command) = step {
            for word in arguments(command) {
                sink.fire(rule, view.at(word.span), &[("program", program(command))]);
            }
        }
    }
}

fn program(command: &Command) -> String {
    command.words.first().map_or_else(String::new, |word| crate::read::script::base_name(&word.text).to_owned())
}

/// The arguments that hold a key: `--token KEY`, `--token=KEY`, `https://host/x?token=KEY`, `Authorization: Bearer KEY`.
fn arguments(command: &Command) -> impl Iterator<Item = &Word> {
    let words = command.words.iter().enumerate().skip(1).filter(|(_, word)| word.known);
    words
        .filter(|&(index, word)| {
            let before = command.words.get(index - 1).map_or("", |word| word.text.as_str());
            let flag = before.starts_with("--") && !before.contains('=') && is_secret_name(before);
            (flag && is_secret(before, &word.text)) || holds_key(&word.text)
        })
        .map(|(_, word)| word)
}

fn holds_key(text: &str) -> bool {
    let pairs = text.split(['?', '&', ' ', '\n']).map(|part| part.split_once('=').unwrap_or(("", part)));
    pairs.into_iter().any(|(name, value)| is_secret(name, value))
}
