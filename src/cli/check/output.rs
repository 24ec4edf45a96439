//! Where reports of `wanlint check` go, and in which formats.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum as _};

use super::fixes::Report as Place;
use crate::cli::output::to_file;
use crate::cli::{Color, Streams, written};
use crate::outcome::Outcome;
use crate::report::format::Format;
use crate::report::root::Root;
use crate::report::statistics::Statistics;
use crate::report::step_summary;
use crate::report::{Report, Request, safe};

/// What is printed, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputFlags {
    /// Format of the report
    #[arg(long, value_enum, default_value_t = Format::Full)]
    pub(super) output_format: Format,
    /// Write the report to a file; - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// One more report of the same run; repeat it for others
    #[arg(long, value_name = "FORMAT=FILE")]
    report: Vec<Extra>,
    /// Print how often each rule fired instead of the findings
    #[arg(long)]
    statistics: bool,
    /// Print what is read as what, and stop
    #[arg(long)]
    pub(super) show_files: bool,
    /// Print every fact with its value and where it comes from, and stop
    #[arg(long)]
    pub(super) show_facts: bool,
    /// Print findings only
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    color: Color,
}

/// One more report: `sarif=wanlint.sarif`.
#[derive(Clone, Debug)]
struct Extra {
    format: Format,
    file: PathBuf,
}

impl FromStr for Extra {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or("write FORMAT=FILE")?;
        let format = Format::from_str(name, false).map_err(|_| format!("'{name}' is not one of {}", names()))?;
        Ok(Self { format, file: PathBuf::from(file) })
    }
}

fn names() -> String {
    let names = Format::value_variants().iter().filter_map(|format| format.to_possible_value());
    names.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(", ")
}

/// True for the name of standard output, whatever it is connected with: that is written to, never replaced.
fn is_stdout(path: &Path) -> bool {
    path == Path::new("-") || path == Path::new("/dev/stdout")
}

impl OutputFlags {
    /// Flags that cannot be obeyed together.
    pub(super) fn check(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        let all = self.report.iter().map(|extra| extra.file.as_path()).chain(self.own_file());
        let mut files = all.filter(|file| !is_stdout(file) && (file.is_file() || !file.exists()));
        match files.find(|file| !seen.insert(*file)) {
            Some(file) => Err(format!("two reports would go to {}", file.display())),
            None => Ok(()),
        }
    }

    /// The file that the report is written to, if it has one of its own.
    fn own_file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|file| !is_stdout(file))
    }

    /// Writes every report of a run.
    pub(super) fn write(
        &self,
        outcome: &Outcome,
        (place, request): (Place, Request),
        streams: &mut Streams,
    ) -> Result<(), String> {
        let color = self.own_file().is_none() && place == Place::Out && streams.color(self.color);
        let report = self.reporter(Request { color, ..request });
        match (&self.output, place) {
            (Some(file), _) => to(file, report.as_ref(), outcome, streams)?,
            (None, Place::Out) => written(report.write(outcome, &mut streams.out))?,
            (None, Place::Err) => written(report.write(outcome, &mut streams.err))?,
            (None, Place::Nowhere) => {}
        }
        for extra in &self.report {
            to(&extra.file, extra.format.reporter(request).as_ref(), outcome, streams)?;
        }
        step_summary(outcome, streams);
        Ok(())
    }

    fn reporter(&self, request: Request) -> Box<dyn Report> {
        if self.statistics { Box::new(Statistics) } else { self.output_format.reporter(request) }
    }
}

fn to(file: &Path, report: &dyn Report, outcome: &Outcome, streams: &mut Streams) -> Result<(), String> {
    if is_stdout(file) {
        return written(report.write(outcome, &mut streams.out));
    }
    to_file(file, |out| report.write(outcome, out))
}

/// Adds a page to the summary of the step, where GitHub Actions names a file for it. Nobody asked for it, so a failure is only told.
fn step_summary(outcome: &Outcome, streams: &mut Streams) {
    let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) else { return };
    if let Err(error) = appended(Path::new(&file), outcome) {
        let file = safe::line(&file.to_string_lossy());
        let _ = writeln!(streams.err, "cannot write the step summary to {file}: {error}");
    }
}

/// Commands before this one in the same step may have written there.
fn appended(file: &Path, outcome: &Outcome) -> std::io::Result<()> {
    let mut file = std::fs::File::options().append(true).create(true).open(file)?;
    let there = file.metadata()?.len() as usize;
    let text = step_summary::text(outcome, &Root::here(), step_summary::MAX_BYTES.saturating_sub(there));
    file.write_all(text.as_bytes())
}
