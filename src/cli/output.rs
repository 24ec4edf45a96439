//! Reports into files.

use std::io;
use std::path::Path;

/// Writes a report to a file. Regular files are written beside their place and renamed into it, so that no half report is ever seen.
/// So a link gives way to the report: what is checked may hold one that leads anywhere.
///
/// # Errors
/// A sentence about what could not be written.
pub fn to_file(path: &Path, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<(), String> {
    let refuse = |error: io::Error| format!("cannot write {}: {error}", path.display());
    if is_direct(path) {
        let mut file = std::fs::File::options().append(true).open(path).map_err(refuse)?;
        return write(&mut file).map_err(refuse);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file =
        crate::platform::readable_by_others(&mut tempfile::Builder::new()).tempfile_in(folder).map_err(refuse)?;
    write(&mut file).map_err(refuse)?;
    file.persist(path).map_err(|error| refuse(error.error))?;
    Ok(())
}

/// True for pipes, devices, and the names of open files (`/dev/stderr`), which are links to anything; a folder is refused in this way.
fn is_direct(path: &Path) -> bool {
    let own = path.exists() && !path.is_file() && !path.is_symlink();
    own || path.is_dir() || (path.starts_with("/dev") && path.exists())
}
