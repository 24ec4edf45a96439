//! Partners of files that were named alone: read as context, never reported on.

use std::path::{Path, PathBuf};

use crate::Options;
use crate::catalog::nodes::Catalog;
use crate::config::{lies_inside, project_folders};
use crate::discover::{self, Found, Kind};
use crate::project::{self, Drafts, File};

/// Adds the starts that checked workflows go with, and the workflows that checked starts go with, when none were named.
///
/// # Errors
/// When a path of `--launch` or `[[target]]` cannot be read.
pub fn add_partners(files: &mut Vec<File>, options: &Options) -> Result<(), String> {
    let catalog = &options.machine.catalog;
    if let Some(launch) = &options.launch {
        add_named(files, launch, (catalog, &options.drafts))?;
    }
    for path in stated(options)? {
        add_named(files, &path, (catalog, &options.drafts))?;
    }
    let has_launch = files.iter().any(|file| !file.launches().is_empty());
    let has_workflow = files.iter().any(|file| file.workflow().is_some());
    if has_workflow && !has_launch {
        search(files, catalog, |file| !file.launches().is_empty(), |kind| kind != Kind::Json);
    } else if has_launch && !has_workflow {
        search(files, catalog, |file| file.workflow().is_some(), |kind| kind == Kind::Json);
    }
    Ok(())
}

/// The paths of `[[target]]`. They are written in the linted tree, so they must not lead out of the project.
fn stated(options: &Options) -> Result<Vec<PathBuf>, String> {
    let config = &options.config;
    let Some(file) = &config.file else { return Ok(Vec::new()) };
    let root = project_folders(&config.folder).pop().unwrap_or_default();
    let entries = config.target.iter().flat_map(|target| [&target.launch, &target.workflow]);
    entries
        .map(|entry| {
            let path = config.folder.join(entry);
            let refused = || {
                format!(
                    "{}: [[target]] '{entry}' lies outside the project: name it on the command line",
                    file.display()
                )
            };
            if path.exists() && !lies_inside(&path, &root) { Err(refused()) } else { Ok(path) }
        })
        .collect()
}

fn add_named(files: &mut Vec<File>, path: &Path, (catalog, drafts): (&Catalog, &Drafts)) -> Result<(), String> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    if files.iter().any(|file| absolute(file.source.path()) == absolute(path)) {
        return Ok(());
    }
    let kind = Kind::of_named(path)
        .ok_or_else(|| format!("{}: not a script or workflow that wanlint reads", path.display()))?;
    if !path.is_file() {
        return Err(format!("no such file: {}", path.display()));
    }
    files.extend(project::read_all(&[Found { path: path.to_path_buf(), kind, named: true }], false, catalog, drafts)?);
    Ok(())
}

/// Looks under the folders above the checked files, nearest first, and stops at the first that holds a partner.
fn search(
    files: &mut Vec<File>,
    catalog: &Catalog,
    is_partner: impl Fn(&File) -> bool,
    of_kind: impl Fn(Kind) -> bool,
) {
    let Some(start) = files.first().map(|file| file.folder().to_path_buf()) else { return };
    for folder in project_folders(&start) {
        let found = discover::partners(&folder, &of_kind);
        let read = project::read_all(&found, false, catalog, &Drafts::new()).unwrap_or_default();
        let partners: Vec<File> = read.into_iter().filter(&is_partner).collect();
        if !partners.is_empty() {
            files.extend(partners);
            return;
        }
    }
}
