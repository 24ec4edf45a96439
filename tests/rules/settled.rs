//! Fixes settle: made on the examples of every rule and on the fixtures, as they are and changed at random.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngSeed, TestRunner};
use wanlint::fix::Grade;
use wanlint::rules::{RULES, Rule};

use super::changes::{Change, changed, encoded};
use super::run_of_fixes::{self, Tree};
use super::{Example, content, stage};

/// How often something random is tried: a few seconds. `PROPTEST_CASES` says another number, `PROPTEST_RNG_SEED` another seed.
const CASES: u32 = 400;

/// Files to begin with.
enum Start {
    Example(&'static str),
    Files(Tree),
}

/// The examples of rules that mend something, and the fixtures.
fn starts() -> Vec<Start> {
    let mending = |rule: &&Rule| rule.remedies.iter().any(|remedy| remedy.grade != Grade::Display);
    let mut all: Vec<Start> = RULES
        .iter()
        .filter(mending)
        .flat_map(|rule| rule.bad)
        .filter(|text| toml::from_str::<Example>(text).unwrap().log.is_none())
        .map(|text| Start::Example(text))
        .collect();
    all.push(Start::Files(run_of_fixes::tree(Path::new("fixtures/rtx5090"))));
    for folder in ["fixtures/real", "fixtures/hostile"] {
        let files = run_of_fixes::tree(Path::new(folder)).into_iter().filter(|(name, _)| !name.contains('/'));
        all.extend(files.map(|file| Start::Files(Tree::from([file]))));
    }
    all
}

impl Start {
    /// Writes the files; the arguments that go with them.
    fn stage(&self, folder: &Path) -> Vec<String> {
        match self {
            Self::Files(files) => {
                run_of_fixes::write(folder, files);
                Vec::new()
            }
            Self::Example(text) => {
                let example: Example = toml::from_str(text).unwrap();
                stage(&example, folder);
                let models = folder.join("models").display().to_string();
                let stated = if example.models.is_empty() { vec![] } else { vec!["--models".to_owned(), models] };
                example.args.into_iter().chain(stated).collect()
            }
        }
    }
}

/// What is stated about the machine in place of what the example states.
const MACHINES: [&str; 4] = [
    "--gpu RTX_5090 --ram 64GiB --comfyui 0.3.70 --os windows",
    "--gpu RTX_5090 --ram 128GiB --comfyui 0.33.0 --torch 2.9.1+cu130",
    "--vram 12GiB --ram 32GiB --comfyui 0.3.75 --os linux",
    "--comfyui 0.3.64",
];

/// The flags of all examples, each with the value behind it.
fn flags() -> Vec<String> {
    let mut all = Vec::new();
    for text in RULES.iter().flat_map(|rule| rule.bad) {
        let words: Vec<&str> = text.split([' ', '"', '\'', ',', '\n', '\\']).filter(|word| !word.is_empty()).collect();
        for (at, word) in words.iter().enumerate().filter(|(_, word)| word.starts_with("--") && word.len() > 3) {
            let value = words.get(at + 1).filter(|next| next.starts_with(|letter: char| letter.is_ascii_digit()));
            all.push(value.map_or_else(|| (*word).to_owned(), |value| format!("{word} {value}")));
        }
    }
    all.sort();
    all.dedup();
    all
}

#[test]
fn examples_and_fixtures_settle() {
    let mut made = 0;
    for start in starts() {
        let folder = run_of_fixes::folder();
        let args = start.stage(folder.path());
        let held = run_of_fixes::hold(folder.path(), &args, true);
        made += held.unwrap_or_else(|why| panic!("{args:?}: {why}")).unwrap_or_default();
    }
    assert!(made > 150, "only {made} fixes were made");
}

#[test]
fn changed_files_settle() {
    let (starts, scripts, flags) = (starts(), scripts(), flags());
    let mut config = ProptestConfig { failure_persistence: None, max_shrink_iters: 300, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(5090);
    }
    let change = (any::<u8>(), any::<u16>(), any::<u16>());
    let changes = proptest::collection::vec(change, 0..6);
    let joined = proptest::option::weighted(0.3, any::<Index>());
    let case = (0..starts.len(), joined, changes, 0..12u8, 0..8usize, any::<bool>());
    let made = Cell::new(0);
    let result = TestRunner::new(config).run(&case, |(start, joined, changes, way, machine, unsafe_too)| {
        let more = joined.map(|index| (&scripts, index));
        let held = tried(&starts[start], more, (&changes, &flags, way), machine, unsafe_too);
        made.set(made.get() + held.map_err(TestCaseError::fail)?);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    println!("{} fixes were made", made.get());
    assert!(made.get() > 100, "only {} fixes were made", made.get());
}

/// The scripts of the examples, by the ending of their names.
fn scripts() -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in RULES.iter().flat_map(|rule| rule.bad) {
        let example: Example = toml::from_str(text).unwrap();
        example.files.iter().for_each(|(name, text)| all.entry(ending(name)).or_default().push(content(text)));
    }
    all
}

fn ending(name: &str) -> String {
    name.rsplit(['.', '/']).next().unwrap_or_default().to_owned()
}

/// The text, and that of another script of its kind behind it.
fn joined(name: &str, text: &str, more: Option<(&BTreeMap<String, Vec<String>>, Index)>) -> String {
    let other = more.and_then(|(scripts, index)| Some(index.get(scripts.get(&ending(name))?)));
    match other.filter(|_| !name.ends_with(".json")) {
        Some(other) if text.ends_with('\n') => format!("{text}{other}"),
        Some(other) => format!("{text}\r\n{other}"),
        None => text.to_owned(),
    }
}

fn tried(
    start: &Start,
    more: Option<(&BTreeMap<String, Vec<String>>, Index)>,
    (changes, flags, way): (&[Change], &[String], u8),
    machine: usize,
    unsafe_too: bool,
) -> Result<usize, String> {
    let folder = run_of_fixes::folder();
    let mut args = start.stage(folder.path());
    if let Some(machine) = MACHINES.get(machine) {
        let models = args.iter().position(|word| word == "--models").map(|at| args[at..at + 2].to_vec());
        args = machine.split(' ').map(|word| word.replace('_', " ")).chain(models.into_iter().flatten()).collect();
    }
    let files = run_of_fixes::tree(folder.path()).into_iter().map(|(name, bytes)| {
        let text = String::from_utf8_lossy(&bytes);
        // Most changes break a workflow, and broken settings end the run.
        let text = joined(&name, &text, more);
        let kept =
            changes.is_empty() && more.is_none() || name == "wanlint.toml" || name.ends_with(".json") && way % 4 > 0;
        let bytes = if kept { bytes.clone() } else { encoded(&changed(&text, changes, flags), way) };
        (name, bytes)
    });
    run_of_fixes::write(folder.path(), &files.collect());
    Ok(run_of_fixes::hold(folder.path(), &args, unsafe_too)?.unwrap_or_default())
}
