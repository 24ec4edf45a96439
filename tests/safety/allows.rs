//! `--add-allow` on disk: what is still found is allowed where it is read again, and no other byte changes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const REASON: &str = "left as it is by --add-allow, not looked into yet";

/// A project: a folder that git would take for the root of a repository.
pub(super) struct Project(TempDir);

impl Project {
    pub(super) fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write(".git/HEAD", "ref: refs/heads/main\n");
        project
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        String::from_utf8(fs::read(self.path(name)).unwrap()).unwrap()
    }

    pub(super) fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
        command.arg("check").args(args).current_dir(self.0.path()).env_clear().env("CI", "1");
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    /// The last line of a check that finds nothing, not even a suppression without use or reason.
    fn is_silent(&self, path: &str) -> String {
        let (code, out, err) = self.run(&[path, "--extend-select", "CONF003", "--fail-on", "info"]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
        out.lines().last().unwrap().to_owned()
    }
}

/// A script, and what it is with its suppressions: `{CODES}` stands for the text of a comment.
const SCRIPTS: [(&str, &str, &str); 9] = [
    (
        "launch.bat",
        "@echo off\r\nif exist x (\r\n  python main.py ^\r\n    --use-sage-atention ^\r\n    --listen 0.0.0.0\r\n)\r\n",
        "@echo off\r\nif exist x (\r\n  REM {LAUNCH001, SEC001}\r\n  python main.py ^\r\n    --use-sage-atention ^\r\n    --listen 0.0.0.0\r\n)\r\n",
    ),
    ("loud.cmd", "python main.py --use-sage-atention", "@REM {LAUNCH001}\npython main.py --use-sage-atention"),
    (
        "launch.sh",
        "#!/bin/sh\nX=1 \\\npython main.py \\\n  --listen 0.0.0.0 \\\n  --use-sage-atention\n",
        "#!/bin/sh\n# {SEC001, LAUNCH001}\nX=1 \\\npython main.py \\\n  --listen 0.0.0.0 \\\n  --use-sage-atention\n",
    ),
    (
        "launch.ps1",
        "$text = @\"\n\"@\n& python main.py `\n  --use-sage-atention\n",
        "$text = @\"\n\"@\n# {LAUNCH001}\n& python main.py `\n  --use-sage-atention\n",
    ),
    (
        "start.py",
        "import subprocess\nif True:\n\tsubprocess.run([\n\t\t'python', 'main.py', '--use-sage-atention',\n\t])\n",
        "import subprocess\nif True:\n\t# {LAUNCH001}\n\tsubprocess.run([\n\t\t'python', 'main.py', '--use-sage-atention',\n\t])\n",
    ),
    (
        "Dockerfile",
        "# syntax=docker/dockerfile:1\nFROM nvidia/cuda:12.8.0-runtime-ubuntu24.04\nCMD [\"python\", \"main.py\", \\\n  \"--use-sage-atention\"]\n",
        "# syntax=docker/dockerfile:1\nFROM nvidia/cuda:12.8.0-runtime-ubuntu24.04\n# {LAUNCH001}\nCMD [\"python\", \"main.py\", \\\n  \"--use-sage-atention\"]\n",
    ),
    (
        "compose.yml",
        "services:\n  comfy:\n    image: comfy\n    command: >\n      python main.py\n      --use-sage-atention\n",
        "services:\n  # {ENV027}\n  comfy:\n    image: comfy\n    # {LAUNCH001}\n    command: >\n      python main.py\n      --use-sage-atention\n",
    ),
    (
        "compose.list.yml",
        "services:\n  comfy:\n    gpus: all\n    image: comfy\n    command:\n      - python\n      - main.py\n      - --use-sage-atention\n",
        "services:\n  comfy:\n    gpus: all\n    image: comfy\n    # {LAUNCH001}\n    command:\n      - python\n      - main.py\n      - --use-sage-atention\n",
    ),
    (
        "comfy.service",
        "[Service]\nExecStart=/usr/bin/python main.py \\\n  --use-sage-atention\n",
        "[Service]\n# {LAUNCH001}\nExecStart=/usr/bin/python main.py \\\n  --use-sage-atention\n",
    ),
];

