//! Conversion against what the real frontend made of the same files (comfyui-frontend-package 1.58.1, ComfyUI 0.33.0).

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use wanlint::catalog::nodes::{Catalog, Stated};
use wanlint::read::json::JsonDoc;
use wanlint::workflow::convert::{Converted, Options, Refusal, convert};
use wanlint::workflow::format::detect;

use super::official::templates;
use super::{files, shared};

/// Goldens that are not matched, and why. All were saved with a newer schema than the one they were converted with
/// (`saved_with_other_schema`), none is in the hard set (`robust`).
const DIFFERENT: [(&str, &str); 8] = [
    ("api_anthropic_claude_fable5_1", NUMBER),
    ("api_anthropic_claude_opus_5_5", NUMBER),
    ("api_bytedance_seedream_5_0_flash_image_edit", LANDED),
    (
        "api_flux2",
        "frontend 1.58.1 drops the link of a growing input whose number has a gap before it, 1.49.6 does not",
    ),
    ("api_nano_banana_2_1_image_edit", LANDED),
    ("api_nano_banana_2_1_t2i", NUMBER),
    ("api_openai_gpt_image_25_flare_image_edit", LANDED),
    ("api_openai_gpt_image_25_sunburst_image_edit", LANDED),
];
/// Goldens whose ids are others: the browser turns a group node into a subgraph and numbers its nodes anew, wanlint names them
/// as the browsers did that had group nodes. All else is equal.
const RENAMED: [(&str, &[(&str, &str)]); 1] = [("group_node_legacy", &[("50:0", "63:61"), ("50:1", "63:62")])];
const NUMBER: &str =
    "a shifted number lands in a text of several lines, which the browser turns into text; the server does so too";
const LANDED: &str = "frontend 1.58.1 lets the link of a vanished input land on `prompt`, 1.49.6 does not";

pub fn is_different(name: &str) -> bool {
    DIFFERENT.iter().any(|(known, _)| *known == name)
}

pub fn converted(text: &str, catalog: &Catalog) -> Result<Converted, Refusal> {
    let doc = JsonDoc::parse(text).unwrap();
    convert(&detect(doc.root(text).unwrap()), catalog, Options::default())
}

/// A golden with the ids that wanlint gives.
pub fn as_ours(name: &str, golden: &str) -> String {
    let ids = RENAMED.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, ids)| ids);
    ids.iter()
        .fold(golden.to_owned(), |text, (ours, theirs)| text.replace(&format!("\"{theirs}\""), &format!("\"{ours}\"")))
}

/// The schemas that the goldens were made with.
pub fn schemas(folder: &Path) -> Catalog {
    let text = std::fs::read_to_string(folder.join("object_info.json")).unwrap();
    Catalog::with(Stated::read(text).unwrap())
}

pub fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Numbers by value, everything else exactly; `_meta` does not count.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => ours == theirs,
    }
}

fn short(value: Option<&Value>) -> String {
    value.map_or("nothing".into(), |value| value.to_string().chars().take(120).collect())
}

/// The differences, in words; inputs on the list are passed over.
pub fn differences(ours: &Value, theirs: &Value, skip: &[(String, String)]) -> Vec<String> {
    let none = Map::new();
    let (ours, theirs) = (ours.as_object().unwrap(), theirs.as_object().unwrap());
    let mut found = Vec::new();
    for id in ours.keys().chain(theirs.keys().filter(|id| !ours.contains_key(*id))) {
        let (Some(a), Some(b)) = (ours.get(id), theirs.get(id)) else {
            let side = if ours.contains_key(id) { "ours" } else { "theirs" };
            let class = ours.get(id).or(theirs.get(id)).and_then(|node| node.get("class_type"));
            found.push(format!("node {id} {} only in {side}", short(class)));
            continue;
        };
        if a.get("class_type") != b.get("class_type") {
            found.push(format!("{id}: class {} for {}", short(a.get("class_type")), short(b.get("class_type"))));
        }
        let inputs = |node: &Value| node.get("inputs").and_then(Value::as_object).cloned();
        let (a_in, b_in) = (inputs(a).unwrap_or(none.clone()), inputs(b).unwrap_or(none.clone()));
        for name in a_in.keys().chain(b_in.keys().filter(|name| !a_in.contains_key(*name))) {
            let (left, right) = (a_in.get(name), b_in.get(name));
            let equal = matches!((left, right), (Some(left), Some(right)) if same(left, right));
            if !equal && !skip.contains(&(id.clone(), name.clone())) {
                let class = short(a.get("class_type"));
                found.push(format!("{id} {class}.{name}: {} for {}", short(left), short(right)));
            }
        }
    }
    found
}

