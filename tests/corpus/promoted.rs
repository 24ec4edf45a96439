//! Every setting that a subgraph of an official template shows on its outside is there: the templates keep no values beside their
//! lists, so each entry is given one, which must then be found to belong to something.

use serde_json::{Value, json};

use super::official::templates;
use super::{NOTHING, files, judged, lint, template_name, told};

/// A value that no node has.
const VALUE: &str = "wanlint's own";

#[test]
fn settings_that_templates_show_are_found() {
    let Some(folder) = templates() else { return };
    let (there, entries) = findings(&folder, |_| {});
    assert!(entries > 1000 && there.is_empty(), "of {entries}: {there:#?}");
    let (gone, _) = findings(&folder, |entry| entry[0] = json!("987654"));
    // Of many instances the values go to inputs of the subgraph all the same, by their order.
    assert!(gone.len() > 150 && gone.iter().all(|words| words.contains("node 987654")), "{}", gone.len());
    let (gone, _) = findings(&folder, |entry| entry[1] = json!("no such setting"));
    assert!(gone.len() > 150, "{} where classes are known", gone.len());
}

/// What WF061 says when each entry has a value, and how many there are.
fn findings(folder: &std::path::Path, edit: impl Fn(&mut Value)) -> (Vec<String>, usize) {
    let (copy, mut count) = (tempfile::tempdir().unwrap(), 0);
    for path in files(folder, ".json") {
        let mut graph: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let before = count;
        let nodes = graph.get_mut("nodes").and_then(Value::as_array_mut);
        nodes.into_iter().flatten().for_each(|node| give(node, &edit, &mut count));
        if count > before {
            std::fs::write(copy.path().join(path.file_name().unwrap()), graph.to_string()).unwrap();
        }
    }
    let outcome = lint(copy.path(), NOTHING);
    let allowed = judged::allowed();
    let judged = |template: &str| allowed.iter().any(|(file, code, _)| file == template && code == "WF061");
    let found = outcome.findings.iter().filter(|finding| finding.rule.code == "WF061");
    let new = found.filter(|finding| !judged(&template_name(&outcome, finding)));
    (new.map(|finding| told(&outcome, finding)).collect(), count)
}

fn give(node: &mut Value, edit: &impl Fn(&mut Value), count: &mut usize) {
    let Some(list) = node.pointer_mut("/properties/proxyWidgets").and_then(Value::as_array_mut) else { return };
    // What shows a picture or steers a seed has no value of its own.
    list.iter_mut().filter(|entry| !entry[1].as_str().unwrap().starts_with("$$")).for_each(edit);
    *count += list.len();
    node["widgets_values"] = json!(vec![VALUE; list.len()]);
}
