//! `vram --fit`, `--sweep` and `--html`, and the table over common cards.

use super::{BASELINE, KEPT, WORKFLOW, json, stdout, vram, wanlint};

fn sweep(axes: &str, format: &str) -> String {
    vram(BASELINE, "1636.15MiB", &["--sweep", axes, "--output-format", format])
}

#[test]
fn what_fits() {
    let text = vram(KEPT, "1882.69MiB", &["--fit"]);
    let found = &text[text.find("what fits").unwrap()..];
    insta::assert_snapshot!(found);
    assert!(found.contains("certain: without --reserve-vram;"), "{found}");
    // At the default reserve 85 frames are the most, see tests/forecast/founding.rs.
    let text = vram(BASELINE, "1636.15MiB", &["--fit"]);
    assert!(text.contains("it does as it is") && text.contains("certain: 85 frames;"), "{text}");
    for (frames, verdict) in [("85", "fits"), ("89", "offloads")] {
        let text = vram(BASELINE, "1636.15MiB", &["--frames", frames]);
        assert!(text.contains(&format!("verdict: {verdict};")), "{frames}: {text}");
    }
}

/// Under dynamic VRAM the working memory decides what stays, and it is known as a range only: where its upper end pushes weights off the card,
/// neither the table nor the report says that all fits.
#[test]
fn a_clip_that_may_stream_does_not_simply_fit() {
    // Away from the project, so that no start is found beside it.
    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.json");
    std::fs::copy(format!("{}/{WORKFLOW}", env!("CARGO_MANIFEST_DIR")), &clip).unwrap();
    let clip = clip.to_str().unwrap();
    let table = stdout(&["vram", clip, "--isolated", "--no-detect"]);
    let rows: Vec<&str> = table.lines().filter(|line| line.contains("(24 GB)")).collect();
    let [ampere, ada] = rows.as_slice() else { panic!("{table}") };
    assert!(ampere.contains(" fits  ") && ampere.contains("all on the card"), "{ampere}");
    assert!(ada.contains(" fits to offloads ") && ada.contains("up to 1506 MiB streamed"), "{ada}");
    let text = stdout(&["vram", clip, "--isolated", "--gpu", "RTX 4090", "--os", "linux"]);
    assert!(text.contains("verdict: fits to offloads, by the working memory; peak"), "{text}");
}

#[test]
fn what_fits_as_json() {
    let args = ["vram", WORKFLOW, "--launch", KEPT, "--gpu", "RTX 5090", "--fit", "--output-format", "json"];
    let report = json(&args);
    let ways = report["fit"]["ways"].as_array().unwrap();
    assert_eq!(report["fit"]["as_it_is"], false);
    // Every stated size fits when it is forecast alone.
    let size = ways.iter().find(|way| way["certain"] == true && way["change"]["width"].is_u64()).unwrap();
    let (width, height) = (size["change"]["width"].to_string(), size["change"]["height"].to_string());
    let text =
        stdout(&["vram", WORKFLOW, "--launch", KEPT, "--gpu", "RTX 5090", "--width", &width, "--height", &height]);
    assert!(text.contains("verdict: fits;"), "{width}x{height}: {text}");
}

