//! Faults put into official Wan templates, in the saved form and as the prompts that the browser made of them: each is found at its
//! node, and its fix gives back the file byte for byte, however it is written. So every other input of what is sent is the same too.

use std::path::{Path, PathBuf};

use wanlint::fix::engine::{Gate, Permit, run};
use wanlint::rules::select::Selection;
use wanlint::workflow::graph::Graph;
use wanlint::{Options, check, read::json::JsonDoc};

use super::{NOTHING, official, shared};

/// Template, what is written where (node, input, JSON), the code that finds it, and the node that it is found at.
type Case = (&'static str, &'static [(&'static str, &'static str, &'static str)], &'static str, &'static str);

const FIRST_LAST: &str = "video_wan2_2_14B_flf2v";
const TI2V: &str = "video_wan2_2_5B_ti2v";
const I2V_21: &str = "image_to_video_wan";
const SUBGRAPH: &str = "video_wan2_2_14B_i2v";

#[rustfmt::skip]
const CASES: &[Case] = &[
    (FIRST_LAST, &[("81", "length", "80")], "WF010", "81"),
    (FIRST_LAST, &[("81", "length", "82")], "WF010", "81"),
    (FIRST_LAST, &[("81", "length", "79")], "WF010", "81"),
    (FIRST_LAST, &[("81", "width", "632")], "WF011", "81"),
    (FIRST_LAST, &[("81", "width", "647")], "WF011", "81"),
    (FIRST_LAST, &[("81", "height", "633")], "WF011", "81"),
    (FIRST_LAST, &[("84", "return_with_leftover_noise", r#""disable""#)], "WF017", "84"),
    (FIRST_LAST, &[("87", "add_noise", r#""enable""#)], "WF018", "87"),
    (FIRST_LAST, &[("84", "add_noise", r#""disable""#)], "WF019", "84"),
    (FIRST_LAST, &[("87", "start_at_step", "8")], "WF020", "87"),
    (FIRST_LAST, &[("87", "start_at_step", "12")], "WF020", "87"),
    (FIRST_LAST, &[("76", "unet_name", r#""wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors""#), ("77", "unet_name", r#""wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors""#)], "WF023", "84"),
    (FIRST_LAST, &[("72", "type", r#""sd3""#)], "WF032", "72"),
    (FIRST_LAST, &[("72", "type", r#""stable_diffusion""#)], "WF032", "72"),
    (FIRST_LAST, &[("76", "weight_dtype", r#""fp8_e4m3fn""#)], "MODEL009", "76"),
    (FIRST_LAST, &[("77", "weight_dtype", r#""fp8_e5m2""#)], "MODEL009", "77"),
    (FIRST_LAST, &[("77", "weight_dtype", r#""fp8_e4m3fn_fast""#)], "MODEL009", "77"),
    (FIRST_LAST, &[("84", "scheduler", r#""karras""#), ("87", "scheduler", r#""karras""#)], "WF043", "84"),
    (FIRST_LAST, &[("86", "fps", "24")], "WF037", "86"),
    (FIRST_LAST, &[("86", "fps", "30")], "WF037", "86"),
    (FIRST_LAST, &[("81", "batch_size", "3")], "WF041", "81"),
    (TI2V, &[("55", "length", "120")], "WF010", "55"),
    (TI2V, &[("55", "width", "1270")], "WF012", "55"),
    (TI2V, &[("55", "height", "700")], "WF012", "55"),
    (TI2V, &[("57", "fps", "16")], "WF037", "57"),
    (TI2V, &[("38", "type", r#""flux""#)], "WF032", "38"),
    (TI2V, &[("3", "denoise", "0")], "WF042", "3"),
    (TI2V, &[("3", "scheduler", r#""karras""#)], "WF043", "3"),
    (I2V_21, &[("50", "length", "32")], "WF010", "50"),
    (I2V_21, &[("50", "height", "505")], "WF011", "50"),
    (I2V_21, &[("50", "batch_size", "2")], "WF041", "50"),
    (I2V_21, &[("3", "denoise", "0")], "WF042", "3"),
    (I2V_21, &[("55", "fps", "24")], "WF037", "55"),
    (SUBGRAPH, &[("129:84", "type", r#""sd3""#)], "WF032", "129:84"),
    (SUBGRAPH, &[("129:86", "add_noise", r#""disable""#)], "WF019", "129:86"),
    (SUBGRAPH, &[("129:95", "weight_dtype", r#""fp8_e4m3fn""#)], "MODEL009", "129:95"),
    (SUBGRAPH, &[("129:98", "width", "639")], "WF011", "129:98"),
];

#[test]
fn faults_in_saved_templates_are_mended() {
    if let Some(folder) = official::templates() {
        all(&folder, ".json");
    }
}

#[test]
fn faults_in_official_prompts_are_mended() {
    if let Some(folder) = shared("golden") {
        all(&folder, ".api.json");
    }
}

fn all(folder: &Path, ending: &str) {
    let failures: Vec<String> = CASES.iter().filter_map(|case| fault(folder, ending, case)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn fault(folder: &Path, ending: &str, case: &Case) -> Option<String> {
    let text = std::fs::read_to_string(folder.join(format!("{}{ending}", case.0))).unwrap();
    let crlf = text.replace('\n', "\r\n");
    let styles =
        [("as it is", text.clone()), ("CRLF", crlf), ("BOM", format!("\u{feff}{text}")), ("tabs", tabbed(&text))];
    styles.iter().find_map(|(style, text)| {
        let fault = mended(text, case).err()?;
        Some(format!("{case:?}, {style}: {fault}"))
    })
}

/// A tab for every two blanks in front of a line. No string of JSON goes over a line's end.
fn tabbed(text: &str) -> String {
    let line = |line: &str| {
        let inner = line.trim_start_matches(' ');
        "\t".repeat((line.len() - inner.len()) / 2) + inner
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn mended(text: &str, (_, wrong, code, node): &Case) -> Result<(), String> {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("w.json");
    std::fs::write(&path, injected(text, wrong)).unwrap();
    let found = check(&options(&path, code)).unwrap();
    let at = |id: &str| {
        found.findings.iter().any(|one| one.rule.code == *code && one.node.as_ref().is_some_and(|node| node.id == id))
    };
    if !at(node) {
        return Err(format!("not found at {node}"));
    }
    let rules = Selection::new(&[(*code).to_owned()], &[], &[]).unwrap();
    let fixed =
        run(&mut options(&path, code), &Permit { unsafe_too: true, rules, gate: Gate::new(|_| Ok(())) }).unwrap();
    let held: Vec<_> = fixed.held_back.iter().map(|note| &note.reason).collect();
    match fixed.drafts.get(&path).map(|bytes| bytes == text.as_bytes()) {
        None => Err(format!("not mended: {held:?}")),
        Some(false) => Err("it is not the file that it was".to_owned()),
        Some(true) => Ok(()),
    }
}

fn options(path: &Path, code: &str) -> Options {
    let paths: Vec<PathBuf> = vec![path.to_path_buf()];
    let mut options = Options::new(paths, wanlint::config::Config::default(), NOTHING.machine());
    options.selection = Selection::new(&[], &[], &[code.to_owned()]).unwrap();
    options
}

/// The text with other values; all else stays as it is written.
fn injected(text: &str, wrong: &[(&str, &str, &str)]) -> String {
    let doc = JsonDoc::parse(text).unwrap();
    let graph = Graph::read(doc.root(text).unwrap()).unwrap();
    let mut spans: Vec<_> = wrong
        .iter()
        .map(|(node, input, value)| {
            let index = graph.by_id(node).unwrap_or_else(|| panic!("no node {node}"));
            (graph.input(index, input).unwrap_or_else(|| panic!("no {input} at {node}")).span, *value)
        })
        .collect();
    spans.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut out = text.to_owned();
    spans.iter().for_each(|(span, value)| out.replace_range(span.range(), value));
    out
}

/// Newer browsers write each value again by its name: a fix keeps the two in agreement, and leaves a name alone that already said
/// something else.
#[test]
fn values_by_name_follow_those_by_position() {
    let Some(folder) = official::templates() else { return };
    let text = std::fs::read_to_string(folder.join(format!("{FIRST_LAST}.json"))).unwrap();
    for (named, expected) in [(80, 81), (33, 33)] {
        let mut graph: serde_json::Value = serde_json::from_str(&text).unwrap();
        let nodes = graph["nodes"].as_array_mut().unwrap();
        let node = nodes.iter_mut().find(|node| node["id"] == 81).unwrap();
        node["widgets_values"] = serde_json::json!([640, 640, 80, 1]);
        node["widgets_values_named"] =
            serde_json::json!({ "width": 640, "height": 640, "length": named, "batch_size": 1 });
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("w.json");
        std::fs::write(&path, graph.to_string()).unwrap();
        let rules = Selection::new(&["WF010".to_owned()], &[], &[]).unwrap();
        let permit = Permit { unsafe_too: true, rules, gate: Gate::new(|_| Ok(())) };
        let fixed = run(&mut options(&path, "WF010"), &permit).unwrap();
        let after: serde_json::Value = serde_json::from_slice(&fixed.drafts[&path]).unwrap();
        let node = after["nodes"].as_array().unwrap().iter().find(|node| node["id"] == 81).unwrap();
        assert_eq!(node["widgets_values"], serde_json::json!([640, 640, 81, 1]));
        assert_eq!(node["widgets_values_named"]["length"], expected);
        assert!(!fixed.drafts[&path].contains(&b'\n'), "what has no blanks gets none");
    }
}
