//! The format `gitlab`: a Code Quality report, which GitLab shows in merge requests.
//!
//! Its fields: <https://docs.gitlab.com/ci/testing/code_quality/> (description, check_name, fingerprint, severity, location).

use std::io;

use serde_json::{Value, json};

use super::root::Root;
use super::{Report, fingerprint, safe};
use crate::finding::{Finding, Severity};
use crate::outcome::Outcome;

/// The format `gitlab`.
#[derive(Clone, Debug)]
pub struct Gitlab {
    /// What paths are relative to.
    pub root: Root,
}

impl Report for Gitlab {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        let fingerprints = fingerprint::all(outcome, &self.root);
        let all = outcome.findings.iter().zip(&fingerprints);
        let all: Value = all.map(|(found, print)| self.entry(found, &fingerprint::text(print), outcome)).collect();
        writeln!(out, "{}", safe::json(&format!("{:#}", safe::masked(all))))
    }
}

impl Gitlab {
    fn entry(&self, finding: &Finding, fingerprint: &str, outcome: &Outcome) -> Value {
        let file = &outcome.files[finding.primary.file];
        let [start, end] =
            [finding.primary.span.start, finding.primary.span.end].map(|offset| file.source.place(offset).line);
        let message = safe::line(&finding.message);
        // Lines of a text inside an image are not those of the file.
        let (description, lines) = match file.embedded {
            Some(embedded) => (format!("{message} ({embedded}, line {start})"), json!({"begin": 1})),
            None => (message, json!({"begin": start, "end": end})),
        };
        json!({
            "description": description,
            "check_name": finding.rule.code,
            "fingerprint": fingerprint,
            "severity": severity(finding.severity),
            "location": { "path": self.root.path(&file.source), "lines": lines },
        })
    }
}

/// GitLab also knows `blocker` and `critical`.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Info => "info",
    }
}
