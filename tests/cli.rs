//! Whole runs of the binary on the founding case: every character of the output is a snapshot, and the numbers that must
//! never move are written out here.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may stop the process")]

#[cfg(feature = "network")]
#[path = "cli/bench_plan.rs"]
mod bench_plan;
#[path = "cli/bench_replay.rs"]
mod bench_replay;
#[path = "cli/bench_simulated.rs"]
mod bench_simulated;
#[cfg(feature = "network")]
#[path = "cli/dry_run.rs"]
mod dry_run;
#[path = "cli/pages.rs"]
mod pages;
#[path = "cli/what_if.rs"]
mod what_if;

use std::process::{Command, Output};

use serde_json::Value;

const WORKFLOW: &str = "fixtures/rtx5090/user/default/workflows/video_wan2_2_14B_i2v_no_sage_test.json";
const KEPT: &str = "fixtures/rtx5090/scripts/launch_wan22_rtx5090.bat";
const BASELINE: &str = "fixtures/rtx5090/scripts/tried/launch_default_reserve.bat";

/// Runs the binary in the repository's root with nothing of this machine's environment.
fn wanlint(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wanlint"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .env("CI", "1")
        .output()
        .unwrap()
}

fn stdout(args: &[&str]) -> String {
    let output = wanlint(args);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&stdout(args)).unwrap()
}

/// `CODE severity path:line` of every finding.
fn findings(args: &[&str]) -> Vec<String> {
    let report = json(&[args, &["--output-format", "json"]].concat());
    let one = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!("{} {} {}:{}", text("code"), text("severity"), text("path"), finding["start"]["line"])
    };
    report["findings"].as_array().unwrap().iter().map(one).collect()
}

/// The report without the count of fixes at its end, which grows with every rule that learns one: it is held against the fixes that
/// the JSON report offers.
fn findings_of(args: &[&str]) -> String {
    let report = json(&[args, &["--output-format", "json"]].concat());
    let findings = report["findings"].as_array().unwrap();
    let has = |found: &Value, grade: &str| found["fixes"].as_array().unwrap().iter().any(|fix| fix["grade"] == grade);
    let safe = findings.iter().filter(|found| has(found, "safe")).count();
    let more = findings.iter().filter(|found| !has(found, "safe") && has(found, "unsafe")).count();
    assert_eq!(report["summary"]["fixable"], safe + more);
    let count = match (safe, more) {
        (0, 0) => String::new(),
        (safe, 0) => format!("; {safe} fixable with --fix"),
        (0, more) => format!("; {more} fixable with --fix --unsafe-fixes"),
        (safe, more) => format!("; {safe} fixable with --fix, {more} more with --unsafe-fixes"),
    };
    let text = stdout(args);
    let cut = text.strip_suffix(&format!("{count}\n")).expect(&count);
    format!("{cut}\n")
}

#[test]
fn founding_case_in_full() {
    insta::assert_snapshot!(findings_of(&["check", "fixtures/rtx5090"]));
}

#[test]
fn founding_case_counts() {
    insta::assert_snapshot!(findings(&["check", "fixtures/rtx5090"]).join("\n"));
}

#[test]
fn kept_script_alone_takes_the_workflow_as_context() {
    let found = findings(&["check", KEPT]);
    assert!(found.iter().all(|line| line.contains(KEPT)), "{found:?}");
    assert!(found.iter().any(|line| line.starts_with("LAUNCH018 warning")), "{found:?}");
}

#[test]
fn normalvram_is_refused_from_0_22_0_on() {
    let found = findings(&["check", KEPT, "--comfyui", "0.22.0"]);
    assert!(found.iter().any(|line| line.starts_with("LAUNCH002 error")), "{found:?}");
    assert!(!found.iter().any(|line| line.starts_with("LAUNCH052")), "{found:?}");
    assert_eq!(wanlint(&["check", KEPT, "--comfyui", "0.22.0"]).status.code(), Some(1));
    assert_eq!(wanlint(&["check", KEPT, "--comfyui", "0.22.0", "--exit-zero"]).status.code(), Some(0));
    assert_eq!(wanlint(&["check", KEPT]).status.code(), Some(0));
    assert_eq!(wanlint(&["check", KEPT, "--fail-on", "warning"]).status.code(), Some(1));
}

#[test]
fn report_as_json() {
    let report = json(&["check", "fixtures/rtx5090", "--output-format", "json"]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap());
}

