//! Suppressions that count although the checked text may be somebody else's proposal: those that another commit has too.

use std::path::PathBuf;

use crate::catalog::nodes::Catalog;
use crate::discover::Kind;
use crate::facts::allow::{Allow, Scope};
use crate::finding::Location;
use crate::git::Reference;
use crate::project::{self, File};
use crate::read::media::Container;
use crate::source::Source;

/// What came of `--config-from`.
#[derive(Debug)]
pub struct Trust {
    /// The commit whose configuration, baseline and suppressions count.
    pub reference: Reference,
    /// Suppressions that it does not have, with the rules that they name: they do not count.
    pub left_out: Vec<(Location, String)>,
    /// The baseline is not in the commit, so nothing in it counts.
    pub no_baseline: Option<PathBuf>,
}

/// Takes out the suppressions that the same file does not have in the commit.
///
/// # Errors
/// A sentence when the commit cannot be read.
pub fn keep(files: &mut [File], reference: &Reference, catalog: &Catalog) -> Result<Vec<(Location, String)>, String> {
    let with_allows: Vec<usize> = (0..files.len()).filter(|&index| has_allows(&files[index])).collect();
    let paths: Vec<PathBuf> = with_allows.iter().map(|&index| files[index].source.path().to_path_buf()).collect();
    let mut left_out = Vec::new();
    for (index, bytes) in with_allows.into_iter().zip(reference.files(&paths)?) {
        let file = &mut files[index];
        let mut known = bytes.map_or_else(Vec::new, |bytes| keys(file, bytes, catalog));
        let allows = std::mem::take(&mut file.allows);
        let (kept, others): (Vec<Allow>, Vec<Allow>) = allows.into_iter().partition(|allow| take(&mut known, allow));
        file.allows = kept;
        file.allows_beside.retain(|allow| take(&mut known, allow));
        left_out.extend(others.into_iter().map(|allow| (Location { file: index, span: allow.span }, allow.rule)));
    }
    Ok(left_out)
}

fn has_allows(file: &File) -> bool {
    !file.allows.is_empty() || !file.allows_beside.is_empty()
}

/// What makes two suppressions the same: rule, node and reason. The line is not part of it, so that code may move.
type Key = (String, Option<String>, String);

fn key(allow: &Allow) -> Key {
    let node = match &allow.scope {
        Scope::Node(node) => node.clone(),
        Scope::Range(_) => None,
    };
    let reason = allow.reason.as_deref().unwrap_or_default();
    (allow.rule.to_lowercase(), node, reason.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// True, once for each time that the commit has it.
fn take(known: &mut Vec<Key>, allow: &Allow) -> bool {
    let wanted = key(allow);
    let found = known.iter().position(|known| *known == wanted);
    found.map(|index| known.swap_remove(index)).is_some()
}

/// The suppressions of the same file in the commit.
fn keys(file: &File, bytes: Vec<u8>, catalog: &Catalog) -> Vec<Key> {
    let path = file.source.path();
    let then = match file.kind {
        Kind::Media => {
            Container::of(&bytes).and_then(|_| project::media::from_bytes(path, &bytes, catalog)).into_iter().collect()
        }
        kind => project::interpret_all(Source::from_bytes(path, bytes), kind, true, true, catalog),
    };
    then.iter().flat_map(|file| file.allows.iter().chain(&file.allows_beside)).map(key).collect()
}
