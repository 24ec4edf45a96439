//! `wanlint rule`: a rule's page, or the table of all rules.

use std::fmt::Write as _;

use clap::Args;

use super::{CLEAN, Streams, written};
use crate::rules::{self, RULES, Rule, select};

/// Arguments of `wanlint rule`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Code or name; without it all rules are listed
    code: Option<String>,
}

/// Prints the page or the table.
///
/// # Errors
/// When no rule has that code or name.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    let text = match &arguments.code {
        Some(code) => page(rules::find(code).ok_or_else(|| select::unknown(code))?),
        None => table(),
    };
    written(streams.out.write_all(text.as_bytes()))?;
    Ok(CLEAN)
}

/// All rules, a line each.
pub fn table() -> String {
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    RULES.iter().fold(String::new(), |mut out, rule| {
        let severity = rule.severity.to_string();
        let _ = writeln!(out, "{:9} {severity:7} {:width$}  {}", rule.code, rule.name, rule.title);
        out
    })
}

/// One rule as text.
pub fn page(rule: &Rule) -> String {
    let mut out = format!("{} {} ({}, since {})\n{}\n", rule.code, rule.name, rule.severity, rule.since, rule.title);
    section(&mut out, "Why", rule.why);
    section(&mut out, "What it says", rule.message);
    section(&mut out, "What to do", rule.help);
    section(&mut out, "Exceptions", rule.exceptions);
    for (heading, examples) in [("Fires on", rule.bad), ("Silent on", rule.good)] {
        section(&mut out, heading, &examples.join("\n"));
    }
    section(&mut out, "Evidence", &rule.evidence.join("\n"));
    out
}

fn section(out: &mut String, heading: &str, text: &str) {
    if text.trim().is_empty() {
        return;
    }
    let _ = write!(out, "\n{heading}\n");
    for line in text.trim_end().lines() {
        let _ = writeln!(out, "  {line}");
    }
}
