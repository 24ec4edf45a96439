//! Conversion where the recorded prompts are not at hand: a hash of each stands in `goldens.txt`, so that a change of any
//! template's prompt is seen with nothing but the templates. `UPDATE_GOLDENS=1 cargo test --test workflow` makes the file
//! anew from the recordings; the schemas here are the built-in ones.

use std::collections::BTreeMap;

use serde_json::Value;
use wanlint::catalog::nodes::Catalog;

use super::convert::{converted, is_different, json};
use super::official::templates;
use super::{files, shared};

const RECORDED: &str = include_str!("goldens.txt");

/// Where the built-in schemas alone give another prompt than a server's own answer: the chosen model is newer than they are,
/// so a link into an input that comes with it is kept, where the frontend of a server that does not know it drops the link.
const UNSTATED: [&str; 7] = [
    "api_fishaudio_drama3_dialogue",
    "api_fishaudio_drama3_directed",
    "api_minimax_h3_max_flf2v",
    "api_minimax_h3_max_i2v",
    "api_minimax_h3_max_r2v",
    "api_minimax_h3_max_turbo_i2v",
    "api_minimax_h3_max_turbo_t2v",
];

/// Sixteen hex digits of FNV-1a over the prompt: keys in order, numbers by value, without `_meta`.
fn hash(prompt: &Value) -> String {
    let mut text = String::new();
    canonical(prompt, &mut text);
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let sorted: BTreeMap<_, _> = members.iter().filter(|(key, _)| *key != "_meta").collect();
            for (key, member) in sorted {
                out.push_str(&format!("{{{key:?}"));
                canonical(member, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| {
            out.push('[');
            canonical(item, out);
        }),
        Value::Number(number) => out.push_str(&format!("#{:?}", number.as_f64())),
        other => out.push_str(&other.to_string()),
    }
    out.push(';');
}

#[test]
fn hashes_are_those_of_the_recordings() {
    let Some(folder) = shared("golden") else { return };
    let index = json(&folder.join("index.json"));
    let mut lines = String::new();
    for path in files(&folder, ".api.json") {
        let name = path.file_name().unwrap().to_string_lossy().replace(".api.json", "");
        let runtime = index[&name].get("runtime_inputs").is_some_and(|inputs| !inputs.is_null());
        if !runtime && !is_different(&name) {
            lines += &format!("{name} {}\n", hash(&json(&path)));
        }
    }
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/workflow/goldens.txt"), &lines).unwrap();
        return;
    }
    assert_eq!(lines, RECORDED, "UPDATE_GOLDENS=1 writes the file anew");
}

#[test]
fn templates_give_the_recorded_prompts_by_built_in_schemas() {
    let Some(templates) = templates() else { return };
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for line in RECORDED.lines() {
        let (name, expected) = line.split_once(' ').unwrap();
        let text = std::fs::read_to_string(templates.join(format!("{name}.json"))).unwrap();
        let found = converted(&text, &Catalog::default()).map(|converted| converted.json);
        let found = found.map(|json| hash(&serde_json::from_str(&json).unwrap()));
        let equal = found.is_ok_and(|found| found == expected);
        if equal == UNSTATED.contains(&name) {
            wrong.push(name);
        }
        seen += 1;
    }
    println!("{seen} templates by built-in schemas");
    assert!(wrong.is_empty() && seen > 300, "of {seen}: {wrong:#?}");
}