#[test]
fn a_comment_stands_above_the_command() {
    for (name, text, wanted) in SCRIPTS {
        let project = Project::new();
        project.write(name, text);
        let (_, diff, _) = project.run(&[name, "--add-allow", "--diff"]);
        assert!(diff.starts_with("diff --git") && project.read(name) == text, "{name}: {diff}");
        let (code, out, err) = project.run(&[name, "--add-allow"]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{name}: {out}");
        let wanted = wanted.replace('{', "wanlint: allow ").replace('}', &format!(" - {REASON}"));
        assert_eq!(project.read(name), wanted, "{name}: {out}");
        let count = wanted.matches("wanlint: allow").count() + wanted.matches("1, ").count();
        assert!(
            out.ends_with(&format!("no findings in 1 file ({count} suppressed); {count} allowed\n")),
            "{name}: {out}"
        );
        assert!(project.is_silent(name).ends_with(&format!("({count} suppressed)")));
        // Nothing is left to do.
        let (_, out, _) = project.run(&[name, "--add-allow"]);
        assert!(out.ends_with("; 0 allowed\n") && project.read(name) == wanted, "{name}: {out}");
    }
}

#[test]
fn a_file_of_variables_gets_comments() {
    let project = Project::new();
    project.write("comfy.env", "# shared\nA=1\nexport HF_HOME=/data/hf\n");
    project.write(
        "launch.sh",
        "docker run --gpus all --env-file comfy.env -p 127.0.0.1:8188:8188 example/comfyui:cu128\n",
    );
    let (code, out, err) = project.run(&[".", "--add-allow=ours"]);
    assert!(code == Some(0) && err.is_empty(), "{out}{err}");
    let wanted = "# shared\nA=1\n# wanlint: allow ENV008 - ours\nexport HF_HOME=/data/hf\n";
    assert_eq!(project.read("comfy.env"), wanted, "{out}");
    project.is_silent(".");
}

#[test]
fn a_reason_that_a_comment_cannot_hold_goes_elsewhere() {
    let project = Project::new();
    project.write("a.bat", "python main.py --use-sage-atention\r\n");
    // A comment inside would become a part of the file that is written.
    let writes = "cat > run.sh <<EOF\npython main.py --use-sage-atention\nEOF\nsh run.sh\n";
    project.write("b/writes.sh", writes);
    let (_, out, _) = project.run(&["b", "--add-allow", "--show-fixes"]);
    assert!(out.contains("allowed b/writes.sh:2 LAUNCH001: in wanlint.toml"), "{out}");
    assert_eq!(project.read("b/writes.sh"), writes);
    let (_, out, _) = project.run(&["a.bat", "--add-allow=100% ours", "--show-fixes"]);
    assert!(out.contains("allowed a.bat:1 LAUNCH001: in wanlint.toml"), "{out}");
    assert_eq!(project.read("a.bat"), "python main.py --use-sage-atention\r\n");
    project.is_silent("a.bat");
    let (code, _, err) = project.run(&["a.bat", "--add-allow=two\nlines"]);
    assert!(code == Some(2) && err.contains("one line"), "{err}");
}

fn prompt() -> Value {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules/base/t2v.api.json");
    let mut prompt: Value = serde_json::from_str(&fs::read_to_string(base).unwrap()).unwrap();
    prompt["40"]["inputs"]["length"] = 32.into();
    prompt["3"]["inputs"]["denoise"] = 0.into();
    prompt
}

fn saved() -> Value {
    let base = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/rtx5090/user/default/workflows/video_wan2_2_14B_i2v_no_sage_test.json");
    let mut saved: Value = serde_json::from_str(&fs::read_to_string(base).unwrap()).unwrap();
    let nodes = saved["nodes"].as_array_mut().unwrap();
    let node = nodes.iter_mut().find(|node| node["id"] == 98).unwrap();
    node["widgets_values"] = serde_json::json!([833, 1216, 80, 1]);
    saved
}

/// The workflow without its suppressions.
fn without(mut workflow: Value) -> Value {
    let in_node = |node: &mut Value| {
        let meta = node.get_mut("_meta").and_then(Value::as_object_mut);
        let empty = meta.is_some_and(|meta| meta.remove("wanlint_allow").is_some() && meta.is_empty());
        if empty {
            node.as_object_mut().unwrap().remove("_meta");
        }
    };
    if workflow.get("nodes").is_none() {
        workflow.as_object_mut().unwrap().values_mut().for_each(in_node);
        return workflow;
    }
    let Some(extra) = workflow.get_mut("extra").and_then(Value::as_object_mut) else { return workflow };
    extra.remove("wanlint");
    if extra.is_empty() {
        workflow.as_object_mut().unwrap().remove("extra");
    }
    workflow
}

/// True when the new text is the old one with something put in between.
fn only_more(old: &str, new: &str) -> bool {
    let mut rest = new.bytes();
    new.len() > old.len() && old.bytes().all(|byte| rest.any(|other| other == byte))
}

#[test]
fn a_workflow_keeps_every_other_byte() {
    let mut bare = saved();
    bare.as_object_mut().unwrap().remove("extra");
    let mut noted = prompt();
    noted["40"]["_meta"] = serde_json::json!({"wanlint_allow": ["WF999"]});
    noted["3"].as_object_mut().unwrap().remove("_meta");
    let mut listed = saved();
    listed["extra"] = serde_json::json!({"wanlint": {"allow": []}});
    for workflow in [prompt(), noted, saved(), bare, listed] {
        let wide = format!("{workflow:#}\n");
        let texts = [
            workflow.to_string(),
            wide.replace("  ", "\t"),
            wide.replace('\n', "\r\n"),
            workflow.to_string().replace("\":", "\": ").replace(",\"", ", \""),
            wide,
        ];
        for text in texts {
            let project = Project::new();
            project.write("w.json", &text);
            let (code, out, err) = project.run(&["w.json", "--add-allow=known", "--ignore", "CONF"]);
            assert!(code == Some(0) && err.is_empty() && !out.contains(" 0 allowed"), "{out}{err}");
            let new = project.read("w.json");
            assert!(only_more(&text, &new), "{out}");
            assert_eq!(new.matches('\r').count(), if text.contains('\r') { new.matches('\n').count() } else { 0 });
            assert_eq!(new.contains('\n'), text.contains('\n'));
            let [before, after] = [&text, &new].map(|text| without(serde_json::from_str(text).unwrap()));
            assert_eq!(before, after);
            let (_, out, _) = project.run(&["w.json", "--add-allow", "--ignore", "CONF"]);
            assert!(out.ends_with("; 0 allowed\n") && project.read("w.json") == new, "{out}");
            assert!(!project.path("wanlint.toml").exists());
        }
    }
}

#[test]
fn a_saved_workflow_names_rule_and_node() {
    let project = Project::new();
    project.write("w.json", format!("{:#}", saved()));
    project.run(&["w.json", "--add-allow=known"]);
    let new: Value = serde_json::from_str(&project.read("w.json")).unwrap();
    let list = new["extra"]["wanlint"]["allow"].as_array().unwrap();
    let entry = serde_json::json!({"rule": "WF011", "node": "98", "reason": "known"});
    assert!(list.contains(&entry), "{list:?}");
    project.is_silent("w.json");
}

/// Findings in files that hold no suppression of their own.
fn others() -> Project {
    let project = Project::new();
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/settings");
    for name in ["settings.json", "Backends.fds", "comfy.settings.json", "config.ini", "launch.json"] {
        project.write(&format!("in [x]/a b/{name}"), fs::read(settings.join(name)).unwrap());
    }
    let runs =
        serde_json::json!({"a": {"prompt": [1, "a", prompt(), {}, []]}, "b": {"prompt": [2, "b", prompt(), {}, []]}});
    project.write("history.json", runs.to_string());
    project.write("broken.json", "{\"nodes\": [ , \"last_node_id\": 3}");
    project
}

#[test]
fn other_files_are_allowed_in_the_configuration() {
    let ours = "# ours\r\n[check]\r\nignore = [\"WF999\"] # none\r\n".replace("WF999", "ENV015");
    for (folder, old) in
        [(".", Some(ours.as_str())), (".", None), ("in [x]", None), ("in [x]/a b", Some(ours.as_str()))]
    {
        let project = others();
        old.into_iter().for_each(|old| project.write("wanlint.toml", old));
        let before: Vec<String> = ["history.json", "broken.json"].map(|name| project.read(name)).to_vec();
        let (code, out, err) = project.run(&[folder, "--add-allow", "--show-fixes"]);
        assert!(code == Some(0) && err.is_empty() && out.contains(": in wanlint.toml\n"), "{out}{err}");
        let new = project.read("wanlint.toml");
        assert!(new.starts_with(old.unwrap_or_default()) && new.contains(&format!("reason = \"{REASON}\"")), "{new}");
        assert_eq!(new.matches('\r').count(), if old.is_some() { new.matches('\n').count() } else { 0 });
        assert_eq!(["history.json", "broken.json"].map(|name| project.read(name)).to_vec(), before);
        project.is_silent(folder);
        let (_, out, _) = project.run(&[folder, "--add-allow"]);
        assert!(out.ends_with("; 0 allowed\n") && project.read("wanlint.toml") == new, "{out}");
    }
}

#[test]
fn git_applies_what_is_shown() {
    if Command::new("git").arg("--version").output().is_err() {
        println!("skipped: git is not installed");
        return;
    }
    let project = others();
    project.write("launch.sh", SCRIPTS[2].1);
    project.write("w.json", prompt().to_string());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "core.autocrlf=false"]).args(args).current_dir(project.0.path()).env_clear();
        command.env("HOME", project.0.path()).env("PATH", &path).stderr(Stdio::null()).status().unwrap().success()
    };
    fs::remove_dir_all(project.path(".git")).unwrap();
    assert!(git(&["init", "-q"]));
    let (_, diff, err) = project.run(&[".", "--add-allow", "--diff"]);
    assert!(
        err.ends_with(" would be allowed\n")
            && diff.contains("new file mode 100644\n--- /dev/null\n+++ b/wanlint.toml"),
        "{diff}{err}"
    );
    let patch = project.path(".git/allow.patch");
    fs::write(&patch, &diff).unwrap();
    let names = ["launch.sh", "w.json", "wanlint.toml"];
    assert!(!project.path("wanlint.toml").exists());
    assert!(git(&["apply", ".git/allow.patch"]), "{diff}");
    let by_git = names.map(|name| project.read(name));
    assert!(git(&["apply", "-R", ".git/allow.patch"]));
    project.run(&[".", "--add-allow"]);
    assert_eq!(names.map(|name| project.read(name)), by_git);
}

