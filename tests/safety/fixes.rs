//! Fixes on disk: what is written, what is left alone and said, and what a killed run leaves behind.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// 32 frames: `--unsafe-fixes` makes 33 of them.
fn workflow() -> String {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules/base/t2v.api.json");
    let text = fs::read_to_string(base).unwrap();
    assert_eq!(text.matches("\"length\": 33").count(), 1);
    text.replace("\"length\": 33", "\"length\": 32")
}

fn mended() -> String {
    workflow().replace("\"length\": 32", "\"length\": 33")
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        // Where there is a disk in memory, flushing costs nothing.
        Self(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
        command.arg("check").args(args).args(["--fixable", "WF010", "--isolated"]);
        command.current_dir(self.0.path()).env_clear().env("CI", "1");
        command
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let output = self.command(args).output().unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }
}

const ALL: [&str; 2] = ["--fix", "--unsafe-fixes"];

#[test]
fn only_the_promised_bytes_change_and_the_mode_stays() {
    let folder = Folder::new();
    let path = folder.write("w.json", workflow());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let (code, out, err) = folder.run(&["."]);
    assert!(out.ends_with("fixable with --fix --unsafe-fixes\n"), "{out}");
    let (_, safe, _) = folder.run(&["--fix", "--show-fixes"]);
    assert!(safe.contains("not fixed w.json:") && safe.contains("(unsafe: --unsafe-fixes makes it)"), "{safe}");
    assert_eq!(fs::read_to_string(&path).unwrap(), workflow());
    let (fixed, out, _) = folder.run(&ALL);
    assert!(out.ends_with("; 1 fixed, 0 held back\n"), "{out}");
    assert_eq!((code, fixed, err.as_str()), (Some(0), Some(0), ""));
    assert_eq!(fs::read_to_string(&path).unwrap(), mended());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o640);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1);
}

#[test]
fn what_must_not_be_written_is_named() {
    let folder = Folder::new();
    let read_only = folder.write("repo/locked.json", workflow());
    fs::set_permissions(&read_only, fs::Permissions::from_mode(0o444)).unwrap();
    folder.write("outside/w.json", workflow());
    folder.write("repo/.git/HEAD", "ref: refs/heads/main\n");
    symlink("../outside/w.json", folder.path("repo/link.json")).unwrap();
    folder.write("repo/two.json", workflow());
    fs::hard_link(folder.path("repo/two.json"), folder.path("repo/names.txt")).unwrap();
    folder.write("repo/deep/real.json", workflow());
    symlink("deep/real.json", folder.path("repo/inner.json")).unwrap();
    for (name, why) in [
        ("repo/locked.json", "it is read-only"),
        ("repo/link.json", "a link that leads out"),
        ("repo/two.json", "hard links"),
    ] {
        let (code, out, err) = folder.run(&["--fix", "--unsafe-fixes", "--show-fixes", name]);
        assert!(code == Some(2) && err.contains(why) && out.contains("not fixed"), "{name}: {out}{err}");
        assert_eq!(fs::read_to_string(folder.path(name)).unwrap(), workflow(), "{name}");
        assert_eq!(folder.run(&["--fix-only", "--unsafe-fixes", name]).0, Some(2), "{name}");
    }
    let (code, out, err) = folder.run(&["--fix-only", "--unsafe-fixes", "repo/inner.json"]);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "", ""));
    assert!(folder.path("repo/inner.json").is_symlink());
    assert_eq!(fs::read_to_string(folder.path("repo/deep/real.json")).unwrap(), mended());
}

#[test]
fn flags_that_mean_nothing_alone_are_refused() {
    let folder = Folder::new();
    folder.write("w.json", workflow());
    for args in [&["--unsafe-fixes"][..], &["--diff", "--output-format", "json"], &["--fix", "--show-files"]] {
        let (code, _, err) = folder.run(args);
        assert!(code == Some(2) && err.starts_with("error: --"), "{args:?}: {err}");
    }
    let (code, out, _) = folder.run(&["--show-fixes", "--unsafe-fixes"]);
    assert!(code == Some(0) && out.contains("would fix w.json:"), "{out}");
    assert_eq!(fs::read_to_string(folder.path("w.json")).unwrap(), workflow());
}

#[test]
fn standard_input_comes_back_mended() {
    let folder = Folder::new();
    let mut command = folder.command(&["-", "--stdin-filename", "w.json", "--fix", "--unsafe-fixes"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), workflow().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), mended());
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("1 fixed, 0 held back\n"));
}

