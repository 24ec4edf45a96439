//! `wanlint bench`: variants of a generation side by side, measured and not assumed.

#[cfg(feature = "network")]
mod measure;
#[cfg(feature = "network")]
mod plan;
#[cfg(feature = "network")]
mod seen;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{CLEAN, Streams, output, written};
use crate::bench::record::MOST_BYTES;
use crate::bench::{Record, Verdict};
use crate::encoding;
use crate::report::{bench as report, safe};

/// Arguments of `wanlint bench`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Read the record of a bench and say again what it proves; nothing runs
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    #[cfg(feature = "network")]
    #[command(flatten)]
    measure: plan::Flags,
    /// Format of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
    /// Write the report to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// To be pasted into an issue
    Markdown,
    /// The verdict and the record, for scripts
    Json,
    /// One page, every run a dot
    Html,
}

/// Measures, or reads what was measured, and says what it proves.
///
/// # Errors
/// Mistakes of the caller, or a record that cannot be read.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    let Some(replay) = &arguments.replay else { return measured(arguments, streams) };
    #[cfg(feature = "network")]
    arguments.measure.none_with_replay()?;
    let record = record(replay).map_err(|why| format!("--replay {}: {why}", replay.display()))?;
    report(arguments, &record, streams)?;
    Ok(CLEAN)
}

#[cfg(feature = "network")]
fn measured(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    let job = plan::Job::new(&arguments.measure)?;
    let planned = job.planned()?;
    if arguments.measure.dry_run {
        let text = match arguments.output_format {
            Format::Json => safe::json(&job.record(&planned).text()),
            _ => job.text(&planned),
        };
        written(streams.out.write_all(text.as_bytes()))?;
        return Ok(CLEAN);
    }
    let (record, code) = measure::all(&job, planned, streams)?;
    report(arguments, &record, streams)?;
    Ok(code)
}

#[cfg(not(feature = "network"))]
fn measured(_: &Arguments, _: &mut Streams) -> Result<u8, String> {
    Err("this wanlint was built without the feature 'network' and measures nothing: --replay FILE reads a record"
        .to_owned())
}

fn report(arguments: &Arguments, record: &Record, streams: &mut Streams) -> Result<(), String> {
    let text = shown(record, arguments.output_format);
    match &arguments.output {
        Some(file) => output::to_file(file, |out| out.write_all(text.as_bytes())),
        None => written(streams.out.write_all(text.as_bytes())),
    }
}

/// Reads a record, as much of it as a record can be long.
///
/// # Errors
/// Half a sentence about what is wrong with it.
pub(super) fn record(path: &Path) -> Result<Record, String> {
    let file = std::fs::File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("it is longer than {} MiB", MOST_BYTES >> 20));
    }
    Record::read(&encoding::decode(path, bytes).0)
}

fn shown(record: &Record, format: Format) -> String {
    let verdict = Verdict::of(record);
    match format {
        Format::Text => report::text(record, &verdict),
        Format::Markdown => report::markdown(record, &verdict),
        Format::Json => safe::json(&format!("{:#}\n", report::value(record, &verdict))),
        Format::Html => report::page(record, &verdict),
    }
}
