//! Shows scripts as short lines, so that a test is a text and what it means.

use wanlint::read::script::{Assign, Script, Step, Word};
use wanlint::span::Span;

/// A script's steps, one line each: `word|word`, `name=value`, `?` for uncertain, `~` before a word that is not known.
pub fn show(script: &Script) -> Vec<String> {
    script.steps.iter().map(step).collect()
}

/// What a reader makes of a text, after holding what every script promises.
pub fn checked(text: &str, read: fn(&str) -> Script) -> Script {
    let script = read(text);
    check(text, &script);
    script
}

fn step(step: &Step) -> String {
    match step {
        Step::Assign(assign) => format!("{}{}", doubt(assign.certain), assigned(assign)),
        Step::Command(command) => {
            let env: String = command.env.iter().map(|assign| assigned(assign) + " ").collect();
            let words: Vec<String> = command.words.iter().map(word).collect();
            format!("{}{env}{}", doubt(command.certain), words.join("|"))
        }
    }
}

fn assigned(assign: &Assign) -> String {
    let export = if assign.exported { "" } else { "local " };
    format!("{export}{}={}", word(&assign.name), word(&assign.value))
}

fn doubt(certain: bool) -> &'static str {
    if certain { "" } else { "?" }
}

fn word(word: &Word) -> String {
    format!("{}{}", if word.known { "" } else { "~" }, word.text)
}

/// The text under each word of a script, in order.
pub fn places(text: &str, script: &Script) -> Vec<String> {
    words(script).iter().map(|word| text[word.span.range()].to_owned()).collect()
}

/// All words of a script.
pub fn words(script: &Script) -> Vec<Word> {
    let pair = |assign: &Assign| [assign.name.clone(), assign.value.clone()];
    let of_step = |step: &Step| match step {
        Step::Assign(assign) => pair(assign).to_vec(),
        Step::Command(command) => command.env.iter().flat_map(pair).chain(command.words.iter().cloned()).collect(),
    };
    script.steps.iter().flat_map(of_step).collect()
}

/// Holds what every script promises: spans lie in the text on character boundaries, every byte of a word has a place.
pub fn check(text: &str, script: &Script) {
    let inside = |span: Span| assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
    for word in words(script) {
        inside(word.span);
        assert_eq!(word.at.len(), word.text.len(), "{word:?}");
        assert!(word.at.iter().all(|&at| (at as usize) < text.len()), "{word:?}");
    }
    for step in &script.steps {
        match step {
            Step::Assign(assign) => inside(assign.span),
            Step::Command(command) => inside(command.span),
        }
    }
    for container in &script.containers {
        inside(container.span);
        [container.gpu, container.privileged, container.host_network, container.build]
            .into_iter()
            .flatten()
            .for_each(inside);
        let words = [&container.image, &container.memory, &container.user, &container.folder].into_iter().flatten();
        words.chain(&container.ports).chain(&container.env_files).for_each(|word| inside(word.span));
        let building = Script { steps: container.building.clone(), ..Script::new(script.dialect) };
        check(text, &building);
    }
    script.unread.iter().for_each(|(span, _)| inside(*span));
    script.subshells.iter().for_each(|span| inside(*span));
    script.written.iter().for_each(|inner| check(text, inner));
}