#[test]
fn smaller_files_of_the_catalog() {
    let text = std::fs::read_to_string(format!("{}/{WORKFLOW}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.json");
    std::fs::write(&path, text.replace("14B_fp8_scaled.safetensors", "14B_fp16.safetensors")).unwrap();
    let path = path.to_str().unwrap();
    let text =
        stdout(&["vram", path, "--isolated", "--gpu", "RTX 5090", "--os", "windows", "--comfyui", "0.3.70", "--fit"]);
    assert!(text.contains("_14B_fp8_scaled.safetensors instead of wan2.2_i2v_"), "{text}");
}

#[test]
fn sweep_as_a_table() {
    insta::assert_snapshot!(sweep("frames=61..101:20,reserve=0.7|4", "text"));
}

#[test]
fn sweep_agrees_with_single_forecasts() {
    let report: serde_json::Value =
        serde_json::from_str(&sweep("frames=49|101,width=640|832,cfg=1|3.5,batch=1|2", "json")).unwrap();
    let points = report[0]["points"].as_array().unwrap();
    assert_eq!(points.len(), 16);
    for point in points.iter().step_by(3) {
        let of = |key: &str| point[key].to_string();
        let (frames, width, cfg, batch) = (of("frames"), of("width"), of("cfg"), of("batch"));
        let what = ["--frames", &frames, "--width", &width, "--cfg", &cfg, "--batch", &batch];
        let one: serde_json::Value =
            serde_json::from_str(&vram(BASELINE, "1636.15MiB", &[&what[..], &["--output-format", "json"]].concat()))
                .unwrap();
        assert_eq!(one["peak_mib"], point["peak_mib_worst"], "{point}");
        assert_eq!(one["verdict"], point["verdict_worst"], "{point}");
        assert_eq!(one["phases"][2]["step_seconds"]["limit"], point["step_limit_seconds"], "{point}");
        assert_eq!(one["phases"][2]["step_seconds"]["expected"][1], point["step_seconds_high"], "{point}");
    }
    let csv = sweep("frames=49|101", "csv");
    let widths: Vec<usize> = csv.lines().map(|line| line.split(',').count()).collect();
    assert_eq!(widths, [19, 19, 19], "{csv}");
}

#[test]
fn hostile_what_ifs_have_an_answer() {
    for (args, code) in [
        (["--frames", "1000000000"], 0),
        (["--width", "4294967295"], 0),
        (["--batch", "4294967295"], 0),
        (["--cfg", "1e308"], 0),
        (["--frames", "0"], 2),
        (["--cfg", "nan"], 2),
        (["--cfg", "inf"], 2),
        (["--frames", "4294967296"], 2),
        (["--sweep", "frames=33..161:0"], 2),
        (["--sweep", "frames=161..33"], 2),
        (["--sweep", "width=1..1000000:1,height=1..1000000:1"], 2),
        (["--sweep", "frames=nan"], 2),
        (["--sweep", "cfg=-1"], 2),
        (["--output-format", "csv"], 2),
    ] {
        let output = wanlint(&[&["vram", WORKFLOW, "--gpu", "RTX 5090"], &args[..]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(!said.contains("panicked"), "{args:?}: {said}");
    }
    let nothing = vram(BASELINE, "1636.15MiB", &["--frames", "1000000000", "--width", "65535", "--fit"]);
    assert!(nothing.contains("what fits"), "{nothing}");
    let without = wanlint(&["vram", WORKFLOW, "--isolated", "--sweep", "frames=33"]);
    assert_eq!(without.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&without.stderr).contains("--gpu"));
    let impossible = vram(BASELINE, "1636.15MiB", &["--known", "832x480x81=0.1"]);
    assert!(impossible.contains("the known run is faster than dense attention can be"), "{impossible}");
    assert!(!impossible.contains("a step: not below"), "{impossible}");
    // A leading minus is a flag to the reader of arguments; it is refused as well.
    assert_eq!(wanlint(&["vram", WORKFLOW, "--frames", "-81"]).status.code(), Some(2));
}

fn page(folder: &std::path::Path, workflow: &str, more: &[&str]) -> (std::path::PathBuf, String) {
    let path = folder.join("forecast.html");
    let facts = ["--gpu", "RTX 5090", "--launch", KEPT, "--fit", "--html", path.to_str().unwrap()];
    stdout(&[&["vram", workflow], &facts[..], more].concat());
    (path.clone(), std::fs::read_to_string(path).unwrap())
}

#[test]
fn forecast_as_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let (_, page) = page(folder.path(), WORKFLOW, &[]);
    // One file: nothing is fetched, nothing runs.
    for word in ["http:", "https:", "<script", " src=", "url(", "@import", "onload"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("wanlint ") && page.contains("loaded partially; "));
    let lines = page.replace(concat!("wanlint ", env!("CARGO_PKG_VERSION")), "wanlint VERSION").replace("><", ">\n<");
    insta::assert_snapshot!(lines);
}

#[test]
fn pages_escape_what_files_say() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(format!("{}/{WORKFLOW}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let workflow = folder.path().join("<b>hf_abcdefghijklmnopqrstuvwxyzABCDEFGH.json");
    std::fs::write(&workflow, text).unwrap();
    let (_, page) = page(folder.path(), workflow.to_str().unwrap(), &[]);
    assert!(!page.contains("<b>hf_") && page.contains("&lt;b&gt;hf_"), "{page}");
    assert!(!page.contains("hf_abcdefghijklmnopqrstuvwxyz"), "{page}");
}
