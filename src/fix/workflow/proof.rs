//! The proof that a change does what it is meant to: the workflow is read again, and everything else in it must be as it was.

use std::collections::{BTreeMap, BTreeSet};

use crate::fix::edit::spliced;
use crate::fix::{Edit, Refusal};
use crate::project::{File, WorkflowFile};
use crate::read::json::JsonDoc;
use crate::span::Span;
use crate::workflow::format::detect;
use crate::workflow::graph::{Graph, Input, Node, Value};

/// One difference between two readings.
pub(super) struct Change {
    /// Id of the node.
    pub node: String,
    /// The input; empty for the node itself.
    pub input: String,
    /// What was there.
    pub from: Option<Seen>,
    /// What is there now.
    pub to: Option<Seen>,
}

/// A value with ids in place of indices.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Seen {
    /// A node: its class, mode and role.
    Node(String),
    /// Output of the node with this id.
    Link(String, u32),
    /// A link to nothing.
    Lost(String),
    /// A literal.
    Value(Value),
}

/// The largest text that is read again: each fix of a report costs that. The largest official workflow has half of that.
const LARGEST: usize = 1 << 20;

/// The edits, if `meant` says of every difference that they make, and of at least one, that it is wanted.
///
/// # Errors
/// What else would change, or why the new text is none.
pub(super) fn proven(
    mut edits: Vec<Edit>,
    (file, workflow): (&File, &WorkflowFile),
    some: bool,
    meant: impl Fn(&Change) -> bool,
) -> Result<Vec<Edit>, Refusal> {
    if file.source.text().len() > LARGEST {
        return Err("the file is too large to be read again for each fix".to_owned());
    }
    edits.sort();
    let text = spliced(file.source.text(), edits.iter().map(|edit| (edit.span, edit.text.as_str())));
    let text = text.ok_or("its parts overlap")?;
    let doc = JsonDoc::parse(&text).map_err(|error| error.message)?;
    let root = doc.root(&text).ok_or("nothing would be left")?;
    let graph = Graph::from_detected(&detect(root), workflow.graph.catalog())?;
    let changes = changes(&workflow.graph, &graph);
    match changes.iter().find(|change| !meant(change)) {
        Some(Change { node, input, .. }) if input.is_empty() => Err(format!("node {node} would change too")),
        Some(Change { node, input, .. }) => Err(format!("'{input}' of node {node} would change too")),
        None if graph.unread.len() != workflow.graph.unread.len() => {
            Err("a part could no longer be followed".to_owned())
        }
        None if some && changes.is_empty() => Err("it changes nothing".to_owned()),
        None => Ok(edits),
    }
}

fn changes(old: &Graph, new: &Graph) -> Vec<Change> {
    let same =
        old.nodes.len() == new.nodes.len() && old.nodes.iter().zip(&new.nodes).all(|(one, two)| one.id == two.id);
    // Where the nodes are the same only those need a closer look that differ.
    let looked = |at: usize| !same || !alike(&old.nodes[at], &new.nodes[at]);
    let (mut old, mut new) = (all(old, looked), all(new, looked));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
    let of = |key: (String, String)| {
        let (from, to) = (old.remove(&key), new.remove(&key));
        (from != to).then_some(Change { node: key.0, input: key.1, from, to })
    };
    keys.into_iter().filter_map(of).collect()
}

/// Of two graphs with the same nodes: an index means the same node in both.
fn alike(one: &Node, two: &Node) -> bool {
    let itself = |node: &Node| (node.mode, node.role);
    let same = |(a, b): (&Input, &Input)| a.name == b.name && a.value == b.value;
    one.class == two.class
        && itself(one) == itself(two)
        && one.inputs.len() == two.inputs.len()
        && one.inputs.iter().zip(&two.inputs).all(same)
}

fn all(graph: &Graph, looked: impl Fn(usize) -> bool) -> BTreeMap<(String, String), Seen> {
    let mut all = BTreeMap::new();
    for (_, node) in graph.nodes.iter().enumerate().filter(|(at, _)| looked(*at)) {
        let itself = format!("{} {:?} {:?}", node.class, node.mode, node.role);
        all.insert((node.id.clone(), String::new()), Seen::Node(itself));
        for input in &node.inputs {
            all.insert((node.id.clone(), input.name.to_string()), seen(graph, &input.value));
        }
    }
    all
}

/// What an input gets.
pub(super) fn seen(graph: &Graph, value: &Value) -> Seen {
    match value {
        Value::Link { node, slot } => {
            Seen::Link(graph.get(*node).map(|node| node.id.clone()).unwrap_or_default(), *slot)
        }
        Value::Dangling { id, .. } => Seen::Lost(id.clone()),
        literal => Seen::Value(literal.clone()),
    }
}

/// The nodes whose class is written at a place: more than one inside a subgraph with several instances.
pub(super) fn nodes_at(workflow: &WorkflowFile, class: Span) -> Vec<&Node> {
    workflow.graph.nodes.iter().filter(|node| node.class_span == class).collect()
}
