//! What a run that writes keeps of a file, what it refuses to write, and what it never shows.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::allows::Project;

/// A flag that no ComfyUI knows, and what `--unsafe-fixes` makes of it.
const FLAGS: [&str; 2] = ["--use-sage-atention", "--use-sage-attention"];

const FIX: [&str; 4] = ["--fix", "--unsafe-fixes", "--fixable", "LAUNCH001"];

type Encode = fn(&str) -> Vec<u8>;

fn utf8(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn marked(text: &str) -> Vec<u8> {
    [b"\xef\xbb\xbf", text.as_bytes()].concat()
}

fn little(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xff, 0xfe].into_iter().chain(units).collect()
}

fn big(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_be_bytes);
    [0xfe, 0xff].into_iter().chain(units).collect()
}

/// The code page 850, as far as the texts need it.
fn dos(text: &str) -> Vec<u8> {
    text.chars().map(|letter| if letter == '\u{e9}' { 0x82 } else { letter as u8 }).collect()
}

const SCRIPTS: [(&str, &str, Encode); 9] = [
    ("a.bat", "rem caf\u{e9}|python main.py --use-sage-atention --lowvram", utf8),
    ("a.bat", "chcp 850|rem caf\u{e9}|python main.py --use-sage-atention --lowvram", dos),
    ("a.bat", "rem caf\u{e9}|python main.py --use-sage-atention --lowvram", marked),
    ("a.ps1", "# caf\u{e9} \u{1f389}|& python main.py --use-sage-atention --lowvram", utf8),
    ("a.ps1", "# caf\u{e9} \u{1f389}|& python main.py --use-sage-atention --lowvram", marked),
    ("a.ps1", "# caf\u{e9} \u{1f389}|& python main.py --use-sage-atention --lowvram", little),
    ("a.ps1", "# caf\u{e9} \u{1f389}|& python main.py --use-sage-atention --lowvram", big),
    ("a.sh", "#!/bin/sh|# caf\u{e9}|python main.py --use-sage-atention --lowvram", utf8),
    ("a.py", "# caf\u{e9}|import os|os.system('python main.py --use-sage-atention')", marked),
];

#[test]
fn encoding_line_ends_and_mode_stay() {
    for (name, text, encode) in SCRIPTS {
        for (end, last, mode) in [("\n", "\n", 0o755), ("\r\n", "\r\n", 0o600), ("\r\n", "", 0o644), ("\n", "", 0o640)]
        {
            if name == "a.sh" && end == "\r\n" {
                // A carriage return there belongs to the flag.
                continue;
            }
            let project = Project::new();
            let text = text.replace('|', end) + last;
            project.write(name, encode(&text));
            fs::set_permissions(project.path(name), fs::Permissions::from_mode(mode)).unwrap();
            let (_, out, err) = project.run(&[&FIX[..], &["--isolated", name]].concat());
            assert!(out.ends_with("; 1 fixed, 0 held back\n") && err.is_empty(), "{name} {text:?}: {out}{err}");
            assert_eq!(
                fs::read(project.path(name)).unwrap(),
                encode(&text.replace(FLAGS[0], FLAGS[1])),
                "{name} {text:?}"
            );
            assert_eq!(fs::metadata(project.path(name)).unwrap().permissions().mode() & 0o7777, mode);
        }
    }
}

/// A key that its shape gives away, and one that only its name does.
fn keys() -> [String; 2] {
    [["hf_", "Qw7RtYu2PaSd9FgHj4KlZxCv6BnM8eRt"].concat(), "opaque0Zx81value77".to_owned()]
}

