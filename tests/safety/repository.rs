//! `fixtures/hostile/repository`, with what git does not keep, tries everything at once: links and pipes, files outside, commands to
//! terminals and build logs, keys in every place, texts without end.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::CANARY;

/// What stands for a key in the fixture, and the key. They are put together here so that no file of the repository holds one.
fn keys() -> [(&'static str, String); 2] {
    [
        ("@HF@", ["hf_", "Qw7RtYu2PaSd9FgHj4KlZxCv6BnM8eRt"].concat()),
        ("@SK@", ["sk-", "a8Fk2Lm9Qz4Xw7Vb3Nc6Td1Yh5"].concat()),
    ]
}

/// No run may take longer, whatever it meets: a pipe or a device that is read never ends.
const LIMIT: Duration = Duration::from_secs(60);

fn repository() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    let (outside, repo) = (place.path().join("outside"), place.path().join("repo"));
    write(&outside, "secret.sh", &format!("python ComfyUI/main.py --{CANARY}\n"));
    for name in ["env.sh", "env.ps1", "secret.env", "requirements.txt", "patterns", "wanlint.toml", "secret.json"] {
        write(&outside, name, &format!("{CANARY}=1\n"));
    }
    write(&outside, "extra_model_paths.yaml", &format!("{CANARY}:\n  base_path: /\n"));
    write(&outside, "ComfyUI/comfyui_version.py", "__version__ = \"0.22.0\"\n");
    write(&outside, "ComfyUI/main.py", CANARY);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile/repository"), &repo);
    write(&repo, ".git/HEAD", "ref: refs/heads/main\n");
    links(&repo);
    named(&repo);
    place
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        fs::write(target, keys().iter().fold(text, |text, (mark, key)| text.replace(mark, key))).unwrap();
    }
}

/// Links that lead out or to a device that never ends, and pipes that nobody writes into.
fn links(repo: &Path) {
    let link = |target: &str, name: &str| {
        fs::create_dir_all(repo.join(name).parent().unwrap()).unwrap();
        symlink(target, repo.join(name)).unwrap();
    };
    link("../outside/secret.sh", "link.sh");
    link("../outside/secret.json", "link.json");
    link("../outside/secret.env", ".env");
    link("../outside", "folder");
    link("../outside/ComfyUI", "ComfyUI");
    link("/dev/zero", ".gitignore");
    link("/dev/zero", "zero.sh");
    link("/dev/zero", ".wslconfig");
    link("../../outside/patterns", "inner/.gitignore");
    link("../../outside/wanlint.toml", "inner/wanlint.toml");
    link("../../outside/extra_model_paths.yaml", "inner/extra_model_paths.yaml");
    write(repo, "inner/launch.bat", "python main.py --verbos\r\n");
    write(repo, "inner/workflow.json", &fs::read_to_string(repo.join("workflow.json")).unwrap());
    fs::create_dir_all(repo.join("pipes")).unwrap();
    let pipes = ["pipe.sh", "pipe.json", "comfyui_version.py", "extra_model_paths.yaml", ".gitignore", "wanlint.toml"];
    let made = Command::new("mkfifo").args(pipes.map(|name| repo.join("pipes").join(name))).status().unwrap();
    assert!(made.success());
    write(repo, "pipes/launch.bat", "python main.py --verbos\r\n");
    write(repo, "pipes/workflow.json", &fs::read_to_string(repo.join("workflow.json")).unwrap());
}

/// Names that a terminal or a build log would obey.
fn named(repo: &Path) {
    for name in ["::error::named.sh", "a\n::error::named.sh", "\u{1b}[31mred.sh", "names/::add-mask::x/launch.sh"] {
        write(repo, name, "python main.py --verbos\n");
    }
}

/// Lines and nesting without end.
fn endless(repo: &Path) {
    write(repo, "huge.bat", &format!("python main.py {} --verbos\r\n", "x".repeat(1 << 20)));
    write(repo, "huge.json", &format!("{{\"1\":{{\"class_type\":\"{}\",\"inputs\":{{}}}}}}", "::x".repeat(1 << 18)));
    for (name, before, open) in [
        ("deep.json", "{\"1\":{\"class_type\":\"X\",\"inputs\":{\"a\":", "["),
        ("deep.ipynb", "{\"cells\":", "["),
        ("compose.deep.yaml", "services: ", "["),
        ("deep.sh", "python main.py ", "$("),
        ("deep.ps1", "python main.py ", "$("),
        ("deep.py", "import os\nos.system(", "("),
        ("deep.bat", "python main.py\r\n", "("),
        ("Dockerfile.deep", "FROM x\nCMD ", "$("),
    ] {
        write(repo, name, &format!("{before}{}", open.repeat(20_000)));
    }
}

