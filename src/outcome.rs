//! Everything that one `wanlint check` found out: what reporters show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::discover::Kind;
use crate::facts::machine::Machine;
use crate::facts::models::Library;
use crate::finding::{Finding, Severity};
use crate::fix::allow::Allowed;
use crate::fix::engine::Note;
use crate::fix::{self, Grade};
use crate::project::{File, TroubleKind};
use crate::rules::select::Selection;
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
    /// What came of fixes.
    pub repair: Repair,
    /// What was taken out.
    pub suppression: Suppression,
    /// Rules that could not be decided, by the fact that is missing.
    pub not_checked: BTreeMap<Need, BTreeSet<&'static str>>,
}

/// What came of fixes, where some were asked for.
#[derive(Debug, Default)]
pub struct Repair {
    /// The rules whose fixes count.
    pub rules: Selection,
    /// What is allowed now, or would be, and what is not; `None` where nobody asked.
    pub allowed: Option<Allowed>,
    /// The fixes that were made, or would be; `None` where nobody asked.
    pub made: Option<Vec<Note>>,
    /// Those that were not.
    pub held_back: Vec<Note>,
    /// False where they are only shown and nothing was written.
    pub written: bool,
    /// Each is named in the report.
    pub shown: bool,
    /// There was still something to do after the last pass.
    pub unsettled: bool,
}

impl Outcome {
    /// How many findings have a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// How many findings have a safe fix that could be made, and how many more have an unsafe one.
    pub fn fixable(&self) -> (usize, usize) {
        let can = |finding: &Finding, grade: Grade| {
            let mut fixes = finding.fixes.iter().filter(|fix| fix.grade == grade);
            fixes.any(|fix| fix::edits(fix, &self.files).is_ok())
        };
        let (mut safe, mut more) = (0, 0);
        for finding in self.findings.iter().filter(|finding| self.repair.rules.covers(finding.rule)) {
            match can(finding, Grade::Safe) {
                true => safe += 1,
                false => more += usize::from(can(finding, Grade::Unsafe)),
            }
        }
        (safe, more)
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
