//! wanlint reads what is about to be run on ComfyUI - launch scripts, workflows, the machine - and says what is wrong,
//! what will not fit in VRAM and why. [`check`] is the whole pipeline.

pub mod bench;
pub mod catalog;
pub mod cli;
pub mod compare;
pub mod config;
pub mod discover;
pub mod encoding;
pub mod facts;
pub mod finding;
pub mod fix;
pub mod forecast;
pub mod git;
pub mod logged;
pub mod outcome;
mod parallel;
pub mod platform;
pub mod project;
pub mod read;
pub mod redact;
pub mod report;
pub mod rules;
#[cfg(feature = "network")]
pub mod run;
#[cfg(test)]
mod schemas;
pub mod source;
pub mod span;
pub mod suppress;
pub mod targets;
pub mod text;
pub mod trust;
pub mod validate;
pub mod workflow;

use std::path::PathBuf;

use ignore::gitignore::Gitignore;

use config::Config;
use facts::machine::Machine;
use facts::models::{Library, folders};
use facts::work::WhatIf;
use outcome::Outcome;
use project::Drafts;
use rules::engine::Engine;
use rules::select::Selection;

/// What a check is asked to do.
#[derive(Debug)]
pub struct Options {
    /// Files and folders to check.
    pub paths: Vec<PathBuf>,
    /// Bytes that take the place of those on disk: files that are being fixed and are not written yet.
    pub drafts: Drafts,
    /// Texts that lie in no file and are checked with the others: how a server was started that runs.
    pub more: Vec<(PathBuf, Vec<u8>)>,
    /// A launch script to pair every workflow with.
    pub launch: Option<PathBuf>,
    /// Values that replace those of the workflows in forecasts.
    pub what_if: WhatIf,
    /// Which rules count.
    pub selection: Selection,
    /// Files that are left out, as patterns of `.gitignore` relative to this folder.
    pub exclude: Gitignore,
    /// A text that takes the place of a path: its name and its bytes.
    pub stdin: Option<(PathBuf, Vec<u8>)>,
    /// Whether the paths are a list that a program made: files in it count as if they were met while walking a folder.
    pub listed: bool,
    /// Whether media files count that are met while walking a folder: an output folder may hold ten thousand.
    pub media: bool,
    /// An earlier JSON report: what it holds is known.
    pub baseline: Option<serde_json::Value>,
    /// The commit whose suppressions count; `None`: those of the files themselves do.
    pub reference: Option<git::Reference>,
    /// The project's configuration.
    pub config: Config,
    /// What is known about the machine.
    pub machine: Machine,
    /// Folders with model files, as the user stated them.
    pub models: Vec<PathBuf>,
}

impl Options {
    /// A check of some paths with all rules, nothing excluded and nothing known before.
    pub fn new(paths: Vec<PathBuf>, config: Config, machine: Machine) -> Self {
        Self {
            paths,
            drafts: Drafts::new(),
            more: Vec::new(),
            launch: None,
            what_if: WhatIf::default(),
            selection: Selection::default(),
            exclude: Gitignore::empty(),
            stdin: None,
            listed: false,
            media: false,
            baseline: None,
            reference: None,
            config,
            machine,
            models: Vec::new(),
        }
    }
}

