//! What other tools and the server check, beside the rule that says the same here: each is shown on a file of a few lines.
//! `docs/peers.md` holds the table; `UPDATE_PEERS=1 cargo test --test corpus beside` writes it.

use serde_json::{Value, json};

use super::peers::SCORES;
use super::{codes, lint_stated, repository};

const MEASURED: &str = "
## Measured

Files with one fault each, made for ComfyUI 0.3.64 and its nodes, run on 2026-11-23 on two CPU cores. A hit names the fault, as an error or a warning. None of the
four says anything about the two files without a fault.

| faults | files | comfy-lint 0.1.0 | comfy-cli 1.23.0, workflow validate | ComfyUI 0.3.64, POST /prompt | wanlint |
|---|---|---|---|---|---|
";

const CONVERTED: &str = "
The fault in VRAM needs a card: with `--vram 12GiB` it is found too (`tests/corpus/seeded.rs`). A file took comfy-lint 0.16 s, comfy-cli 1.28 s (most of it start-up) and the server
0.008 s (it must run, and queues what passes), each the median; `cargo bench` times wanlint.

Saved workflows as API prompts, against those that ComfyUI_frontend 1.58.1 made: how many are equal, value for value.

| workflows | comfy-cli 1.23.0 | wanlint |
|---|---|---|
| 493 official templates whose prompts hang on nothing but the file | 232 | not all on record |
| 84 edge cases | 63 | not all on record |
| 367 official templates on record for the tests | 158 | 359 |
| 74 edge cases on record | 55 of the 72 that it was run on | 74 |

The eight templates that differ, and why, are listed in `tests/workflow/convert.rs`; none is among the 493.
";

/// A picture that is scaled and saved: every tool finds it right.
const BASE: &str = r#"{"1":{"class_type":"EmptyImage","inputs":{"width":64,"height":64,"batch_size":1,"color":0}},"2":{"class_type":"SaveImage","inputs":{"images":["3",0],"filename_prefix":"a"}},"3":{"class_type":"ImageScale","inputs":{"image":["1",0],"upscale_method":"lanczos","crop":"center","width":64}}}"#;

const EMPTY: &str = r#""class_type":"EmptyImage","inputs":{"width":64,"height":64,"batch_size":1,"color":0}"#;
const SCALE: &str =
    r#""class_type":"ImageScale","inputs":{"image":["1",0],"upscale_method":"lanczos","crop":"center","width":64}"#;

