//! `wanlint check`: lint files and folders.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::facts::FactFlags;
use super::{CLEAN, Color, FINDINGS, Streams, USAGE, written};
use crate::finding::Severity;
use crate::report::{Report, full::Full, json::Json};
use crate::rules::select::Selection;
use crate::{Options, check};

/// Arguments of `wanlint check`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files and folders
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
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
    /// Format of the report
    #[arg(long, value_enum, default_value_t = Format::Full)]
    output_format: Format,
    /// Write the report to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print findings only
    #[arg(short, long)]
    quiet: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value_t)]
    color: Color,
    #[command(flatten)]
    facts: FactFlags,
}

/// Formats of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Findings with the bytes underlined
    Full,
    /// Everything, for scripts
    Json,
}

/// Checks and reports.
///
/// # Errors
/// Mistakes of the caller: a path, a flag, the configuration.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    let config = arguments.facts.config(&arguments.paths)?;
    let machine = arguments.facts.machine(&config)?;
    let either = |flag: &Vec<String>, file: &Vec<String>| if flag.is_empty() { file.clone() } else { flag.clone() };
    let selection = Selection::new(
        &either(&arguments.select, &config.check.select),
        &either(&arguments.ignore, &config.check.ignore),
    )?;
    let fail_on = match (arguments.fail_on, &config.check.fail_on) {
        (Some(severity), _) => severity,
        (None, Some(text)) => text.parse()?,
        (None, None) => Severity::Error,
    };
    let options = Options {
        paths: arguments.paths.clone(),
        launch: arguments.facts.launch.clone(),
        what_if: arguments.facts.what_if()?,
        selection,
        config,
        machine,
    };
    let outcome = check(options)?;
    let color = arguments.output.is_none() && streams.color(arguments.color);
    let report: Box<dyn Report> = match arguments.output_format {
        Format::Full => Box::new(Full { color, quiet: arguments.quiet }),
        Format::Json => Box::new(Json),
    };
    match &arguments.output {
        Some(path) => to_file(path, |out| report.write(&outcome, out))?,
        None => written(report.write(&outcome, &mut streams.out))?,
    }
    // A path that was named and could not be read outranks what was found.
    if outcome.left_unread(&arguments.paths) {
        return Ok(USAGE);
    }
    let failed = !arguments.exit_zero && outcome.fails_on(fail_on);
    Ok(if failed { FINDINGS } else { CLEAN })
}

/// Regular files are written beside their place and renamed into it, so that no half report is ever seen.
fn to_file(path: &Path, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<(), String> {
    let refuse = |error: io::Error| format!("cannot write {}: {error}", path.display());
    if path.exists() && !path.is_file() {
        // A pipe or a device.
        let mut file = std::fs::File::options().write(true).open(path).map_err(refuse)?;
        return write(&mut file).map_err(refuse);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(refuse)?;
    write(&mut file).map_err(refuse)?;
    file.persist(path).map_err(|error| refuse(error.error))?;
    Ok(())
}
