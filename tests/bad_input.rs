//! The real binary and everything that can be wrong with what it is given: exit codes, what it says to do, never a panic.

// clippy.toml's exceptions for tests do not reach helper functions.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "bad_input/arguments.rs"]
mod arguments;
#[path = "bad_input/bounded.rs"]
mod bounded;
#[path = "bad_input/configuration.rs"]
mod configuration;
#[path = "bad_input/encodings.rs"]
mod encodings;
#[path = "bad_input/files.rs"]
mod files;
#[path = "bad_input/object_info.rs"]
mod object_info;
#[path = "bad_input/output.rs"]
mod output;
#[path = "bad_input/terminal.rs"]
mod terminal;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// What a run gave.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

/// A folder of its own for one test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder with one file.
    fn with(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let folder = Self::new();
        folder.write(name, bytes);
        folder
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The command, started in the folder, with nothing of this process's environment.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
        command.env_clear().env("NO_COLOR", "1").current_dir(self.0.path()).args(args);
        command
    }

    /// Runs the binary on a command line. Nothing may panic or reach a terminal raw, whatever the test is about.
    #[track_caller]
    fn run(&self, args: &[&str]) -> Run {
        seen(&self.command(args).output().unwrap(), args)
    }

    /// `check` without looking at this machine.
    #[track_caller]
    fn check(&self, args: &[&str]) -> Run {
        self.run(&[&["check", "--no-detect"], args].concat())
    }
}

#[track_caller]
fn seen(output: &Output, args: &[&str]) -> Run {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.code().is_some(), "{args:?} was ended by a signal: {err}");
    assert!(!err.contains("panicked") && !out.contains("panicked"), "{args:?}: {err}");
    let raw = |text: &str| text.chars().any(|letter| letter.is_control() && letter != '\n');
    assert!(!raw(&out) && !raw(&err), "{args:?}: {out:?} {err:?}");
    Run { code: output.status.code(), out, err }
}

impl Run {
    /// The exit code, and words that stdout must hold.
    #[track_caller]
    fn says(&self, code: i32, words: &[&str]) -> &Self {
        self.holds(&self.out, code, words)
    }

    /// Exit code 2, a message with these words on stderr, and no report.
    #[track_caller]
    fn refuses(&self, words: &[&str]) -> &Self {
        assert_eq!(self.out, "", "{}", self.err);
        assert!(self.err.starts_with("error: "), "{}", self.err);
        self.holds(&self.err, 2, words)
    }

    #[track_caller]
    fn holds(&self, text: &str, code: i32, words: &[&str]) -> &Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        for word in words {
            assert!(text.contains(word), "no {word:?} in {text}");
        }
        self
    }
}

/// A workflow of the fixtures, with one text replaced.
fn workflow(from: &str, to: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules/base/two-pass.api.json");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(from.is_empty() || text.contains(from), "{from}");
    text.replacen(from, to, usize::from(!from.is_empty()))
}

#[test]
fn the_helpers_can_fail() {
    let folder = Folder::with("launch.sh", "python main.py\n");
    folder.check(&["."]).says(0, &["no findings in 1 file"]);
    folder.check(&["--no-such-flag"]).refuses(&["--no-such-flag"]);
    assert_eq!(workflow("\"length\": 81", "\"length\": 80").len(), workflow("", "").len());
}
