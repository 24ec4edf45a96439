//! Facts, selections and values on the command line that make no sense.

use super::{Folder, workflow};

fn launch() -> Folder {
    Folder::with("launch.bat", "@echo off\r\npython main.py --normalvram\r\n")
}

#[test]
fn cards() {
    let folder = launch();
    folder.check(&["--gpu", "foo"]).refuses(&["--gpu 'foo'", "not in the catalog", "--vram"]);
    folder.check(&["--gpu", "RTX 5091"]).refuses(&["did you mean", "RTX 5090"]);
    folder.check(&["--gpu", "4060 Ti"]).refuses(&["RTX 4060 Ti 8GB", "RTX 4060 Ti 16GB", "write one of these"]);
    folder.check(&["--gpu", ""]).refuses(&["--gpu ''"]);
    folder.check(&["--gpu", "none"]).says(0, &["no GPU known"]);
}

#[test]
fn sizes() {
    let folder = launch();
    for flag in ["--vram", "--vram-used", "--ram"] {
        folder.check(&[flag, "-3"]).refuses(&[flag, "'-3'", "between 0 and"]);
        folder.check(&[flag, "lots"]).refuses(&[flag, "'lots' is not a size", "31.8GiB"]);
        folder.check(&[flag, "1e300GiB"]).refuses(&[flag]);
        folder.check(&[flag, "nan"]).refuses(&[flag]);
    }
    folder.check(&["--vram", "0"]).refuses(&["--vram", "more than 0"]);
    folder.check(&["--vram-used", "0"]).says(0, &[]);
}

#[test]
fn versions_and_systems() {
    let folder = launch();
    folder.check(&["--comfyui", "x"]).refuses(&["--comfyui", "'x' is not a version", "0.3.70"]);
    folder.check(&["--torch", ""]).refuses(&["--torch", "not a version"]);
    folder.check(&["--os", "beos"]).refuses(&["beos", "windows", "linux"]);
}

#[test]
fn the_environment_is_held_to_the_same() {
    let folder = launch();
    for (name, value, word) in
        [("WANLINT_GPU", "foo", "'foo'"), ("WANLINT_VRAM", "-3", "'-3'"), ("WANLINT_COMFYUI", "x", "'x'")]
    {
        let output = folder.command(&["check", "--no-detect"]).env(name, value).output().unwrap();
        super::seen(&output, &[name]).refuses(&[word]);
    }
}

#[test]
fn rules_that_do_not_exist() {
    let folder = launch();
    for flag in ["--select", "--ignore"] {
        folder.check(&[flag, "LAUNHC018"]).refuses(&["'LAUNHC018'", "did you mean 'LAUNCH018'", "wanlint rule"]);
        folder.check(&[flag, "LAUNCH,needles-reserve"]).refuses(&["did you mean 'needless-reserve'"]);
        folder.check(&[flag, ""]).refuses(&["no rule is called ''"]);
        folder.check(&[flag, "é"]).refuses(&["'é'"]);
    }
    folder.run(&["rule", "FOO"]).refuses(&["'FOO'", "wanlint rule"]);
    folder.run(&["rule", "INPUT01"]).refuses(&["did you mean 'INPUT001'"]);
    folder.run(&["rule", "input001"]).says(0, &["INPUT001 broken-file", "Why", "Evidence"]);
}

#[test]
fn words_outside_a_list() {
    let folder = launch();
    folder.check(&["--fail-on", "nonsense"]).refuses(&["'nonsense'", "info, warning or error"]);
    folder.check(&["--output-format", "xml"]).refuses(&["'xml'", "full", "json"]);
    folder.check(&["--color", "red"]).refuses(&["'red'", "auto"]);
    folder.run(&["chekc"]).refuses(&["'chekc'", "check"]);
    let nothing = folder.run(&[]);
    assert_eq!((nothing.code, nothing.out.as_str()), (Some(2), ""));
    assert!(nothing.err.contains("Usage: wanlint"), "{}", nothing.err);
}

#[test]
fn what_ifs() {
    let folder = Folder::with("workflow.json", workflow("", ""));
    let vram = |args: &[&str]| folder.run(&[&["vram", "workflow.json", "--gpu", "RTX 4090"], args].concat());
    for flag in ["--width", "--height", "--frames", "--batch"] {
        vram(&[flag, "0"]).refuses(&[flag, "starts at 1"]);
        vram(&[flag, "-5"]).refuses(&[]);
        vram(&[flag, "99999999999"]).refuses(&[flag]);
        vram(&[flag, "wide"]).refuses(&[flag]);
    }
    vram(&["--cfg=-1"]).refuses(&["--cfg", "from 0"]);
    vram(&["--cfg", "nan"]).refuses(&["--cfg", "from 0"]);
    let absurd = vram(&["--frames", "1000000000"]);
    absurd.says(0, &["verdict: "]);
    assert!(!absurd.out.contains("inf") && !absurd.out.contains("NaN"), "{}", absurd.out);
}

#[test]
fn values_of_a_workflow() {
    for (from, to) in [
        ("\"width\": 832", "\"width\": 0"),
        ("\"length\": 81", "\"length\": 1000000000"),
        ("\"width\": 832", "\"width\": -1e400"),
    ] {
        let folder = Folder::with("workflow.json", workflow(from, to));
        for command in ["check", "vram"] {
            let run = folder.run(&[command, "workflow.json", "--gpu", "RTX 4090"]);
            assert!(run.code == Some(0) || run.code == Some(1), "{to}: {}", run.err);
            let odd = |word: &str| word.contains("NaN") || word.trim_matches(|c: char| !c.is_alphabetic()) == "inf";
            assert!(!run.out.split_whitespace().any(odd), "{to}: {}", run.out);
        }
        let json = folder.check(&["workflow.json", "--gpu", "RTX 4090", "--output-format", "json"]);
        assert!(serde_json::from_str::<serde_json::Value>(&json.out).is_ok(), "{to}");
    }
}
