//! Flags are taken out of every script that there is: what is left is the same start without the flag, and every other byte.

#[path = "addition.rs"]
mod addition;
#[path = "verbs.rs"]
mod verbs;

use std::collections::BTreeSet;
use std::path::Path;

use wanlint::catalog::nodes::Catalog;
use wanlint::discover::Kind;
use wanlint::facts::launch::{Flag, Launch};
use wanlint::finding::Location;
use wanlint::fix::{Act, Fix, Grade, Verb, edits};
use wanlint::project::{File, interpret};
use wanlint::rules::RULES;
use wanlint::source::Source;
use wanlint::span::Span;

use super::{Example, content};

#[test]
fn one_flag_less_is_the_same_start_without_it() {
    let (mut done, mut refused) = (0, Vec::new());
    for (name, text) in scripts() {
        let Some(file) = read(&name, &text) else { continue };
        let wholes = file.launches().iter().flat_map(|launch| &launch.flags).map(|flag| (flag.whole, &flag.written));
        for (span, written) in wholes {
            let acts = vec![Act::At(Verb::RemoveFlag, Location { file: 0, span }, String::new())];
            let fix = Fix { title: String::new(), grade: Grade::Safe, acts, starts: Vec::new(), instances: 1 };
            match edits(&fix, std::slice::from_ref(&file)) {
                Err(why) => refused.push(format!("{name}: {written}: {why}")),
                Ok(edits) => {
                    let mut new = text.clone();
                    for edit in edits.iter().rev() {
                        assert_eq!(edit.text, "", "only deletes");
                        let gone = &text[edit.span.range()];
                        // Two lines may be glued to one word.
                        let word = gone.replace(['^', '\\', '\n', '"', '\''], "");
                        assert!(word.contains(written.as_str()), "{name}: {gone:?} for {written}");
                        new.replace_range(edit.span.range(), "");
                    }
                    let after = read(&name, &new).unwrap();
                    // Ways of one start that differed in the flag alone become one: each of the starts is there once.
                    let starts = |file: &File, without: Option<Span>| {
                        let kept = |flag: &&Flag| without != Some(flag.whole);
                        let shown = |flag: &Flag| {
                            let values = flag.values.iter().map(|word| word.text.clone());
                            std::iter::once(flag.written.clone()).chain(values).collect::<Vec<_>>()
                        };
                        let flags = |launch: &Launch| launch.flags.iter().filter(kept).map(shown).collect::<Vec<_>>();
                        file.launches().iter().map(flags).collect::<BTreeSet<_>>()
                    };
                    assert_eq!(starts(&after, None), starts(&file, Some(span)), "{name}: without {written}:\n{new}");
                    done += 1;
                }
            }
        }
    }
    assert!(done > 180, "only {done} were taken out");
    assert!(refused.len() * 8 < done, "{done} done, refused:\n{}", refused.join("\n"));
}

fn read(name: &str, text: &str) -> Option<File> {
    let kind = Kind::of(Path::new(name)).filter(|kind| matches!(kind, Kind::Script(_)))?;
    interpret(Source::from_text(name, text), kind, true, true, &Catalog::default())
}

/// The examples of all rules, and the scripts of the fixtures.
fn scripts() -> Vec<(String, String)> {
    let texts = RULES.iter().flat_map(|rule| rule.bad.iter().chain(rule.good));
    let examples = texts.map(|text| toml::from_str::<Example>(text).unwrap());
    let of = |example: Example| example.files.into_iter().map(|(name, value)| (name, content(&value)));
    let mut all: Vec<(String, String)> = examples.flat_map(of).collect();
    for folder in ["fixtures/real", "fixtures/rtx5090/scripts"] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if let Ok(text) = std::fs::read_to_string(&path) {
                all.push((path.to_str().unwrap().to_owned(), text));
            }
        }
    }
    all
}
