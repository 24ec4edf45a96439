//! What a run changes, as a diff or on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::cli::facts::folder_of;
use crate::config::Config;
use crate::discover::Kind;
use crate::fix::allow::Allowed;
use crate::fix::diff::Diff;
use crate::fix::engine::{Fixed, Note};
use crate::fix::write::{self, Change};
use crate::outcome::Outcome;
use crate::{Options, check};

/// The changes as a diff.
pub(super) fn diff(fixed: &Fixed, terminal: bool) -> Diff {
    let mut diff = Diff::default();
    for change in fixed.changes() {
        let old = fixed.first.as_ref().map(|first| secrets(first, change.path)).unwrap_or_default();
        let secrets = [old, secrets(&fixed.outcome, change.path)];
        diff.add(&change, &secrets, terminal);
    }
    diff
}

fn secrets(outcome: &Outcome, path: &Path) -> Vec<Range<usize>> {
    let file = outcome.files.iter().find(|file| file.source.path() == path && file.embedded.is_none());
    file.map_or_else(Vec::new, |file| file.secrets().iter().map(|span| span.range()).collect())
}

/// Removes what killed runs left in the folders that are checked.
pub(super) fn clean(fixed: &Fixed, paths: &[PathBuf]) {
    let checked = fixed.outcome.files.iter().filter(|file| file.checked && file.kind != Kind::Config);
    let mut folders: BTreeSet<PathBuf> = checked.map(|file| file.folder().to_path_buf()).collect();
    folders.extend(paths.iter().map(|path| folder_of(path)));
    // A link is written where it leads.
    let real = fixed.drafts.keys().map(|path| path.canonicalize().unwrap_or_else(|_| path.clone()));
    folders.extend(real.map(|path| folder_of(&path)));
    folders.iter().for_each(|folder| write::clean(folder));
}

/// Writes every file, those of one fix together; the reasons where that failed. Then the report is about what is on disk, read with
/// the configuration as it was where that could not be written.
pub(super) fn all(
    fixed: &mut Fixed,
    allowed: &mut Option<Allowed>,
    options: &mut Options,
    config: Config,
) -> Result<Vec<String>, String> {
    let mut failed: Vec<Failed> = Vec::new();
    for group in groups(fixed, allowed.as_ref()) {
        let changes: Vec<Change> = fixed.changes().filter(|change| group.contains(change.path)).collect();
        if let Err(why) = write::together(&changes, &options.paths) {
            failed.push((group, why));
        }
    }
    if failed.is_empty() {
        return Ok(Vec::new());
    }
    let lost = |path: &PathBuf| failed.iter().any(|(files, _)| files.contains(path));
    if options.config.file.as_ref().is_some_and(lost) {
        options.config = config;
    }
    options.drafts.clear();
    fixed.outcome = check(options)?;
    take_back(&mut fixed.made, &mut fixed.held_back, &failed);
    allowed.iter_mut().for_each(|allowed| take_back(&mut allowed.made, &mut allowed.left, &failed));
    Ok(failed.into_iter().map(|(_, why)| format!("not written: {why}")).collect())
}

/// Files that were not written, and why.
type Failed = (BTreeSet<PathBuf>, String);

fn take_back(made: &mut Vec<Note>, held_back: &mut Vec<Note>, failed: &[Failed]) {
    let lost = |note: &Note| failed.iter().find(|(files, _)| note.files.iter().any(|file| files.contains(file)));
    let (kept, back): (Vec<Note>, Vec<Note>) = std::mem::take(made).into_iter().partition(|note| lost(note).is_none());
    held_back.extend(back.iter().map(|note| Note { reason: lost(note).map(|(_, why)| why.clone()), ..note.clone() }));
    *made = kept;
}

/// The files that change, in groups that no fix reaches beyond.
fn groups(fixed: &Fixed, allowed: Option<&Allowed>) -> Vec<BTreeSet<PathBuf>> {
    let mut group_of: BTreeMap<&Path, usize> = BTreeMap::new();
    for (index, path) in fixed.drafts.keys().enumerate() {
        group_of.insert(path, index);
    }
    for note in fixed.made.iter().chain(allowed.iter().flat_map(|allowed| &allowed.made)) {
        let ids: BTreeSet<usize> = note.files.iter().filter_map(|file| group_of.get(file.as_path()).copied()).collect();
        let Some(&least) = ids.first() else { continue };
        group_of.values_mut().filter(|id| ids.contains(id)).for_each(|id| *id = least);
    }
    let mut groups: BTreeMap<usize, BTreeSet<PathBuf>> = BTreeMap::new();
    for (path, id) in group_of {
        groups.entry(id).or_default().insert(path.to_path_buf());
    }
    groups.into_values().collect()
}
