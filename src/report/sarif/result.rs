//! One finding as a result.

use serde_json::{Value, json};

use super::artifact::{self, Artifacts};
use super::rule::Rules;
use super::{level, message};
use crate::finding::{Finding, Location, NodeRef};
use crate::fix::{self, Edit, Fix, Grade};
use crate::outcome::Outcome;
use crate::redact;
use crate::report::safe;

/// Most related places that GitHub keeps.
const MAX_RELATED: usize = 100;

/// What a result is written with.
type Context<'a, 'b> = (&'a Outcome, &'a Rules, &'a mut Artifacts<'b>);

pub(super) fn value(finding: &Finding, print: &(String, usize), (outcome, rules, artifacts): Context) -> Value {
    let mut location = json!({ "physicalLocation": artifacts.place(finding.primary, outcome) });
    if let Some(node) = &finding.node {
        location["logicalLocations"] = json!([logical(node)]);
    }
    let mut value = json!({
        "ruleId": finding.rule.code,
        "ruleIndex": rules.index(finding.rule.code),
        "level": level(finding.severity),
        "message": message(&words(finding, outcome)),
        "locations": [location],
    });
    let related = finding.related.iter().take(MAX_RELATED).enumerate();
    let related: Vec<Value> = related
        .map(|(index, (at, words))| {
            let words = format!("{words}{}", artifact::within(*at, outcome));
            json!({ "id": index + 1, "physicalLocation": artifacts.place(*at, outcome), "message": message(&words) })
        })
        .collect();
    let fixes: Vec<Value> = finding.fixes.iter().filter_map(|fix| fix_value(fix, outcome, artifacts)).collect();
    for (key, list) in [("relatedLocations", related), ("fixes", fixes)] {
        if !list.is_empty() {
            value[key] = Value::Array(list);
        }
    }
    // GitHub goes by the first name alone; what it would compute itself follows the line, which is a whole workflow at times.
    let print = format!("{}:{}", print.0, print.1);
    value["partialFingerprints"] = json!({ "primaryLocationLineHash": print, "wanlint/v1": print });
    if !finding.targets.is_empty() {
        value["properties"] =
            json!({ "targets": finding.targets.iter().map(|name| safe::line(name)).collect::<Vec<_>>() });
    }
    safe::masked(value)
}

/// Message, place inside another file, and help.
fn words(finding: &Finding, outcome: &Outcome) -> String {
    let within = artifact::within(finding.primary, outcome);
    let help = if finding.help.is_empty() { String::new() } else { format!("\n{}", safe::line(&finding.help)) };
    format!("{}{within}{help}", safe::line(&finding.message))
}

fn logical(node: &NodeRef) -> Value {
    json!({
        "fullyQualifiedName": safe::line(&node.id),
        "name": safe::line(node.title.as_deref().unwrap_or(&node.class)),
        "kind": "object",
    })
}

/// A fix that can be made. One that would write what is masked is left out: it would write stars.
fn fix_value(fix: &Fix, outcome: &Outcome, artifacts: &mut Artifacts) -> Option<Value> {
    let edits = fix::edits(fix, &outcome.files).ok().filter(|_| fix.grade != Grade::Display)?;
    if edits.iter().any(|edit| redact::masked(&edit.text) != edit.text) {
        return None;
    }
    let changes = edits.chunk_by(|one, other| one.file == other.file).map(|edits| change(edits, outcome, artifacts));
    Some(json!({
        "description": message(&fix.title),
        "artifactChanges": changes.collect::<Vec<_>>(),
        "properties": { "grade": fix.grade.name() },
    }))
}

fn change(edits: &[Edit], outcome: &Outcome, artifacts: &mut Artifacts) -> Value {
    let file = &outcome.files[edits[0].file];
    let replacement = |edit: &Edit| {
        let location = Location { file: edit.file, span: edit.span };
        let mut value = json!({ "deletedRegion": artifact::region(&file.source, location) });
        if !edit.text.is_empty() {
            value["insertedContent"] = json!({ "text": edit.text });
        }
        value
    };
    json!({
        "artifactLocation": artifacts.location(file),
        "replacements": edits.iter().map(replacement).collect::<Vec<_>>(),
    })
}
