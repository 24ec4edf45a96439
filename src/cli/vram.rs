//! `wanlint vram`: the forecast of memory and of the length of a step, phase by phase.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::facts::{FactFlags, WhatIfFlags};
use super::{CLEAN, Streams, output, written};
use crate::forecast::sweep::Axes;
use crate::forecast::time::Known;
use crate::outcome::Outcome;
use crate::report::vram::{Extras, sweep};
use crate::report::{safe, vram};
use crate::rules::select::Selection;
use crate::{Options, check};

/// Arguments of `wanlint vram`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Workflow files
    #[arg(required = true)]
    workflows: Vec<PathBuf>,
    /// Format of the report; csv is for --sweep
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
    /// Also say what would fit: frames, sizes, flags, files, cards
    #[arg(long)]
    fit: bool,
    /// Forecast many points: frames=33..161:4,width=480|832|1280 (also height, batch, cfg, reserve)
    #[arg(long, value_name = "AXES", conflicts_with_all = ["fit", "html"])]
    sweep: Option<String>,
    /// Write the forecast as one page into this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// A run of this model on this card whose step time is known: 832x480x81=12.4 (seconds a step), with guidance
    /// 832x480x81,cfg=3.5=24.8; or the record of a bench of it
    #[arg(long, value_name = "RUN|FILE")]
    known: Option<String>,
    #[command(flatten)]
    facts: FactFlags,
    #[command(flatten)]
    what_if: WhatIfFlags,
}

/// Formats of the forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One line a point
    Csv,
    /// Everything, for scripts
    Json,
}

/// Forecasts and reports.
///
/// # Errors
/// Mistakes of the caller, or when no workflow is among the files.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    let axes: Option<Axes> = arguments.sweep.as_deref().map(str::parse).transpose()?;
    let known: Option<Known> = arguments.known.as_deref().map(known).transpose()?;
    if axes.is_none() && arguments.output_format == Format::Csv {
        return Err("--output-format csv is for --sweep".to_owned());
    }
    let outcome = forecast(arguments)?;
    if let Some(axes) = &axes {
        swept(&outcome)?;
        let format = sweep_format(arguments.output_format);
        written(sweep::write(&mut streams.out, format, (&outcome, known.as_ref()), axes))?;
        return Ok(CLEAN);
    }
    let extras = Extras { known: known.as_ref(), fit: arguments.fit, cards: true };
    if let Some(file) = &arguments.html {
        output::to_file(file, |out| out.write_all(vram::page(&outcome, extras).as_bytes()))?;
    }
    let text = match arguments.output_format {
        Format::Json => json(&outcome, extras),
        Format::Text | Format::Csv => vram::text(&outcome, extras),
    };
    written(streams.out.write_all(text.as_bytes()))?;
    Ok(CLEAN)
}

/// A known run as it is stated, or that of a bench's baseline.
fn known(text: &str) -> Result<Known, String> {
    let path = std::path::Path::new(text);
    if !path.is_file() {
        return text.parse();
    }
    let record = super::bench::record(path).map_err(|why| format!("--known {text}: {why}"))?;
    crate::bench::reuse::known(&record).map_err(|why| format!("--known {text}: {why}"))
}

fn forecast(arguments: &Arguments) -> Result<Outcome, String> {
    let facts = &arguments.facts;
    let config = facts.config(&arguments.workflows, facts.reference(&arguments.workflows)?.as_ref())?;
    let machine = facts.machine(&config)?;
    let options = Options {
        launch: facts.launch.clone(),
        what_if: arguments.what_if.what_if()?,
        models: facts.models(&config)?,
        selection: Selection::new(&["INPUT".to_owned()], &[], &[])?,
        ..Options::new(arguments.workflows.clone(), config, machine)
    };
    let outcome = check(&options)?;
    if outcome.targets.is_empty() {
        let fault = outcome.findings.first().map(|finding| format!(": {}", finding.message)).unwrap_or_default();
        return Err(format!("no workflow to forecast{fault}"));
    }
    Ok(outcome)
}

/// A sweep needs a forecast to vary.
fn swept(outcome: &Outcome) -> Result<(), String> {
    if outcome.targets.iter().any(|target| target.shown().is_some()) {
        return Ok(());
    }
    let gap = outcome.targets.iter().find_map(|target| target.work.as_ref().err());
    Err(match gap {
        Some(gap) => format!("--sweep: nothing can be forecast: {}", gap.words),
        None => "--sweep needs a card: --gpu \"RTX 5090\" (or --vram 32GiB)".to_owned(),
    })
}

const fn sweep_format(format: Format) -> sweep::Format {
    match format {
        Format::Text => sweep::Format::Text,
        Format::Csv => sweep::Format::Csv,
        Format::Json => sweep::Format::Json,
    }
}

/// One object for one forecast, a list for several.
fn json(outcome: &Outcome, extras: Extras) -> String {
    let mut values = vram::values(outcome, extras);
    let value = if values.len() == 1 { values.remove(0) } else { serde_json::Value::Array(values) };
    safe::json(&format!("{value:#}\n"))
}
