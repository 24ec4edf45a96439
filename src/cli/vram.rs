//! `wanlint vram`: the forecast of memory, phase by phase.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::facts::FactFlags;
use super::{CLEAN, Streams, written};
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
    #[command(flatten)]
    facts: FactFlags,
}

/// Formats of the forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table with a bar per phase
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
    let outcome = check(options)?;
    if outcome.targets.is_empty() {
        let fault = outcome.findings.first().map(|finding| format!(": {}", finding.message)).unwrap_or_default();
        return Err(format!("no workflow to forecast{fault}"));
    }
    let text = match arguments.output_format {
        Format::Text => vram::text(&outcome),
        Format::Json => json(&outcome),
    };
    written(streams.out.write_all(text.as_bytes()))?;
    Ok(CLEAN)
}

/// One object for one forecast, a list for several.
fn json(outcome: &crate::outcome::Outcome) -> String {
    let mut values = vram::values(outcome);
    let value = if values.len() == 1 { values.remove(0) } else { serde_json::Value::Array(values) };
    safe::json(&format!("{value:#}\n"))
}
