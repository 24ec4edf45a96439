//! `wanlint init`: writes wanlint.toml, and what lets others run wanlint.

mod files;
mod settings;

use std::path::{Path, PathBuf};

use clap::Args;

use self::files::File;
use super::{CLEAN, Streams, written};
use crate::config::{Config, FILE_NAME, project_folders};
use crate::facts::machine::{Machine, Stated};
use crate::facts::nvml;
use crate::report::safe;
use crate::rules::select::Selection;
use crate::{Options, check, platform};

/// Arguments of `wanlint init`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder of the project
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Write .pre-commit-config.yaml in place of wanlint.toml: every commit is checked
    #[arg(long)]
    pre_commit: bool,
    /// Write .github/workflows/wanlint.yml: every pull request is checked
    #[arg(long)]
    github: bool,
    /// Write .gitlab-ci.yml: every merge request is checked
    #[arg(long)]
    gitlab: bool,
    /// State nothing about this machine (always so when CI is set)
    #[arg(long)]
    no_detect: bool,
}

/// Writes what was asked for: all of it, or nothing where one file is there already.
///
/// # Errors
/// When the folder is none, a file is there already, or one cannot be written.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    if !arguments.folder.is_dir() {
        return Err(format!("no such folder: {}", arguments.folder.display()));
    }
    let files = wanted(arguments)?;
    files::write(&files)?;
    for file in &files {
        let line = format!("wrote {}{}", safe::line(&file.path.display().to_string()), file.note);
        written(writeln!(streams.out, "{line}"))?;
    }
    Ok(CLEAN)
}

fn wanted(arguments: &Arguments) -> Result<Vec<File>, String> {
    let folder = &arguments.folder;
    let root = project_folders(folder).pop().unwrap_or_else(|| folder.clone());
    let mut files = Vec::new();
    if arguments.pre_commit {
        let text = include_str!("init/pre-commit.yaml");
        files.push(File::new(&root, ".pre-commit-config.yaml", text, ": now run `pre-commit install`"));
    }
    if arguments.github {
        files.push(File::new(&root, ".github/workflows/wanlint.yml", include_str!("init/github.yml"), ""));
    }
    if arguments.gitlab {
        files.push(File::new(&root, ".gitlab-ci.yml", include_str!("init/gitlab.yml"), ""));
    }
    if files.is_empty() {
        files.push(File::new(folder, FILE_NAME, &settings(arguments)?, ""));
    }
    Ok(files)
}

/// wanlint.toml for what is below the folder and, at a desk, for this machine.
fn settings(arguments: &Arguments) -> Result<String, String> {
    let folder = &arguments.folder;
    let machine = Machine::new(&Stated::default(), |_| None)?;
    let options = Options {
        listed: true,
        selection: Selection::new(&["INPUT".to_owned()], &[], &[])?,
        ..Options::new(vec![folder.clone()], Config::default(), machine)
    };
    let outcome = check(&options)?;
    let here = detected(arguments);
    let text = settings::text(&outcome, folder, &here);
    // What a later run would refuse is not written.
    let config = Config::parse(Path::new(FILE_NAME), &text).map_err(|error| error.to_string())?;
    Machine::new(&config.machine, |_| None)?;
    Ok(text)
}

/// This machine, as far as it may be looked at.
fn detected(arguments: &Arguments) -> settings::Here {
    if arguments.no_detect || std::env::var_os("CI").is_some_and(|value| !value.is_empty()) {
        return settings::Here::default();
    }
    settings::Here { card: nvml::detect(None).map(|card| (card.name, card.total_mib.0)), ram_mib: platform::ram_mib() }
}
