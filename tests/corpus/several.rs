//! Several faults of the table at once, in official Wan templates and prompts: fixes settle, and what nobody touched stays as it was.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::Value;

use super::changes::{Change, changed, encoded};
use super::faults::{FAULTS, Fault, Written};
use super::mended::{injected, sent};
use super::{made, official, run_of_fixes, shared, written};

/// How often something random is tried: a few seconds. `PROPTEST_CASES` says another number, `PROPTEST_RNG_SEED` another seed.
const CASES: u32 = 120;

#[test]
fn several_faults_at_once_settle() {
    let (Some(saved), Some(prompts)) = (official::templates(), shared("golden")) else { return };
    let mut config = ProptestConfig { failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(14);
    }
    let change = (any::<u8>(), any::<u16>(), any::<u16>());
    let case = (
        any::<Index>(),
        proptest::collection::vec(any::<Index>(), 1..6),
        (any::<bool>(), 0..7usize, proptest::collection::vec(change, 0..3), 0..4u8),
        any::<bool>(),
    );
    let fixes = Cell::new(0);
    let result = TestRunner::new(config).run(&case, |(first, others, (saved_form, way, changes, some), unsafe_too)| {
        let faults = chosen(first, &others, saved_form);
        let folder = if saved_form { &saved } else { &prompts };
        // Most texts are changed by nothing but the table.
        let changes = if some == 0 { changes } else { Vec::new() };
        let made = tried(folder, saved_form, &faults, (way, &changes), unsafe_too);
        let told = |why| format!("{:?}: {why}", faults.iter().map(|one| (one.code, one.kind)).collect::<Vec<_>>());
        fixes.set(fixes.get() + made.map_err(|why| TestCaseError::fail(told(why)))?);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    println!("{} fixes were made", fixes.get());
    assert!(fixes.get() > 100, "only {} fixes were made", fixes.get());
}

/// Faults of one template that are about different inputs, and one script at most.
fn chosen(first: Index, others: &[Index], saved_form: bool) -> Vec<&'static Fault> {
    let usable = |fault: &&&Fault| fault.saved || !saved_form;
    let all: Vec<&Fault> = FAULTS.iter().filter(|one| usable(&one)).collect();
    let mut chosen: Vec<&Fault> = vec![*first.get::<&Fault>(&all)];
    let same: Vec<&Fault> = all.iter().filter(|one| one.template == chosen[0].template).copied().collect();
    for other in others.iter().map(|index| *index.get::<&Fault>(&same)) {
        let places =
            |fault: &Fault| -> BTreeSet<_> { fault.wrong.iter().map(|(node, input, _)| (*node, *input)).collect() };
        let apart =
            |one: &&Fault| places(one).is_disjoint(&places(other)) && (one.launch.is_none() || other.launch.is_none());
        if !chosen.iter().any(|one| std::ptr::eq(*one, other)) && chosen.iter().all(apart) {
            chosen.push(other);
        }
    }
    chosen
}

fn tried(
    folder: &Path,
    saved_form: bool,
    faults: &[&Fault],
    (way, changes): (usize, &[Change]),
    unsafe_too: bool,
) -> Result<usize, String> {
    let ending = if saved_form { "json" } else { "api.json" };
    let text = std::fs::read_to_string(folder.join(format!("{}.{ending}", faults[0].template))).unwrap();
    let original = written::ways(&text).swap_remove(way).1;
    let wrong: Vec<_> = faults.iter().flat_map(|fault| fault.wrong).copied().collect();
    let text = changed(&injected(&original, &wrong), changes, &["--lowvram".to_owned()]);
    let place = run_of_fixes::folder();
    let workflow = place.path().join("w.json");
    let bytes = if changes.is_empty() { text.into_bytes() } else { encoded(&text, way as u8) };
    std::fs::write(&workflow, bytes).unwrap();
    let stated = faults.iter().find(|fault| !fault.facts.args().is_empty());
    let mut args = stated.map(|fault| fault.facts.args()).unwrap_or_default();
    for fault in faults {
        if let Some((name, text, _)) = fault.launch {
            std::fs::write(place.path().join(name), text).unwrap();
        }
        fault.models.iter().for_each(|(name, words)| made::model(&place.path().join("models").join(name), words));
        if !fault.models.is_empty() {
            args.extend(["--models".to_owned(), place.path().join("models").display().to_string()]);
        }
        args.extend(["--extend-select".to_owned(), fault.code.to_owned()]);
    }
    let made = run_of_fixes::hold(place.path(), &args, unsafe_too)?.unwrap_or_default();
    if changes.is_empty() {
        let touched: Vec<_> = faults.iter().flat_map(|fault| fault.wrong.iter().chain(fault.after)).collect();
        untouched(&original, &std::fs::read_to_string(&workflow).unwrap(), &touched)?;
    }
    Ok(made)
}

/// Every input that no fault was put into is sent as the template sends it.
fn untouched(original: &str, mended: &str, touched: &[&Written]) -> Result<(), String> {
    let (original, mended) = (sent(original), sent(mended));
    let nodes = |prompt: &Value| prompt.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    if nodes(&original) != nodes(&mended) {
        return Err("other nodes are sent".to_owned());
    }
    for (id, node) in original.as_object().unwrap() {
        for (name, value) in node["inputs"].as_object().unwrap() {
            let meant = touched.iter().any(|(node, input, _)| *node == id && *input == name);
            if !meant && mended[id]["inputs"][name] != *value {
                return Err(format!("{name} of {id} becomes {}", mended[id]["inputs"][name]));
            }
        }
    }
    Ok(())
}
