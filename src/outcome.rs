//! Everything that one `wanlint check` found out: what reporters show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::discover::Kind;
use crate::facts::machine::Machine;
use crate::facts::models::Library;
use crate::finding::{Finding, Severity};
use crate::fix::{self, Fix, Grade};
use crate::project::{File, TroubleKind};
use crate::rules::sink::Need;
use crate::suppress::Suppression;
use crate::targets::Target;
use crate::trust::Trust;

/// The result of a check.
#[derive(Debug)]
pub struct Outcome {
    /// Every file that was read, partners included.
    pub files: Vec<File>,
    /// What is known about the machine.
    pub machine: Machine,
    /// The pairs of launch and workflow, with their forecasts.
    pub targets: Vec<Target>,
    /// The model files that the workflows name, as far as they were found.
    pub models: Library,
    /// The findings, in order.
    pub findings: Vec<Finding>,
    /// What came of `--config-from`.
    pub trust: Option<Trust>,
    /// What was taken out.
    pub suppression: Suppression,
    /// Rules that could not be decided, by the fact that is missing.
    pub not_checked: BTreeMap<Need, BTreeSet<&'static str>>,
}

impl Outcome {
    /// How many findings have a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// How many findings have a fix that could be made.
    pub fn fixable(&self) -> usize {
        let can = |fix: &Fix| fix.grade != Grade::Display && fix::edits(fix, &self.files).is_ok();
        self.findings.iter().filter(|finding| finding.fixes.iter().any(can)).count()
    }

    /// True when a finding is at or above a severity.
    pub fn fails_on(&self, limit: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity >= limit)
    }

    /// True when one of the paths is a file too large to be read: nothing in it was checked.
    pub fn left_unread(&self, paths: &[PathBuf]) -> bool {
        let limited = |file: &File| file.trouble.iter().any(|trouble| trouble.kind == TroubleKind::Limit);
        let named = |file: &File| paths.iter().any(|path| path == file.source.path());
        let mut files = self.files.iter().filter(|file| file.checked && limited(file) && named(file));
        files.any(|file| file.source.text().is_empty())
    }

    /// How many files were checked (partners do not count, and the runs of a history are one file).
    pub fn checked_files(&self) -> usize {
        let counts = |file: &&File| file.checked && file.kind != Kind::Config;
        let first = |file: &&File| file.run.as_ref().is_none_or(|run| run.place == 0);
        self.files.iter().filter(counts).filter(first).count()
    }
}
