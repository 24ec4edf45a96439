//! `wanlint run --dry-run`: what would be sent, and what would stop it.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use super::{KEPT, WORKFLOW, stdout, wanlint};

const BASE: &str = "fixtures/rules/base/two-pass.api.json";

fn dry(workflow: &str, args: &[&str]) -> Output {
    wanlint(&[&["run", workflow, "--dry-run", "--output-format", "json"], args].concat())
}

fn report(output: &Output) -> Value {
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn codes(report: &Value) -> Vec<String> {
    let findings = report["check"]["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn without_values_the_prompt_is_that_of_convert() {
    let output = dry(WORKFLOW, &["--launch", KEPT]);
    let report = report(&output);
    let converted: Value = serde_json::from_str(&stdout(&["convert", WORKFLOW])).unwrap();
    assert_eq!(report["prompt"]["json"], converted);
    assert_eq!((report["prompt"]["nodes"].as_u64(), output.status.code()), (Some(17), Some(0)));
    assert_eq!(report["prompt"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!((&report["changes"], &report["stopped"]), (&json!([]), &json!([])));
    // The launch was named, so it gets findings as well.
    assert!(codes(&report).contains(&"LAUNCH018".to_owned()));
}

#[test]
fn every_value_goes_to_its_node() {
    let args = [
        ["--prompt", "a \"cat\""],
        ["--negative", ""],
        ["--seed", "18446744073709551615"],
        ["--width", "640"],
        ["--height", "480"],
        ["--frames", "49"],
        ["--batch", "2"],
        ["--fps", "24"],
        ["--cfg", "1.5"],
        ["--set", "WanImageToVideo.start_image=x"],
    ];
    let refused = dry(WORKFLOW, &args.concat());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("start_image"));
    let output = dry(
        WORKFLOW,
        &[&args[..9].concat()[..], &["--set", "86.scheduler=beta", "--set", "VAELoader.vae_name=a=b.c"]].concat(),
    );
    let report = report(&output);
    let inputs = |node: &str, input: &str| report["prompt"]["json"][node]["inputs"][input].clone();
    let expected = [
        ("93", "text", json!("a \"cat\"")),
        ("89", "text", json!("")),
        ("86", "noise_seed", json!(u64::MAX)),
        ("98", "width", json!(640)),
        ("98", "height", json!(480)),
        ("98", "length", json!(49)),
        ("98", "batch_size", json!(2)),
        ("94", "fps", json!(24)),
        ("85", "cfg", json!(1.5)),
        ("86", "cfg", json!(1.5)),
        ("86", "scheduler", json!("beta")),
        ("90", "vae_name", json!("a=b.c")),
    ];
    for (node, input, value) in &expected {
        assert_eq!(inputs(node, input), *value, "{node}.{input}");
        let changes = report["changes"].as_array().unwrap();
        let told = changes.iter().find(|change| change["node"] == *node && change["input"] == *input).unwrap();
        assert_eq!(told["after"], *value);
    }
    // A sampler that adds no noise keeps its seed, and nothing else moves.
    assert_eq!(inputs("85", "noise_seed"), json!(0));
    assert_eq!(report["changes"].as_array().unwrap().len(), expected.len());
}

#[test]
fn what_has_no_place_is_refused_with_the_places() {
    for (args, words) in [
        (&["--set", "98.lenth=3"][..], &["no input 'lenth'", "length"][..]),
        (&["--set", "KSamplerAdvanced.cfg=1"], &["2 nodes", "85, 86"]),
        (&["--set", "WanImageToVideos.length=49"], &["is 'WanImageToVideo' meant?"]),
        (&["--set", "98"], &["NODE.input=value"]),
        (&["--set", "98.length=0"], &["starts at 1"]),
        (&["--set", "98.length=many"], &["takes a whole number"]),
        (&["--set", "86.sampler_name=eulr"], &["no choice 'eulr'", "'euler'"]),
        (&["--set", "86.cfg=nan"], &["takes a number"]),
        (&["--set", "98.length=33", "--set", "98.length=37"], &["both give length"]),
        (&["--frames", "49", "--set", "98.length=33"], &["--frames", "--set gives it already"]),
        (&["--steps", "8"], &["hand over", "--set 85.start_at_step", "--set 86.end_at_step"]),
        (&["--seed", "many"], &["--seed", "random"]),
        (&["--width", "8"], &["--width", "starts at 16"]),
        (&["--image", "no/such/file.png"], &["cannot read"]),
        (&["--image", "98=README.md"], &["not such a node"]),
        (&["--in-place"], &["add --fix"]),
    ] {
        let output = dry(WORKFLOW, args);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}: {error}");
        assert!(words.iter().all(|word| error.contains(word)), "{args:?}: {error}");
    }
}

#[test]
fn steps_go_with_the_step_of_the_handover() {
    let args =
        ["--steps", "8", "--set", "85.start_at_step=4", "--set", "86.end_at_step=4", "--set", "85.end_at_step=8"];
    let report = report(&dry(WORKFLOW, &args));
    assert_eq!(report["prompt"]["json"]["86"]["inputs"]["steps"], 8);
    assert_eq!(report["prompt"]["json"]["85"]["inputs"]["steps"], 8);
    assert_eq!(report["stopped"], json!([]));
}

#[test]
fn the_prompt_with_the_values_is_what_is_checked() {
    // 80 is no number of frames that Wan makes, 81 is.
    let bad = report(&dry(WORKFLOW, &["--launch", KEPT, "--frames", "80"]));
    let finding = bad["check"]["findings"].as_array().unwrap().iter().find(|one| one["code"] == "WF010").unwrap();
    assert!(finding["path"].as_str().unwrap().ends_with("(the prompt that is sent)"), "{finding}");
    assert_eq!(bad["check"]["forecasts"][0]["phases"][0]["name"], "text-encode");
    let frames = |report: &Value| {
        report["check"]["forecasts"][0]["phases"]
            .as_array()
            .unwrap()
            .iter()
            .map(|phase| phase["frames"].clone())
            .max_by_key(|frames| frames.as_u64())
    };
    assert_eq!(frames(&bad), Some(json!(80)));
    // With 49 frames everything fits, so the reserve no longer hurts.
    let good = report(&dry(WORKFLOW, &["--launch", KEPT, "--frames", "49"]));
    assert!(!codes(&good).iter().any(|code| code == "LAUNCH018" || code == "WF010"), "{:?}", codes(&good));
    // What is wrong with the file and mended by a value is no longer found.
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(BASE).unwrap().replace("\"length\": 81", "\"length\": 80");
    let path = folder.path().join("w.json");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    assert!(codes(&report(&dry(path, &[]))).contains(&"WF010".to_owned()));
    assert!(!codes(&report(&dry(path, &["--frames", "81"]))).contains(&"WF010".to_owned()));
    // What a suppression covers is covered in the prompt too.
    let text = std::fs::read_to_string(WORKFLOW).unwrap();
    let mut saved: Value = serde_json::from_str(&text).unwrap();
    saved["extra"]["wanlint"] = json!({"allow": [{"rule": "WF010", "node": "98", "reason": "a test"}]});
    std::fs::write(path, saved.to_string()).unwrap();
    assert!(!codes(&report(&dry(path, &["--frames", "80"]))).contains(&"WF010".to_owned()));
}

#[test]
fn the_forecast_stops_what_cannot_run() {
    let small =
        |os: &'static str| ["--isolated", "--comfyui", "0.3.70", "--ram", "64", "--gpu", "RTX 4060 Ti 8GB", "--os", os];
    let run = |os: &'static str, more: &[&str]| {
        let output = dry(BASE, &[&small(os)[..], more].concat());
        (output.status.code(), report(&output)["stopped"].to_string())
    };
    let (code, why) = run("linux", &[]);
    assert!(code == Some(1) && why.contains("out of memory") && why.contains("--force"), "{why}");
    assert_eq!(run("linux", &["--force"]), (Some(0), "[]".to_owned()));
    let (code, why) = run("linux", &["--allow-offload"]);
    assert!(code == Some(1) && why.contains("--force"), "{why}");
    let (code, why) = run("windows", &[]);
    assert!(code == Some(1) && why.contains("pages") && why.contains("--allow-offload"), "{why}");
    assert_eq!(run("windows", &["--allow-offload"]), (Some(0), "[]".to_owned()));
    let (code, why) = run("windows", &["--allow-offload", "--fail-on", "warning"]);
    assert!(code == Some(1) && why.contains("--fail-on warning"), "{why}");
}

#[test]
fn a_dry_run_fixes_in_memory_only() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("launch.bat");
    let before = "@echo off\r\npython main.py --normalvram\r\n";
    std::fs::write(&script, before).unwrap();
    let launch = script.to_str().unwrap();
    let facts = ["--launch", launch, "--comfyui", "0.22.0", "--isolated"];
    let refused = dry(BASE, &facts);
    assert_eq!(refused.status.code(), Some(1));
    assert!(codes(&report(&refused)).contains(&"LAUNCH002".to_owned()));
    let mended = dry(BASE, &[&facts[..], &["--fix"]].concat());
    let told = report(&mended);
    assert_eq!((mended.status.code(), &told["stopped"]), (Some(0), &json!([])));
    assert_eq!(told["check"]["fixes"][0]["code"], "LAUNCH002");
    let in_place = dry(BASE, &[&facts[..], &["--fix", "--in-place"]].concat());
    assert_eq!((in_place.status.code(), report(&in_place)), (Some(0), told));
    assert_eq!(std::fs::read_to_string(&script).unwrap(), before);
}

#[test]
fn a_picture_is_named_after_what_is_in_it() {
    let report = report(&dry(WORKFLOW, &["--image", "97=LICENSE-MIT"]));
    let name = report["uploads"][0]["name"].as_str().unwrap();
    assert!(name.starts_with("LICENSE_MIT-") && name.len() == "LICENSE_MIT-".len() + 12, "{name}");
    assert_eq!(report["prompt"]["json"]["97"]["inputs"]["image"], name);
}

#[test]
fn people_read_the_values_and_the_reasons() {
    let text = stdout(&["run", WORKFLOW, "--launch", KEPT, "--dry-run", "--frames", "49", "--seed", "7"]);
    assert!(text.contains("--frames: node 98 'WanImageToVideo', length: 81 -> 49"), "{text}");
    assert!(text.contains("prompt: 17 nodes, sha256 "), "{text}");
    let start = text.rfind("\n{\n").unwrap();
    let shown: Value = serde_json::from_str(&text[start..]).unwrap();
    assert_eq!(shown["86"]["inputs"]["noise_seed"], 7);
    assert!(!Path::new("output").exists());
}
