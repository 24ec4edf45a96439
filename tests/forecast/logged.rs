//! `wanlint log` on the founding case, from the command line.

use std::path::Path;

use serde_json::Value;
use wanlint::cli::{Streams, run};

pub(super) const FOUNDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rtx5090");

/// Exit code, report and errors of a run.
pub(super) fn wanlint(args: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams { out: Box::new(&mut out), err: Box::new(&mut err), terminal: false };
    let code = run(["wanlint", "log"].iter().chain(args).map(Into::into), &mut streams);
    drop(streams);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// The JSON report of one of the two logs beside the workflow.
fn report(log: &str, more: &[&str]) -> Value {
    let log = format!("{FOUNDING}/logs/{log}.log");
    let workflow = format!("{FOUNDING}/workflows_api/video_wan2_2_14B_i2v_no_sage_test.api.json");
    let args = [&[log.as_str(), "--workflow", &workflow, "--output-format", "json"], more].concat();
    let (code, out, err) = wanlint(&args);
    assert!(code < 2, "{err}");
    serde_json::from_str(&out).unwrap()
}

fn explained(report: &Value) -> (String, f64) {
    let forecast = &report["sessions"][0]["forecast"];
    let best = forecast["explained_by"].as_u64().unwrap_or_else(|| panic!("{forecast:#}")) as usize;
    let found = &forecast["explanations"][best];
    (found["cause"].as_str().unwrap().to_owned(), found["used_by_others_mib"].as_f64().unwrap())
}

#[test]
fn default_reserve_explains_the_complete_load() {
    let report = report("baseline_complete", &["--vram", "32606.5625MiB"]);
    let (cause, held) = explained(&report);
    assert!(cause.contains("launch_default_reserve.bat with a reserve of 700 MiB"), "{cause}");
    super::near(held, 1636.15, 0.02);
    let all = report["sessions"][0]["forecast"]["explanations"].as_array().unwrap();
    let four = all.iter().find(|one| one["reserve_mib"] == 4096.0).unwrap();
    super::near(four["used_by_others_mib"].as_f64().unwrap(), -1759.85, 0.02);
    assert!(four["verdict"].as_str().unwrap().contains("impossible"));
    assert_eq!(report["findings"], Value::Array(Vec::new()));
    // All eight lines, of both runs, follow from the first that tells.
    let lines = report["sessions"][0]["forecast"]["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 8);
    let off = lines.iter().filter_map(|line| line["usable_off_mib"].as_f64());
    assert!(off.clone().count() == 7 && off.clone().all(|off| off.abs() <= 0.02), "{:?}", off.collect::<Vec<_>>());
}

#[test]
fn reserve_vram_explains_the_partial_load() {
    // Said to come from the default reserve, the log contradicts and names the flag.
    let launch = format!("{FOUNDING}/scripts/tried/launch_default_reserve.bat");
    let report = report("compile_partial", &["--vram", "32606.5625MiB", "--launch", &launch]);
    let (cause, held) = explained(&report);
    assert_eq!(cause, "--reserve-vram 4 (4096 MiB)");
    super::near(held, 1882.69, 0.02);
    let [finding] = report["findings"].as_array().unwrap().as_slice() else { panic!("{:#}", report["findings"]) };
    assert_eq!((&finding["code"], &finding["severity"]), (&"LOG002".into(), &"warning".into()));
    assert!(
        finding["message"].as_str().unwrap().contains("--reserve-vram 4 (4096 MiB) explains it, with 1883 MiB held")
    );
    let all = report["sessions"][0]["forecast"]["explanations"].as_array().unwrap();
    super::near(all[0]["used_by_others_mib"].as_f64().unwrap(), 5278.69, 0.02);
    let attention = all.iter().find(|one| one["cause"].as_str().unwrap().contains("split")).unwrap();
    assert_eq!(attention["holds"], false);
    for line in report["sessions"][0]["forecast"]["lines"].as_array().unwrap().iter().skip(2) {
        assert!(line["loaded_off_mib"].as_f64().unwrap().abs() <= 0.02, "{line}");
    }
}

/// The report of the complete log, said to come from the start that it does come from.
fn of_its_start(workflow: &str, more: &[&str]) -> Value {
    let log = format!("{FOUNDING}/logs/baseline_complete.log");
    let launch = format!("{FOUNDING}/scripts/tried/launch_default_reserve.bat");
    let facts = ["--vram", "32606.5625MiB", "--launch", &launch, "--output-format", "json"];
    let (code, out, err) = wanlint(&[&[log.as_str(), "--workflow", workflow][..], &facts, more].concat());
    assert!(code < 2, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn a_length_or_size_that_is_not_the_workflows_is_found() {
    let workflow = format!("{FOUNDING}/workflows_api/video_wan2_2_14B_i2v_no_sage_test.api.json");
    for (stated, wanted) in [
        (&["--frames", "121"][..], "81 frames instead of 121"),
        (&["--width", "480", "--height", "704"], "a size of 832x1216 instead of 480x704"),
    ] {
        let report = of_its_start(&workflow, stated);
        let (cause, held) = explained(&report);
        assert_eq!(cause, wanted);
        super::near(held, 1636.16, 0.02);
        let message = report["findings"][0]["message"].as_str().unwrap();
        assert!(message.contains(&format!("{wanted} explains it")), "{message}");
        // What was computed is only supposed: nothing is said about steps.
        assert_eq!(report["sessions"][0]["forecast"]["steps"], Value::Array(Vec::new()));
    }
    // Where a known start fits, nothing else is offered.
    let all = of_its_start(&workflow, &[])["sessions"][0]["forecast"]["explanations"].to_string();
    assert!(!all.contains("frames instead") && !all.contains("a size"), "{all}");
}

#[test]
fn where_nothing_single_explains_the_lines_that_is_said() {
    let text = std::fs::read_to_string(format!("{FOUNDING}/logs/baseline_complete.log")).unwrap();
    // The second sampler has three GiB less than the first one, and the VAE behind it has not.
    let at = text.rfind("Requested to load WAN21").unwrap();
    let odd = text[..at].to_owned() + &text[at..].replacen("14971.79", "11971.79", 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.log").display().to_string();
    std::fs::write(&path, odd).unwrap();
    let workflow = format!("{FOUNDING}/workflows_api/video_wan2_2_14B_i2v_no_sage_test.api.json");
    let launch = format!("{FOUNDING}/scripts/tried/launch_default_reserve.bat");
    let args = [path.as_str(), "--workflow", &workflow, "--launch", &launch, "--vram", "32606.5625MiB"];
    let (_, out, _) = wanlint(&args);
    assert!(out.contains("=> nothing single explains it: "), "{out}");
}

#[test]
fn other_weights_than_the_workflows_are_named() {
    let text = std::fs::read_to_string(format!("{FOUNDING}/workflows_api/video_wan2_2_14B_i2v_no_sage_test.api.json"))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let workflow = folder.path().join("clip.json");
    let other =
        text.replace("noise_14B_fp8_scaled", "noise_14B_fp16").replace("umt5_xxl_fp8_e4m3fn_scaled", "umt5_xxl_fp16");
    std::fs::write(&workflow, other).unwrap();
    let report = of_its_start(&workflow.display().to_string(), &[]);
    let (cause, held) = explained(&report);
    for part in [
        "umt5_xxl_fp16.safetensors as umt5_xxl_fp8_e4m3fn_scaled.safetensors (6419.48 MiB)",
        "wan2.2_i2v_high_noise_14B_fp16.safetensors as wan2.2_i2v_high_noise_14b_fp8_scaled.safetensors (13629.08 MiB)",
        "wan2.2_i2v_low_noise_14B_fp16.safetensors as wan2.2_i2v_low_noise_14b_fp8_scaled.safetensors (13629.08 MiB)",
    ] {
        assert!(cause.contains(part), "{cause}");
    }
    super::near(held, 1636.16, 0.02);
}

#[test]
fn steps_prove_what_bounds_prove() {
    let steps = |log: &str| report(log, &[])["sessions"][0]["forecast"]["steps"].as_array().unwrap().clone();
    let partial = steps("compile_partial");
    let [slow] = partial.as_slice() else { panic!("{partial:#?}") };
    // Streaming 2.3 GB at 3 GB/s: it is not what makes the step 15 s longer.
    super::near(slow["streaming_at_most_seconds"].as_f64().unwrap(), 0.80, 0.01);
    assert!(slow["proven"].as_str().unwrap().contains("breaks no bound"), "{slow}");
    let complete = steps("baseline_complete");
    let fast = &complete[0];
    super::near(fast["at_most_seconds"].as_f64().unwrap(), 27.81, 0.01);
    super::near(fast["limits_seconds"]["attention_16bit"].as_f64().unwrap(), 21.7, 0.2);
    super::near(fast["limits_seconds"]["all_16bit"].as_f64().unwrap(), 29.3, 0.2);
    // A bar of two steps proves that not all of it was 16 bit, and no more.
    let proven = fast["proven"].as_str().unwrap();
    assert!(proven.contains("not everything ran in 16 bit") && proven.contains("not proven"), "{proven}");
    assert!(fast["streaming_at_most_seconds"].is_null());
    for name in ["sage", "Sage", "Flash"] {
        assert!(!format!("{complete:?}{partial:?}").contains(name), "no kernel is named");
    }
}

fn copied(toml: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        std::fs::copy(Path::new(FOUNDING).join(from), folder.path().join(to)).unwrap();
    };
    copy("logs/baseline_complete.log", "comfyui.log");
    copy("workflows_api/video_wan2_2_14B_i2v_no_sage_test.api.json", "clip.json");
    copy("scripts/tried/launch_default_reserve.bat", "launch.bat");
    std::fs::write(folder.path().join("wanlint.toml"), toml).unwrap();
    folder
}

fn calibrate(folder: &Path) -> (u8, String, String) {
    let at = |name: &str| folder.join(name).display().to_string();
    wanlint(&[&at("comfyui.log"), "--workflow", &at("clip.json"), "--calibrate"])
}

#[test]
fn calibration_is_written_and_used() {
    let before =
        "# ours\n[machine]\ngpu = \"RTX 5090\" # ours too\nvram = \"32606.5625MiB\"\n\n[check]\nignore = [ \"x\" ]\n";
    let folder = copied(&before.replace("\"x\"", "\"small-margin\""));
    let (code, out, err) = calibrate(folder.path());
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("vram-used = \"1636.1"), "{out}");
    let after = std::fs::read_to_string(folder.path().join("wanlint.toml")).unwrap();
    let line = after.lines().find(|line| line.starts_with("vram-used = ")).unwrap();
    assert_eq!(after.replace(&format!("{line}\n"), ""), before.replace("\"x\"", "\"small-margin\""));
    // The forecast now gives the log's own lines.
    let (mut shown, mut errors) = (Vec::new(), Vec::new());
    let mut streams = Streams { out: Box::new(&mut shown), err: Box::new(&mut errors), terminal: false };
    let clip = folder.path().join("clip.json").display().to_string();
    let args = ["wanlint", "vram", &clip, "--comfyui", "0.3.70", "--os", "windows"];
    assert_eq!(run(args.iter().map(Into::into), &mut streams), 0);
    drop(streams);
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains("loaded completely; 14971.79 MB usable, 13629.08 MB loaded, full load: True"), "{shown}");
    // Nothing to change the second time.
    assert!(calibrate(folder.path()).1.contains("nothing was written"));
}

#[test]
fn a_file_that_does_not_parse_stays() {
    for broken in ["[machine\ngpu = 3", "[machine]\ngpu = \"RTX 4090\"\n"] {
        let folder = copied(broken);
        let (code, _, err) = calibrate(folder.path());
        let text = std::fs::read_to_string(folder.path().join("wanlint.toml")).unwrap();
        assert_eq!((code, text.as_str()), (2, broken), "{err}");
    }
}

#[test]
fn logs_that_say_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.log");
    for text in ["", "\n\n", "hello\n", "\u{1b}[31m\r\r\n", "got prompt"] {
        std::fs::write(&path, text).unwrap();
        let (code, out, err) = wanlint(&[&path.display().to_string()]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
    }
    let (code, _, err) = wanlint(&["/no/such.log"]);
    assert!(code == 2 && err.contains("/no/such.log"), "{err}");
}

/// A session of the founding log, on a card with so much memory.
fn session(card: &str, total: u32) -> String {
    let log = std::fs::read_to_string(format!("{FOUNDING}/logs/baseline_complete.log")).unwrap();
    let start = format!("Total VRAM {total} MB, total RAM 65268 MB\n");
    let device = format!("Device: cuda:0 NVIDIA GeForce {card} : cudaMallocAsync\n");
    let rest = log.lines().skip_while(|line| !line.contains("got prompt"));
    start + &device + &rest.map(|line| format!("{line}\n")).collect::<String>()
}

#[test]
fn each_session_has_its_own_card() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("both.log").display().to_string();
    std::fs::write(&path, session("RTX 4090", 24564) + &session("RTX 5090", 32607)).unwrap();
    let workflow = format!("{FOUNDING}/workflows_api/video_wan2_2_14B_i2v_no_sage_test.api.json");
    let launch = format!("{FOUNDING}/scripts/tried/launch_default_reserve.bat");
    let all = |more: &[&str]| -> Value {
        let args = [&path, "--workflow", &workflow, "--launch", &launch, "--output-format", "json"];
        let (code, out, err) = wanlint(&[&args.map(|arg| arg as &str)[..], more].concat());
        assert!(code < 2, "{err}");
        serde_json::from_str(&out).unwrap()
    };
    let limits = |report: &Value| {
        [0, 1].map(|at| {
            report["sessions"][at]["forecast"]["steps"][0]["limits_seconds"]["attention_16bit"].as_f64().unwrap()
        })
    };
    // The slower card's bounds are its own.
    let [first, second] = limits(&all(&[]));
    assert!(first > 1.2 * second, "{first} {second}");
    super::near(second, 21.7, 0.2);
    // A card that a flag states is that of every session.
    let [first, second] = limits(&all(&["--gpu", "RTX 4090"]));
    super::near(first, second, 0.01);
}
