//! The rules of a run as SARIF describes them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{cut, level};
use crate::finding::Severity;
use crate::outcome::Outcome;
use crate::rules::{RULES, Rule};

/// The address of the project; `None` while it has none.
pub(super) fn repository() -> Option<&'static str> {
    Some(env!("CARGO_PKG_REPOSITORY")).filter(|address| !address.is_empty())
}

/// Most characters of a description that GitHub takes.
const MAX_DESCRIPTION: usize = 1024;

/// The rules that a report names, each with its place in the list.
pub(super) struct Rules(BTreeMap<&'static str, (usize, &'static Rule)>);

impl Rules {
    /// Those that fired and those that could not be checked, by code.
    pub(super) fn of(outcome: &Outcome) -> Self {
        let named = |rule: &&Rule| {
            let fired = outcome.findings.iter().any(|finding| finding.rule.code == rule.code);
            fired || outcome.not_checked.values().any(|codes| codes.contains(rule.code))
        };
        Self(RULES.iter().filter(named).enumerate().map(|(index, rule)| (rule.code, (index, rule))).collect())
    }

    /// The place of a rule in the list.
    pub(super) fn index(&self, code: &str) -> Option<usize> {
        self.0.get(code).map(|&(index, _)| index)
    }

    /// The list.
    pub(super) fn values(&self) -> Vec<Value> {
        self.0.values().map(|&(_, rule)| descriptor(rule)).collect()
    }
}

fn descriptor(rule: &Rule) -> Value {
    let mut value = json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": cut(rule.why.trim(), MAX_DESCRIPTION) },
        "help": { "text": help(rule, "", ""), "markdown": help(rule, "**", "`") },
        "defaultConfiguration": { "enabled": rule.default, "level": level(rule.severity) },
        "properties": properties(rule),
    });
    if let Some(repository) = repository() {
        value["helpUri"] = json!(format!("{repository}/blob/main/docs/rules/{}.md", rule.code));
    }
    value
}

/// The page of a rule in short; `bold` and `code` are the marks of Markdown, or nothing.
fn help(rule: &Rule, bold: &str, code: &str) -> String {
    let evidence: Vec<String> = rule.evidence.iter().map(|line| format!("- {line}")).collect();
    format!(
        "{}\n\n{bold}Exceptions.{bold} {}\n\n{bold}Evidence{bold}\n\n{}\n\n{code}wanlint rule {}{code} shows examples.",
        rule.why.trim(),
        rule.exceptions.trim(),
        evidence.join("\n"),
        rule.code
    )
}

/// What GitHub sorts and filters by. A rule fires only where it holds for everything that is not known, hence the precision.
fn properties(rule: &Rule) -> Value {
    let group = group(rule.family());
    let mut value = json!({
        "tags": ["comfyui", group],
        "precision": "high",
        "problem.severity": match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "recommendation",
        },
    });
    if group == "security" {
        value["security-severity"] = json!(security(rule.severity));
    }
    value
}

/// The middle of GitHub's ranges for high, medium and low (7.0 to 8.9, 4.0 to 6.9, 0.1 to 3.9). Nobody rated the rules by CVSS.
fn security(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "8.0",
        Severity::Warning => "5.5",
        Severity::Info => "2.0",
    }
}

/// What the letters of a code stand for.
fn group(family: &str) -> &'static str {
    match family {
        "LAUNCH" => "launch",
        "ENV" => "environment",
        "WF" => "workflow",
        "MODEL" => "model",
        "MEM" => "memory",
        "GPU" => "gpu",
        "SEC" => "security",
        "PERF" => "performance",
        "INPUT" => "input",
        "CONF" => "configuration",
        _ => "log",
    }
}
