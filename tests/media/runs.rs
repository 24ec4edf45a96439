//! Whole runs: what is read, what is said, and where it points.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use wanlint::cli::{Streams, run};

use super::build::{self, Texts};
use super::{PROMPT, WORKFLOW};

/// Runs a command line; exit code, stdout, stderr.
pub fn wanlint(args: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams { out: Box::new(&mut out), err: Box::new(&mut err), terminal: false };
    let code = run(std::iter::once("wanlint").chain(args.iter().copied()).map(Into::into), &mut streams);
    drop(streams);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// A folder with files.
pub struct Folder(TempDir);

impl Folder {
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, bytes)| std::fs::write(folder.path(name), bytes).unwrap());
        folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `wanlint check` on paths of the folder, with further arguments.
    pub fn check(&self, names: &[&str], args: &[&str]) -> (u8, String, String) {
        let paths: Vec<String> = names.iter().map(|name| self.path(name).display().to_string()).collect();
        let paths = paths.iter().map(String::as_str);
        let all: Vec<&str> = ["check", "--no-detect"].into_iter().chain(args.iter().copied()).chain(paths).collect();
        let (code, out, err) = wanlint(&all);
        let folder = format!("{}/", self.0.path().display()).replace('\\', "/");
        (code, out.replace(&folder, ""), err.replace(&folder, ""))
    }

    pub fn json(&self, names: &[&str], args: &[&str]) -> Value {
        serde_json::from_str(&self.check(names, &[&["--output-format", "json"], args].concat()).1).unwrap()
    }
}

pub fn png(texts: Texts) -> Vec<u8> {
    build::png(&build::chunks(b"tEXt", texts))
}

#[test]
fn findings_say_where_the_text_lies() {
    for (name, container, bytes) in build::all(&[("prompt", PROMPT), ("workflow", WORKFLOW)]) {
        let folder = Folder::new(&[(name, &bytes)]);
        // In FLAC behind an ID3 tag the reader that begins is that of the tag.
        let place = format!("{name} (prompt in {}):1:", container.title());
        let (code, out, err) = folder.check(&[name], &["--select", "WF010"]);
        assert!(code == 0 && out.contains(&format!("[{place}")), "{out}{err}");
        assert!(out.contains("\"length\": 80") && out.contains("in 1 file"), "{out}");
        let (_, out, _) = folder.check(&[name], &["--select", "WF010", "--output-format", "concise"]);
        assert!(out.starts_with(&place), "{out}");
        let report = folder.json(&[name], &["--select", "WF010"]);
        let finding = &report["findings"][0];
        assert_eq!(finding["embedded"], serde_json::json!({"container": container.name(), "key": "prompt"}), "{name}");
        assert!(finding["path"].as_str().unwrap().ends_with(name));
        let offset = |end: &str| finding[end]["offset"].as_u64().unwrap() as usize;
        assert_eq!(&PROMPT[offset("start")..offset("end")], "80", "{name}");
        let (_, out, _) = folder.check(&[name], &["--select", "WF010", "--output-format", "json-lines"]);
        let line: Value = serde_json::from_str(out.lines().next().unwrap()).unwrap();
        assert_eq!(line["embedded"]["key"], "prompt");
    }
}

#[test]
fn files_of_their_own_are_embedded_nowhere() {
    let folder = Folder::new(&[("w.json", PROMPT.as_bytes())]);
    assert_eq!(folder.json(&["w.json"], &["--select", "WF010"])["findings"][0]["embedded"], Value::Null);
}

