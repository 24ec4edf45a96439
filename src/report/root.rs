//! Paths as forges know them: relative to the root of the repository, whatever folder the command was started in.

use std::path::{Component, Path, PathBuf};

use crate::redact;
use crate::source::Source;

/// The root of the repository around the current folder, or that folder itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root(PathBuf);

impl Root {
    /// The nearest folder above the current one that holds `.git`, else the current one.
    pub fn here() -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        let root = here.ancestors().find(|folder| folder.join(".git").exists());
        Self(root.unwrap_or(&here).to_path_buf())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// The path of a source below the root, with `/`; the whole path of what lies elsewhere. Secrets are masked.
    pub fn path(&self, source: &Source) -> String {
        self.below(source.path()).unwrap_or_else(|whole| whole)
    }

    /// As [`Root::path`]; what lies elsewhere is the error.
    ///
    /// # Errors
    /// The whole path, if the file does not lie below the root.
    pub fn below(&self, path: &Path) -> Result<String, String> {
        let whole = plain(&std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()));
        if let Ok(below) = whole.strip_prefix(&self.0) {
            return Ok(shown(below));
        }
        // The current folder may have been reached through a link.
        let real = path.canonicalize().ok();
        let below = real.as_deref().and_then(|real| real.strip_prefix(&self.0).ok());
        below.map(shown).ok_or_else(|| shown(&whole))
    }
}

/// Without `.` and `..`, as far as the names alone tell.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
        plain
    })
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    redact::masked(&if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_repository() {
        let here = std::env::current_dir().unwrap();
        let root = Root(here.clone());
        let path = |path: &Path| root.path(&Source::from_text(path, ""));
        assert_eq!(path(Path::new("./a/../b/x.sh")), "b/x.sh");
        assert_eq!(path(&here.join("src/lib.rs")), "src/lib.rs");
        assert_eq!(Root(here.parent().unwrap().to_path_buf()).below(Path::new("x")).unwrap().matches('/').count(), 1);
        assert!(root.below(Path::new("../x.sh")).is_err());
        assert_eq!(
            path(Path::new("hf_abcdefghijklmnopqrstuvwx1/x.sh")),
            "hf_************************1/x.sh".replace("1/", "*/")
        );
    }
}
