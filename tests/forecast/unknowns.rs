//! What fires without a fact fires with every value that the fact can have.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const RELEASES: [&str; 9] = ["0.3.64", "0.3.70", "0.3.75", "0.3.76", "0.4.0", "0.10.0", "0.16.0", "0.23.0", "0.33.0"];

/// A folder with a start and a clip of that many frames.
fn folder(flags: &str, frames: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules/base/two-pass.api.json");
    let mut graph: Value = serde_json::from_str(&std::fs::read_to_string(base).unwrap()).unwrap();
    graph["98"]["inputs"]["length"] = frames.into();
    std::fs::write(folder.path().join("w.json"), graph.to_string()).unwrap();
    let start = format!("import subprocess\nsubprocess.run([\"python\", \"main.py\"{flags}])\n");
    std::fs::write(folder.path().join("start.py"), start).unwrap();
    folder
}

/// Codes of rules about memory that fire as warnings or errors.
fn fired(folder: &Path, args: &[&str]) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
    command.args(["check", ".", "--no-detect", "--output-format", "json", "--select", "MEM,LAUNCH,PERF"]).args(args);
    let output = command.current_dir(folder).env_clear().output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|one| one["severity"] != "info").map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_missing_fact_never_makes_a_rule_fire() {
    let all = ["--gpu", "RTX 4090", "--os", "linux", "--comfyui", "", "--torch", "2.9.1", "--vram-used", "700MiB"];
    for (flags, frames) in
        [("", 81), ("", 241), (", \"--highvram\"", 81), (", \"--reserve-vram\", \"8\"", 49), (", \"--novram\"", 33)]
    {
        let folder = folder(flags, frames);
        let without = |name: &str| -> Vec<&str> {
            all.chunks(2).filter(|pair| pair[0] != name && pair[0] != "--comfyui").flatten().copied().collect()
        };
        let known = |args: &[&str]| {
            let runs = RELEASES.iter().map(|release| fired(folder.path(), &[args, &["--comfyui", release]].concat()));
            runs.reduce(|left, right| left.intersection(&right).cloned().collect()).unwrap()
        };
        let every = known(&without(""));
        assert!(fired(folder.path(), &without("")).is_subset(&every), "the version: {flags} {frames}");
        for release in ["0.3.70", "0.33.0"] {
            let stated = ["--comfyui", release];
            let full = fired(folder.path(), &[&without("")[..], &stated].concat());
            for fact in ["--os", "--torch", "--vram-used", "--gpu"] {
                let less = fired(folder.path(), &[&without(fact)[..], &stated].concat());
                assert!(less.is_subset(&full), "{fact}: {flags} {frames} {release}: {less:?} {full:?}");
            }
        }
    }
}
