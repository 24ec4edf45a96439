//! Paths become files and their kind.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Windows batch.
    Batch,
    /// POSIX shell or bash.
    Shell,
    /// JSON that may be a workflow: its content decides.
    Json,
}

impl Kind {
    /// The kind of a file by its name; `None` for files that wanlint does not read.
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "bat" | "cmd" => Some(Self::Batch),
            "sh" | "bash" => Some(Self::Shell),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The word for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch script",
            Self::Shell => "shell script",
            Self::Json => "workflow",
        }
    }
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Its path: as given, or below a folder that was given.
    pub path: PathBuf,
    /// What it is read as.
    pub kind: Kind,
    /// True when the path itself was named, false when it was met while walking a folder.
    pub named: bool,
}

/// Why nothing can be checked at a path.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// No such file or folder.
    #[error("no such file or folder: {0}")]
    Missing(String),
    /// A file of a kind that is not read.
    #[error(
        "{0} is not a kind of file that wanlint reads yet: launch scripts are .bat, .cmd, .sh; workflows are .json"
    )]
    Kind(String),
}

/// All files below the given paths, sorted, each once. Folders honour `.gitignore` and skip hidden files.
///
/// # Errors
/// [`DiscoverError`] for the first path that does not exist or that is a file of another kind.
pub fn discover(paths: &[PathBuf]) -> Result<Vec<Found>, DiscoverError> {
    let mut found = Vec::new();
    for path in paths {
        let shown = || path.display().to_string();
        if path.is_dir() {
            walk(path, &mut found);
        } else if path.is_file() {
            let kind = Kind::of(path).ok_or_else(|| DiscoverError::Kind(shown()))?;
            found.push(Found { path: path.clone(), kind, named: true });
        } else {
            return Err(DiscoverError::Missing(shown()));
        }
    }
    // A file that was named and also met while walking counts as named.
    found.sort_by(|left, right| left.path.cmp(&right.path).then(right.named.cmp(&left.named)));
    found.dedup_by(|later, earlier| later.path == earlier.path);
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<Found>) {
    let files = walker(folder).build().filter_map(Result::ok);
    for entry in files.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file())) {
        if let Some(kind) = Kind::of(entry.path()) {
            let path = entry.path().strip_prefix("./").unwrap_or(entry.path()).to_path_buf();
            found.push(Found { path, kind, named: false });
        }
    }
}

/// The user's own git settings do not count: the same commit gives the same findings on every machine.
fn walker(folder: &Path) -> WalkBuilder {
    let mut walker = WalkBuilder::new(folder);
    walker.require_git(false).git_global(false);
    walker
}

/// How deep and how many files a search for partners goes below one folder.
const PARTNER_DEPTH: usize = 6;
const PARTNER_FILES: usize = 2000;

/// Files below a folder that may be partners of a file that was named alone.
pub fn partners(folder: &Path) -> Vec<Found> {
    let walk = walker(folder).max_depth(Some(PARTNER_DEPTH)).build();
    let files = walk.filter_map(Result::ok).take(PARTNER_FILES);
    let mut found: Vec<Found> = files
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| Kind::of(entry.path()).map(|kind| (entry.into_path(), kind)))
        .map(|(path, kind)| Found { path, kind, named: false })
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_and_files_taken_as_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.bat", "b.json", "c.txt", ".hidden.sh", "skip.sh", ".gitignore"] {
            std::fs::write(folder.path().join(name), if name == ".gitignore" { "skip.sh" } else { "" }).unwrap();
        }
        let paths = [folder.path().to_path_buf(), folder.path().join("b.json")];
        let found = discover(&paths).unwrap();
        let names: Vec<_> =
            found.iter().map(|file| (file.path.file_name().unwrap().to_str().unwrap(), file.named)).collect();
        assert_eq!(names, [("a.bat", false), ("b.json", true)]);
        assert!(discover(&[folder.path().join("nothing")]).unwrap_err().to_string().contains("no such file"));
        assert!(discover(&[folder.path().join("c.txt")]).unwrap_err().to_string().contains(".bat"));
    }
}
