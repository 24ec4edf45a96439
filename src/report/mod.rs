//! One file per format behind one trait. A reporter never computes: it shows what a run found.

pub mod bench;
pub mod doctor;
pub mod excerpt;
pub mod fingerprint;
pub mod format;
pub mod full;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod json;
pub mod junit;
pub mod lines;
pub mod log;
pub mod page;
pub mod root;
pub mod run;
pub mod safe;
pub mod sarif;
pub mod shown;
pub mod shown_machine;
mod shown_models;
pub mod statistics;
pub mod step_summary;
pub mod summary;
pub mod vram;
pub mod ways;

use std::io;

use crate::finding::Severity;
use crate::outcome::Outcome;

/// A format.
pub trait Report {
    /// Writes the whole report.
    ///
    /// # Errors
    /// Whatever the writer says.
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()>;
}

/// What the command line says about reports.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Whether colours are used.
    pub color: bool,
    /// Whether only findings are wanted, without the summary.
    pub quiet: bool,
    /// Severity from which a finding fails the run.
    pub fail_on: Severity,
    /// The exit code that the run comes to, unless a report cannot be written.
    pub code: u8,
}
