//! New bytes take the place of old ones, whole or not at all: each file is written beside its place, flushed to the disk and renamed
//! into it. What must not be written is told before anything is.

use std::fs::{File, Metadata, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::config::{lies_inside, project_folders};
use crate::platform;

/// How the names of temporary files begin, and how many letters and digits follow. Whoever writes one holds its lock.
const PREFIX: &str = ".wanlint-fix-";
const RANDOM: usize = 12;

/// Most names that are tried for a temporary file: another run may take one for a leftover before its lock is taken.
const TRIES: usize = 8;

/// A file before and after.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Its path, as it was read.
    pub path: &'a Path,
    /// The bytes that were read; `None` for a file that is not there yet.
    pub before: Option<&'a [u8]>,
    /// The bytes that it gets.
    pub after: &'a [u8],
}

/// A file that is ready: its new bytes lie beside it.
struct Ready<'a> {
    change: Change<'a>,
    real: PathBuf,
    temporary: NamedTempFile,
}

/// Where a file lies really, when it may be written: a link leads inside one of the folders that are checked, or of a file that was
/// named inside its project; nothing is read-only; no other name is left with the old text.
///
/// # Errors
/// Why it may not: half a sentence.
pub fn target(path: &Path, checked: &[PathBuf]) -> Result<PathBuf, String> {
    let real = path.canonicalize().map_err(|error| error.to_string())?;
    let root = project_folders(path.parent().unwrap_or(Path::new(""))).pop().unwrap_or_default();
    let mut folders = checked.iter().filter(|folder| folder.is_dir()).chain([&root]);
    if !folders.any(|folder| lies_inside(&real, folder)) {
        return Err("it is a link that leads out of what is checked".to_owned());
    }
    let facts = std::fs::metadata(&real).map_err(|error| error.to_string())?;
    if !facts.is_file() {
        return Err("it is no plain file".to_owned());
    }
    if facts.permissions().readonly() {
        return Err("it is read-only".to_owned());
    }
    if let Some(why) = platform::other_names(&facts) {
        return Err(why);
    }
    // Opened and closed again: whoever may not write into it may not replace it either.
    File::options().write(true).open(&real).map_err(|error| error.to_string())?;
    Ok(real)
}

/// Writes files that belong together: all of them, or none.
///
/// # Errors
/// Why nothing was written; or, when that could not be taken back, which files have their new text already.
pub fn together(changes: &[Change], checked: &[PathBuf]) -> Result<(), String> {
    let named = |change: &Change, why: &str| format!("{}: {why}", change.path.display());
    let ready: Result<Vec<Ready>, String> =
        changes.iter().map(|change| prepare(*change, checked).map_err(|why| named(change, &why))).collect();
    let mut done: Vec<(Change, PathBuf)> = Vec::new();
    for next in ready? {
        let (change, real) = (next.change, next.real.clone());
        match replace(next) {
            Ok(()) => done.push((change, real)),
            Err(why) => return Err(named(&change, &why) + &taken_back(&done, checked)),
        }
    }
    Ok(())
}

/// Undoes the first files of a fix whose later file could not be written.
fn taken_back(done: &[(Change, PathBuf)], checked: &[PathBuf]) -> String {
    let undone = |(change, real): &(Change, PathBuf)| match change.before {
        Some(before) => {
            let back = Change { before: Some(change.after), after: before, ..*change };
            prepare(back, checked).and_then(replace).is_ok()
        }
        None => std::fs::remove_file(real).is_ok(),
    };
    let kept = done.iter().filter(|done| !undone(done));
    let kept: Vec<String> = kept.map(|(change, _)| change.path.display().to_string()).collect();
    match kept.is_empty() {
        true => String::new(),
        false => format!("; the fix is half made: {} changed already and could not be put back", kept.join(", ")),
    }
}

/// Everything that can fail for want of rights or room happens here, before any file changes.
fn prepare<'a>(change: Change<'a>, checked: &[PathBuf]) -> Result<Ready<'a>, String> {
    let words = |error: std::io::Error| error.to_string();
    let real = if change.before.is_some() { target(change.path, checked)? } else { change.path.to_path_buf() };
    let facts: Option<Metadata> = change.before.map(|_| std::fs::metadata(&real)).transpose().map_err(words)?;
    let mut temporary = temporary(folder_of(&real), facts.is_none()).map_err(words)?;
    temporary.write_all(change.after).map_err(words)?;
    facts.map_or(Ok(()), |facts| platform::take_after(&facts, temporary.as_file())).map_err(words)?;
    temporary.as_file().sync_all().map_err(words)?;
    Ok(Ready { change, real, temporary })
}

