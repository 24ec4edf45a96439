//! Mutants through whole runs: rules, forecasts and reports must bear what the readers let through.

use std::path::Path;

use serde_json::Value;
use wanlint::cli::{Streams, run};

use super::mutants::mutants;

/// Runs a command line; exit code, stdout, stderr.
fn wanlint(args: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams { out: Box::new(&mut out), err: Box::new(&mut err), terminal: false };
    let code = run(std::iter::once("wanlint").chain(args.iter().copied()).map(Into::into), &mut streams);
    drop(streams);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

#[test]
fn mutants_are_checked_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    for (seed, path, _, bytes) in mutants(16) {
        let file = folder.path().join(path.file_name().unwrap());
        std::fs::write(&file, bytes).unwrap();
        one(seed, &file);
        std::fs::remove_file(&file).unwrap();
    }
}

fn one(seed: u64, file: &Path) {
    let path = file.to_str().unwrap();
    let facts = ["--isolated", "--no-detect", "--gpu", "RTX 4090", "--os", "windows"];
    for format in ["full", "json"] {
        let (code, out, err) = wanlint(&[&["check", "--output-format", format, path], &facts[..]].concat());
        assert!(code < 2, "seed {seed} of {path}: {err}");
        assert!(printable(&out), "seed {seed} of {path}: {out:?}");
        if format == "json" {
            places(&serde_json::from_str(&out).unwrap(), &std::fs::read(file).unwrap());
        }
    }
    let (_, out, err) = wanlint(&[&["vram", path], &facts[..]].concat());
    assert!(printable(&out) && printable(&err), "seed {seed} of {path}: {out:?} {err:?}");
}

/// Nothing that a terminal would obey.
fn printable(text: &str) -> bool {
    text.chars().all(|letter| letter == '\n' || !letter.is_control())
}

/// Places of findings lie in the file and run forwards.
fn places(report: &Value, bytes: &[u8]) {
    for finding in report["findings"].as_array().unwrap() {
        let place = |end: &str, part: &str| finding[end][part].as_u64().unwrap();
        assert!(place("start", "offset") <= place("end", "offset"), "{finding}");
        assert!(place("end", "offset") <= bytes.len() as u64, "{finding}");
        let at = |end: &str| (place(end, "line"), place(end, "column"));
        assert!((1, 1) <= at("start") && at("start") <= at("end"), "{finding}");
    }
}
