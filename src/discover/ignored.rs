//! Which files `.gitignore` leaves out.
//!
//! The walker could read these files itself, but it follows links: a `.gitignore` that leads out of the project, or to a device that
//! never ends, would be read. git takes none that is a link either.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::config::project_folders;

/// Largest file of patterns that is read; real ones have some hundred bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The patterns of one walk, read folder by folder as they are met.
pub(super) struct Ignored {
    /// The folder that is walked, as given and in absolute form.
    start: (PathBuf, PathBuf),
    /// Folders above it that belong to the project, nearest first.
    above: Vec<PathBuf>,
    patterns: Mutex<HashMap<PathBuf, Option<Arc<Gitignore>>>>,
    /// The folder of the path that was asked for last, and what holds in it.
    last: Mutex<Option<(PathBuf, Around)>>,
}

/// What holds in a folder: its own patterns and those of the folders around it, nearest first.
type Around = Arc<[Arc<Gitignore>]>;

impl Ignored {
    /// The patterns for a walk from a folder on.
    pub fn new(folder: &Path) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let start = absolute(folder);
        let above = project_folders(folder).iter().skip(1).map(|folder| absolute(folder)).collect();
        Self { start: (folder.to_path_buf(), start), above, patterns: Mutex::default(), last: Mutex::default() }
    }

    /// True for a path below the start that some pattern leaves out; the nearest file of patterns decides.
    pub fn has(&self, path: &Path, is_folder: bool) -> bool {
        let patterns = self.around(path);
        if patterns.is_empty() {
            return false;
        }
        let Ok(inner) = path.strip_prefix(&self.start.0) else { return false };
        let path = self.start.1.join(inner);
        let answers = patterns.iter().map(|patterns| patterns.matched(&path, is_folder));
        answers.into_iter().find(|answer| !answer.is_none()).is_some_and(|answer| answer.is_ignore())
    }

    /// What holds in the folder of a path. Files of one folder are met one after the other.
    fn around(&self, path: &Path) -> Around {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, around)) = last.as_ref().filter(|(folder, _)| lies_in(folder, path)) {
            return around.clone();
        }
        let Some(folder) = path.parent() else { return Around::default() };
        let around = self.collect(folder);
        *last = Some((folder.to_path_buf(), around.clone()));
        around
    }

    fn collect(&self, folder: &Path) -> Around {
        let Ok(inner) = folder.strip_prefix(&self.start.0) else { return Arc::default() };
        let inner = inner.components().fold(self.start.1.clone(), |folder, part| folder.join(part));
        let own = inner.ancestors().take_while(|folder| folder.starts_with(&self.start.1));
        own.chain(self.above.iter().map(PathBuf::as_path)).filter_map(|folder| self.of(folder)).collect()
    }

    fn of(&self, folder: &Path) -> Option<Arc<Gitignore>> {
        let mut known = self.patterns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(patterns) = known.get(folder) {
            return patterns.clone();
        }
        let patterns = read(folder).map(Arc::new);
        known.insert(folder.to_path_buf(), patterns.clone());
        patterns
    }
}

/// True for what stands directly in a folder; false also where it takes more than a look at the letters to tell.
fn lies_in(folder: &Path, path: &Path) -> bool {
    let is_separator = |byte: &u8| std::path::is_separator(char::from(*byte));
    let rest = path.as_os_str().as_encoded_bytes().strip_prefix(folder.as_os_str().as_encoded_bytes());
    let Some([first, name @ ..]) = rest else { return false };
    is_separator(first) && !name.is_empty() && !name.iter().any(is_separator)
}

fn read(folder: &Path) -> Option<Gitignore> {
    let file = folder.join(".gitignore");
    let facts = std::fs::symlink_metadata(&file).ok()?;
    if !facts.is_file() || facts.len() > MAX_BYTES {
        return None;
    }
    let bytes = std::fs::read(&file).ok()?;
    let mut builder = GitignoreBuilder::new(folder);
    for line in String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').lines() {
        // A pattern that cannot be read leaves nothing out; git goes on with the next one too.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_of_patterns_decides() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join(".git")).unwrap();
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(root.join(".gitignore"), "*.sh\n/out/\n[\n").unwrap();
        std::fs::write(root.join("a/.gitignore"), "!keep.sh\n").unwrap();
        for start in [root.to_path_buf(), root.join("a")] {
            let ignored = Ignored::new(&start);
            assert!(ignored.has(&root.join("a/b/x.sh"), false));
            assert!(!ignored.has(&root.join("a/b/keep.sh"), false) && !ignored.has(&root.join("a/x.bat"), false));
        }
        let ignored = Ignored::new(root);
        assert!(ignored.has(&root.join("out"), true) && !ignored.has(&root.join("out"), false));
        assert!(ignored.has(&root.join("x.sh"), false));
    }
}
