//! `wanlint check`: lint files and folders.

mod fixes;
mod output;
mod writing;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use self::fixes::FixFlags;
use self::output::OutputFlags;
use super::facts::{FactFlags, WhatIfFlags};
use super::{CLEAN, FINDINGS, Streams, USAGE, written};
use crate::config::Config;
use crate::finding::Severity;
use crate::git::Reference;
use crate::outcome::Outcome;
use crate::project::Drafts;
use crate::report::{Request, safe, shown};
use crate::rules::select::Selection;
use crate::{Options, check, discover};

/// Arguments of `wanlint check`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Files and folders; - reads one text from standard input
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    /// Name of the text on standard input: its ending says what it is
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<PathBuf>,
    /// Leave out files: patterns as in .gitignore
    #[arg(long, value_name = "PATTERN")]
    exclude: Vec<String>,
    /// The paths are a list that a program made, as pre-commit does: pass over files that a walk of their folder would not read
    #[arg(long)]
    listed: bool,
    /// Read the workflows in images, videos and sounds below folders too; those that are named are always read
    #[arg(long)]
    media: bool,
    #[command(flatten)]
    rules: RuleFlags,
    #[command(flatten)]
    fixes: FixFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    facts: FactFlags,
    #[command(flatten)]
    what_if: WhatIfFlags,
}

/// Which rules count, and when the run fails.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
struct RuleFlags {
    /// Only these rules: codes, prefixes or names
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    select: Vec<String>,
    /// Not these rules
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    ignore: Vec<String>,
    /// These rules too, also those that are off by default
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    extend_select: Vec<String>,
    /// Findings in this earlier JSON report are known
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// The exit code is 1 from this severity on: info, warning or error [default: error]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// Exit with 0 whatever is found
    #[arg(long)]
    exit_zero: bool,
}

impl Arguments {
    /// Where the configuration is looked for: what a program lists begins anywhere, so there it is the current folder that counts.
    fn places(&self) -> Vec<PathBuf> {
        if self.listed { vec![PathBuf::from(".")] } else { self.paths.clone() }
    }
}

/// Checks and reports.
///
/// # Errors
/// Mistakes of the caller: a path, a flag, the configuration.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    let reference = arguments.facts.reference(&arguments.places())?;
    let config = arguments.facts.config(&arguments.places(), reference.as_ref())?;
    arguments.fixes.check(&arguments.output, arguments.facts.distrusts())?;
    arguments.output.check()?;
    let fail_on = fail_on(arguments, &config)?;
    let known = known(arguments, reference.as_ref())?;
    let no_baseline = arguments.rules.baseline.clone().filter(|_| known.is_none());
    let options = Options { baseline: known, reference, ..options(arguments, config)? };
    let permit = fixes::permit(arguments, &options.config)?;
    let terminal = streams.terminal;
    let done = match arguments.fixes.asked() {
        true => fixes::run(arguments, options, &permit, terminal)?,
        false => fixes::Done::plain(check(&options)?, permit.rules),
    };
    let mut outcome = done.outcome;
    outcome.trust.iter_mut().for_each(|trust| trust.no_baseline.clone_from(&no_baseline));
    let output = &arguments.output;
    if output.show_files || output.show_facts {
        let text = if output.show_files { shown::files(&outcome) } else { shown::facts(&outcome) };
        written(streams.out.write_all(text.as_bytes()))?;
        return Ok(CLEAN);
    }
    written(streams.out.write_all(&done.out))?;
    let code = code(arguments, &outcome, done.unwritten, fail_on);
    let request = Request { color: false, quiet: output.quiet, fail_on, code };
    output.write(&outcome, (done.report, request), streams)?;
    for note in &done.notes {
        let _ = writeln!(streams.err, "{}", safe::line(note));
    }
    // The process ends here: to free every node of every workflow one by one would take longer than to write the report.
    std::mem::forget(outcome);
    Ok(code)
}

