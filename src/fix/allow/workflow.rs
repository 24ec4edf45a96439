//! Suppressions in workflows: `extra.wanlint.allow` of a saved one, `_meta.wanlint_allow` of a node of an API prompt.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::layout::Layout;
use crate::facts::allow::{self, Scope};
use crate::fix::Edit;
use crate::fix::edit::spliced;
use crate::project::File;
use crate::read::json::{JsonDoc, JsonRef};
use crate::span::Span;
use crate::workflow::format::{Detected, Format, detect};

/// A finding of the workflow: the code of its rule and its node.
pub(super) type Found<'a> = (&'a str, Option<&'a str>);

/// What is written into a container.
type Change = (Span, String);

/// The changes that allow findings of a workflow; `None` for findings that stay. Findings of one place share their change.
pub(super) fn entries(file: &File, index: usize, found: &[Found], reason: &str) -> Vec<Option<Edit>> {
    let text = file.source.text();
    let doc = JsonDoc::parse(text).ok();
    let Some(root) = doc.as_ref().and_then(|doc| doc.root(text)) else { return vec![None; found.len()] };
    let workflow = detect(root);
    let layout = Layout::of(root, text);
    // One entry for each rule at each node; those that go into one place together.
    let mut places: BTreeMap<Option<&str>, Vec<Found>> = BTreeMap::new();
    for one in found {
        let place = places.entry(place(&workflow, *one)).or_default();
        if !place.contains(one) {
            place.push(*one);
        }
    }
    let change = |place: Option<&str>| {
        let list = &places[&place];
        let change = match workflow.format {
            Format::Ui { .. } => in_extra(workflow.root, &layout, list, reason),
            Format::Api => in_node(workflow.root.get(place?)?, &layout, list, reason),
            Format::NotAWorkflow(_) => None,
        };
        let (span, text) = change.filter(|change| are_read(file, change, list))?;
        Some(Edit { file: index, span, text })
    };
    let changes: BTreeMap<Option<&str>, Option<Edit>> = places.keys().map(|place| (*place, change(*place))).collect();
    found.iter().map(|one| changes[&place(&workflow, *one)].clone()).collect()
}

/// What findings are written together by: in an API prompt their node, in a saved workflow nothing.
fn place<'a>(workflow: &Detected, found: Found<'a>) -> Option<&'a str> {
    found.1.filter(|_| workflow.format == Format::Api)
}

fn in_extra(root: JsonRef, layout: &Layout, found: &[Found], reason: &str) -> Option<Change> {
    let entry = |(code, node): &Found| match node {
        Some(node) => json!({"rule": code, "node": node, "reason": reason}),
        None => json!({"rule": code, "reason": reason}),
    };
    put(root, layout, &["extra", "wanlint", "allow"], found.iter().map(entry).collect())
}

fn in_node(node: JsonRef, layout: &Layout, found: &[Found], reason: &str) -> Option<Change> {
    let entries = found.iter().map(|(code, _)| json!({"rule": code, "reason": reason})).collect();
    put(node, layout, &["_meta", "wanlint_allow"], entries)
}

/// Entries of the list at a path below an object, which is made as far as it is not there; `None` where something else stands there.
fn put(object: JsonRef, layout: &Layout, path: &[&str], entries: Vec<Value>) -> Option<Change> {
    let (name, rest) = path.split_first()?;
    match object.get(name) {
        Some(list) if rest.is_empty() => {
            let items: Vec<_> = entries.iter().map(|entry| (None, entry)).collect();
            list.is_array().then(|| layout.put(list, &items))
        }
        Some(inner) => inner.is_object().then(|| put(inner, layout, rest, entries))?,
        None => {
            let inner = rest.iter().rev().fold(Value::from(entries), |value, name| json!({ *name: value }));
            object.is_object().then(|| layout.put(object, &[(Some(name), &inner)]))
        }
    }
}

/// The file is read again: what was to be allowed is allowed there.
fn are_read(file: &File, (span, new): &Change, found: &[Found]) -> bool {
    let Some(text) = spliced(file.source.text(), [(*span, new.as_str())]) else { return false };
    let doc = JsonDoc::parse(&text).ok();
    let root = doc.as_ref().and_then(|doc| doc.root(&text));
    let allows = root.map(|root| allow::in_workflow(detect(root).root)).unwrap_or_default();
    let read = |(code, node): &Found| {
        let is = |scope: &Scope| matches!(scope, Scope::Node(id) if id.as_deref() == *node);
        allows.iter().any(|allow| allow.rule == *code && is(&allow.scope))
    };
    found.iter().all(read)
}
