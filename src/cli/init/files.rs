//! Files that are written together or not at all, and never over another.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A file to write.
pub(super) struct File {
    /// Where.
    pub(super) path: PathBuf,
    text: String,
    /// What is said behind its name once it is written.
    pub(super) note: &'static str,
}

impl File {
    /// A file below a folder; `@VERSION@` in its text becomes this version.
    pub(super) fn new(folder: &Path, name: &str, text: &str, note: &'static str) -> Self {
        let path = folder.join(name);
        let path = path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path);
        Self { path, text: text.replace("@VERSION@", env!("CARGO_PKG_VERSION")), note }
    }

    /// What somebody adds by hand: the text without the comment at its head and without the key that such a file has already.
    fn addition(&self) -> String {
        let lines = self.text.lines().skip_while(|line| line.starts_with('#') || line.is_empty() || *line == "repos:");
        lines.fold(String::new(), |out, line| out + line + "\n")
    }
}

/// Writes all files.
///
/// # Errors
/// With the texts to add by hand where a file is there already, or a sentence about one that cannot be written; nothing is
/// written then.
pub(super) fn write(files: &[File]) -> Result<(), String> {
    // A link that leads nowhere is there as well.
    let there = files.iter().filter(|file| file.path.symlink_metadata().is_ok());
    let refused = there.fold(String::new(), |mut out, file| {
        let _ = write!(
            out,
            "\n\n{} is there already and stays as it is. To add:\n\n{}",
            file.path.display(),
            file.addition()
        );
        out
    });
    if !refused.is_empty() {
        return Err(format!("nothing was written{refused}"));
    }
    for (index, file) in files.iter().enumerate() {
        if let Err(error) = create(file) {
            files[..index].iter().for_each(|earlier| drop(std::fs::remove_file(&earlier.path)));
            return Err(format!("cannot write {}: {error}; nothing was written", file.path.display()));
        }
    }
    Ok(())
}

/// Written beside its place and renamed into it, unless something has come there in the meantime.
fn create(file: &File) -> std::io::Result<()> {
    let folder = file.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut new = crate::platform::readable_by_others(&mut tempfile::Builder::new()).tempfile_in(folder)?;
    new.write_all(file.text.as_bytes())?;
    new.persist_noclobber(&file.path).map_err(|error| error.error)?;
    Ok(())
}