/// Another program may have written the file meanwhile: what it wrote stays.
fn replace(ready: Ready) -> Result<(), String> {
    match ready.change.before {
        Some(before) => {
            let now = std::fs::read(&ready.real).map_err(|error| error.to_string())?;
            if now != before {
                return Err("it was changed after it had been read".to_owned());
            }
            ready.temporary.persist(&ready.real).map_err(|error| error.error.to_string())?;
        }
        None => drop(ready.temporary.persist_noclobber(&ready.real).map_err(|error| error.error.to_string())?),
    }
    platform::sync_folder(folder_of(&ready.real));
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A temporary file whose lock this process holds for as long as it is open. One that becomes a new file may be read by others.
fn temporary(folder: &Path, new: bool) -> std::io::Result<NamedTempFile> {
    for _ in 0..TRIES {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX).rand_bytes(RANDOM);
        let file = if new { platform::readable_by_others(&mut builder) } else { &mut builder }.tempfile_in(folder)?;
        // Where a file system knows no locks, nobody gets one, and nobody takes the file for a leftover.
        let taken = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock));
        if !taken && file.path().exists() {
            return Ok(file);
        }
    }
    Err(std::io::Error::other("another run of wanlint removes the temporary files"))
}

/// Removes the temporary files that a run left in a folder when it was killed: those that nobody holds the lock of.
pub fn clean(folder: &Path) {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let left = is_ours(&entry.file_name()) && entry.file_type().is_ok_and(|kind| kind.is_file());
        // A file that was given the mode of a read-only one cannot be opened for writing; a lock needs no more than reading.
        if left && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn is_ours(name: &std::ffi::OsStr) -> bool {
    let rest = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
    rest.is_some_and(|rest| rest.len() == RANDOM && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["a.json", "b.json"].map(|name| folder.path().join(name));
        std::fs::write(&one, "1").unwrap();
        std::fs::write(&two, "changed").unwrap();
        let changes = [
            Change { path: &one, before: Some(b"1"), after: b"2" },
            Change { path: &two, before: Some(b"1"), after: b"2" },
        ];
        let error = together(&changes, &[]).unwrap_err();
        assert!(error.contains("b.json: it was changed") && !error.contains("half made"), "{error}");
        let text = |path| std::fs::read_to_string(path).unwrap();
        assert_eq!((text(&one), text(&two)), ("1".to_owned(), "changed".to_owned()));
        std::fs::write(&two, "1").unwrap();
        together(&changes, &[]).unwrap();
        assert_eq!((text(&one), text(&two)), ("2".to_owned(), "2".to_owned()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_new_file_takes_no_place() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["a.json", "new.toml"].map(|name| folder.path().join(name));
        std::fs::write(&one, "1").unwrap();
        std::fs::write(&two, "theirs").unwrap();
        let new = Change { path: &two, before: None, after: b"ours" };
        let old = Change { path: &one, before: Some(b"1"), after: b"2" };
        assert!(together(&[old, new], &[]).unwrap_err().contains("new.toml"));
        let text = |path| std::fs::read_to_string(path).unwrap();
        assert_eq!((text(&one), text(&two)), ("1".to_owned(), "theirs".to_owned()));
        std::fs::remove_file(&two).unwrap();
        let stale = Change { before: Some(b"0"), ..old };
        assert!(together(&[new, stale], &[]).unwrap_err().contains("a.json") && !two.exists());
        together(&[old, new], &[]).unwrap();
        assert_eq!((text(&one), text(&two)), ("2".to_owned(), "ours".to_owned()));
    }

    #[test]
    fn leftovers_go_and_files_in_work_stay() {
        let folder = tempfile::tempdir().unwrap();
        let held = temporary(folder.path(), false).unwrap();
        for name in [".wanlint-fix-abcdefABCDEF", ".wanlint-fix-notes", ".wanlint-fix-abc-efABCDEF"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        clean(folder.path());
        assert!(held.path().exists());
        assert!(!folder.path().join(".wanlint-fix-abcdefABCDEF").exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
