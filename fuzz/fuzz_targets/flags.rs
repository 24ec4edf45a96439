//! ComfyUI's argument parser over words that no shell had to write: a word on each line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wanlint::facts::launch::launches;
use wanlint::read::script::{Command, Dialect, Script, Step, Word};
use wanlint::span::Span;

fuzz_target!(|text: &str| {
    let mut at = 0;
    let mut words = vec![Word::plain("python", 0), Word::plain("main.py", 0)];
    for line in text.split('\n') {
        // A line that ends in a tab stands for a word of which the script does not know everything.
        words.push(Word { known: !line.ends_with('\t'), ..Word::plain(line, at) });
        at += line.len() as u32 + 1;
    }
    let (span, env) = (Span::new(0, text.len() as u32), Vec::new());
    let command = Step::Command(Command { env, words, span, certain: true });
    let script = Script { steps: vec![command], ..Script::new(Dialect::Shell) };
    for launch in launches(&script) {
        for flag in &launch.flags {
            assert!(text.get(flag.span.range()).is_some() && text.get(flag.whole.range()).is_some());
            assert!(flag.name.is_none_or(|name| launch.flag(name).is_some()));
        }
        for version in ["0.3.0", "0.3.70", "0.33.0"] {
            let problems = launch.problems(version.parse().ok());
            assert!(problems.iter().all(|problem| text.get(problem.span.range()).is_some()));
        }
        let _ = launch.problems(None);
    }
});
