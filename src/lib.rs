//! wanlint reads what is about to be run on ComfyUI - launch scripts, workflows, the machine - and says what is wrong,
//! what will not fit in VRAM and why. [`check`] is the whole pipeline.

pub mod catalog;
pub mod cli;
pub mod config;
pub mod discover;
pub mod facts;
pub mod finding;
pub mod forecast;
pub mod outcome;
pub mod platform;
pub mod project;
pub mod read;
pub mod report;
pub mod rules;
pub mod source;
pub mod span;
pub mod targets;
pub mod text;
pub mod workflow;

use std::path::PathBuf;

use config::Config;
use facts::machine::Machine;
use facts::work::WhatIf;
use outcome::Outcome;
use rules::engine::Engine;
use rules::select::Selection;

/// What a check is asked to do.
#[derive(Debug)]
pub struct Options {
    /// Files and folders to check.
    pub paths: Vec<PathBuf>,
    /// A launch script to pair every workflow with.
    pub launch: Option<PathBuf>,
    /// Values that replace those of the workflows in forecasts.
    pub what_if: WhatIf,
    /// Which rules count.
    pub selection: Selection,
    /// The project's configuration.
    pub config: Config,
    /// What is known about the machine.
    pub machine: Machine,
}

/// Paths become files, files become facts, facts are paired into targets, targets are forecast, rules speak.
///
/// # Errors
/// A sentence about a path that cannot be checked.
pub fn check(options: Options) -> Result<Outcome, String> {
    let found = discover::discover(&options.paths).map_err(|error| error.to_string())?;
    let mut files = project::read_all(&found, true)?;
    targets::add_partners(&mut files, &options)?;
    let targets = targets::pair(&files, &options);
    if files.is_empty() {
        let shown: Vec<String> = options.paths.iter().map(|path| path.display().to_string()).collect();
        return Err(format!(
            "nothing to check in {}: no launch script (.bat, .cmd, .sh) and no workflow (.json)",
            shown.join(", ")
        ));
    }
    let sink = Engine::new(&options.selection).run(&files, &targets, &options.machine);
    Ok(Outcome {
        findings: finding::settle(sink.findings),
        not_checked: sink.not_checked,
        machine: options.machine,
        files,
        targets,
    })
}
