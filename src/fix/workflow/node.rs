//! Nodes that are switched off and on. A saved workflow says so itself; out of an API prompt a node is taken, and what it was given goes
//! on to those that took its outputs, by the rule of the browser.

use super::place::{self, NodeJson};
use super::proof::{self, Change, Seen, nodes_at, proven};
use super::{literal, member};
use crate::finding::Location;
use crate::fix::{Edit, Refusal};
use crate::project::{File, WorkflowFile};
use crate::read::json::{JsonDoc, JsonRef};
use crate::span::Span;
use crate::workflow::bypass::input_for;
use crate::workflow::graph::{Node, NodeIx, Value};

/// The node whose class is at the place is bypassed.
///
/// # Errors
/// When it has nothing to hand on where something is wanted, or anything else would change.
pub(super) fn bypass(at: Location, of: (&File, &WorkflowFile)) -> Result<Vec<Edit>, Refusal> {
    let text = of.0.source.text();
    let doc = JsonDoc::parse(text).map_err(|error| error.message)?;
    let json = place::node(doc.root(text).ok_or("the file is empty")?, at.span)?;
    let edits = match json.key {
        Some(_) => taken_out(json, at, of.1)?,
        None if json.node.get("mode").is_some_and(|mode| mode.raw() == "0") => vec![set_mode(json, at, "4")?],
        None => return Err("the node is not active".to_owned()),
    };
    let graph = &of.1.graph;
    let nodes = nodes_at(of.1, at.span);
    let given: Vec<Seen> =
        nodes.iter().flat_map(|node| &node.inputs).map(|input| proof::seen(graph, &input.value)).collect();
    let is_one = |id: &String| nodes.iter().any(|node| node.id == *id);
    proven(edits, of, true, |change| match (&change.from, &change.to) {
        _ if is_one(&change.node) => change.input.is_empty() || change.to.is_none(),
        (Some(Seen::Link(from, _)), Some(to @ Seen::Link(..))) => is_one(from) && given.contains(to),
        _ => false,
    })
}

/// The muted node whose class is at the place takes part again.
///
/// # Errors
/// When it is not muted, or anything else would change.
pub(super) fn unmute(at: Location, of: (&File, &WorkflowFile)) -> Result<Vec<Edit>, Refusal> {
    let text = of.0.source.text();
    let doc = JsonDoc::parse(text).map_err(|error| error.message)?;
    let json = place::node(doc.root(text).ok_or("the file is empty")?, at.span)?;
    if json.node.get("mode").is_none_or(|mode| mode.raw() != "2") {
        return Err("the node is not muted".to_owned());
    }
    let ids: Vec<&str> = nodes_at(of.1, at.span).iter().map(|node| node.id.as_str()).collect();
    let inside = |id: &str| ids.iter().any(|one| id.strip_prefix(one).is_some_and(|rest| rest.starts_with(':')));
    proven(vec![set_mode(json, at, "0")?], of, true, |Change { node, input, from, .. }| {
        let itself = ids.contains(&node.as_str()) && input.is_empty();
        itself || from.is_none() && inside(node) || matches!(from, Some(Seen::Lost(_)))
    })
}

/// The node of an API prompt whose class is at the place becomes one of another class.
///
/// # Errors
/// When it is none of an API prompt, or anything else would change.
pub(super) fn rename_class(at: Location, class: &str, of: (&File, &WorkflowFile)) -> Result<Vec<Edit>, Refusal> {
    let text = of.0.source.text();
    let doc = JsonDoc::parse(text).map_err(|error| error.message)?;
    let json = place::node(doc.root(text).ok_or("the file is empty")?, at.span)?;
    if json.key.is_none() {
        return Err("a saved workflow names the class in more than one place".to_owned());
    }
    let edit = Edit { file: at.file, span: at.span, text: literal::quoted(class, text.is_ascii()) };
    let ids: Vec<&str> = nodes_at(of.1, at.span).iter().map(|node| node.id.as_str()).collect();
    proven(vec![edit], of, true, |change| ids.contains(&change.node.as_str()) && change.input.is_empty())
}

