//! The formats of `wanlint check`: the same run in each of them, where reports go, and what hostile texts become.

// clippy.toml's exceptions for tests do not reach helper functions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "media/build.rs"]
mod build;
#[path = "formats/files.rs"]
mod files;
#[path = "formats/hostile.rs"]
mod hostile;
#[path = "formats/same_run.rs"]
mod same_run;
#[path = "formats/sarif.rs"]
mod sarif;
#[path = "formats/schemas.rs"]
mod schemas;
#[path = "formats/summary.rs"]
mod summary;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder of its own for one test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// `check`, started in the folder, with nothing of this process's environment.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
        command.env_clear().env("CI", "1").current_dir(self.0.path()).arg("check").args(args);
        command
    }

    fn check(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What standard output gets; nothing may go to standard error.
    #[track_caller]
    fn stdout(&self, args: &[&str]) -> String {
        let output = self.check(args);
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A workflow of the fixtures, with texts replaced.
fn workflow(name: &str, changes: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules/base").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    changes.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

/// A PNG file that holds a prompt.
fn png(prompt: &str) -> Vec<u8> {
    build::png(&build::chunks(b"tEXt", &[("prompt", prompt)]))
}

/// A small project with findings of every severity, fixes of every grade, related places, a finding that is allowed, one
/// inside an image, a file that cannot be read, and a folder whose name needs care in an address.
fn project() -> Folder {
    let folder = Folder::new();
    let start = "@echo off\r\nREM wanlint: allow LAUNCH053 - known\r\npython main.py --listen --cuda-malloc --normalvram ^\r\n    --use-split-cross-attention --use-quad-cross-attention\r\n";
    let settings = "[machine]\ngpu = \"NVIDIA GeForce RTX 5090\"\nram = \"64GiB\"\ncomfyui = \"0.3.70\"\n";
    folder
        .write("50% of it/start.bat", start)
        .write(
            "clip.json",
            workflow("two-pass.api.json", &[("\"length\": 81", "\"length\": 80"), ("\"euler\"", "\"eular\"")]),
        )
        .write("out/clip.png", png(&workflow("t2v.api.json", &[("\"length\": 33", "\"length\": 32")])))
        .write("cut.json", "{\"3\": {\"class_type\": \"KSampler\", \"inputs\": {")
        .write("wanlint.toml", settings);
    folder
}