#[test]
fn no_mode_shows_a_key() {
    let files = [
        ("a.bat", "set HF_TOKEN=KEY\r\npython main.py --use-sage-atention\r\n"),
        ("a.sh", "export HF_TOKEN=KEY\npython main.py --use-sage-atention\n"),
        ("b.sh", "HF_TOKEN=KEY python main.py --use-sage-atention\n"),
        ("a.ps1", "$env:HF_TOKEN = 'KEY'\n& python main.py --use-sage-atention\n"),
        (
            "a.py",
            "import os, subprocess\nos.environ['HF_TOKEN'] = 'KEY'\nsubprocess.run(['python', 'main.py', '--use-sage-atention'])\n",
        ),
        (
            "b.py",
            "import os\nos.environ.setdefault(\"HF_TOKEN\", \"KEY\")\nos.system('python main.py --use-sage-atention')\n",
        ),
        ("b.bat", "setx HF_TOKEN KEY\r\npython main.py --use-sage-atention\r\n"),
        (
            "b.ps1",
            "[Environment]::SetEnvironmentVariable('HF_TOKEN', 'KEY')\nSet-Item Env:HF_TOKEN KEY\n& python main.py --use-sage-atention\n",
        ),
        (
            "Dockerfile",
            "FROM nvidia/cuda:12.8.0-runtime-ubuntu24.04\nENV HF_TOKEN=KEY\nCMD [\"python\", \"main.py\", \"--use-sage-atention\"]\n",
        ),
        (
            "compose.yml",
            "services:\n  comfy:\n    gpus: all\n    image: x\n    environment:\n      - HF_TOKEN=KEY\n    command: python main.py --use-sage-atention\n",
        ),
        ("a.service", "[Service]\nEnvironment=HF_TOKEN=KEY\nExecStart=/usr/bin/python main.py --use-sage-atention\n"),
        (
            "a.json",
            "{\n  \"1\": {\n    \"class_type\": \"EmptyHunyuanLatentVideo\",\n    \"inputs\": {\n      \"width\": 832, \"height\": 480, \"batch_size\": 1,\n      \"api_key\": \"KEY\",\n      \"length\": 32\n    }\n  }\n}\n",
        ),
        (
            "b.json",
            "{\"1\":{\"class_type\":\"EmptyHunyuanLatentVideo\",\"inputs\":{\"api_key\":\"KEY\",\"width\":832,\"height\":480,\"length\":32,\"batch_size\":1}}}",
        ),
    ];
    for (name, text) in files {
        for key in keys() {
            let project = Project::new();
            let text = text.replace("KEY", &key);
            project.write(name, &text);
            let mut shown = 0;
            for args in [
                &["--diff", "--unsafe-fixes"][..],
                &["--diff", "--add-allow"],
                &["--diff", "--fix", "--add-allow", "-o", "report.json", "--output-format", "json"],
                &["--show-fixes", "--unsafe-fixes"],
                &["--fix", "--unsafe-fixes", "--show-fixes", "--output-format", "json"],
            ] {
                project.write(name, &text);
                let (_, out, err) = project.run(&[&[name], args].concat());
                shown += out.matches("\n+++ ").count();
                let report = fs::read_to_string(project.path("report.json")).unwrap_or_default();
                assert!(![out, err, report].concat().contains(&key), "{name} {args:?}");
            }
            assert!(shown >= 2, "{name}: no diff was shown");
        }
    }
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// A project with many files to fix, and the run that fixes them.
fn many(count: usize) -> (Project, Vec<String>, Command) {
    let project = Project::new();
    let names: Vec<String> = (0..count).map(|at| format!("w{at:03}.sh")).collect();
    names.iter().for_each(|name| project.write(name, format!("python main.py {}\n", FLAGS[0])));
    let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
    command.arg("check").args(FIX).arg(".").current_dir(project.path(".")).env_clear().env("CI", "1");
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    (project, names, command)
}

fn until(mut done: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(60) {
        if done() {
            return true;
        }
    }
    false
}

/// A file that somebody writes after wanlint has read it, and before wanlint writes it.
#[test]
fn what_others_write_meanwhile_stays() {
    if !Path::new("/proc/self/stat").exists() {
        println!("skipped: whether a process rests is not known here");
        return;
    }
    for attempt in 0.. {
        let (project, names, mut command) = many(300);
        let (first, last) = (&names[0], &names[299]);
        let child = command.spawn().unwrap();
        assert!(until(|| project.read(first).contains(FLAGS[1])));
        signal(&child, "-STOP");
        let stopped = || {
            let state = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
            state.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with(['T', 'Z']))
        };
        assert!(until(stopped));
        let written = |name: &str| project.read(name).contains(FLAGS[1]);
        let in_time = !written(last)
            && !fs::read_dir(project.path(".")).unwrap().flatten().any(|entry| {
                // One that is in work may be the last.
                entry.file_name().to_string_lossy().starts_with(".wanlint-fix-") && written(&names[298])
            });
        let theirs = format!("python main.py {} # theirs\n", FLAGS[0]);
        project.write(last, &theirs);
        signal(&child, "-CONT");
        let output = child.wait_with_output().unwrap();
        if !in_time {
            assert!(attempt < 50, "the run was always done before");
            continue;
        }
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(err.contains(&format!("{last}: it was changed after it had been read")), "{err}");
        assert_eq!(project.read(last), theirs);
        assert!(names[..299].iter().all(|name| written(name)));
        return;
    }
}

