//! Saved workflows against what the real frontend made of them.

use std::collections::BTreeMap;

use wanlint::workflow::graph::{Graph, Value};

use super::{files, read, shared};

/// Differences that need what this reader does not do: the browser's random prompt choices and text replacements,
/// widgets that only exist in the browser, a value the server's schema moved.
const OUT_OF_SCOPE: [(&str, &str); 7] = [
    ("dynamic_prompt_json_text", "prompt choice"),
    ("dynamic_prompts", "prompt choice"),
    ("ids_out_of_order", "prompt choice"),
    ("old_format_primitive", "prompt choice"),
    ("primitive_several_widgets", "prompt choice"),
    ("primitive_stale_targets", "prompt choice"),
    ("text_special_characters", "%date% and %Node.widget% in a file name"),
];

/// Node id -> input -> value, links by id, lists as `Other`; what leads nowhere is left out.
fn plain(graph: &Graph, known_only: bool) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for index in graph.real().filter(|&index| !known_only || graph.spec(index).is_some()) {
        let node = graph.get(index).unwrap();
        let shown = |value: &Value| match value {
            Value::Link { node, slot } => Some(format!("-> {}:{slot}", graph.get(*node).unwrap().id)),
            Value::Dangling { .. } => None,
            Value::Int(value) => Some((*value as f64).to_string()),
            Value::Float(value) => Some((value + 0.0).to_string()),
            other => Some(format!("{other:?}")),
        };
        let inputs = node.inputs.iter().filter_map(|input| Some((input.name.to_string(), shown(&input.value)?)));
        all.insert(node.id.clone(), inputs.collect());
    }
    all
}

#[test]
fn saved_workflows_give_what_the_frontend_sends() {
    let Some(folder) = shared("golden/edge") else { return };
    let (mut same, mut seen, mut faults) = (0, 0, Vec::new());
    for path in files(&folder, ".ui.json") {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().replace(".ui.json", "");
        let api = path.with_file_name(format!("{name}.api.json"));
        let graph = read(&text).unwrap();
        if !api.exists() || !graph.unread.is_empty() || text.contains("\"subgraphs\"") {
            continue;
        }
        let text = std::fs::read_to_string(api).unwrap();
        let api = read(&super::convert::as_ours(&name, &text)).unwrap();
        seen += 1;
        let (ours, theirs) = (plain(&graph, false), plain(&api, false));
        if ours == theirs {
            same += 1;
        } else if !OUT_OF_SCOPE.iter().any(|(known, _)| *known == name) {
            faults.push(format!("{name}: {}", first_difference(&ours, &theirs)));
        }
    }
    println!("saved workflows: {same} of {seen} equal");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

type Plain = BTreeMap<String, BTreeMap<String, String>>;

fn first_difference(ours: &Plain, theirs: &Plain) -> String {
    for id in ours.keys().chain(theirs.keys()) {
        let (Some(a), Some(b)) = (ours.get(id), theirs.get(id)) else { return format!("node {id} on one side only") };
        for name in a.keys().chain(b.keys()) {
            if a.get(name) != b.get(name) {
                return format!("node {id}.{name}: ours {:?}, frontend {:?}", a.get(name), b.get(name));
            }
        }
    }
    "equal".into()
}

/// The official templates without subgraphs, from the package comfyui-workflow-templates-json: `WANLINT_TEMPLATES` is the
/// folder of its JSON files. Runs only where that is set, because the data is not ours.
#[test]
fn official_templates_give_what_the_frontend_sends() {
    let (Some(folder), Some(templates)) = (shared("golden"), std::env::var_os("WANLINT_TEMPLATES")) else {
        println!("skipped: WANLINT_TEMPLATES is not set");
        return;
    };
    let (mut same, mut seen) = (0, 0);
    for api in files(&folder, ".api.json") {
        let name = api.file_name().unwrap().to_string_lossy().replace(".api.json", ".json");
        let text = std::fs::read_to_string(std::path::Path::new(&templates).join(&name)).unwrap();
        let graph = read(&text).unwrap();
        if !graph.unread.is_empty() {
            continue;
        }
        let api = read(&std::fs::read_to_string(api).unwrap()).unwrap();
        let (ours, theirs) = (plain(&graph, true), plain(&api, true));
        seen += 1;
        same += usize::from(ours == theirs);
        if ours != theirs {
            println!("{name}: {}", first_difference(&ours, &theirs));
        }
    }
    println!("official templates without subgraphs: {same} of {seen} equal");
    assert!(same * 100 >= seen * MIN_PERCENT, "{same} of {seen}");
}

/// The rest are 3D nodes with values that only the browser makes (measured: 208 of 230 equal). Partner nodes are left out.
const MIN_PERCENT: usize = 90;
