//! What is checked, what is shown and what is allowed: whole runs of the binary in small folders.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may stop the process")]

#[path = "selection/completions.rs"]
mod completions;
#[path = "selection/config_from.rs"]
mod config_from;
#[path = "selection/doctor.rs"]
mod doctor;
#[path = "selection/hooks.rs"]
mod hooks;
#[path = "selection/init.rs"]
mod init;
#[path = "selection/listed.rs"]
mod listed;
#[path = "selection/partners.rs"]
mod partners;
#[path = "selection/release.rs"]
mod release;
#[path = "selection/settings.rs"]
mod settings;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder with files, removed at the end.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| folder.write(name, text));
        folder
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        self.run_with(args, "")
    }

    /// Exit code and both streams together.
    fn run_with(&self, args: &[&str], stdin: &str) -> (Option<i32>, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wanlint"))
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .env("CI", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code(), text)
    }
}

const TYPO: &str = "python main.py --use-sage-atention\n";

#[test]
fn one_line_for_each_finding() {
    let folder = Folder::new(&[("a.sh", TYPO), ("b/c.sh", "python main.py --highvram --lowvram\n")]);
    let (code, text) = folder.run(&["check", "--output-format", "concise", "-q"]);
    assert_eq!(code, Some(1));
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("a.sh:1:16: error LAUNCH001 --use-sage-atention "), "{text}");
    assert!(lines[1].starts_with("b/c.sh:1:27: error LAUNCH004 "), "{text}");
    let (_, text) = folder.run(&["check", "--output-format", "json-lines"]);
    let codes: Vec<String> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["code"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(codes, ["LAUNCH001", "LAUNCH004"]);
    let (code, text) = folder.run(&["check", "--statistics", "--exit-zero"]);
    assert_eq!(code, Some(0));
    assert!(text.starts_with("    1 LAUNCH001 unknown-flag\n    1 LAUNCH004 exclusive-flags\n"), "{text}");
}

#[test]
fn excluded_files_are_not_read() {
    let folder = Folder::new(&[("a.sh", TYPO), ("old/b.sh", TYPO)]);
    let (_, text) = folder.run(&["check", "--exclude", "old/", "--show-files"]);
    assert_eq!(text, "a.sh: shell script, starts ComfyUI\n");
    folder.write("wanlint.toml", "[check]\nexclude = ['a.sh']\n");
    let (_, text) = folder.run(&["check", "--show-files"]);
    assert!(text.starts_with("old/b.sh: shell script, starts ComfyUI\n"), "{text}");
    let (code, text) = folder.run(&["check", "--exclude", "*.sh"]);
    assert_eq!(code, Some(2), "{text}");
}

#[test]
fn standard_input_has_a_name() {
    let folder = Folder::new(&[]);
    let (code, text) = folder.run_with(&["check", "-", "--stdin-filename", "x.sh", "--output-format", "concise"], TYPO);
    assert_eq!(code, Some(1));
    assert!(text.starts_with("x.sh:1:16: error LAUNCH001"), "{text}");
    assert_eq!(folder.run(&["check", "-"]).0, Some(2));
    assert_eq!(folder.run(&["check", "-", "a.sh"]).0, Some(2));
    assert_eq!(folder.run(&["check", "-", "--stdin-filename", "x.txt"]).0, Some(2));
}

#[test]
fn allowed_findings_are_counted_not_shown() {
    let folder = Folder::new(&[("a.sh", &format!("# wanlint: allow unknown-flag - our fork has it\n{TYPO}"))]);
    let (code, text) = folder.run(&["check", "--output-format", "concise"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("no findings in 1 file (1 suppressed)"), "{text}");
    folder.write("wanlint.toml", "[[allow]]\nrule = 'LAUNCH001'\npath = 'b*.sh'\nreason = 'ours'\n");
    folder.write("b1.sh", TYPO);
    let (code, text) = folder.run(&["check", "--output-format", "concise"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("(2 suppressed)"), "{text}");
    std::fs::remove_file(folder.0.path().join("b1.sh")).unwrap();
    let (_, text) = folder.run(&["check", "--output-format", "concise"]);
    assert!(text.contains("wanlint.toml:1:1: info CONF002 LAUNCH001 is allowed here"), "{text}");
    let (_, text) = folder.run(&["check", "a.sh", "--output-format", "concise"]);
    assert!(!text.contains("CONF002"), "an entry about files that were not checked is not judged: {text}");
}

#[test]
fn nodes_allow_their_findings() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules/base/two-pass.api.json");
    let mut graph: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(base).unwrap()).unwrap();
    graph["98"]["inputs"]["length"] = 80.into();
    let folder = Folder::new(&[("w.json", &graph.to_string())]);
    assert!(folder.run(&["check"]).1.contains("WF010"));
    graph["98"]["_meta"]["wanlint_allow"] = serde_json::json!([{"rule": "frames-not-4n1", "reason": "wanted"}]);
    folder.write("w.json", &graph.to_string());
    let (code, text) = folder.run(&["check"]);
    assert!(code == Some(0) && text.contains("(1 suppressed)") && !text.contains("WF010"), "{text}");
}

