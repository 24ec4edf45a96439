//! `wanlint log`: what a log of ComfyUI says really happened, and with a workflow, against the forecast.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::facts::{FactFlags, WhatIfFlags};
use super::{CLEAN, Color, FINDINGS, Streams, calibrate, written};
use crate::bench::{Record, reuse};
use crate::config::Config;
use crate::finding::{Severity, settle};
use crate::logged::{self, Logged};
use crate::report::{log as report, run as record, safe};
use crate::rules::select::Selection;

/// Arguments of `wanlint log`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A log of ComfyUI, an excerpt of one, or the record of a wanlint run
    file: PathBuf,
    /// The workflow that ran: its forecast is put beside the log
    #[arg(long, value_name = "FILE")]
    workflow: Option<PathBuf>,
    /// Write what other programs held, solved from the log, into wanlint.toml
    #[arg(long, conflicts_with_all = ["isolated", "config_from"])]
    calibrate: bool,
    /// Format of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
    /// Only these rules: codes, prefixes or names
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    select: Vec<String>,
    /// Not these rules
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    ignore: Vec<String>,
    /// The exit code is 1 from this severity on: info, warning or error [default: error]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// Exit with 0 whatever is found
    #[arg(long)]
    exit_zero: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    color: Color,
    #[command(flatten)]
    facts: FactFlags,
    #[command(flatten)]
    what_if: WhatIfFlags,
}

/// Formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// Everything, for scripts
    Json,
}

/// Reads, compares, reports.
///
/// # Errors
/// Mistakes of the caller, or a file that cannot be read.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    let paths: Vec<PathBuf> = arguments.workflow.iter().chain([&arguments.file]).cloned().collect();
    let config = arguments.facts.config(&paths, arguments.facts.reference(&paths)?.as_ref())?;
    let source = crate::source::Source::read(&arguments.file).map_err(|error| error.to_string())?;
    if let Some(found) = record::read(source.text()) {
        return of_record(arguments, &found, &config, streams);
    }
    if Record::is_one(source.text()) {
        return of_bench(arguments, source.text(), &config, streams);
    }
    if arguments.calibrate && arguments.workflow.is_none() {
        return Err("--calibrate needs --workflow FILE: the workflow that the log is of".to_owned());
    }
    let fail_on = fail_on(arguments, &config)?;
    let selection = Selection::new(
        if arguments.select.is_empty() { &config.check.select } else { &arguments.select },
        if arguments.ignore.is_empty() { &config.check.ignore } else { &arguments.ignore },
        &[],
    )?;
    let question = logged::Question {
        workflow: arguments.workflow.clone(),
        launch: arguments.facts.launch.clone(),
        what_if: arguments.what_if.what_if()?,
        models: arguments.facts.models(&config)?,
        config: config.clone(),
        selection,
    };
    let machine = |start: &crate::facts::log::Start| arguments.facts.machine(&logged::as_logged(&config, start));
    let mut logged = logged::read(source, question, machine)?;
    logged.outcome.findings = settle(std::mem::take(&mut logged.outcome.findings));
    let calibrated = arguments.calibrate.then(|| calibrate::write(&logged, &config));
    let written_to = calibrated.as_ref().and_then(|result| result.as_ref().ok());
    let text = match arguments.output_format {
        Format::Text => report::text(&logged, streams.color(arguments.color))? + &told(written_to),
        Format::Json => json(&logged, written_to),
    };
    written(streams.out.write_all(text.as_bytes()))?;
    // The report stands even where nothing could be written.
    calibrated.transpose()?;
    let failed = !arguments.exit_zero && logged.outcome.fails_on(fail_on);
    Ok(if failed { FINDINGS } else { CLEAN })
}

/// The record of a run: it holds the workflow, the forecast and what was measured.
fn of_record(arguments: &Arguments, found: &Value, config: &Config, streams: &mut Streams) -> Result<u8, String> {
    if arguments.workflow.is_some() {
        return Err("a record holds the workflow that ran: leave --workflow out".to_owned());
    }
    let calibrated = arguments.calibrate.then(|| {
        let held = record::held_mib(found);
        let (held, card) = held.map_err(|why| format!("--calibrate: {why}; nothing was written"))?;
        calibrate::write_held(held, card, config)
    });
    let written_to = calibrated.as_ref().and_then(|result| result.as_ref().ok());
    let text = match arguments.output_format {
        Format::Text => record::text(found) + &told(written_to),
        Format::Json => {
            let mut value = found.clone();
            if let Some(written) = written_to {
                value["calibrated"] = written.value();
            }
            safe::json(&format!("{:#}\n", safe::masked(value)))
        }
    };
    written(streams.out.write_all(text.as_bytes()))?;
    calibrated.transpose()?;
    Ok(CLEAN)
}

/// The record of a bench: what others held before its runs.
fn of_bench(arguments: &Arguments, text: &str, config: &Config, streams: &mut Streams) -> Result<u8, String> {
    let shown = arguments.file.display();
    if !arguments.calibrate {
        return Err(format!("{shown} is the record of a bench: wanlint bench --replay {shown} says what it proves"));
    }
    let record = Record::read(text).map_err(|why| format!("{shown}: {why}"))?;
    let held = reuse::held_mib(&record).map_err(|why| format!("--calibrate: {why}; nothing was written"));
    let written_to = held.and_then(|(held, card)| calibrate::write_held(held, card, config))?;
    let text = match arguments.output_format {
        Format::Text => told(Some(&written_to)),
        Format::Json => {
            safe::json(&format!("{:#}\n", safe::masked(serde_json::json!({"calibrated": written_to.value()}))))
        }
    };
    written(streams.out.write_all(text.as_bytes()))?;
    Ok(CLEAN)
}

fn fail_on(arguments: &Arguments, config: &Config) -> Result<Severity, String> {
    match (arguments.fail_on, &config.check.fail_on) {
        (Some(severity), _) => Ok(severity),
        (None, Some(text)) => text.parse(),
        (None, None) => Ok(Severity::Error),
    }
}

fn told(written: Option<&calibrate::Written>) -> String {
    written.map(|written| safe::plain(&written.to_string())).unwrap_or_default()
}

fn json(logged: &Logged, written: Option<&calibrate::Written>) -> String {
    let mut value = report::value(logged);
    if let Some(written) = written {
        value["calibrated"] = safe::masked(written.value());
    }
    safe::json(&format!("{value:#}\n"))
}
