//! Every finding on an official template, at any severity, is on a list that says why it is right: `judged.txt`. A new finding
//! fails until it is judged, and so does a line that nothing needs any more.

use std::collections::BTreeSet;

use super::official::templates;
use super::{Allowed, NOTHING, lint, staged, template_name, told};

/// One line of the list.
pub(super) struct Line {
    pub template: String,
    pub code: String,
    /// Node ids; empty for any.
    pub nodes: Vec<String>,
    pub why: String,
}

/// `template CODE node,node why`, apart by tabs; `*` for any node.
pub(super) fn list() -> Vec<Line> {
    let text = include_str!("judged.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [template, code, nodes, why] = fields[..] else { panic!("four fields, apart by tabs: {line}") };
            assert!(why.len() > 20, "a reason that can be checked: {line}");
            let nodes = nodes.split(',').filter(|node| *node != "*").map(str::to_owned).collect();
            Line { template: template.to_owned(), code: code.to_owned(), nodes, why: why.to_owned() }
        })
        .collect()
}

/// The list as other tests use it.
pub(super) fn allowed() -> Vec<Allowed> {
    list().into_iter().map(|line| (line.template, line.code, line.why)).collect()
}

#[test]
fn every_finding_on_an_official_template_is_judged() {
    let Some(folder) = templates() else { return };
    let copy = staged(&folder, ".json");
    let outcome = lint(copy.path(), NOTHING);
    let list = list();
    let (mut used, mut new) = (BTreeSet::new(), Vec::new());
    for finding in &outcome.findings {
        let (template, code) = (template_name(&outcome, finding), finding.rule.code);
        let id = finding.node.as_ref().map(|node| node.id.as_str()).unwrap_or_default();
        let matches = |line: &Line| {
            line.template == template
                && line.code == code
                && (line.nodes.is_empty() || line.nodes.iter().any(|node| node == id))
        };
        match list.iter().position(matches) {
            Some(line) => {
                used.insert(line);
            }
            None => new.push(format!("{template}\t{code}\t{id}\t{}", told(&outcome, finding))),
        }
    }
    assert!(new.is_empty(), "judge these in tests/corpus/judged.txt:\n{}", new.join("\n"));
    let stale = list.iter().enumerate().filter(|(at, _)| !used.contains(at));
    let stale: Vec<String> = stale.map(|(_, line)| format!("{} {}", line.template, line.code)).collect();
    assert!(stale.is_empty(), "nothing needs these lines any more: {stale:?}");
}