#[test]
fn what_cannot_be_allowed_is_named() {
    let project = Project::new();
    let text = "python main.py --use-sage-atention\n";
    project.write("locked.sh", text);
    fs::set_permissions(project.path("locked.sh"), fs::Permissions::from_mode(0o444)).unwrap();
    project.write("open.sh", text);
    let (code, out, err) = project.run(&[".", "--add-allow"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("locked.sh is not written: it is read-only"), "{err}");
    assert!(out.contains("(1 suppressed)") && out.ends_with("; 1 allowed, 1 not\n"), "{out}");
    assert_eq!(project.read("locked.sh"), text);
    assert!(!project.path("wanlint.toml").exists());

    let project = Project::new();
    project.write("open.sh", "# wanlint: allow LAUNCH018 - for the game\npython main.py\n");
    let before = project.read("open.sh");
    let (code, out, err) = project.run(&["open.sh", "--add-allow", "--fail-on", "info"]);
    assert!(code == Some(1) && err.contains("not allowed open.sh:1 CONF002: it is about a suppression"), "{out}{err}");
    assert_eq!(project.read("open.sh"), before);

    let project = Project::new();
    project.write("open.sh", text);
    std::os::unix::fs::symlink("/nowhere", project.path("wanlint.toml")).unwrap();
    let (code, _, err) = project.run(&["open.sh", "--add-allow=ends in a caret ^"]);
    assert!(code == Some(1) && err.contains("wanlint.toml is there and is not read"), "{err}");
    assert_eq!(project.read("open.sh"), text);
}

#[test]
fn where_it_would_not_be_read_it_is_refused() {
    let project = Project::new();
    project.write("open.sh", "python main.py --use-sage-atention\n");
    let (code, _, err) = project.run(&["--add-allow", "--isolated"]);
    assert!(code == Some(2) && err.contains("--isolated: what it writes would have no effect"), "{err}");
    let (code, _, err) = project.run(&["--add-allow", "--unsafe-fixes"]);
    assert!(code == Some(2) && err.contains("add --fix"), "{err}");
    let (code, out, _) = project.run(&["--fix", "--add-allow", "--unfixable", "LAUNCH"]);
    assert!(code == Some(0) && out.ends_with("; 0 fixed, 0 held back; 1 allowed\n"), "{out}");
}

#[test]
fn standard_input_comes_back_with_comments() {
    let project = Project::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
    command.args(["check", "-", "--stdin-filename", "launch.sh", "--add-allow=ours"]).current_dir(project.0.path());
    command.env_clear().env("CI", "1").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"python main.py --use-sage-atention\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let wanted = "# wanlint: allow LAUNCH001 - ours\npython main.py --use-sage-atention\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), wanted);
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("(1 suppressed); 1 allowed\n"));
}