pub fn skipped(entry: Option<&Value>) -> Vec<(String, String)> {
    let list = entry.and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect()
}

#[test]
fn edge_cases_convert_as_in_the_frontend() {
    let Some(folder) = shared("golden/edge") else { return };
    let index = json(&folder.join("index.json"));
    let catalog = schemas(folder.parent().unwrap());
    let (mut equal, mut faults) = (0, Vec::new());
    for path in files(&folder, ".ui.json") {
        let name = path.file_name().unwrap().to_string_lossy().replace(".ui.json", "");
        let result = converted(&std::fs::read_to_string(&path).unwrap(), &catalog);
        let golden = folder.join(format!("{name}.api.json"));
        if !golden.exists() {
            match result {
                Err(refusal) => equal += usize::from(!refusal.message.is_empty()),
                Ok(_) => faults.push(format!("{name}: the frontend refuses this file")),
            }
            continue;
        }
        let found = match result {
            Ok(converted) => {
                let ours = serde_json::from_str(&converted.json).unwrap();
                let golden = as_ours(&name, &std::fs::read_to_string(&golden).unwrap());
                let theirs: Value = serde_json::from_str(&golden).unwrap();
                differences(&ours, &theirs, &skipped(index[&name].get("time_dependent_inputs")))
            }
            Err(refusal) => vec![refusal.message],
        };
        equal += usize::from(found.is_empty());
        faults
            .extend(found.into_iter().filter(|_| !is_different(&name)).take(4).map(|fault| format!("{name}: {fault}")));
    }
    println!("edge cases: {equal} equal");
    let all = index.as_object().unwrap();
    let score = json(&folder.with_file_name("comfy_cli_score.json"));
    let scored: Vec<&Value> = all.keys().filter_map(|name| score["edge"].get(name)).collect();
    let theirs = scored.iter().filter(|case| case["equal"] == true).count();
    let (number, run) = (all.len(), scored.len());
    stated(&format!("| {number} edge cases on record | {theirs} of the {run} that it was run on | {equal} |"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// docs/peers.md says so.
fn stated(row: &str) {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/peers.md")).unwrap();
    assert!(page.contains(row), "docs/peers.md does not say: {row}");
}

#[test]
fn official_templates_convert_as_in_the_frontend() {
    let (Some(folder), Some(templates)) = (shared("golden"), templates()) else { return };
    let index = json(&folder.join("index.json"));
    let catalog = schemas(&folder);
    let (mut equal, mut seen, mut faults) = (0, 0, Vec::new());
    for path in files(&folder, ".api.json") {
        let name = path.file_name().unwrap().to_string_lossy().replace(".api.json", "");
        let ui = templates.join(format!("{name}.json"));
        let found = match converted(&std::fs::read_to_string(&ui).unwrap(), &catalog) {
            Ok(converted) => {
                let ours = serde_json::from_str(&converted.json).unwrap();
                differences(&ours, &json(&path), &skipped(index[&name].get("runtime_inputs")))
            }
            Err(refusal) => vec![refusal.message],
        };
        seen += 1;
        equal += usize::from(found.is_empty());
        let many = found.len();
        let robust = index[&name].get("robust") == Some(&Value::Bool(true));
        assert!(!(robust && is_different(&name)), "{name} is in the hard set");
        if found.is_empty() && is_different(&name) {
            faults.push(format!("{name} is equal now: take it from the list"));
        }
        faults.extend(
            found.into_iter().filter(|_| !is_different(&name)).take(3).map(|fault| format!("{name} ({many}): {fault}")),
        );
    }
    println!("official templates: {equal} of {seen} equal");
    let theirs = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().replace(".api.json", "");
        index[&name].get("comfy_cli_equal") == Some(&Value::Bool(true))
    };
    let theirs = files(&folder, ".api.json").iter().filter(|path| theirs(path)).count();
    stated(&format!("| {seen} official templates on record for the tests | {theirs} | {equal} |"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