/// Paths become files, files become facts, facts are paired into targets, targets are forecast, rules speak.
///
/// # Errors
/// A sentence about a path that cannot be checked.
pub fn check(options: &Options) -> Result<Outcome, String> {
    let mut files = read(options)?;
    files.extend(more(options));
    targets::add_partners(&mut files, options)?;
    let models = library(&files, options);
    let targets = targets::pair(&files, options, &models);
    if files.is_empty() && !options.listed {
        let shown: Vec<String> = options.paths.iter().map(|path| path.display().to_string()).collect();
        return Err(format!(
            "nothing to check in {}: no launch script (.bat, .cmd, .sh) and no workflow (.json{})",
            shown.join(", "),
            if options.media { ", media files" } else { "; --media also looks into images and videos" }
        ));
    }
    let left_out = options
        .reference
        .as_ref()
        .map(|reference| trust::keep(&mut files, reference, &options.machine.catalog))
        .transpose()?;
    files.extend(configuration(options));
    let mut sink = Engine::new(&options.selection).run(&files, &targets, &options.machine, &models);
    sink.findings = finding::settle(std::mem::take(&mut sink.findings));
    let selected = |rule: &rules::Rule| options.selection.has(rule);
    let suppression = suppress::apply(&mut sink, &files, &options.config, options.baseline.as_ref(), &selected);
    let trust = options.reference.clone().zip(left_out);
    Ok(Outcome {
        trust: trust.map(|(reference, left_out)| trust::Trust { reference, left_out, no_baseline: None }),
        suppression,
        repair: outcome::Repair::default(),
        findings: finding::settle(sink.findings),
        not_checked: sink.not_checked,
        machine: options.machine.clone(),
        files,
        targets,
        models,
    })
}

/// Where the workflows' model files may lie: folders that were stated, and those that starts of ComfyUI in the project name.
fn library(files: &[project::File], options: &Options) -> Library {
    let launches = || {
        let all = files.iter().flat_map(|file| file.launches().iter().map(move |launch| (file.folder(), launch)));
        all.filter(|(_, launch)| folders::concern(launch))
    };
    let root = |(folder, _): (&std::path::Path, _)| config::project_folders(folder).pop();
    Library::new(&options.models, launches().filter_map(root), launches())
}

/// The files to check: those found below the paths, or the one text of stdin.
fn read(options: &Options) -> Result<Vec<project::File>, String> {
    let Some((name, bytes)) = &options.stdin else {
        let mut found = match options.listed {
            true => discover::listed(&options.paths, &options.exclude, options.media),
            false => discover::discover(&options.paths, &options.exclude, options.media)
                .map_err(|error| error.to_string())?,
        };
        if let Some(reference) = &options.reference {
            add_kept(&mut found, reference, options)?;
        }
        return project::read_all(&found, true, &options.machine.catalog, &options.drafts);
    };
    if read::media::Container::of(bytes).is_some() {
        return Ok(project::media::from_bytes(name, bytes, &options.machine.catalog).into_iter().collect());
    }
    let kind = discover::Kind::of(name);
    let kind = kind.ok_or_else(|| discover::DiscoverError::Kind(name.display().to_string()).to_string())?;
    let bytes = options.drafts.get(name).unwrap_or(bytes);
    let source = source::Source::from_bytes(name, bytes.clone());
    Ok(project::interpret_all(source, kind, true, true, &options.machine.catalog))
}

/// The texts that lie in no file.
fn more(options: &Options) -> Vec<project::File> {
    let read = |(name, bytes): &(PathBuf, Vec<u8>)| {
        let source = source::Source::from_bytes(name, bytes.clone());
        Some(project::interpret_all(source, discover::Kind::of(name)?, true, true, &options.machine.catalog))
    };
    options.more.iter().filter_map(read).flatten().collect()
}

/// Where a change is checked against another commit, its files count although an ignore file names them.
fn add_kept(found: &mut Vec<discover::Found>, reference: &git::Reference, options: &Options) -> Result<(), String> {
    for folder in options.paths.iter().filter(|path| path.is_dir()) {
        found.extend(discover::kept(reference.kept(folder)?, &options.exclude, options.media));
    }
    discover::settle(found);
    Ok(())
}

/// The configuration takes part when it lies below a path that is checked: only then are its entries judged.
fn configuration(options: &Options) -> Option<project::File> {
    let path = options.config.file.as_deref()?;
    if let Some(text) = &options.config.text {
        let source = source::Source::from_text(path, text);
        return Some(project::File::nothing(source, discover::Kind::Config, false));
    }
    let checked = options.paths.iter().any(|folder| folder.is_dir() && targets::lies_in(path, folder));
    if let Some(bytes) = options.drafts.get(path) {
        let source = source::Source::from_bytes(path, bytes.clone());
        return Some(project::File::nothing(source, discover::Kind::Config, checked));
    }
    project::configuration(path, checked)
}