/// Ctrl-C, or what ends a program as well where this test was started in the background: there Ctrl-C is ignored, by what it starts too.
fn interrupt() -> (&'static str, i32) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    if mask & 2 == 0 { ("-INT", 2) } else { ("-TERM", 15) }
}

#[test]
fn an_interrupt_leaves_whole_files() {
    let (mut broken_off, mut partly) = (0, 0);
    let (name, number) = interrupt();
    for run in 0..40 {
        let (project, names, mut command) = many(60);
        let child = command.spawn().unwrap();
        let after = run % 20 * 3;
        until(|| project.read(&names[after]).contains(FLAGS[1]));
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        broken_off += usize::from(output.status.signal() == Some(number));
        let done = names.iter().filter(|name| match project.read(name) {
            text if text == format!("python main.py {}\n", FLAGS[1]) => true,
            text => {
                assert_eq!(text, format!("python main.py {}\n", FLAGS[0]), "half a file");
                false
            }
        });
        let done = done.count();
        partly += usize::from(done > 0 && done < names.len());
        let (code, _, err) = project.run(&FIX);
        assert!(code == Some(0) && err.is_empty(), "{err}");
        let left = fs::read_dir(project.path(".")).unwrap().count();
        assert_eq!(left, names.len() + 1, "a temporary file is left");
    }
    println!("{broken_off} runs broken off, {partly} between two files");
    assert!(partly > 0, "no interrupt came between two files");
}

fn git(project: &Project, args: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.autocrlf=false"]).args(args);
    command.current_dir(project.path(".")).env_clear().env("HOME", project.path("."));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// What may be fixed is what the other commit says, and a suppression that only the change brings keeps nothing from being fixed.
#[test]
fn fixes_obey_the_configuration_that_counts() {
    let project = Project::new();
    fs::remove_dir_all(project.path(".git")).unwrap();
    if !git(&project, &["init", "-q"]) {
        println!("skipped: git is not installed");
        return;
    }
    let bad = "python main.py --use-sage-atention\n";
    let held = format!("# wanlint: allow LAUNCH001 - ours\n{bad}");
    project.write("kept.sh", &held);
    project.write("new.sh", bad);
    project.write("wanlint.toml", "[check]\nunsafe-fixes = true\n");
    assert!(git(&project, &["add", "."]) && git(&project, &["commit", "-q", "-m", "x"]));
    project.write("new.sh", &held);
    project.write("wanlint.toml", "[check]\nunfixable = [\"LAUNCH001\"]\n");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
    command.args(["check", ".", "--fix", "--config-from", "HEAD"]).current_dir(project.path("."));
    command.env_clear().env("CI", "1").env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.ends_with("; 1 fixed, 0 held back\n"), "{out}");
    assert_eq!(project.read("new.sh"), held.replace(FLAGS[0], FLAGS[1]));
    assert_eq!(project.read("kept.sh"), held);
    // Without it the change decides.
    project.write("new.sh", bad);
    project.run(&[".", "--fix"]);
    assert_eq!(project.read("new.sh"), bad);
}

#[test]
fn what_the_baseline_knows_is_not_fixed() {
    let project = Project::new();
    let bad = "python main.py --use-sage-atention\n";
    project.write("old.sh", bad);
    project.run(&[".", "--output-format", "json", "-o", "known.json"]);
    project.write("new.sh", bad);
    let (code, out, _) = project.run(&[&FIX[..], &["--baseline", "known.json", "."]].concat());
    assert!(code == Some(0) && out.ends_with("(1 suppressed); 1 fixed, 0 held back\n"), "{out}");
    assert_eq!((project.read("old.sh"), project.read("new.sh")), (bad.to_owned(), bad.replace(FLAGS[0], FLAGS[1])));
}
