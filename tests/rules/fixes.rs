//! The fixes of every rule, made on its bad examples: the rule is silent afterwards, no other rule speaks up, only the promised
//! bytes change, and a second run changes nothing.

use std::path::Path;

use serde_json::Value;
use wanlint::fix::Grade;
use wanlint::rules::{RULES, Rule};

use super::run_of_fixes::{Tree, tree};
use super::{Example, content, findings, report, stage};

#[test]
fn fixes_mend_the_bad_examples() {
    let mut failures = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.remedies.iter().any(|remedy| remedy.grade != Grade::Display)) {
        let examples = rule.bad.iter().map(|text| (text, toml::from_str::<Example>(text).unwrap()));
        let mut shown = false;
        for (text, example) in examples {
            shown |= !example.fixed.is_empty() || !example.gone.is_empty();
            failures.extend(fault(rule, &example).map(|fault| format!("{}: {fault}\n{text}", rule.code)));
        }
        if !shown {
            failures.push(format!("{} has a fix and no bad example that shows it (`fixed`)", rule.code));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn fault(rule: &Rule, example: &Example) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    stage(example, folder.path());
    let before = tree(folder.path());
    let found = report(example, folder.path(), &[]);
    let fixed = report(example, folder.path(), &["--fix", "--unsafe-fixes", "--fixable", rule.code]);
    let after = tree(folder.path());
    let left = |severity: &str| example.left.as_deref() == Some(severity);
    let still = |(code, severity, _): &(String, String, String)| code == rule.code && !left(severity);
    let count = |report: &Value| findings(report).into_iter().filter(still).count();
    if let Some(reason) = &example.not_fixed {
        return (before != after || reason.is_empty()).then(|| "is mended although it says `not_fixed`".to_owned());
    }
    if count(&fixed) > 0 {
        return Some(format!("still fires after its fix\n{}", shown(&after)));
    }
    let codes = |report: &Value| findings(report).into_iter().map(|(code, ..)| code).collect::<Vec<_>>();
    // A link that is taken out may leave a node behind that nothing needs.
    let usual = example.also.iter().cloned().chain([String::from("WF057")]);
    let known: Vec<String> = codes(&found).into_iter().chain(usual).collect();
    if let Some(new) = codes(&fixed).iter().find(|code| !known.contains(code)) {
        return Some(format!("its fix brings {new}\n{}", shown(&after)));
    }
    let promised = promised(rule, &found, &before, folder.path());
    if promised.as_ref().is_some_and(|promised| *promised != after) {
        return Some(format!("the edits in the report are not those that were made\n{}", shown(&after)));
    }
    report(example, folder.path(), &["--fix", "--unsafe-fixes", "--fixable", rule.code]);
    if tree(folder.path()) != after {
        return Some("a second run changes more".to_owned());
    }
    wanted(example, &before, &after)
}

/// The files as the edits of the first report make them; `None` where more than one pass may be needed.
fn promised(rule: &Rule, report: &Value, before: &Tree, folder: &Path) -> Option<Tree> {
    let list = report["findings"].as_array().unwrap();
    let mut mine = list.iter().filter(|finding| finding["code"] == rule.code);
    let (only, None) = (mine.next()?, mine.next()) else { return None };
    let fix = only["fixes"].as_array().unwrap().iter().find(|fix| fix["grade"] != "display")?;
    let mut edits: Vec<&Value> = fix["edits"].as_array().unwrap().iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit["start"].as_u64()));
    let mut after = before.clone();
    for edit in edits {
        let path = Path::new(edit["path"].as_str().unwrap()).strip_prefix(folder).unwrap();
        let [start, end] = ["start", "end"].map(|key| edit[key].as_u64().unwrap() as usize);
        let bytes = after.get_mut(path.to_str().unwrap()).unwrap();
        bytes.splice(start..end, edit["text"].as_str().unwrap().bytes());
    }
    Some(after)
}

/// What the example says about the files after the fix.
fn wanted(example: &Example, before: &Tree, after: &Tree) -> Option<String> {
    let workflow = |tree: &Tree| tree.get("workflow.json").map(|bytes| serde_json::from_slice::<Value>(bytes).unwrap());
    let (mut graph, mut files) = (workflow(before), before.clone());
    for (key, value) in &example.fixed {
        if example.files.contains_key(key) {
            files.insert(key.clone(), content(value).into_bytes());
        } else {
            let (node, input) = key.split_once('.').expect("a file or NODE.input");
            graph.as_mut().expect("a workflow")[node]["inputs"][input] = serde_json::to_value(value).unwrap();
        }
    }
    for key in &example.gone {
        let graph = graph.as_mut().and_then(Value::as_object_mut).expect("a workflow");
        let gone = match key.split_once('.') {
            Some((node, input)) => graph[node]["inputs"].as_object_mut().unwrap().remove(input),
            None => graph.remove(key),
        };
        gone.expect("an input or a node that was there");
    }
    if example.fixed.is_empty() && example.gone.is_empty() {
        return None;
    }
    let unlike = files.iter().find(|(name, bytes)| *name != "workflow.json" && after[*name] != **bytes);
    if let Some((name, bytes)) = unlike {
        return Some(format!("{name} is\n{}\nand not\n{}", shown(after), String::from_utf8_lossy(bytes)));
    }
    (workflow(after) != graph).then(|| format!("the workflow is\n{}", shown(after)))
}

fn shown(tree: &Tree) -> String {
    let texts = tree.iter().filter(|(name, _)| !name.starts_with("models"));
    texts.map(|(name, bytes)| format!("--- {name}\n{}", String::from_utf8_lossy(bytes))).collect()
}
