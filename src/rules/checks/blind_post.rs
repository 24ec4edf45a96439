//! WF049: a workflow is queued and nobody looks at what the server answers.

use crate::project::Content;
use crate::read::script::{Command, Step, base_name};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::FileView;

/// Options by which curl tells a refusal, or prints the answer's code.
const TELLS: [&str; 6] = ["-f", "--fail", "--fail-with-body", "-w", "--write-out", "-i"];

/// Fires on `requests.post(".../prompt", ...)` as a statement of its own, and on curl that throws the answer away.
pub fn check(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    let Content::Script(script) = &view.file.content else { return };
    let curls = script.script.steps.iter().filter_map(|step| match step {
        Step::Command(command) if is_blind_curl(command) => Some(command.span),
        _ => None,
    });
    for span in script.script.blind_posts.iter().copied().chain(curls) {
        sink.fire(rule, view.at(span), &[]);
    }
}

fn is_blind_curl(command: &Command) -> bool {
    let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
    let curl = words.first().is_some_and(|first| base_name(first).trim_end_matches(".exe") == "curl");
    let queue = words.iter().any(|word| word.ends_with("/prompt") && (word.contains("8188") || word.contains("comfy")));
    let away = words.windows(2).any(|pair| {
        let file = matches!(pair[1], "/dev/null" | "NUL" | "nul");
        file && (matches!(pair[0], "-o" | "--output") || is_short(pair[0], 'o'))
    });
    let tells = words.iter().any(|word| TELLS.contains(word) || is_short(word, 'f') || is_short(word, 'w'));
    curl && queue && away && !tells && command.words.iter().all(|word| word.known)
}

/// A bundle of short options that holds one: `-sSf`.
fn is_short(word: &str, option: char) -> bool {
    let bundle = word.strip_prefix('-').filter(|rest| rest.bytes().all(|byte| byte.is_ascii_alphabetic()));
    bundle.is_some_and(|bundle| bundle.contains(option))
}
