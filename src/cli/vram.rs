//! `wanlint vram`: the forecast of memory and of the length of a step, phase by phase.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::facts::FactFlags;
use super::{CLEAN, Streams, written};
use crate::forecast::time::Known;
use crate::report::{safe, vram};
use crate::rules::select::Selection;
use crate::{Options, check};

/// Arguments of `wanlint vram`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Workflow files
    #[arg(required = true)]
    workflows: Vec<PathBuf>,
    /// Format of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
    /// A run of this model on this card whose step time is known: 832x480x81=12.4 (seconds a step), with guidance
    /// 832x480x81,cfg=3.5=24.8
    #[arg(long, value_name = "RUN")]
    known: Option<String>,
    #[command(flatten)]
    facts: FactFlags,
}

/// Formats of the forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A bar per phase
    Text,
    /// Everything, for scripts
    Json,
}

/// Forecasts and reports.
///
/// # Errors
/// Mistakes of the caller, or when no workflow is among the files.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    let config =
        arguments.facts.config(&arguments.workflows, arguments.facts.reference(&arguments.workflows)?.as_ref())?;
    let machine = arguments.facts.machine(&config)?;
    let options = Options {
        launch: arguments.facts.launch.clone(),
        what_if: arguments.facts.what_if()?,
        models: arguments.facts.models(&config)?,
        selection: Selection::new(&["INPUT".to_owned()], &[], &[])?,
        ..Options::new(arguments.workflows.clone(), config, machine)
    };
    let known: Option<Known> = arguments.known.as_deref().map(str::parse).transpose()?;
    let outcome = check(options)?;
    if outcome.targets.is_empty() {
        let fault = outcome.findings.first().map(|finding| format!(": {}", finding.message)).unwrap_or_default();
        return Err(format!("no workflow to forecast{fault}"));
    }
    let text = match arguments.output_format {
        Format::Text => vram::text(&outcome, known.as_ref()),
        Format::Json => json(&outcome, known.as_ref()),
    };
    written(streams.out.write_all(text.as_bytes()))?;
    Ok(CLEAN)
}

/// One object for one forecast, a list for several.
fn json(outcome: &crate::outcome::Outcome, known: Option<&Known>) -> String {
    let mut values = vram::values(outcome, known);
    let value = if values.len() == 1 { values.remove(0) } else { serde_json::Value::Array(values) };
    safe::json(&format!("{value:#}\n"))
}
