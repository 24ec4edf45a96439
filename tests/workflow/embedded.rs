//! Media files that hold a saved workflow and the prompt that the real frontend made of it, as ComfyUI writes both: the one is
//! converted and compared with the other. The files that ComfyUI 0.3.64 itself saved cannot serve for that: their workflow has
//! no nodes. So these are made here, in every container that is read, from the recorded prompts and the templates they came from.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use serde_json::Value;
use wanlint::read::media::Media;

use super::build;
use super::convert::{converted, differences, json, schemas, skipped};
use super::official::templates;
use super::shared;

/// Fewest pairs, and fewest in each kind of file.
const PAIRS: usize = 300;
const EACH: usize = 10;

/// A template and its prompt.
struct Pair {
    name: String,
    workflow: String,
    prompt: String,
    skip: Vec<(String, String)>,
}

/// The templates that every version of the frontend converts alike; none where they or the prompts are not at hand.
fn pairs(folder: &Path, templates: &Path) -> Vec<Pair> {
    let index = json(&folder.join("index.json"));
    let pair = |(name, entry): (&String, &Value)| {
        let prompt = std::fs::read_to_string(folder.join(format!("{name}.api.json"))).ok();
        let workflow = std::fs::read_to_string(templates.join(format!("{name}.json"))).unwrap();
        let texts = prompt.filter(|_| entry["robust"] == true).map(|prompt| (as_python(&workflow), as_python(&prompt)));
        let skip = skipped(entry.get("runtime_inputs"));
        texts.map(|(workflow, prompt)| Pair { name: name.clone(), workflow, prompt, skip })
    };
    index.as_object().unwrap().iter().filter_map(pair).collect()
}

/// As `json.dumps` writes it: one line, every character beyond ASCII escaped.
fn as_python(text: &str) -> String {
    let value: Value = serde_json::from_str(text).unwrap();
    let mut units = [0; 2];
    let escaped = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    value.to_string().chars().map(escaped).collect()
}

fn text(bytes: &Option<Vec<u8>>) -> &str {
    std::str::from_utf8(bytes.as_deref().unwrap()).unwrap()
}

#[test]
fn the_workflow_of_a_media_file_gives_its_prompt() {
    let (Some(folder), Some(templates)) = (shared("golden"), templates()) else { return };
    let catalog = schemas(&folder);
    let (mut seen, mut faults) = (BTreeMap::<&str, usize>::new(), Vec::new());
    let pairs = pairs(&folder, &templates);
    let kinds = build::all(&[]).len();
    for (index, pair) in pairs.iter().enumerate() {
        let texts = [("prompt", pair.prompt.as_str()), ("workflow", pair.workflow.as_str())];
        let (kind, container, bytes) = build::all(&texts).swap_remove(index % kinds);
        let media = Media::read(&mut Cursor::new(&bytes)).unwrap().unwrap();
        assert!(media.container == container && media.fault.is_none(), "{} in {kind}", pair.name);
        assert!(media.workflow.is_some(), "{} in {kind}: {} bytes", pair.name, pair.workflow.len());
        let ours = converted(text(&media.workflow), &catalog).map_err(|refusal| refusal.message).unwrap();
        let prompt: Value = serde_json::from_str(text(&media.prompt)).unwrap();
        let found = differences(&serde_json::from_str(&ours.json).unwrap(), &prompt, &pair.skip);
        faults.extend(found.iter().take(3).map(|fault| format!("{} in {kind}: {fault}", pair.name)));
        *seen.entry(kind).or_default() += 1;
    }
    println!("{} workflows inside media files: {seen:?}", pairs.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(pairs.len() >= PAIRS && seen.len() == kinds && seen.values().all(|&count| count >= EACH), "{seen:?}");
}

/// The whole way, once in each kind of file: with the prompt it is given back, without it the workflow is converted to it.
#[test]
fn the_binary_does_the_same() {
    let (Some(folder), Some(templates)) = (shared("golden"), templates()) else { return };
    let pairs = pairs(&folder, &templates);
    let place = tempfile::tempdir().unwrap();
    let schemas = folder.join("object_info.json");
    let kinds = build::all(&[]).len();
    for (index, pair) in pairs.iter().take(kinds).enumerate() {
        let workflow = ("workflow", pair.workflow.as_str());
        let prompt = ("prompt", pair.prompt.as_str());
        for texts in [&[prompt, workflow][..], &[workflow]] {
            let (kind, _, bytes) = build::all(texts).swap_remove(index);
            let path = place.path().join(kind);
            std::fs::write(&path, bytes).unwrap();
            let mut wanlint = std::process::Command::new(env!("CARGO_BIN_EXE_wanlint"));
            wanlint.arg("convert").arg(&path).arg("--isolated").arg("--object-info").arg(&schemas);
            let done = wanlint.output().unwrap();
            assert!(done.status.success(), "{} in {kind}: {}", pair.name, String::from_utf8_lossy(&done.stderr));
            let ours: Value = serde_json::from_slice(&done.stdout).unwrap();
            let theirs = serde_json::from_str(&pair.prompt).unwrap();
            assert_eq!(differences(&ours, &theirs, &pair.skip), Vec::<String>::new(), "{} in {kind}", pair.name);
        }
    }
}
