//! Inputs of a node: taken out, put in, called by another name; and any other member of an object that goes.

use super::member;
use super::place::{self, InputJson};
use super::proof::{Change, Seen, proven};
use super::{link, literal};
use crate::catalog::nodes::WidgetKind;
use crate::finding::Location;
use crate::fix::{Edit, Refusal};
use crate::project::{File, WorkflowFile};
use crate::read::json::{JsonDoc, JsonRef};
use crate::span::Span;

type Of<'a> = (&'a File, &'a WorkflowFile);

/// The inputs at the places, all of one file, go: out of an API prompt the members, out of a saved workflow their links.
///
/// # Errors
/// When one is no such place, or anything else would change.
pub(in crate::fix) fn remove(places: &[Location], of: Of) -> Result<Vec<Edit>, Refusal> {
    let text = of.0.source.text();
    let doc = JsonDoc::parse(text).map_err(|error| error.message)?;
    let root = doc.root(text).ok_or("the file is empty")?;
    let file = places.first().map(|place| place.file).unwrap_or_default();
    let (mut edits, mut members, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for place in places {
        let input = place::input(root, place.span)?;
        gone.extend(holders(of.1, input));
        match input.key {
            Some(key) => members.push((input.inputs, key.span().to(input.value.span()))),
            None => {
                let cut = link::cut(input)?;
                members.extend(cut.listed);
                edits.push(Edit { file, span: cut.at_slot, text: "null".to_owned() });
            }
        }
    }
    edits.extend(taken(&members)?.into_iter().map(|span| Edit { file, span, text: String::new() }));
    proven(edits, of, true, |change| gone.iter().any(|(id, name)| change.is(id, name)) && change.to.is_none())
}

/// What goes with members of several containers.
fn taken(members: &[(JsonRef<'_>, Span)]) -> Result<Vec<Span>, Refusal> {
    let mut containers: Vec<JsonRef<'_>> = members.iter().map(|(container, _)| *container).collect();
    containers.sort_by_key(|container| container.span());
    containers.dedup_by_key(|container| container.span());
    let of = |container: JsonRef<'_>| {
        let mine = members.iter().filter(|(one, _)| one.span() == container.span());
        member::gone(container, &mine.map(|(_, span)| *span).collect::<Vec<_>>())
    };
    let all: Option<Vec<Vec<Span>>> = containers.into_iter().map(of).collect();
    all.map(|spans| spans.concat()).ok_or_else(|| "what should go is not found".to_owned())
}

/// The input at the place is called by another name.
///
/// # Errors
/// When the node has one of that name, when it is no API prompt, or when anything else would change.
pub(super) fn rename(at: Location, name: &str, of: Of) -> Result<Vec<Edit>, Refusal> {
    let text = of.0.source.text();
    let doc = JsonDoc::parse(text).map_err(|error| error.message)?;
    let input = place::input(doc.root(text).ok_or("the file is empty")?, at.span)?;
    let key = input.key.ok_or("inputs of a saved workflow are named by their nodes")?;
    if input.inputs.get(name).is_some() {
        return Err(format!("the node has an input '{name}' already"));
    }
    let edits = vec![Edit { file: at.file, span: key.span(), text: literal::quoted(name, text.is_ascii()) }];
    let holders = holders(of.1, input);
    proven(edits, of, true, |change| {
        let gone = change.to.is_none() && holders.iter().any(|(id, old)| change.is(id, old));
        gone || change.from.is_none() && holders.iter().any(|(id, _)| change.is(id, name))
    })
}

/// The node whose class is at the place gets an input that it does not have, as the last one.
///
/// # Errors
/// When it has it already, when it is no API prompt, or when its inputs show no layout.
pub(in crate::fix) fn add(at: Location, (name, value): (&str, &str), of: Of) -> Result<Vec<Edit>, Refusal> {
    let text = of.0.source.text();
    let doc = JsonDoc::parse(text).map_err(|error| error.message)?;
    let json = place::node(doc.root(text).ok_or("the file is empty")?, at.span)?;
    let key = json.key.ok_or("a saved workflow has its values by position: nobody can tell where this one belongs")?;
    let inputs = json.node.get("inputs").filter(|inputs| inputs.get(name).is_none());
    let inputs = inputs.ok_or_else(|| format!("the node has an input '{name}' already"))?;
    let layout = "the node has no other inputs to write it like";
    let ((place, gap), colon) = member::gap(text, inputs).zip(member::colon(text, inputs)).ok_or(layout)?;
    let id = key.as_str().unwrap_or_default();
    let node = of.1.graph.by_id(&id).ok_or("the node is not found")?;
    let kind = of.1.graph.spec(node).and_then(|spec| spec.widget(name)).map(|widget| widget.kind);
    let plain = matches!(kind, Some(WidgetKind::Int | WidgetKind::Float(_) | WidgetKind::Bool));
    let value = if plain { value.to_owned() } else { literal::quoted(value, text.is_ascii()) };
    let new = format!("{gap}{}{colon}{value}", literal::quoted(name, text.is_ascii()));
    let edits = vec![Edit { file: at.file, span: place, text: new }];
    proven(edits, of, true, |change| change.is(&id, name) && matches!(change.to, Some(Seen::Value(_))))
}

/// The member of an object at the place (key and value) goes; the workflow must stay the same.
///
/// # Errors
/// When it is no member, or anything would change.
pub(super) fn forget(at: Location, of: Of) -> Result<Vec<Edit>, Refusal> {
    let text = of.0.source.text();
    let doc = JsonDoc::parse(text).map_err(|error| error.message)?;
    let root = doc.root(text).ok_or("the file is empty")?;
    let object = object_around(root, at.span).ok_or("the place is no member of an object")?;
    let span = member::one_gone(object, at.span).ok_or("the place is no member of an object")?;
    proven(vec![Edit { file: at.file, span, text: String::new() }], of, false, |_| false)
}

/// The smallest object that has a member at a place.
fn object_around(root: JsonRef<'_>, member: Span) -> Option<JsonRef<'_>> {
    let inside = |json: &JsonRef<'_>| json.span().start <= member.start && member.end <= json.span().end;
    let mut at = root;
    loop {
        if at.is_object() && member::all(at).contains(&member) {
            return Some(at);
        }
        let children = at.entries().map(|(_, value)| value).chain(at.items());
        at = children.into_iter().find(inside)?;
    }
}

/// Ids of the nodes that an input belongs to, each with its name: several inside a subgraph with several instances.
fn holders(workflow: &WorkflowFile, input: InputJson<'_>) -> Vec<(String, String)> {
    let name = input.key.or_else(|| input.value.get("name")).and_then(|name| name.as_str()).unwrap_or_default();
    let nodes = workflow.graph.nodes.iter().filter(|node| inside(node.span, input.value.span()));
    nodes.map(|node| (node.id.clone(), name.to_string())).collect()
}

fn inside(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

impl Change {
    /// True when it is about this input of this node.
    pub fn is(&self, node: &str, input: &str) -> bool {
        self.node == node && self.input == input
    }
}
