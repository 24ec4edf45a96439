//! Nodes and inputs as the JSON that they are written in.

use crate::fix::Refusal;
use crate::read::json::JsonRef;
use crate::span::Span;
use crate::workflow::format::{Detected, Format, detect};

/// A node and the graph that it stands in: the prompt, the saved workflow, or a definition.
#[derive(Clone, Copy)]
pub(super) struct NodeJson<'a> {
    pub graph: JsonRef<'a>,
    pub node: JsonRef<'a>,
    /// Its key in an API prompt.
    pub key: Option<JsonRef<'a>>,
}

/// An input of a node: a member of `inputs` in an API prompt, a slot in a saved workflow.
#[derive(Clone, Copy)]
pub(super) struct InputJson<'a> {
    pub of: NodeJson<'a>,
    /// `inputs`.
    pub inputs: JsonRef<'a>,
    /// The key of an API prompt.
    pub key: Option<JsonRef<'a>>,
    /// The value, or the slot.
    pub value: JsonRef<'a>,
    /// Which slot it is.
    pub index: usize,
}

/// All nodes of a file.
pub(super) fn nodes<'a>(found: &Detected<'a>) -> Vec<NodeJson<'a>> {
    let root = found.root;
    if found.format == Format::Api {
        let nodes = root.entries().filter(|(_, node)| node.is_object());
        return nodes.map(|(key, node)| NodeJson { graph: root, node, key: Some(key) }).collect();
    }
    let (mut graphs, mut all) = (vec![root], Vec::new());
    while let Some(graph) = graphs.pop() {
        let nodes = graph.get("nodes").into_iter().flat_map(|nodes| nodes.items());
        all.extend(nodes.map(|node| NodeJson { graph, node, key: None }));
        let definitions = graph.get("definitions").and_then(|definitions| definitions.get("subgraphs"));
        graphs.extend(definitions.into_iter().flat_map(|list| list.items()));
    }
    all
}

/// The node whose class is written at a place.
///
/// # Errors
/// When there is none.
pub(super) fn node(root: JsonRef<'_>, class: Span) -> Result<NodeJson<'_>, Refusal> {
    let found = detect(root);
    let name = if found.format == Format::Api { "class_type" } else { "type" };
    let at = |one: &NodeJson| one.node.get(name).is_some_and(|json| json.span() == class);
    nodes(&found).into_iter().find(at).ok_or_else(|| "the place is not the class of a node".to_owned())
}

/// The input whose key, value or slot name is written at a place.
///
/// # Errors
/// When there is none.
pub(super) fn input(root: JsonRef<'_>, place: Span) -> Result<InputJson<'_>, Refusal> {
    let around = |one: &NodeJson| one.node.span().start <= place.start && place.end <= one.node.span().end;
    let none = || "the place is not that of an input".to_owned();
    let of = nodes(&detect(root)).into_iter().find(around).ok_or_else(none)?;
    let inputs = of.node.get("inputs").ok_or_else(none)?;
    let member = |(index, (key, value)): (usize, (_, _))| InputJson { of, inputs, key: Some(key), value, index };
    let slot = |(index, value)| InputJson { of, inputs, key: None, value, index };
    let named = |one: &InputJson| match one.key {
        Some(key) => key.span() == place || one.value.span() == place,
        None => one.value.get("name").is_some_and(|name| name.span() == place),
    };
    let mut all = inputs.entries().enumerate().map(member).chain(inputs.items().enumerate().map(slot));
    all.find(named).ok_or_else(none)
}
