//! `--config-from`: what a change says about itself does not count. Scratch repositories, made with git.

#![allow(clippy::print_stdout, reason = "tests say what they skip")]

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A repository in a folder of its own; `None`, with a line that says so, where there is no git.
struct Repository(TempDir);

impl Repository {
    fn new(files: &[(&str, &str)]) -> Option<Self> {
        let here = Self(tempfile::tempdir().unwrap());
        if Command::new("git").arg("--version").output().is_err() {
            println!("skipped: git is not installed");
            return None;
        }
        here.git(&["init", "--quiet", "--initial-branch=main"]);
        here.commit(files);
        Some(here)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn commit(&self, files: &[(&str, &str)]) {
        files.iter().for_each(|(name, text)| self.write(name, text));
        self.git(&["add", "--all", "--force"]);
        self.git(&["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "x"]);
    }

    fn git(&self, args: &[&str]) {
        let output = clean(Command::new("git").current_dir(self.0.path()).args(args)).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn check(&self, args: &[&str]) -> (Option<i32>, String) {
        run(self.0.path(), args)
    }
}

fn run(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
    command.arg("check").args(args).current_dir(folder).env("CI", "1");
    if !args.contains(&"--output-format") {
        command.args(["--output-format", "concise"]);
    }
    let output = clean(&mut command).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code(), text)
}

/// No settings of the user, and none of a git that runs these tests as a hook.
fn clean(command: &mut Command) -> &mut Command {
    let ours = ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX"];
    ours.iter().fold(command, |command, name| command.env_remove(name)).env("GIT_CONFIG_GLOBAL", "/dev/null")
}

const TYPO: &str = "python main.py --use-sage-atention\n";

fn allowed(reason: &str) -> String {
    format!("# wanlint: allow LAUNCH001 - {reason}\n{TYPO}")
}

#[test]
fn a_comment_that_only_the_change_has_does_not_count() {
    let Some(here) = Repository::new(&[("a.sh", TYPO), ("b.sh", &allowed("a fork has it"))]) else { return };
    here.write("a.sh", &allowed("please"));
    here.write("b.sh", &format!("\necho moved\n{}", allowed("a  fork has it")));
    assert_eq!(here.check(&[]).0, Some(0));
    let (code, text) = here.check(&["--config-from", "HEAD"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("a.sh:2:16: error LAUNCH001") && !text.contains("b.sh:"), "{text}");
    assert!(text.contains("so of no effect: 1 suppression (a.sh:1 LAUNCH001)\n"), "{text}");
    assert!(text.contains("1 error in 2 files (1 suppressed)"), "{text}");
}

#[test]
fn one_allow_of_the_commit_stands_for_one() {
    let Some(here) = Repository::new(&[("a.sh", &allowed("x"))]) else { return };
    here.write("a.sh", &format!("{}{}", allowed("x"), allowed("x")));
    let (code, text) = here.check(&["--config-from", "main"]);
    assert!(code == Some(1) && text.contains("a.sh:4:16: error") && !text.contains("a.sh:2:16"), "{text}");
}

#[test]
fn the_configuration_is_that_of_the_commit() {
    let config = "[[allow]]\nrule = \"LAUNCH001\"\npath = \"old.sh\"\nreason = \"known\"\n";
    let Some(here) = Repository::new(&[("wanlint.toml", config), ("old.sh", TYPO), ("sub/new.sh", TYPO)]) else {
        return;
    };
    here.write("wanlint.toml", "[check]\nignore = [\"ALL\"]\n");
    assert_eq!(here.check(&[]).0, Some(0));
    let (code, text) = here.check(&["--config-from", "HEAD"]);
    assert!(code == Some(1) && text.contains("sub/new.sh:1:16") && !text.contains("old.sh:"), "{text}");
    // From a folder below, and when the change deletes it.
    std::fs::remove_file(here.0.path().join("wanlint.toml")).unwrap();
    let (_, text) = here.check(&["--config-from", "HEAD", "old.sh"]);
    assert!(text.contains("(1 suppressed)"), "{text}");
    let (code, text) = run(&here.0.path().join("sub"), &["--config-from", "HEAD", ".."]);
    assert!(code == Some(1) && text.contains("(1 suppressed)"), "{text}");
}

#[test]
fn a_broken_configuration_in_the_commit_is_a_mistake_of_the_caller() {
    let Some(here) = Repository::new(&[("wanlint.toml", "[chek]\n"), ("a.sh", TYPO)]) else { return };
    here.write("wanlint.toml", "");
    let (code, text) = here.check(&["--config-from", "HEAD"]);
    assert!(code == Some(2) && text.contains("in HEAD (") && text.contains("chek"), "{text}");
    let (code, text) = here.check(&["--config-from", "HEAD", "--config", "other.toml"]);
    assert!(code == Some(2) && text.contains("other.toml is not in HEAD"), "{text}");
}

#[test]
fn a_baseline_counts_as_far_as_the_commit_has_it() {
    let Some(here) = Repository::new(&[("a.sh", TYPO)]) else { return };
    let report = here.check(&["--output-format", "json"]).1;
    here.write("known.json", &report);
    let (code, text) = here.check(&["--config-from", "HEAD", "--baseline", "known.json"]);
    assert!(code == Some(1) && text.contains("so nothing in it counts: known.json"), "{text}");
    here.commit(&[]);
    assert_eq!(here.check(&["--config-from", "HEAD", "--baseline", "known.json"]).0, Some(0));
    let (code, text) = here.check(&["--config-from", "HEAD", "--baseline", "missing.json"]);
    assert!(code == Some(2) && text.contains("neither here nor in HEAD"), "{text}");
}

#[test]
fn an_ignore_file_hides_nothing_that_git_keeps() {
    let Some(here) = Repository::new(&[("a.sh", TYPO), ("b.sh", "python main.py\n")]) else { return };
    here.write(".gitignore", "a.sh\nc.sh\n");
    here.write(".ignore", "b.sh\n");
    here.write("c.sh", TYPO);
    let (code, text) = here.check(&["--config-from", "HEAD"]);
    assert!(code == Some(1) && text.contains("a.sh:1:16") && text.contains("in 2 files"), "{text}");
}

#[test]
fn suppressions_in_workflows_count_as_well() {
    let graph = |allow: &str| {
        let workflow = format!("{}/tests/workflow/small.api.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(workflow).unwrap();
        text.replacen("\"class_type\"", &format!("\"_meta\": {{\"wanlint_allow\": \"{allow}\"}}, \"class_type\""), 1)
    };
    let Some(here) = Repository::new(&[("w.json", &graph("WF001"))]) else { return };
    here.write("w.json", &graph("WF002"));
    let (_, text) = here.check(&["--config-from", "HEAD"]);
    assert!(text.contains("1 suppression (w.json:") && text.contains("WF002)"), "{text}");
}

#[test]
fn what_is_not_there_is_said() {
    let Some(here) = Repository::new(&[("a.sh", "python main.py\n")]) else { return };
    for name in ["no-such-branch", "--upload-pack=x", "", "HEAD:a.sh"] {
        let (code, text) = here.check(&[&format!("--config-from={name}")]);
        assert!(code == Some(2) && text.contains("is no commit, branch or tag"), "{name}: {text}");
    }
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("a.sh"), "python main.py\n").unwrap();
    let (code, text) = run(outside.path(), &["--config-from", "HEAD"]);
    assert!(code == Some(2) && text.contains("lies in no git repository"), "{text}");
}

#[cfg(unix)]
#[test]
fn settings_of_the_repository_run_nothing() {
    let Some(here) = Repository::new(&[("a.sh", &allowed("x")), (".gitattributes", "* diff=x filter=x\n")]) else {
        return;
    };
    let trap = here.0.path().join(".git/trap");
    std::fs::write(&trap, format!("#!/bin/sh\ntouch {}\n", here.0.path().join("sprung").display())).unwrap();
    std::os::unix::fs::symlink("trap", here.0.path().join(".git/hooks/post-index-change")).ok();
    here.git(&["update-index", "--chmod=+x", "a.sh"]);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&trap, mode).unwrap();
    let trap = trap.display().to_string();
    for name in
        ["core.fsmonitor", "diff.x.textconv", "filter.x.smudge", "filter.x.clean", "core.pager", "pager.cat-file"]
    {
        here.git(&["config", name, &trap]);
    }
    let (code, text) = here.check(&["--config-from", "HEAD"]);
    assert!(code == Some(0) && text.contains("(1 suppressed)"), "{text}");
    assert!(!here.0.path().join("sprung").exists(), "something of the repository was run");
}
