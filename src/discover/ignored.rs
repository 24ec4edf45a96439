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
}

impl Ignored {
    /// The patterns for a walk from a folder on.
    pub fn new(folder: &Path) -> Self {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let start = absolute(folder);
        let above = project_folders(folder).iter().skip(1).map(|folder| absolute(folder)).collect();
        Self { start: (folder.to_path_buf(), start), above, patterns: Mutex::default() }
    }

    /// True for a path below the start that some pattern leaves out; the nearest file of patterns decides.
    pub fn has(&self, path: &Path, is_folder: bool) -> bool {
        let Ok(inner) = path.strip_prefix(&self.start.0) else { return false };
        let path = self.start.1.join(inner);
        let own = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.start.1));
        for folder in own.chain(self.above.iter().map(PathBuf::as_path)) {
            let Some(patterns) = self.of(folder) else { continue };
            let answer = patterns.matched(&path, is_folder);
            if !answer.is_none() {
                return answer.is_ignore();
            }
        }
        false
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