#[test]
fn the_prompt_is_checked_before_the_workflow() {
    let sound = PROMPT.replace("80", "81");
    let folder = Folder::new(&[
        ("both.png", &png(&[("workflow", PROMPT), ("prompt", &sound)])),
        ("workflow.png", &png(&[("workflow", PROMPT)])),
        ("other.png", &png(&[("prompt", "a fox in the snow"), ("workflow", PROMPT)])),
        ("half.png", &png(&[("prompt", &PROMPT[..60]), ("workflow", PROMPT)])),
    ]);
    let keys = |name| {
        let report = folder.json(&[name], &["--select", "WF010"]);
        let list = report["findings"].as_array().unwrap().clone();
        list.iter().map(|finding| finding["embedded"]["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(keys("both.png").is_empty(), "what ran has 81 frames");
    for name in ["workflow.png", "other.png", "half.png"] {
        assert_eq!(keys(name), ["workflow"], "{name}");
    }
}

#[test]
fn files_without_a_workflow() {
    let mut lying = png(&[("prompt", PROMPT)]);
    lying[33..37].copy_from_slice(&[0x7f, 0, 0, 0]);
    let folder = Folder::new(&[
        ("none.png", &png(&[("parameters", "a fox")])),
        ("fox.png", &png(&[("prompt", "a fox")])),
        ("half.png", &png(&[("prompt", &PROMPT[..60])])),
        ("lying.png", &lying),
        ("empty.mp4", b""),
        ("pointer.mp4", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
        ("text.webm", b"not a video"),
        ("w.json", PROMPT.as_bytes()),
    ]);
    let said = [
        (
            "none.png",
            0,
            "warning",
            "INPUT004",
            "none.png holds no workflow: neither 'prompt' nor 'workflow' is in this PNG",
        ),
        ("fox.png", 0, "warning", "INPUT004", "the text 'prompt' in this PNG is none"),
        ("half.png", 1, "error", "INPUT001", "half.png (prompt in PNG):1:"),
        ("lying.png", 1, "error", "INPUT001", "lying.png, at byte 33: the chunk \"tEXt\" claims 2130706432 bytes"),
        ("empty.mp4", 0, "warning", "INPUT004", "the file is empty"),
        ("pointer.mp4", 0, "warning", "INPUT004", "git lfs pull"),
        ("text.webm", 0, "warning", "INPUT004", "does not begin like any kind of media file"),
    ];
    for (name, code, severity, rule, words) in said {
        let run = folder.check(&[name], &["--output-format", "concise"]);
        assert_eq!(run.0, code, "{name}: {}", run.1);
        assert!(run.1.contains(&format!("{severity} {rule}")) && run.1.contains(words), "{name}: {}", run.1);
    }
    // Met while walking, those that are broken are findings and those that hold nothing are not.
    let (_, out, _) = folder.check(&[""], &["--media", "--output-format", "concise", "--select", "INPUT"]);
    assert_eq!(out.matches("INPUT001").count(), 2, "{out}");
    assert!(!out.contains("INPUT004") && out.contains("in 3 files"), "{out}");
}

#[test]
fn other_files_are_refused_by_name() {
    let folder = Folder::new(&[("notes.txt", b"hello"), ("odd.bin", &png(&[("prompt", PROMPT)]))]);
    let (code, _, err) = folder.check(&["notes.txt"], &[]);
    assert!(code == 2 && err.contains("not a kind of file") && err.contains("MP4"), "{err}");
    let (code, out, _) = folder.check(&["odd.bin"], &["--select", "WF010"]);
    assert!(code == 0 && out.contains("odd.bin (prompt in PNG):1:"), "{out}");
}

#[test]
fn folders_are_searched_for_media_only_when_asked() {
    let folder = Folder::new(&[("a.PNG", &png(&[("prompt", PROMPT)])), ("launch.sh", b"python main.py\n")]);
    let shown = |args: &[&str]| folder.check(&[""], &[&["--show-files"], args].concat()).1;
    assert_eq!(shown(&[]), "launch.sh: shell script, starts ComfyUI\n");
    assert_eq!(
        shown(&["--media"]),
        "a.PNG (prompt in PNG): workflow, 1 nodes\nlaunch.sh: shell script, starts ComfyUI\n"
    );
    std::fs::write(folder.path("wanlint.toml"), "[check]\nmedia = true\n").unwrap();
    assert!(shown(&[]).contains("prompt in PNG"));
    std::fs::write(folder.path("wanlint.toml"), "[check]\nmedia = true\nexclude = [\"*.PNG\"]\n").unwrap();
    assert!(!shown(&[]).contains("PNG"));
    let alone = Folder::new(&[("a.png", &png(&[("prompt", PROMPT)]))]);
    let (code, _, err) = alone.check(&[""], &[]);
    assert!(code == 2 && err.contains("--media"), "{err}");
}

#[test]
fn frames_of_one_run_are_one_workflow() {
    let frame = png(&[("prompt", PROMPT)]);
    let other = png(&[("prompt", &PROMPT.replace("80", "79"))]);
    let video = build::mp4(b"isom", &build::udta_meta(&[("prompt", PROMPT)]), false);
    let folder = Folder::new(&[("a.png", &frame), ("b.png", &frame), ("c.mp4", &video), ("d.png", &other)]);
    let places = |names: &[&str]| {
        let (_, out, _) = folder.check(names, &["--media", "--select", "WF010", "--output-format", "concise"]);
        assert!(out.contains(&format!("in {} file", if names == [""] { 4 } else { names.len() })), "{out}");
        out.lines().filter(|line| line.contains("WF010")).map(|line| line[..5].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(places(&[""]), ["a.png", "d.png"]);
    assert_eq!(places(&["a.png", "b.png"]), ["a.png", "b.png"], "who names files is told about each");
    let (_, out, _) = folder.check(&[""], &["--media", "--show-files"]);
    let again =
        ["b.png (prompt in PNG)", "c.mp4 (prompt in MP4)"].map(|file| format!("{file}: workflow, the same as in "));
    assert!(again.iter().all(|line| out.contains(line)), "{out}");
}

#[test]
fn suppressions_in_either_text_count() {
    let meta = PROMPT
        .replace("\"inputs\"", "\"_meta\": {\"wanlint_allow\": {\"rule\": \"WF010\", \"reason\": \"r\"}}, \"inputs\"");
    let entry = r#"{"nodes": [], "extra": {"wanlint": {"allow": [{"rule": "WF010", "node": "98"}]}}}"#;
    let other = entry.replace("98", "97");
    let folder = Folder::new(&[
        ("meta.png", &png(&[("prompt", &meta)])),
        ("extra.png", &png(&[("prompt", PROMPT), ("workflow", entry)])),
        ("other.png", &png(&[("prompt", PROMPT), ("workflow", &other)])),
    ]);
    for (name, suppressed) in [("meta.png", 1), ("extra.png", 1), ("other.png", 0)] {
        let report = folder.json(&[name], &["--select", "WF010,CONF"]);
        assert_eq!(report["summary"]["suppressed"], suppressed, "{name}");
        // Of an entry in the other text nothing is said: there is no place to point at.
        assert_eq!(report["findings"].as_array().unwrap().len(), 1 - suppressed, "{name}: {report:#}");
    }
}

#[test]
fn requests_and_history_are_workflows_too() {
    let allow = r#"{"nodes": [], "extra": {"wanlint": {"allow": [{"rule": "WF010", "node": "98", "reason": "r"}]}}}"#;
    let extra = |workflow: &str| format!("{{\"extra_pnginfo\": {{\"workflow\": {workflow}}}}}");
    for (workflow, findings) in [(WORKFLOW, 1), (allow, 0)] {
        let extra = extra(workflow);
        let request = format!("{{\"client_id\": \"x\", \"prompt\": {PROMPT}, \"extra_data\": {extra}}}");
        let history =
            format!("{{\"6b1f\": {{\"prompt\": [1, \"6b1f\", {PROMPT}, {extra}, [\"98\"]], \"outputs\": {{}}}}}}");
        let folder = Folder::new(&[("request.json", request.as_bytes()), ("history.json", history.as_bytes())]);
        for name in ["request.json", "history.json"] {
            let report = folder.json(&[name], &["--select", "WF010,CONF"]);
            assert_eq!(report["findings"].as_array().unwrap().len(), findings, "{name}: {report:#}");
        }
    }
}

/// Three runs of one history: 80 frames, the same once more, 81 frames and a key in an input.
fn history() -> String {
    let third =
        PROMPT.replace("80", "81").replace("\"inputs\": {", "\"inputs\": {\"api_key\": \"sk-live-0123456789abcdef\", ");
    assert!(third.contains("api_key"), "{third}");
    let run = |id: &str, prompt: &str| format!("\"{id}\": {{\"prompt\": [1, \"{id}\", {prompt}, {{}}, [\"98\"]]}}");
    let runs =
        [run("6b1f", PROMPT), run("77aa", PROMPT), run("77bb", &third), run("8c00", &PROMPT.replace("80", "79"))];
    format!("{{{}}}", runs.join(", "))
}

#[test]
fn every_run_of_a_history_is_checked() {
    let text = history();
    let folder = Folder::new(&[("history.json", text.as_bytes())]);
    for names in [["history.json"], [""]] {
        let report = folder.json(&names, &["--select", "WF010"]);
        assert_eq!(report["summary"]["files"], 1);
        let findings = report["findings"].as_array().unwrap();
        let offset = |finding: &Value, end: &str| finding[end]["offset"].as_u64().unwrap() as usize;
        let told = findings.iter().map(|finding| {
            let run = finding["run"].as_str().unwrap();
            assert!(finding["path"].as_str().unwrap().ends_with("history.json"));
            (run, &text[offset(finding, "start")..offset(finding, "end")])
        });
        assert_eq!(told.collect::<Vec<_>>(), [("6b1f", "80"), ("8c00", "79")], "places in the file");
    }
    let (code, out, err) = folder.check(&["history.json"], &["--select", "WF010", "--output-format", "concise"]);
    assert!(code == 0 && out.starts_with("history.json:1:") && out.contains("2 warnings in 1 file"), "{out}{err}");
    assert!(!out.contains("sk-live"), "one line holds all runs: {out}");
    let (_, out, _) = folder.check(&["history.json"], &["--select", "WF010"]);
    assert!(out.contains("[history.json:1:") && !out.contains("0123456789abcdef"), "{out}");
    let (_, out, _) = folder.check(&["history.json"], &["--show-files"]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "history.json (run 6b1f): workflow, 1 nodes");
    assert_eq!(lines[1], "history.json (run 77aa): workflow, the same as in run 6b1f");
    assert_eq!(lines.len(), 4);
}

#[test]
fn one_run_of_a_history_is_converted() {
    let text = history();
    let folder = Folder::new(&[("history.json", text.as_bytes()), ("w.json", PROMPT.as_bytes())]);
    let convert = |name: &str, args: &[&str]| {
        let path = folder.path(name);
        wanlint(&[&["convert", "--isolated", path.to_str().unwrap()], args].concat())
    };
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    for (run, prompt) in [("6b1f", PROMPT.to_owned()), ("8", PROMPT.replace("80", "79"))] {
        let (code, out, err) = convert("history.json", &["--run", run]);
        assert!(code == 0 && value(&out) == value(&prompt), "{out}{err}");
    }
    for (args, words) in [
        (&[][..], "the history of 4 runs, choose one with --run: 6b1f, 77aa, 77bb, 8c00"),
        (&["--run", "77"], "'77' begins the names of 2 runs"),
        (&["--run", "9"], "no run of this history is called '9'"),
    ] {
        let (code, out, err) = convert("history.json", args);
        assert!(code == 2 && out.is_empty() && err.contains(words), "{err}");
    }
    let (code, _, err) = convert("w.json", &["--run", "6b1f"]);
    assert!(code == 2 && err.contains("--run is for a history"), "{err}");
}

#[test]
fn a_history_without_end_is_bounded() {
    let run = |at: usize| {
        format!("\"{at}\": {{\"prompt\": [1, \"{at}\", {}, {{}}, []]}}", PROMPT.replace("80", &at.to_string()))
    };
    let runs: Vec<String> = (0..3000).map(run).collect();
    let folder = Folder::new(&[("history.json", format!("{{{}}}", runs.join(",")).as_bytes())]);
    let (_, out, err) = folder.check(&["history.json"], &["--select", "INPUT", "--output-format", "concise"]);
    assert!(
        out.contains("only the first 1000 runs of this history are read") && out.contains("in 1 file"),
        "{out}{err}"
    );
}

#[test]
fn a_video_pairs_with_the_starts_beside_it_and_is_forecast() {
    let base = std::fs::read_to_string("fixtures/rules/base/two-pass.api.json").unwrap();
    let video = build::mp4(b"isom", &build::udta_meta(&[("prompt", &base)]), false);
    let folder = Folder::new(&[
        ("clip.mp4", &video),
        ("launch.sh", b"python main.py --reserve-vram 4\n"),
        ("w.json", base.as_bytes()),
    ]);
    let forecast = |name: &str| {
        let path = folder.path(name).display().to_string();
        let (code, out, err) = wanlint(&["vram", &path, "--gpu", "RTX 4090", "--no-detect", "--output-format", "json"]);
        assert_eq!(code, 0, "{err}");
        let mut value: Value = serde_json::from_str(&out).unwrap();
        assert!(value["launch"].as_str().unwrap().ends_with("launch.sh"));
        assert!(value.as_object_mut().unwrap().remove("workflow").unwrap().as_str().unwrap().ends_with(name));
        value
    };
    assert_eq!(forecast("clip.mp4"), forecast("w.json"));
}

#[test]
fn convert_takes_the_text_that_is_checked() {
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    for (name, _, bytes) in build::all(&[("prompt", PROMPT), ("workflow", WORKFLOW)]) {
        let folder = Folder::new(&[(name, &bytes)]);
        let (code, out, err) = wanlint(&["convert", folder.path(name).to_str().unwrap(), "--isolated"]);
        assert!(code == 0 && value(&out) == value(PROMPT), "{name}: {out}{err}");
    }
    let mut lying = png(&[("prompt", PROMPT)]);
    lying[33..37].copy_from_slice(&[0x7f, 0, 0, 0]);
    let folder = Folder::new(&[
        ("other.png", &png(&[("prompt", "a fox"), ("workflow", PROMPT)])),
        ("none.png", &png(&[("prompt", "a fox")])),
        ("half.png", &png(&[("prompt", &PROMPT[..60])])),
        ("lying.png", &lying),
    ]);
    let convert = |name: &str| wanlint(&["convert", folder.path(name).to_str().unwrap(), "--isolated"]);
    assert_eq!(value(&convert("other.png").1), value(PROMPT));
    for (name, words) in
        [("none.png", "'prompt' in this PNG is none"), ("half.png", "half.png:1:"), ("lying.png", "at byte 33")]
    {
        let (code, out, err) = convert(name);
        assert!(code == 2 && out.is_empty() && err.contains(words), "{name}: {err}");
    }
}

#[test]
fn standard_input_may_be_a_media_file() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wanlint"))
        .args(["check", "--no-detect", "--isolated", "-", "--stdin-filename", "x.webp", "--select", "WF010"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let bytes = build::webp(&build::tiff(&[("prompt", PROMPT)], true, b""));
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("x.webp (prompt in WebP):1:"), "{out}");
}

#[test]
fn related_places_say_in_which_text_they_lie() {
    let base = std::fs::read_to_string("fixtures/rules/base/two-pass.api.json").unwrap();
    let folder = Folder::new(&[
        ("clip.png", &png(&[("prompt", &base)])),
        ("launch.bat", b"python main.py --reserve-vram 4\r\n"),
    ]);
    let facts = ["--gpu", "RTX 5090", "--os", "windows", "--comfyui", "0.3.70", "--media", "--select", "LAUNCH018,MEM"];
    let report = folder.json(&[""], &facts);
    let related =
        report["findings"].as_array().unwrap().iter().flat_map(|finding| finding["related"].as_array().unwrap());
    let inside: Vec<_> = related.filter(|place| place["path"].as_str().unwrap().ends_with("clip.png")).collect();
    assert!(!inside.is_empty() && inside.iter().all(|place| place["embedded"]["key"] == "prompt"), "{report:#}");
}
