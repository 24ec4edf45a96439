//! Files as they are in another commit, for `--config-from`: by the `git` program, and only when that flag is given.
//!
//! `git` is asked for objects alone. What a repository's own settings could make it run (hooks, the file system monitor,
//! filters, a pager, a helper of a remote) is switched off, and so is fetching what a partial clone lacks. Its rule about
//! whose repositories are safe stays in force.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::source::MAX_BYTES;

/// Settings that are switched off for every call.
const SETTINGS: [&str; 4] =
    ["core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never", "core.quotePath=false"];

/// Longest name of a file that git is asked for, in bytes.
const MAX_NAME: usize = 4096;

/// A commit of the repository around what is checked.
#[derive(Clone, Debug)]
pub struct Reference {
    /// The folder in which the repository begins, as git names it.
    root: PathBuf,
    /// The same without links, to compare with.
    real: PathBuf,
    commit: String,
    name: String,
}

impl Reference {
    /// Finds the repository around a folder and the commit that a name stands for there.
    ///
    /// # Errors
    /// A sentence when there is no `git`, no repository or no such commit.
    pub fn open(folder: &Path, name: &str) -> Result<Self, String> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let root = ask(folder, &["rev-parse", "--show-toplevel"]).map_err(|why| match why {
            Refused::NoGit(error) => format!("--config-from needs the program git: {error}"),
            Refused::Said(text) => {
                format!("--config-from: {} lies in no git repository that can be read: {text}", folder.display())
            }
        })?;
        // The end of the options keeps a name that begins with a hyphen from being one.
        let spec = format!("{name}^{{commit}}");
        let verify = ["rev-parse", "--verify", "--quiet", "--end-of-options", &spec];
        let commit = ask(folder, &verify).map_err(|_| {
            format!(
                "--config-from: '{name}' is no commit, branch or tag of this repository (a shallow clone may lack it: \
                 fetch it first)"
            )
        })?;
        let real = real(Path::new(&root)).ok_or_else(|| format!("--config-from: cannot read {root}"))?;
        Ok(Self { root: PathBuf::from(root), real, commit, name: name.to_owned() })
    }

    /// `main (1a2b3c4d)`.
    pub fn shown(&self) -> String {
        format!("{} ({})", self.name, self.commit.get(..8).unwrap_or(&self.commit))
    }

    /// The whole id of the commit.
    pub fn commit(&self) -> &str {
        &self.commit
    }

    /// True for the folder in which the repository begins.
    pub fn is_root(&self, folder: &Path) -> bool {
        real(folder).is_some_and(|folder| folder == self.real)
    }

    /// A file in the commit; `None` when it has none there.
    ///
    /// # Errors
    /// A sentence when `git` breaks off or the file is too large.
    pub fn file(&self, path: &Path) -> Result<Option<Vec<u8>>, String> {
        Ok(self.files(&[path.to_path_buf()])?.pop().flatten())
    }

    /// Files in the commit, in the order of the paths.
    ///
    /// # Errors
    /// As [`Reference::file`].
    pub fn files(&self, paths: &[PathBuf]) -> Result<Vec<Option<Vec<u8>>>, String> {
        let failed = |error: std::io::Error| format!("--config-from: git broke off: {error}");
        let mut child = command(&self.root, &["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let found = self.dialogue(&mut child, paths);
        drop(child.stdin.take());
        child.wait().map_err(failed)?;
        found.map_err(failed)
    }

    /// One question and its answer after the other, so that neither side waits for the other with a full pipe.
    fn dialogue(&self, child: &mut Child, paths: &[PathBuf]) -> std::io::Result<Vec<Option<Vec<u8>>>> {
        let (Some(input), Some(output)) = (child.stdin.as_mut(), child.stdout.take()) else { return Ok(Vec::new()) };
        let mut output = BufReader::new(output);
        let mut found = Vec::with_capacity(paths.len());
        for path in paths {
            let Some(inside) = self.inside(path) else {
                found.push(None);
                continue;
            };
            writeln!(input, "{}:{inside}", self.commit)?;
            input.flush()?;
            found.push(answer(&mut output)?);
        }
        Ok(found)
    }

    /// The path from the root of the repository on, as git writes it; `None` for files outside, and for names that cannot stand
    /// on a line.
    fn inside(&self, path: &Path) -> Option<String> {
        let folder = real(path.parent().unwrap_or(Path::new("")))?;
        let below = folder.strip_prefix(&self.real).ok()?.join(path.file_name()?);
        let parts: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
        parts.map(|parts| parts.join("/")).filter(|inside| inside.len() <= MAX_NAME && !inside.contains(['\n', '\r']))
    }

    /// The files below a folder that git keeps, also those that `.gitignore` or `.ignore` name: a change may not hide a file
    /// that way.
    ///
    /// # Errors
    /// A sentence when `git` breaks off.
    pub fn kept(&self, folder: &Path) -> Result<Vec<PathBuf>, String> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let listed = run(folder, &["ls-files", "-z", "--cached"]).map_err(|why| match why {
            Refused::NoGit(error) => format!("--config-from needs the program git: {error}"),
            Refused::Said(text) => format!("--config-from: git cannot list its files: {text}"),
        })?;
        let listed = String::from_utf8_lossy(&listed);
        Ok(listed.split('\0').filter(|name| !name.is_empty()).map(|name| folder.join(name)).collect())
    }
}

/// `<id> blob <size>`, the bytes and a line end; anything else is no file.
fn answer(output: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut head = String::new();
    if output.by_ref().take(2 * MAX_NAME as u64).read_line(&mut head)? == 0 {
        return Err(std::io::Error::other("it says no more"));
    }
    let words: Vec<&str> = head.split_whitespace().collect();
    let [_, kind, size] = words.as_slice() else { return Ok(None) };
    let Ok(size) = size.parse::<u64>() else { return Ok(None) };
    if size > MAX_BYTES {
        return Err(std::io::Error::other(format!("a file of {size} bytes is not read")));
    }
    let mut bytes = Vec::new();
    output.by_ref().take(size + 1).read_to_end(&mut bytes)?;
    bytes.pop();
    Ok((*kind == "blob").then_some(bytes))
}

fn real(folder: &Path) -> Option<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    folder.canonicalize().ok()
}

enum Refused {
    NoGit(std::io::Error),
    Said(String),
}

/// The first line of what git says.
fn ask(folder: &Path, arguments: &[&str]) -> Result<String, Refused> {
    let bytes = run(folder, arguments)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn run(folder: &Path, arguments: &[&str]) -> Result<Vec<u8>, Refused> {
    let output = command(folder, arguments).stdin(Stdio::null()).output().map_err(Refused::NoGit)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Refused::Said(said.lines().next().unwrap_or("git failed").to_owned()))
}

/// A call of git in a folder, without what could make it run something or reach the network.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().to_ascii_uppercase().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    for (name, value) in [
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("LC_ALL", "C"),
    ] {
        command.env(name, value);
    }
    command.arg("--no-pager").arg("-C").arg(folder);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command.args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_git() {
        let mut output = &b"1234 blob 3\nabc\nHEAD:x missing\n1234 tree 2\nxy\n"[..];
        assert_eq!(answer(&mut output).unwrap(), Some(b"abc".to_vec()));
        assert_eq!(answer(&mut output).unwrap(), None);
        assert_eq!(answer(&mut output).unwrap(), None);
    }
}