/// What is found here.
enum Ours {
    /// This rule, when the first text of the base becomes the second.
    Changed(&'static str, &'static str, &'static str),
    /// This rule, in this text.
    Text(&'static str, &'static str),
    /// Nothing, and why.
    Not(&'static str),
}

use Ours::{Changed, Not, Text};

const LINT: &str = "comfy-lint 0.1.0";
const CLI: &str = "comfy-cli 1.23.0";
const SERVER: &str = "ComfyUI 0.3.64, POST /prompt";
const DEBUGGER: &str = "ComfyUI Workflow Debugger";
const AUDITOR: &str = "comfyui-workflow-auditor";
const MCP: &str = "comfyui-mcp";
const MANAGER: &str = "ComfyUI-Manager 4.3";

/// A node without a slot for what grows, and one whose settings depend on a choice.
const GROWS: &str = r#""class_type":"Batch","inputs":{}"#;
const FROM_SECOND: &str = r#""class_type":"Batch","inputs":{"images.image1":["1",0]}"#;
const AT_ONCE: &str = r#""class_type":"Batch","inputs":{"images":["1",0]}"#;
const SLIP_BELOW: &str =
    r#""class_type":"Resize","inputs":{"image":["1",0],"mode":"scale","mode.factor":2.0,"mode.facter":3.0}"#;
const NO_LINK: &str = r#""image":"x""#;
const VAE: &str = r#""class_type":"VAELoader","inputs":{"vae_name":"wan_2.1_vae.safetensors"}"#;
const PICTURE: &str = r#""class_type":"LoadImage","inputs":{"image":"b.png"}"#;
const SAVED: &str = r#"{"prompt":{"nodes":[],"links":[]}}"#;
const MUTED: &str = r#"{"nodes":[{"id":1,"type":"LoadImage","mode":2,"outputs":[{"name":"IMAGE","type":"IMAGE","links":[1]}],"widgets_values":["a.png","image"]},{"id":2,"type":"SaveImage","mode":0,"inputs":[{"name":"images","type":"IMAGE","link":1}],"widgets_values":["a"]}],"links":[[1,1,0,2,0,"IMAGE"]],"version":0.4}"#;

#[rustfmt::skip]
const ROWS: &[(&str, &str, Ours)] = &[
    (LINT, "malformed node", Changed("WF001", r#""1":{"#, r#""5":7,"1":{"#)),
    (LINT, "unknown-node", Changed("WF005", "ImageScale", "ImageScal")),
    (LINT, "missing-required", Changed("WF007", r#","width":64}}}"#, "}}}")),
    (LINT, "extraneous-input", Changed("WF058", r#""width":64}}}"#, r#""width":64,"wdth":1}}}"#)),
    (LINT, "invalid-enum", Changed("WF006", "lanczos", "lancos")),
    (LINT, "dangling-link", Changed("WF004", r#"["1",0]"#, r#"["9",0]"#)),
    (LINT, "type-mismatch", Changed("WF008", EMPTY, VAE)),
    (CLI, "unknown_class_type", Changed("WF005", "ImageScale", "ImageScal")),
    (CLI, "missing_class_type", Changed("WF001", r#""class_type":"ImageScale","#, "")),
    (CLI, "non_node_key", Changed("WF001", r#""1":{"#, r#""5":7,"1":{"#)),
    (CLI, "prompt_no_outputs", Changed("WF003", r#""class_type":"SaveImage","inputs":{"images":["3",0],"filename_prefix":"a"}"#, PICTURE)),
    (CLI, "required_input_missing", Changed("WF007", r#","width":64}}}"#, "}}}")),
    (CLI, "below_min", Changed("WF006", r#""batch_size":1"#, r#""batch_size":0"#)),
    (CLI, "above_max", Changed("WF006", r#""batch_size":1"#, r#""batch_size":9999"#)),
    (CLI, "shape_mismatch", Changed("WF006", r#""batch_size":1"#, r#""batch_size":"many""#)),
    (CLI, "coercible_type", Not("the server converts it and runs")),
    (CLI, "unknown_enum_value", Changed("WF006", "center", "centre")),
    (CLI, "no_options_available", Not("an empty list says that this server has no such files at all, which is no fault of the workflow; --models tells which are there")),
    (CLI, "edge_type_mismatch", Changed("WF008", EMPTY, VAE)),
    (CLI, "dangling_edge", Changed("WF004", r#"["1",0]"#, r#"["9",0]"#)),
    (CLI, "output_index_out_of_range", Changed("WF004", r#"["1",0]"#, r#"["1",4]"#)),
    (CLI, "output_index_not_an_integer", Changed("WF064", r#"["1",0]"#, r#"["1","0"]"#)),
    (CLI, "bad_link_shape", Changed("WF064", r#"["1",0]"#, r#"["1"]"#)),
    (CLI, "literal_on_link_input", Changed("WF063", r#""image":["1",0]"#, NO_LINK)),
    (CLI, "dependency_cycle", Changed("WF053", r#"["1",0]"#, r#"["3",0]"#)),
    (CLI, "node_not_reachable_from_output", Changed("WF057", r#""1":{"#, r#""7":{"class_type":"LoadImage","inputs":{"image":"a.png"}},"1":{"#)),
    (CLI, "unknown_input", Changed("WF058", r#""width":64}}}"#, r#""width":64,"wdth":1}}}"#)),
    (CLI, "unknown_dynamic_sub_input", Changed("WF058", SCALE, SLIP_BELOW)),
    (CLI, "autogrow_bare_input", Changed("WF007", SCALE, AT_ONCE)),
    (CLI, "autogrow_no_slots", Changed("WF007", SCALE, GROWS)),
    (CLI, "autogrow_missing_first_slot", Changed("WF007", SCALE, FROM_SECOND)),
    (CLI, "dynamic_combo_roster_rebuilt", Not("said when it edits a workflow; nothing is checked")),
    (CLI, "invalid_dynamic_group_schema, invalid_dynamic_group_input, dynamic_group_row_count", Not("no node of ComfyUI 0.3.64 and 0.33.0 has such groups")),
    (CLI, "frontend_capture_required", Not("only Load3D takes such a picture, and nothing here looks at it")),
    (SERVER, "invalid_prompt: unknown class", Changed("WF005", "ImageScale", "ImageScal")),
    (SERVER, "invalid_prompt: no class_type", Changed("WF001", r#""class_type":"ImageScale","#, "")),
    (SERVER, "invalid_prompt: a key that is no node", Changed("WF001", r#""1":{"#, r#""5":7,"1":{"#)),
    (SERVER, "invalid_prompt: saved workflow", Text("WF002", SAVED)),
    (SERVER, "no_prompt", Text("INPUT001", r#"{"client_id":"x"}"#)),
    (SERVER, "prompt_no_outputs", Changed("WF003", r#""class_type":"SaveImage","inputs":{"images":["3",0],"filename_prefix":"a"}"#, PICTURE)),
    (SERVER, "required_input_missing", Changed("WF007", r#","width":64}}}"#, "}}}")),
    (SERVER, "value_smaller_than_min", Changed("WF006", r#""batch_size":1"#, r#""batch_size":0"#)),
    (SERVER, "value_bigger_than_max", Changed("WF006", r#""batch_size":1"#, r#""batch_size":9999"#)),
    (SERVER, "value_not_in_list", Changed("WF006", "lanczos", "lancos")),
    (SERVER, "value_not_in_list: a model file", Changed("WF009", EMPTY, r#""class_type":"VAELoader","inputs":{"vae_name":"other.safetensors"}"#)),
    (SERVER, "custom_validation_failed: an input file", Changed("WF009", EMPTY, PICTURE)),
    (SERVER, "invalid_input_type", Changed("WF006", r#""batch_size":1"#, r#""batch_size":null"#)),
    (SERVER, "return_type_mismatch", Changed("WF008", EMPTY, VAE)),
    (SERVER, "bad_linked_input", Changed("WF064", r#"["1",0]"#, r#"["1"]"#)),
    (SERVER, "exception_during_inner_validation: absent node", Changed("WF004", r#"["1",0]"#, r#"["9",0]"#)),
    (SERVER, "exception_during_inner_validation: output out of range", Changed("WF004", r#"["1",0]"#, r#"["1",4]"#)),
    (SERVER, "exception_during_inner_validation: id as a number", Changed("WF064", r#"["1",0]"#, "[1,0]")),
    (SERVER, "prompt_outputs_failed_validation: a circle", Changed("WF053", r#"["1",0]"#, r#"["3",0]"#)),
    (SERVER, "body that is no JSON", Text("INPUT001", r#"{"1": "#)),
    (DEBUGGER, "ghost links", Changed("WF004", r#"["1",0]"#, r#"["9",0]"#)),
    (DEBUGGER, "types", Changed("WF008", EMPTY, VAE)),
    (DEBUGGER, "muted and bypassed nodes with dependents", Text("WF059", MUTED)),
    (DEBUGGER, "no output", Changed("WF003", r#""class_type":"SaveImage","inputs":{"images":["3",0],"filename_prefix":"a"}"#, PICTURE)),
    (DEBUGGER, "cycle", Changed("WF053", r#"["1",0]"#, r#"["3",0]"#)),
    (DEBUGGER, "orphans", Changed("WF057", r#""1":{"#, r#""7":{"class_type":"LoadImage","inputs":{"image":"a.png"}},"1":{"#)),
    (DEBUGGER, "stale media", Changed("WF009", EMPTY, PICTURE)),
    (DEBUGGER, "unknown nodes", Changed("WF005", "ImageScale", "ImageScal")),
    (AUDITOR, "limits on bytes, depth and nodes", Text("INPUT003", "DEEP")),
    (AUDITOR, "what was not checked", Not("no finding: the summary names each rule that was not, and what would allow it")),
    (MCP, "less than 1 GB of VRAM free", Not("`wanlint vram` forecasts what is needed instead of comparing with one number")),
    (MANAGER, "packs that a workflow lacks", Changed("WF005", "ImageScale", "ImageScal")),
    (MANAGER, "known malicious packages", Not("its list changes by the day, and wanlint asks no network")),
];

fn class(required: Value, output: &[&str], output_node: bool) -> Value {
    json!({"input": {"required": required}, "output": output, "output_name": output, "output_node": output_node})
}

/// The answer of a server that has a few classes. With the last four it counts as a whole one.
fn answer() -> Value {
    let whole = |low: i64, high: i64| json!(["INT", {"default": 64, "min": low, "max": high}]);
    let grows =
        json!({"template": {"input": {"required": {"image": ["IMAGE", {}]}}, "prefix": "image", "min": 1, "max": 10}});
    let factor = json!({"required": {"factor": ["FLOAT", {"default": 1.0, "min": 0.1, "max": 8.0}]}});
    let modes = json!({"options": [{"key": "scale", "inputs": factor}, {"key": "none", "inputs": {"required": {}}}]});
    json!({
        "EmptyImage": class(json!({"width": whole(1, 16384), "height": whole(1, 16384), "batch_size": whole(1, 4096), "color": whole(0, 16777215)}), &["IMAGE"], false),
        "ImageScale": class(json!({"image": ["IMAGE"], "upscale_method": [["nearest-exact", "lanczos"]], "crop": ["COMBO", {"options": ["disabled", "center"]}], "width": whole(0, 16384)}), &["IMAGE"], false),
        "VAELoader": class(json!({"vae_name": [["wan_2.1_vae.safetensors"]]}), &["VAE"], false),
        "LoadImage": class(json!({"image": [["a.png"], {"image_upload": true}]}), &["IMAGE", "MASK"], false),
        "Batch": class(json!({"images": ["COMFY_AUTOGROW_V3", grows]}), &["IMAGE"], false),
        "Resize": class(json!({"image": ["IMAGE"], "mode": ["COMFY_DYNAMICCOMBO_V3", modes]}), &["IMAGE"], false),
        "SaveImage": class(json!({"images": ["IMAGE"], "filename_prefix": ["STRING", {"default": "a"}]}), &[], true),
        "KSampler": class(json!({}), &[], false),
        "CLIPTextEncode": class(json!({}), &[], false),
        "VAEDecode": class(json!({}), &[], false),
    })
}

#[test]
fn every_check_of_others_is_found_or_answered() {
    let folder = tempfile::tempdir().unwrap();
    let [info, file] = ["object_info.json", "w.json"].map(|name| folder.path().join(name));
    std::fs::write(&info, answer().to_string()).unwrap();
    let found = |text: &str| {
        std::fs::write(&file, text).unwrap();
        codes(&lint_stated(&file, &info.to_string_lossy(), "0.3.64"))
    };
    assert_eq!(found(BASE), Vec::<&str>::new(), "the base is right");
    for (tool, check, ours) in ROWS {
        let (code, text) = match ours {
            Changed(code, from, to) => {
                assert!(BASE.contains(from), "{tool}, {check}");
                (code, BASE.replacen(from, to, 1))
            }
            Text(code, "DEEP") => (code, "[".repeat(100_000)),
            Text(code, text) => (code, (*text).to_owned()),
            Not(why) => {
                assert!(!why.is_empty() && !why.ends_with('.'));
                continue;
            }
        };
        let found = found(&text);
        assert!(found.contains(code), "{tool}, {check}: {code} is not among {found:?}");
    }
}

/// What was measured, theirs and ours. `peers.rs` holds our side to it, and tests/workflow/convert.rs that of conversions.
fn measured() -> String {
    let mut out = MEASURED.to_owned();
    let mut sum = [0; 5];
    for (_, words, counts) in SCORES {
        let [number, lint, cli, server, ours] = counts;
        out += &format!("| {words} | {number} | {lint} | {cli} | {server} | {ours} |\n");
        sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    let [number, lint, cli, server, ours] = sum;
    out += &format!("| all | {number} | {lint} | {cli} | {server} | {ours} |\n");
    out + CONVERTED
}

#[test]
fn the_page_of_others_is_this_table() {
    let path = repository().join("docs/peers.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let head = written.split("\n|").next().unwrap();
    let row = |(tool, check, ours): &(&str, &str, Ours)| match ours {
        Changed(code, ..) | Text(code, _) => format!("| {tool} | {check} | {code} |\n"),
        Not(why) => format!("| {tool} | {check} | not: {why} |\n"),
    };
    let rows: String = ROWS.iter().map(row).collect();
    let page = format!("{head}\n| tool | its check | here |\n|---|---|---|\n{rows}{}", measured());
    if std::env::var_os("UPDATE_PEERS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(written == page, "docs/peers.md is stale: UPDATE_PEERS=1 cargo test --test corpus beside");
}