/// Runs a command to its end; exit code and output. Stops it, and the test, when it does not end.
fn finish(mut command: Command) -> (Option<i32>, String) {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let errors = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        err.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            panic!("{command:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let bytes = [reader.join().unwrap(), errors.join().unwrap()].concat();
    (status.code(), String::from_utf8(bytes).expect("reports are UTF-8"))
}

fn wanlint(repo: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
    command.args(args).current_dir(repo).env_clear().env("CI", "1");
    command
}

/// What no output may hold.
fn harmless(what: &[&str], text: &str) {
    assert!(!text.contains(CANARY) && !text.contains("0.22.0"), "{what:?} shows what lies outside: {text}");
    assert!(!text.contains("root:x:0"), "{what:?} shows /etc/passwd");
    for (_, key) in keys() {
        assert!(!text.contains(&key[6..]), "{what:?} shows a key: {text}");
    }
    let control = text.chars().find(|letter| letter.is_control() && *letter != '\n');
    assert_eq!(control, None, "{what:?}: {text}");
    let obeyed = text.lines().find(|line| line.trim_start().starts_with("::") || line.trim_start().starts_with("##["));
    assert_eq!(obeyed, None, "{what:?}: a build log would obey this");
}

#[test]
fn every_attempt_fails() {
    let place = repository();
    let repo = place.path().join("repo");
    let facts = ["--gpu", "RTX 5090", "--comfyui", "0.3.70"];
    for args in [
        &["check", "--output-format", "full"][..],
        &["check", "--output-format", "concise"],
        &["check", "--output-format", "json"],
        &["check", "--output-format", "json-lines"],
        &["check", "--show-files"],
        &["check", "--show-facts"],
        &["check", "inner", "pipes"],
        &["check", "inner/launch.bat", "pipes/launch.bat", "pipes/workflow.json"],
        &["vram", "workflow.json", "inner/workflow.json", "pipes/workflow.json"],
    ] {
        let start = Instant::now();
        let (code, text) = finish(wanlint(&repo, &[args, &facts[..]].concat()));
        println!("{args:?}: {:.0?}, {} bytes", start.elapsed(), text.len());
        assert!(code.is_some_and(|code| code <= 2), "{args:?}: {code:?} {text}");
        harmless(args, &text);
        if args == ["check", "--output-format", "json"] {
            let report: serde_json::Value = serde_json::from_str(&text).unwrap();
            let codes: Vec<&str> =
                report["findings"].as_array().unwrap().iter().filter_map(|finding| finding["code"].as_str()).collect();
            // It was read, not turned away.
            for code in ["SEC005", "SEC006", "SEC007", "SEC008", "SEC011", "WF010", "LAUNCH051"] {
                assert!(codes.contains(&code), "{code} is not among {codes:?}");
            }
        }
    }
}

#[test]
fn texts_without_end_are_read_or_refused() {
    let place = tempfile::tempdir().unwrap();
    endless(place.path());
    for format in ["full", "json"] {
        let args = ["check", "--output-format", format, "--gpu", "RTX 5090"];
        let (code, text) = finish(wanlint(place.path(), &args));
        assert!(code.is_some_and(|code| code <= 2), "{code:?} {text}");
        harmless(&args, &text);
    }
}

#[test]
fn nothing_outside_is_opened() {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("skipped: strace is not installed");
        return;
    }
    let place = repository();
    let repo = place.path().join("repo");
    for args in
        [&["check"][..], &["check", "inner/launch.bat", "pipes/workflow.json"], &["vram", "inner/workflow.json"]]
    {
        let mut command = Command::new("strace");
        command.args(["-f", "-e", "trace=open,openat,openat2,socket,connect,execve", env!("CARGO_BIN_EXE_wanlint")]);
        command.args(args).args(["--gpu", "RTX 5090"]).current_dir(&repo).env_clear().env("CI", "1");
        let (_, text) = finish(command);
        let calls: Vec<&str> = text.lines().filter(|line| line.contains("open") || line.contains("socket(")).collect();
        if calls.is_empty() {
            println!("skipped: strace may not trace here");
            return;
        }
        for call in
            calls.iter().filter(|call| call.contains("openat(") || call.contains("open(") || call.contains("socket("))
        {
            let outside = ["outside/", "/etc/passwd", "/dev/zero", "socket(", "pipe.sh"];
            let hit = outside.iter().find(|part| call.contains(**part));
            assert!(hit.is_none(), "{args:?}: {call}");
        }
        assert_eq!(text.matches("execve(").count(), 1, "nothing else is executed");
    }
}
