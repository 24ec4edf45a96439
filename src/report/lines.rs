//! The formats `concise` and `json-lines`: one line for each finding.

use std::io;

use super::{Report, json, safe, summary};
use crate::finding::Finding;
use crate::outcome::Outcome;

/// `path:line:column: severity CODE message`, which editors can follow.
#[derive(Clone, Copy, Debug)]
pub struct Concise {
    /// Whether the summary is left out.
    pub quiet: bool,
}

impl Report for Concise {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        for finding in &outcome.findings {
            writeln!(out, "{}", line(finding, outcome))?;
        }
        if !self.quiet {
            out.write_all(summary::text(outcome).as_bytes())?;
        }
        Ok(())
    }
}

fn line(finding: &Finding, outcome: &Outcome) -> String {
    let file = &outcome.files[finding.primary.file];
    let place = file.source.place(finding.primary.span.start);
    let path = safe::line(&file.place_path());
    let (severity, code, message) = (finding.severity, finding.rule.code, safe::line(&finding.message));
    format!("{path}:{}:{}: {severity} {code} {message}", place.line, place.column)
}

/// The findings of the format `json`, one object a line.
#[derive(Clone, Copy, Debug)]
pub struct JsonLines;

impl Report for JsonLines {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        for finding in &outcome.findings {
            writeln!(out, "{}", safe::json(&json::finding(finding, outcome).to_string()))?;
        }
        Ok(())
    }
}