/// The flags under which the founding logs were written.
fn vram(launch: &str, used: &str, more: &[&str]) -> String {
    let exact = ["--gpu", "RTX 5090", "--vram", "32606.5625MiB", "--vram-used", used];
    stdout(&[&["vram", WORKFLOW, "--launch", launch], &exact[..], more].concat())
}

#[test]
fn log_lines_of_the_founding_case() {
    let complete = vram(BASELINE, "1636.15MiB", &[]);
    let line = "loaded completely; 14971.79 MB usable, 13629.08 MB loaded, full load: True";
    assert_eq!(complete.matches(line).count(), 2, "{complete}");
    let partial = vram(KEPT, "1882.69MiB", &[]);
    let line = "loaded partially; 11329.26 MB usable, 11329.25 MB loaded, 2299.82 MB offloaded, lowvram patches: 91";
    assert_eq!(partial.matches(line).count(), 2, "{partial}");
}

#[test]
fn dynamic_loading_from_0_16_0_on() {
    let dynamic = vram(BASELINE, "1636.15MiB", &["--comfyui", "0.18.0"]);
    assert!(
        dynamic.contains("Model WAN21 prepared for dynamic VRAM loading. 13631MB Staged. 400 patches attached."),
        "{dynamic}"
    );
    assert!(!dynamic.contains("MB usable"), "{dynamic}");
    insta::assert_snapshot!(dynamic);
}

#[test]
fn frames_decide() {
    for (frames, verdict) in [("61", "fits"), ("81", "fits"), ("101", "offloads")] {
        let text = vram(BASELINE, "1636.15MiB", &["--frames", frames]);
        assert!(text.contains(&format!("verdict: {verdict};")), "{frames} frames: {text}");
    }
}

#[test]
fn vram_report() {
    insta::assert_snapshot!(vram(BASELINE, "1636.15MiB", &[]));
    let one = json(&["vram", WORKFLOW, "--launch", BASELINE, "--output-format", "json"]);
    assert_eq!(one["schema"], 1);
    assert_eq!(one["phases"][2]["estimate_mib"], 15298.62);
    insta::assert_snapshot!("vram_report_json", serde_json::to_string_pretty(&one).unwrap());
}

/// `a step: ...` of the first sampling phase.
fn step_line(more: &[&str]) -> String {
    let text = vram(BASELINE, "1636.15MiB", more);
    let line = text.lines().find(|line| line.trim_start().starts_with("a step:")).map(str::trim);
    line.unwrap_or_default().to_owned()
}

#[test]
fn length_of_a_step() {
    // 5.677e15 operations of attention at 1.25 x 209.5 TFLOP/s are 21.7 s.
    let plain = step_line(&[]);
    assert!(plain.starts_with("a step: not below 21.7 s with 16-bit attention; expected "), "{plain}");
    // Guidance doubles everything.
    assert!(step_line(&["--cfg", "3.5"]).starts_with("a step: not below 43.4 s"));
    // Half the height is a ratio of operations of 7.664 to 2.420 (41,496 tokens): 34.8 s, 10 % up and down.
    let known = step_line(&["--known", "832x608x81=11"]);
    assert!(known.contains("expected 31.3 to 38.3 s"), "{known}");
    // A laptop's power limit is not known, nor the gain of SageAttention on an RTX 30 card.
    let json = |gpu: &str, more: &[&str]| {
        let args = ["vram", WORKFLOW, "--isolated", "--launch", BASELINE, "--gpu", gpu, "--output-format", "json"];
        json(&[&args[..], more].concat())["phases"][2]["step_seconds"].clone()
    };
    let laptop = json("RTX 5090 Laptop", &["--frames", "33"]);
    assert!(laptop["limit"].as_f64().unwrap() > 0.0 && laptop["expected"].is_null(), "{laptop}");
    let desktop = json("RTX 4090", &["--frames", "33"]);
    assert!(desktop["expected"][0].as_f64() < desktop["expected"][1].as_f64(), "{desktop}");
    for wrong in ["832x480=3", "832x480x81=0", "832x480x81=nan", "x"] {
        assert_eq!(wanlint(&["vram", WORKFLOW, "--known", wrong]).status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn without_facts_nothing_is_guessed() {
    insta::assert_snapshot!(findings_of(&["check", "fixtures/rtx5090", "--isolated"]));
    insta::assert_snapshot!("vram_without_facts", stdout(&["vram", WORKFLOW, "--isolated"]));
}

#[test]
fn pages_of_the_rules() {
    insta::assert_snapshot!("rule_table", stdout(&["rule"]));
    insta::assert_snapshot!("rule_page", stdout(&["rule", "needless-reserve"]));
}