/// Whatever the official templates are found guilty of can be allowed, and nothing else about them changes.
#[test]
fn official_templates_take_suppressions() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/templates");
    let mut folders = vec![templates];
    let project = Project::new();
    let mut old = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            match path.is_dir() {
                true => folders.push(path),
                false if name.contains("wan") && name.ends_with(".json") && old.len() < 40 => {
                    let text = fs::read_to_string(&path).unwrap();
                    project.write(&name, &text);
                    old.push((name, text));
                }
                false => {}
            }
        }
    }
    if old.is_empty() {
        println!("skipped: the templates are not here");
        return;
    }
    let facts = ["--gpu", "RTX 3060", "--comfyui", "0.3.60", "--os", "windows"];
    let all = |more: &[&str]| project.run(&[&["."], &facts[..], more].concat());
    let (_, out, _) = all(&[]);
    let (code, allowed, err) = all(&["--add-allow"]);
    assert!(code == Some(0) && err.is_empty() && allowed.contains("no findings in "), "{out}{allowed}{err}");
    let mut changed = 0;
    for (name, text) in &old {
        let new = project.read(name);
        let values = [text, &new].map(|text| serde_json::from_str::<Value>(text).unwrap());
        if new != *text {
            changed += 1;
            assert!(only_more(text, &new) && without(values[0].clone()) == without(values[1].clone()), "{name}");
        }
    }
    println!("{changed} of {} templates got suppressions", old.len());
    assert!(changed > 5 && !project.path("wanlint.toml").exists(), "{changed}");
    let (code, out, _) = all(&["--fail-on", "info"]);
    assert!(code == Some(0), "{out}");
}

