//! Everything that one `wanlint check` found out: what reporters show.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::machine::Machine;
use crate::finding::{Finding, Severity};
use crate::project::File;
use crate::rules::sink::Need;
use crate::targets::Target;

/// The result of a check.
#[derive(Debug)]
pub struct Outcome {
    /// Every file that was read, partners included.
    pub files: Vec<File>,
    /// What is known about the machine.
    pub machine: Machine,
    /// The pairs of launch and workflow, with their forecasts.
    pub targets: Vec<Target>,
    /// The findings, in order.
    pub findings: Vec<Finding>,
    /// Rules that could not be decided, by the fact that is missing.
    pub not_checked: BTreeMap<Need, BTreeSet<&'static str>>,
}

impl Outcome {
    /// How many findings have a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// True when a finding is at or above a severity.
    pub fn fails_on(&self, limit: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity >= limit)
    }

    /// How many files were checked (partners do not count).
    pub fn checked_files(&self) -> usize {
        self.files.iter().filter(|file| file.checked).count()
    }
}