fn set_mode(json: NodeJson, at: Location, mode: &str) -> Result<Edit, Refusal> {
    let old = json.node.get("mode").filter(|old| old.as_i64().is_some()).ok_or("the node has no mode")?;
    Ok(Edit { file: at.file, span: old.span(), text: mode.to_owned() })
}

/// The edits that take a node out of an API prompt.
fn taken_out(json: NodeJson, at: Location, workflow: &WorkflowFile) -> Result<Vec<Edit>, Refusal> {
    let key = json.key.ok_or("the node has no id")?;
    let id = key.as_str().ok_or("the node has no id")?;
    let graph = &workflow.graph;
    let is_last = |node: &NodeIx| graph.get(*node).is_some_and(|node| node.class_span == at.span);
    let taken = graph.by_id(&id).filter(is_last).ok_or("the node is written twice")?;
    let member = key.span().to(json.node.span());
    let gone = member::one_gone(json.graph, member).ok_or("the node is not found")?;
    let mut edits = vec![Edit { file: at.file, span: gone, text: String::new() }];
    for (index, consumer) in (0..).map(NodeIx).zip(&graph.nodes) {
        for input in &consumer.inputs {
            let Value::Link { node, slot } = input.value else { continue };
            if node == taken {
                let wanted = graph.spec(index).and_then(|spec| spec.socket(&input.name)).map(|socket| socket.kind);
                let source = handed_on(json, (taken, slot), wanted, workflow)?;
                edits.extend(redirected(json.graph, consumer, input.key_span, source, at)?);
            }
        }
    }
    Ok(edits)
}

/// The link that a bypassed node would hand on for one of its outputs.
fn handed_on<'a>(
    json: NodeJson<'a>,
    (node, slot): (NodeIx, u32),
    wanted: Option<&str>,
    workflow: &WorkflowFile,
) -> Result<JsonRef<'a>, Refusal> {
    let spec = workflow.graph.spec(node).ok_or("what the node takes and gives is not known")?;
    let output = spec.outputs.get(slot as usize).copied().ok_or("the node has no such output")?;
    let kinds: Vec<&str> = spec.inputs.iter().map(|socket| socket.kind).collect();
    let input = input_for(slot as usize, &kinds, output, wanted.unwrap_or(output));
    let name = input.and_then(|input| spec.inputs.get(input)).map(|socket| socket.name);
    let value = name.and_then(|name| json.node.get("inputs")?.get(name)).filter(|value| value.count() == 2);
    value.ok_or_else(|| format!("the node has nothing of type {output} to hand on"))
}

/// The two parts of a link as another link has them; the layout stays.
fn redirected(
    root: JsonRef<'_>,
    consumer: &Node,
    key: Span,
    source: JsonRef<'_>,
    at: Location,
) -> Result<Vec<Edit>, Refusal> {
    let inputs = root.get(&consumer.id).and_then(|node| node.get("inputs"));
    let entry = inputs.and_then(|inputs| inputs.entries().find(|(name, _)| name.span() == key));
    let link = entry.map(|(_, link)| link).ok_or("a link to the node is not found")?;
    let pair = |link: JsonRef<'_>| Some([link.item(0)?.span(), link.item(1)?.span()]);
    let (old, new) = (pair(link).ok_or("a link is malformed")?, [source.item(0), source.item(1)]);
    let edit = |(span, new): (Span, Option<JsonRef<'_>>)| {
        let text = new.map(|new| new.raw().to_owned()).unwrap_or_default();
        Edit { file: at.file, span, text }
    };
    let same = |edit: &Edit| {
        (0..2).any(|part| old[part] == edit.span && link.item(part).is_some_and(|one| one.raw() == edit.text))
    };
    Ok(old.into_iter().zip(new).map(edit).filter(|edit| !same(edit)).collect())
}
