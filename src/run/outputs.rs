//! What a prompt wrote on the server, brought home: under names that this machine can hold, beside what is there already, and whole.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::fault::Fault;
use super::history::OutputFile;
use super::server::Server;
use crate::platform;

pub mod name;

/// How many files of one name are numbered before giving up.
const MAX_NUMBER: u32 = 100_000;

/// A file that was brought home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// What it is on the server.
    pub file: OutputFile,
    /// Where it is here.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
}

/// Why a file was not brought home. Those before it were, and nothing half is left.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The server did not give it.
    #[error("{name} is on the server and was not fetched: {fault}")]
    Server {
        /// Its name on the server, without control characters.
        name: String,
        /// Why.
        fault: Fault,
    },
    /// It cannot be written here.
    #[error("{name} cannot be written to {folder}: {reason}")]
    Here {
        /// Its name on the server, without control characters.
        name: String,
        /// Where it was to go.
        folder: String,
        /// What the system says.
        reason: String,
    },
    /// Somebody asked to stop.
    #[error("stopped before {0} was fetched")]
    Stopped(String),
}

/// Fetches files into a folder, which is made if need be. Each is there in full, under a name of its own, or not at all; a file that
/// fails does not keep the others away. `told` hears of every file that is there; `stop` is asked before each and while it comes.
///
/// # Errors
/// One for each file that is not there.
pub fn fetch(
    server: &Server,
    files: &[OutputFile],
    folder: &Path,
    stop: &dyn Fn() -> bool,
    told: &mut dyn FnMut(&Saved),
) -> Vec<Result<Saved, OutputError>> {
    let each = |file: &OutputFile| {
        if stop() {
            return Err(OutputError::Stopped(name::shown(file)));
        }
        let saved = bring(server, file, folder, stop)?;
        told(&saved);
        Ok(saved)
    };
    files.iter().map(each).collect()
}

fn bring(server: &Server, file: &OutputFile, folder: &Path, stop: &dyn Fn() -> bool) -> Result<Saved, OutputError> {
    let path = folder.join(name::local(file));
    let here = |error: &dyn std::fmt::Display| OutputError::Here {
        name: name::shown(file),
        folder: folder.display().to_string(),
        reason: error.to_string(),
    };
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(|error| here(&error))?;
    let mut builder = tempfile::Builder::new();
    let builder = platform::readable_by_others(builder.prefix(".wanlint-").suffix(".part"));
    let mut part = builder.tempfile_in(parent).map_err(|error| here(&error))?;
    let mut until = Until { to: part.as_file_mut(), stop };
    let size = server.view(file, &mut until).map_err(|fault| match fault {
        Fault::Here(_) if stop() => OutputError::Stopped(name::shown(file)),
        Fault::Here(reason) => here(&reason),
        fault => OutputError::Server { name: name::shown(file), fault },
    })?;
    part.as_file_mut().flush().and_then(|()| part.as_file().sync_all()).map_err(|error| here(&error))?;
    let path = place(part, &path).map_err(|error| here(&error))?;
    Ok(Saved { file: file.clone(), path, size })
}

/// A file that is written until somebody asks to stop.
struct Until<'a> {
    to: &'a mut fs::File,
    stop: &'a dyn Fn() -> bool,
}

impl Write for Until<'_> {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        if (self.stop)() { Err(std::io::Error::other("stopped")) } else { self.to.write(part) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}

/// Gives the file its name, or the name with the next number that is free. What is there stays.
fn place(mut part: NamedTempFile, path: &Path) -> std::io::Result<PathBuf> {
    for number in 1..MAX_NUMBER {
        let free = if number == 1 { path.to_owned() } else { name::numbered(path, number) };
        match part.persist_noclobber(&free) {
            Ok(_) => {
                free.parent().into_iter().for_each(platform::sync_folder);
                return Ok(free);
            }
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => part = error.file,
            Err(error) => return Err(error.error),
        }
    }
    Err(std::io::Error::other("every number behind its name is taken"))
}