#[test]
fn a_report_counts_what_was_made() {
    let folder = Folder::new();
    folder.write("w.json", workflow());
    let (_, out, _) = folder.run(&["--fix", "--unsafe-fixes", "--output-format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["summary"]["applied"], &report["summary"]["held_back"]), (&1.into(), &0.into()));
    assert_eq!((&report["fixes"][0]["code"], &report["fixes"][0]["applied"]), (&"WF010".into(), &true.into()));
}

fn git(folder: &Path, args: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.args(["-c", "core.autocrlf=false"]).args(args).current_dir(folder).env_clear().env("HOME", folder);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).output().is_ok_and(|run| run.status.success())
}

#[test]
fn git_applies_the_diff() {
    if Command::new("git").arg("--version").output().is_err() {
        println!("skipped: git is not installed");
        return;
    }
    let folder = Folder::new();
    let plain = workflow();
    let files = [
        ("repo/w.json", plain.clone()),
        ("repo/a b/m\u{fc}ller \"x\".json", plain.trim_end().to_owned()),
        ("repo/crlf.json", plain.replace('\n', "\r\n")),
        ("repo/small.json", serde_json::from_str::<serde_json::Value>(&plain).unwrap().to_string()),
    ];
    files.iter().for_each(|(name, text)| drop(folder.write(name, text)));
    let repo = folder.path("repo");
    assert!(git(&repo, &["init", "-q"]));
    let mut command = folder.command(&["--diff", "--unsafe-fixes", "repo"]);
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "4 would be fixed, 0 held back\n");
    files.iter().for_each(|(name, text)| assert_eq!(fs::read_to_string(folder.path(name)).unwrap(), *text));
    folder.write("fix.patch", &output.stdout);
    assert!(git(&repo, &["apply", "../fix.patch"]), "{}", String::from_utf8_lossy(&output.stdout));
    let by_git: Vec<Vec<u8>> = files.iter().map(|(name, _)| fs::read(folder.path(name)).unwrap()).collect();
    files.iter().for_each(|(name, text)| drop(folder.write(name, text)));
    folder.run(&["--fix", "--unsafe-fixes", "repo"]);
    for ((name, before), by_git) in files.iter().zip(by_git) {
        let mended = fs::read(folder.path(name)).unwrap();
        assert!(mended != before.as_bytes() && mended == by_git, "{name}");
    }
}

#[test]
fn a_diff_shows_no_key() {
    let folder = Folder::new();
    let key = ["hf_", "Qw7RtYu2PaSd9FgHj4KlZxCv6BnM8eRt"].concat();
    let text = workflow().replace("\"length\": 32", &format!("\"length\": 32, \"api_key\": \"{key}\""));
    folder.write("w.json", &text);
    let (_, out, err) = folder.run(&["--diff", "--unsafe-fixes"]);
    assert!(out.contains("+++ b/w.json") && out.contains("\"api_key\": ***") && !out.contains(&key), "{out}");
    assert!(err.contains("this diff cannot be applied"), "{err}");
}

/// Every file is the old one or the new one, whenever a run is killed, and the next run leaves nothing beside them.
#[test]
fn killed_runs_leave_whole_files() {
    const FILES: usize = 4;
    let folder = Folder::new();
    let (old, new) = (workflow(), mended());
    let names: Vec<PathBuf> = (0..FILES).map(|at| folder.path(&format!("w{at}.json"))).collect();
    // The same numbers on every run of the test.
    let mut random = 0x2545_f491_4f6c_dd1du64;
    names.iter().for_each(|path| fs::write(path, &old).unwrap());
    let begin = std::time::Instant::now();
    folder.run(&["--fix-only", "--unsafe-fixes", "--select", "WF010"]);
    let whole = begin.elapsed().as_micros() as u64;
    let (mut untouched, mut partly, mut finished, mut left) = (0, 0, 0, 0);
    for run in 0..1000 {
        names.iter().for_each(|path| fs::write(path, &old).unwrap());
        let mut command = folder.command(&["--fix-only", "--unsafe-fixes", "--select", "WF010"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        std::thread::sleep(Duration::from_micros(random % (whole + whole / 4)));
        child.kill().unwrap();
        child.wait().unwrap();
        let texts: Vec<String> = names.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        assert!(texts.iter().all(|text| *text == old || *text == new), "run {run} left half a file");
        let done = texts.iter().filter(|text| **text == new).count();
        match done {
            0 => untouched += 1,
            FILES => finished += 1,
            _ => partly += 1,
        }
        let count = fs::read_dir(folder.0.path()).unwrap().count();
        left += usize::from(count > FILES);
        assert!(count <= FILES + 1, "run {run}: only one file of a run is in work");
    }
    assert_eq!(folder.run(&["--fix-only", "--unsafe-fixes"]).0, Some(0));
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), FILES, "a temporary file is left");
    println!("killed before {untouched}, between {partly}, after {finished}; {left} runs left a temporary file");
}

#[test]
fn threads_do_not_change_what_is_mended() {
    let folder = Folder::new();
    let names: Vec<String> = (0..40).map(|at| format!("w{at:02}.json")).collect();
    let run = |threads: &str| {
        names.iter().enumerate().for_each(|(at, name)| drop(folder.write(name, workflow() + &"\n".repeat(at))));
        let mut command = folder.command(&["--fix", "--unsafe-fixes", "--show-fixes"]);
        let output = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
        let texts: Vec<String> = names.iter().map(|name| fs::read_to_string(folder.path(name)).unwrap()).collect();
        (String::from_utf8(output.stdout).unwrap(), texts)
    };
    let (report, texts) = run("1");
    assert!(texts.iter().all(|text| text.contains("\"length\": 33")), "{report}");
    assert_eq!(report.matches("\nfixed w").count(), 40, "{report}");
    assert_eq!(run("4"), (report, texts));
}
