//! What the engine takes back, and when it ends.

use super::*;
use crate::config::Config;
use crate::facts::machine::{Machine, Stated};
use crate::finding::{Location, Severity};
use crate::fix::Act;
use crate::rules;
use crate::rules::select::Selection;
use crate::span::Span;

const TEXT: &str = r#"{"1": {"class_type": "KSampler", "inputs": {"first": 1, "second": 2}}}"#;

/// A finding of a rule, with a fix that makes two parts of the file change places.
fn finding(outcome: &Outcome, code: &str, severity: Severity, parts: [&str; 2]) -> Finding {
    let text = outcome.files[0].source.text();
    let [one, other] = parts.map(|part| {
        let at = text.find(part).unwrap() as u32;
        Location { file: 0, span: Span::new(at, at + part.len() as u32) }
    });
    let acts = vec![Act::Anything(one, parts[1].to_owned()), Act::Anything(other, parts[0].to_owned())];
    let fix = Fix { title: "Swap".to_owned(), grade: Grade::Safe, acts, starts: Vec::new(), instances: 1 };
    Finding {
        rule: rules::find(code).unwrap(),
        severity,
        message: "m".to_owned(),
        help: String::new(),
        primary: one,
        related: Vec::new(),
        node: None,
        targets: Vec::new(),
        fixes: vec![fix],
    }
}

/// Mends a file about which there are these findings, by whether its words still stand in their first order.
fn mend(findings: impl Fn(&Outcome, bool) -> Vec<Finding>) -> Fixed {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.json");
    std::fs::write(&path, TEXT).unwrap();
    let machine = Machine::new(&Stated::default(), |_| None).unwrap();
    let mut options = Options::new(vec![path], Config::default(), machine);
    let check = |options: &Options| {
        let mut outcome = check(options)?;
        let place = |word| outcome.files[0].source.text().find(word);
        outcome.findings = findings(&outcome, place("first") < place("second"));
        Ok(outcome)
    };
    let permit = Permit { unsafe_too: false, rules: Selection::default(), gate: Gate::new(|_| Ok(())) };
    Passes { check: &check, permit: &permit, options: &mut options, rejected: Rejected::new() }.run().unwrap()
}

const WORDS: [&str; 2] = ["first", "second"];

/// The fix was tried and taken back for this reason.
fn refused(fixed: &Fixed, why: &str) {
    assert!(fixed.settled && fixed.made.is_empty() && fixed.drafts.is_empty(), "{:?}", fixed.made);
    let reason = fixed.held_back[0].reason.as_deref().unwrap();
    assert!(reason.starts_with("taken back: ") && reason.contains(why), "{reason}");
}

#[test]
fn a_fix_that_breaks_the_file_is_taken_back() {
    refused(
        &mend(|outcome, _| vec![finding(outcome, "WF010", Severity::Warning, ["{", "\"1\""])]),
        "no longer be read",
    );
}

#[test]
fn a_fix_that_brings_an_error_is_taken_back() {
    let fixed = mend(|outcome, first| match first {
        true => vec![finding(outcome, "WF010", Severity::Warning, WORDS)],
        false => vec![finding(outcome, "WF004", Severity::Error, WORDS)],
    });
    refused(&fixed, "it brings WF004");
}

#[test]
fn a_fix_that_does_not_help_is_taken_back() {
    refused(&mend(|outcome, _| vec![finding(outcome, "WF010", Severity::Warning, WORDS)]), "still finds the same");
}

#[test]
fn fixes_that_undo_each_other_end() {
    let fixed =
        mend(|outcome, first| vec![finding(outcome, if first { "WF010" } else { "WF011" }, Severity::Warning, WORDS)]);
    assert!(!fixed.settled && fixed.made.len() == MAX_PASSES, "{:?}", fixed.made);
    // The tenth pass gave the file back as it was.
    assert!(fixed.drafts.is_empty());
}

#[test]
fn one_bad_fix_does_not_keep_the_others() {
    let fixed = mend(|outcome, first| {
        let bad = finding(outcome, "WF012", Severity::Warning, ["{", "\"class_type\""]);
        let good = first.then(|| finding(outcome, "WF010", Severity::Warning, WORDS));
        std::iter::once(bad).chain(good).collect()
    });
    assert!(fixed.settled && fixed.made.len() == 1 && fixed.made[0].rule.code == "WF010", "{:?}", fixed.made);
    assert_eq!(fixed.held_back[0].rule.code, "WF012");
    let text = String::from_utf8(fixed.drafts.into_values().next().unwrap()).unwrap();
    assert!(text.ends_with(r#"{"second": 1, "first": 2}}}"#), "{text}");
}
