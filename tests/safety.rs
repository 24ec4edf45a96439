//! Nothing in a linted tree makes wanlint read outside it, and nothing in it is obeyed by a terminal or a build log.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests may stop the process"
)]
#![cfg(unix)]

#[path = "safety/allows.rs"]
mod allows;
#[path = "safety/fixes.rs"]
mod fixes;
#[path = "safety/repository.rs"]
mod repository;
#[path = "safety/writing.rs"]
mod writing;

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What must never appear anywhere: the content of a file outside the repository.
const CANARY: &str = "CANARY-8188";

/// A repository that tries to reach the folder beside it.
struct Trap(TempDir);

impl Trap {
    fn new() -> Self {
        let trap = Self(tempfile::tempdir().unwrap());
        trap.write("outside/secret.sh", &format!("python ComfyUI/main.py --{CANARY}\n"));
        trap.write("outside/comfyui_version.py", "__version__ = \"0.22.0\"\n");
        trap.write("outside/wanlint.toml", &format!("{CANARY} = 1\n"));
        trap.write("outside/secret.json", &format!("{{\"1\": {{\"class_type\": \"{CANARY}\", \"inputs\": {{}}}}}}"));
        trap.write("repo/.git/HEAD", "ref: refs/heads/main\n");
        trap.write("repo/launch.bat", "python ..\\outside\\main.py --normalvram --listen\r\n");
        trap.write("repo/w.json", "{\"1\": {\"class_type\": \"KSampler\", \"inputs\": {\"steps\": 4}}}");
        trap
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
        command.args(args).current_dir(self.path("repo")).env_clear().env("CI", "1");
        command
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        let Output { status, stdout, stderr } = self.command(args).output().unwrap();
        let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(!text.contains(CANARY), "{args:?}: {text}");
        (status.code(), text)
    }
}

#[test]
fn links_that_lead_out_are_not_followed() {
    let trap = Trap::new();
    symlink(trap.path("outside/secret.sh"), trap.path("repo/link.sh")).unwrap();
    symlink(trap.path("outside"), trap.path("repo/folder")).unwrap();
    symlink(trap.path("outside/wanlint.toml"), trap.path("repo/wanlint.toml")).unwrap();
    symlink(trap.path("outside/secret.json"), trap.path("repo/link.json")).unwrap();
    let (code, text) = trap.run(&["check", "--show-files"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("link") && !text.contains("folder"), "{text}");
    trap.run(&["check", "w.json"]);
    trap.run(&["check", "launch.bat", "--output-format", "json"]);
}

#[test]
fn the_configuration_cannot_name_files_outside() {
    for path in ["../outside/secret.sh", "folder/secret.sh"] {
        let trap = Trap::new();
        symlink(trap.path("outside"), trap.path("repo/folder")).unwrap();
        trap.write("repo/wanlint.toml", &format!("[[target]]\nlaunch = \"{path}\"\nworkflow = \"w.json\"\n"));
        let (code, text) = trap.run(&["check"]);
        assert!(code == Some(2) && text.contains("lies outside the project"), "{text}");
    }
    let trap = Trap::new();
    let absolute = trap.path("outside/secret.json");
    trap.write("repo/wanlint.toml", &format!("[[target]]\nlaunch = \"launch.bat\"\nworkflow = {absolute:?}\n"));
    assert_eq!(trap.run(&["check"]).0, Some(2));
}

#[test]
fn a_script_cannot_name_a_checkout_outside() {
    let trap = Trap::new();
    symlink(trap.path("outside"), trap.path("repo/ComfyUI")).unwrap();
    let (_, text) = trap.run(&["check", "--show-facts"]);
    assert!(!text.contains("0.22.0"), "the version lies outside: {text}");
}

#[test]
fn nothing_is_opened_outside_and_no_socket_is_made() {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("skipped: strace is not installed");
        return;
    }
    let trap = Trap::new();
    symlink(trap.path("outside"), trap.path("repo/folder")).unwrap();
    let output = Command::new("strace")
        .args(["-f", "-e", "trace=open,openat,socket,connect,execve", env!("CARGO_BIN_EXE_wanlint"), "check"])
        .current_dir(trap.path("repo"))
        .env_clear()
        .env("CI", "1")
        .output()
        .unwrap();
    let calls = String::from_utf8_lossy(&output.stderr);
    if !calls.contains("openat(") {
        println!("skipped: strace may not trace here");
        return;
    }
    for call in calls.lines() {
        assert!(!call.contains("outside/") && !call.contains("socket("), "{call}");
    }
    assert_eq!(calls.matches("execve(").count(), 1, "nothing else is executed");
}