/// The exit code. A path that was named and could not be read outranks what was found.
fn code(arguments: &Arguments, outcome: &Outcome, unwritten: bool, fail_on: Severity) -> u8 {
    let quiet = arguments.rules.exit_zero || arguments.fixes.fix_only;
    let left = !arguments.listed && outcome.left_unread(&arguments.paths);
    match left || unwritten {
        true => USAGE,
        false if !quiet && outcome.fails_on(fail_on) => FINDINGS,
        false => CLEAN,
    }
}

fn fail_on(arguments: &Arguments, config: &Config) -> Result<Severity, String> {
    match (arguments.rules.fail_on, &config.check.fail_on) {
        (Some(severity), _) => Ok(severity),
        (None, Some(text)) => text.parse(),
        (None, None) => Ok(Severity::Error),
    }
}

fn options(arguments: &Arguments, config: Config) -> Result<Options, String> {
    let machine = arguments.facts.machine(&config)?;
    let models = arguments.facts.models(&config)?;
    let rules = &arguments.rules;
    let either = |flag: &Vec<String>, file: &Vec<String>| if flag.is_empty() { file.clone() } else { flag.clone() };
    let selection = Selection::new(
        &either(&rules.select, &config.check.select),
        &either(&rules.ignore, &config.check.ignore),
        &[rules.extend_select.as_slice(), &config.check.extend_select].concat(),
    )?;
    Ok(Options {
        exclude: exclude(arguments, &config)?,
        stdin: stdin(arguments)?,
        listed: arguments.listed,
        media: arguments.media || config.check.media,
        baseline: None,
        reference: None,
        paths: arguments.paths.clone(),
        drafts: Drafts::new(),
        more: Vec::new(),
        launch: arguments.facts.launch.clone(),
        what_if: arguments.what_if.what_if()?,
        selection,
        config,
        machine,
        models,
    })
}

/// Patterns on the command line are relative to the current folder and win over those of the configuration.
fn exclude(arguments: &Arguments, config: &Config) -> Result<ignore::gitignore::Gitignore, String> {
    match (arguments.exclude.is_empty(), &config.file) {
        (true, Some(_)) => discover::patterns(&config.folder, &config.check.exclude),
        _ => discover::patterns(Path::new("."), &arguments.exclude),
    }
}

fn stdin(arguments: &Arguments) -> Result<Option<(PathBuf, Vec<u8>)>, String> {
    if arguments.paths != [PathBuf::from("-")] {
        return match arguments.paths.iter().any(|path| path == Path::new("-")) {
            true => Err("- stands for standard input and goes alone".to_owned()),
            false => Ok(None),
        };
    }
    let name = arguments.stdin_filename.clone();
    let name = name.ok_or("- needs --stdin-filename NAME: its ending says what the text is")?;
    let mut bytes = Vec::new();
    let limited = std::io::stdin().lock().take(crate::source::MAX_BYTES).read_to_end(&mut bytes);
    limited.map_err(|error| format!("cannot read standard input: {error}"))?;
    Ok(Some((name, bytes)))
}

/// The baseline, if there is one. One that only the change brings is none.
fn known(arguments: &Arguments, reference: Option<&Reference>) -> Result<Option<serde_json::Value>, String> {
    let Some(path) = arguments.rules.baseline.as_deref() else { return Ok(None) };
    let shown = path.display();
    let unreadable = |error: &dyn std::fmt::Display| format!("--baseline: cannot read {shown}: {error}");
    let Some(reference) = reference else {
        return baseline(path, &std::fs::read_to_string(path).map_err(|error| unreadable(&error))?).map(Some);
    };
    match reference.file(path)? {
        Some(bytes) => baseline(path, &String::from_utf8_lossy(&bytes)).map(Some),
        None if path.exists() => Ok(None),
        None => Err(unreadable(&format!("it is neither here nor in {}", reference.shown()))),
    }
}

fn baseline(path: &Path, text: &str) -> Result<serde_json::Value, String> {
    let shown = path.display();
    let report: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("--baseline: {shown} is not a JSON report: {error}"))?;
    match report.get("findings").is_some_and(serde_json::Value::is_array) {
        true => Ok(report),
        false => Err(format!("--baseline: {shown} is not a report of wanlint check --output-format json")),
    }
}
