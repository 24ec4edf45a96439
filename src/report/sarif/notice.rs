//! How the run went: its exit code, files that could not be read, rules that could not be checked.

use serde_json::{Value, json};

use super::artifact::{self, Artifacts};
use super::rule::Rules;
use super::{MAX_RESULTS, level, message};
use crate::finding::Finding;
use crate::outcome::Outcome;

/// The exit code of a run that could not do what it was asked to.
const FAILED: u8 = 2;

/// What notices are written with.
type Context<'a, 'b> = (&'a Outcome, &'a Rules, &'a mut Artifacts<'b>);

pub(super) fn invocation(code: u8, left_out: usize, (outcome, rules, artifacts): Context) -> Value {
    let input = outcome.findings.iter().filter(|finding| finding.rule.family() == "INPUT");
    let mut trouble: Vec<Value> = input.map(|finding| unread(finding, (outcome, rules, &mut *artifacts))).collect();
    if left_out > 0 {
        let words = format!("{left_out} more findings are left out: a run has {MAX_RESULTS} results at most");
        trouble.push(json!({ "level": "warning", "message": message(&words) }));
    }
    json!({
        "executionSuccessful": code != FAILED,
        "exitCode": code,
        "toolExecutionNotifications": trouble,
        "toolConfigurationNotifications": not_checked(outcome, rules),
    })
}

/// A file that was not read, or not wholly, is also a result.
fn unread(finding: &Finding, (outcome, rules, artifacts): Context) -> Value {
    let words = format!("{}{}", finding.message, artifact::within(finding.primary, outcome));
    json!({
        "level": level(finding.severity),
        "message": message(&words),
        "associatedRule": { "id": finding.rule.code, "index": rules.index(finding.rule.code) },
        "locations": [{ "physicalLocation": artifacts.place(finding.primary, outcome) }],
    })
}

/// One notice for each rule and fact that is missing.
fn not_checked(outcome: &Outcome, rules: &Rules) -> Vec<Value> {
    let pairs = outcome.not_checked.iter().flat_map(|(need, codes)| codes.iter().map(move |code| (need, code)));
    let one = |(need, code): (&crate::rules::sink::Need, &&str)| {
        json!({
            "level": "note",
            "message": message(&format!("{code} is not checked: {}", need.remedy())),
            "associatedRule": { "id": code, "index": rules.index(code) },
        })
    };
    pairs.map(one).collect()
}
