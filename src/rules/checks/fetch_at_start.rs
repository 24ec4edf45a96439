//! SEC010: a start script that fetches whatever is newest.

use crate::read::script::{Command, Step, base_name};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::FileView;

/// Fires on updates that every run takes.
pub fn check(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    let Some(script) = view.script() else { return };
    for step in &script.script.steps {
        if let Step::Command(command) = step
            && command.certain
            && let Some(what) = fetches(command)
        {
            sink.fire(rule, view.at(command.span), &[("what", what.to_owned())]);
        }
    }
    for launch in &script.launches {
        let flag = launch.flag("--front-end-version");
        let other = |text: &str| text.ends_with("@latest") && !text.to_ascii_lowercase().starts_with("comfy");
        if let Some(flag) = flag.filter(|flag| flag.value().is_some_and(|value| value.known && other(&value.text))) {
            sink.fire(rule, view.at(flag.whole), &[("what", "the newest front end of a third party".to_owned())]);
        }
    }
}

fn fetches(command: &Command) -> Option<&'static str> {
    let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
    let has = |text: &str| words.contains(&text);
    let program = base_name(words.first()?).to_ascii_lowercase();
    let pinned = words.iter().any(|word| word.contains("=="));
    match program.trim_end_matches(".exe") {
        "git" if has("pull") => Some("the newest commit"),
        _ if (has("pip") || program.starts_with("pip")) && has("install") && !pinned => {
            (has("-U") || has("--upgrade")).then_some("the newest packages")
        }
        _ => None,
    }
}