#[test]
fn a_baseline_holds_what_is_known() {
    let folder = Folder::new(&[("a.sh", TYPO), ("b.sh", TYPO)]);
    let (_, report) = folder.run(&["check", "--output-format", "json"]);
    folder.write("known.txt", &report);
    let (code, text) = folder.run(&["check", "--baseline", "known.txt"]);
    assert!(code == Some(0) && text.contains("(2 suppressed)"), "{text}");
    folder.write("a.sh", &format!("\n\n{TYPO}{TYPO}"));
    folder.write("b.sh", "python main.py\n");
    let (code, text) = folder.run(&["check", "--baseline", "known.txt"]);
    assert!(code == Some(1) && text.contains("1 error in 2 files (1 suppressed); 1 entry of the baseline"), "{text}");
    folder.write("known.txt", "{}");
    assert_eq!(folder.run(&["check", "--baseline", "known.txt"]).0, Some(2));
    assert_eq!(folder.run(&["check", "--baseline", "missing.txt"]).0, Some(2));
}

#[test]
fn every_fact_has_a_source() {
    let folder = Folder::new(&[(
        "launch.bat",
        "set CUDA_VISIBLE_DEVICES=1\r\nset A=--port 8188\r\npython ComfyUI\\main.py %A% --lowvram %*\r\n",
    )]);
    insta::assert_snapshot!(folder.run(&["check", "--show-facts", "--gpu", "RTX 5090", "--comfyui", "0.3.70"]).1);
}

#[test]
fn the_checkout_beside_a_script_states_the_version() {
    let folder = Folder::new(&[
        ("ComfyUI/comfyui_version.py", "__version__ = \"0.22.0\"\n"),
        ("launch.sh", "python ComfyUI/main.py --normalvram\n"),
    ]);
    let (code, text) = folder.run(&["check", "--output-format", "concise"]);
    assert!(code == Some(1) && text.contains("error LAUNCH002 ComfyUI 0.22.0 refuses"), "{text}");
    let (_, text) = folder.run(&["check", "--output-format", "concise", "--comfyui", "0.3.70"]);
    assert!(text.contains("info LAUNCH052"), "a stated version wins: {text}");
    let (_, text) = folder.run(&["check", "--show-facts"]);
    assert!(text.contains("comfyui = 0.22.0  (inferred: ComfyUI/comfyui_version.py)"), "{text}");
}

#[test]
fn a_start_on_some_paths_says_when() {
    let script = "if [ \"$1\" = low ]; then\n  python main.py --lowvram --highvram\nfi\n";
    let folder = Folder::new(&[("a.sh", script)]);
    let (_, text) = folder.run(&["check", "--output-format", "concise"]);
    assert!(text.contains("LAUNCH004 when [ \"$1\" = low ]: --lowvram and --highvram"), "{text}");
}

#[test]
fn rules_about_pairs_say_on_which_paths_both_are() {
    let batch =
        "set A=\r\nif \"%1\"==\"x\" set A=--highvram\r\nif exist y set B=--lowvram\r\npython main.py %A% %B%\r\n";
    let shell = "case $1 in a) A=--lowvram;; b) A=--highvram;; esac\nif [ $Q ]; then export PYTORCH_CUDA_ALLOC_CONF=x; fi\n\
        python main.py $A\n";
    let python = "import os, subprocess\nif debug:\n    os.environ['CUDA_LAUNCH_BLOCKING'] = '1'\n\
        subprocess.run(['python', 'main.py'])\n";
    let power =
        "$f = @()\nif ($a) { $f += '--novram' }\nif ($b) { $f += '--cpu' }\npython main.py @f --listen 0.0.0.0\n";
    let folder = Folder::new(&[("a.bat", batch), ("b.sh", shell), ("c.py", python), ("d.ps1", power)]);
    let (_, text) = folder.run(&["check", "--output-format", "concise"]);
    for wanted in [
        "a.bat:3:18: error LAUNCH004 when \"%1\"==\"x\" and exist y: --highvram and --lowvram",
        "b.sh:2:17: error ENV012 when [ $Q ]: ",
        "c.py:3:5: warning ENV015 when debug: ",
        "d.ps1:3:17: error LAUNCH004 when $a and $b: --novram and --cpu",
        "d.ps1:4:19: error SEC001 ",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert_eq!(text.matches("LAUNCH004").count(), 2, "the items of a case never meet: {text}");
}

#[test]
fn a_target_names_the_paths_of_its_starts() {
    let script = "A=\nif [ -n \"$Q\" ]; then A=--reserve-vram=9; fi\npython main.py $A\n";
    let workflow = format!("{}/tests/workflow/small.api.json", env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::new(&[("a.sh", script), ("w.json", &std::fs::read_to_string(workflow).unwrap())]);
    let (_, text) = folder.run(&["check", "--show-facts"]);
    assert!(text.contains("target = w.json on a.sh (unless [ -n \"$Q\" ])"), "{text}");
    assert!(text.contains("target = w.json on a.sh (when [ -n \"$Q\" ])"), "{text}");
    let (_, text) = folder.run(&["check", "--show-files"]);
    assert!(text.contains("a.sh: shell script, starts ComfyUI\n"), "{text}");
}

#[test]
fn what_a_loop_adds_is_only_possible() {
    let script = "A=()\nfor x in 1 2; do A+=(--use-sage-atention); done\npython main.py \"${A[@]}\"\n";
    let folder = Folder::new(&[("a.sh", script)]);
    let (_, text) = folder.run(&["check", "--output-format", "concise"]);
    assert!(text.contains("LAUNCH001 when the script comes here: --use-sage-atention"), "{text}");
}
