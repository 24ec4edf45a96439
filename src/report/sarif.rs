//! The format `sarif`: SARIF 2.1.0 (OASIS), within what GitHub's code scanning takes.
//!
//! GitHub's limits: 25,000 results in a run, of which it shows 5,000 by severity; 10 MB when packed with gzip; 1,000 places
//! of a result, of which it keeps 100; 20 tags of a rule
//! (<https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/troubleshoot-sarif-uploads/results-exceed-limit>).
//! It does not know `suppressions` and would show what was allowed as open (github/codeql-action issue 1230), so these findings
//! are counted and not listed.

mod artifact;
mod notice;
mod result;
mod rule;

use std::io;

use serde_json::{Value, json};

use self::artifact::Artifacts;
use self::rule::Rules;
use super::root::Root;
use super::{Report, fingerprint, safe};
use crate::finding::Severity;
use crate::outcome::Outcome;

/// Where the schema is published.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Most results of one run.
pub const MAX_RESULTS: usize = 25_000;

/// Most characters of a message, UTF-16 units.
pub const MAX_MESSAGE: usize = 1000;

/// The name of the folder that paths are relative to.
const BASE: &str = "%SRCROOT%";

/// The format `sarif`.
#[derive(Clone, Debug)]
pub struct Sarif {
    /// The exit code of the run.
    pub code: u8,
    /// What paths are relative to.
    pub root: Root,
}

impl Report for Sarif {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{}", safe::json(&format!("{:#}", self.value(outcome))))
    }
}

impl Sarif {
    fn value(&self, outcome: &Outcome) -> Value {
        json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [self.run(outcome)] })
    }

    fn run(&self, outcome: &Outcome) -> Value {
        let rules = Rules::of(outcome);
        let mut artifacts = Artifacts::new(&self.root);
        let prints = fingerprint::all(outcome, &self.root);
        let mut findings: Vec<_> = outcome.findings.iter().zip(&prints).collect();
        // Worst first: what is cut off, here or by who reads it, is the least.
        findings.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.severity));
        let left_out = findings.len().saturating_sub(MAX_RESULTS);
        findings.truncate(MAX_RESULTS);
        let one = |&(finding, print): &_| result::value(finding, print, (outcome, &rules, &mut artifacts));
        let results: Vec<Value> = findings.iter().map(one).collect();
        let invocation = notice::invocation(self.code, left_out, (outcome, &rules, &mut artifacts));
        json!({
            "tool": { "driver": driver(&rules) },
            "invocations": [safe::masked(invocation)],
            "originalUriBaseIds": { BASE: { "description": { "text": "The root of the repository." } } },
            "columnKind": "unicodeCodePoints",
            "artifacts": artifacts.values(),
            "results": results,
            "properties": { "suppressed": outcome.suppression.suppressed, "machine": machine(outcome) },
        })
    }
}

fn driver(rules: &Rules) -> Value {
    let mut driver = json!({
        "name": "wanlint",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules.values(),
    });
    if let Some(repository) = rule::repository() {
        driver["informationUri"] = json!(repository);
    }
    driver
}

fn machine(outcome: &Outcome) -> String {
    super::summary::machine(&outcome.machine)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Text of others as a message: at most so many UTF-16 units, and without links, which the format allows in messages.
fn message(text: &str) -> Value {
    json!({ "text": cut(&safe::plain(text).replace("](", "] ("), MAX_MESSAGE) })
}

/// At most so many UTF-16 units; what is missing is told by dots.
fn cut(text: &str, most: usize) -> String {
    if text.encode_utf16().count() <= most {
        return text.to_owned();
    }
    let mut units = 1;
    let kept = text.chars().take_while(|letter| {
        units += letter.len_utf16();
        units <= most
    });
    let kept: String = kept.collect();
    format!("{kept}\u{2026}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_links_are_none() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab\u{2026}");
        assert_eq!(cut("a\u{1f389}bc", 3), "a\u{2026}");
        assert_eq!(message("see [here](https://example.org)")["text"], "see [here] (https://example.org)");
    }
}
