//! One file per format behind one trait. A reporter never computes: it shows what a run found.

pub mod excerpt;
pub mod full;
pub mod json;
pub mod lines;
pub mod log;
pub mod run;
pub mod safe;
pub mod shown;
mod shown_models;
pub mod statistics;
pub mod summary;
pub mod vram;
pub mod ways;

use std::io;

use crate::outcome::Outcome;

/// A format.
pub trait Report {
    /// Writes the whole report.
    ///
    /// # Errors
    /// Whatever the writer says.
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()>;
}