#[test]
fn what_a_fix_leaves_is_allowed() {
    let project = Project::new();
    project.write("a.sh", "python main.py --use-sage-atention --listen 0.0.0.0\n");
    let (code, out, err) =
        project.run(&["a.sh", "--fix", "--unsafe-fixes", "--fixable", "LAUNCH001", "--add-allow=ours"]);
    assert!(code == Some(0) && err.is_empty() && out.ends_with("; 1 fixed, 0 held back; 1 allowed\n"), "{out}{err}");
    let wanted = "# wanlint: allow SEC001 - ours\npython main.py --use-sage-attention --listen 0.0.0.0\n";
    assert_eq!(project.read("a.sh"), wanted);
}

#[test]
fn a_report_counts_what_is_allowed() {
    let project = Project::new();
    project.write("a.sh", "python main.py --use-sage-atention\n");
    project.write("b.sh", "# wanlint: allow LAUNCH018 - for the game\npython main.py\n");
    let report = |args: &[&str]| {
        let (_, out, _) = project.run(&[&[".", "--output-format", "json"], args].concat());
        serde_json::from_str::<Value>(&out).unwrap()
    };
    let made = report(&["--add-allow"]);
    let counts = ["allowed", "not_allowed", "suppressed"].map(|key| made["summary"][key].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 1]);
    assert_eq!(made["allows"][0]["code"], "LAUNCH001");
    assert!(made["allows"][0]["applied"] == true && made["allows"][1]["applied"] == false, "{}", made["allows"]);
    assert!(report(&[])["summary"].get("allowed").is_none());
}
