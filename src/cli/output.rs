//! Reports into files.

use std::io;
use std::path::Path;

/// Writes a report to a file. Regular files are written beside their place and renamed into it, so that no half report is ever seen.
///
/// # Errors
/// A sentence about what could not be written.
pub fn to_file(path: &Path, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> Result<(), String> {
    let refuse = |error: io::Error| format!("cannot write {}: {error}", path.display());
    if path.exists() && !path.is_file() {
        // A pipe or a device.
        let mut file = std::fs::File::options().write(true).open(path).map_err(refuse)?;
        return write(&mut file).map_err(refuse);
    }
    // A link is written where it leads.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file =
        crate::platform::readable_by_others(&mut tempfile::Builder::new()).tempfile_in(folder).map_err(refuse)?;
    write(&mut file).map_err(refuse)?;
    file.persist(path).map_err(|error| refuse(error.error))?;
    Ok(())
}
