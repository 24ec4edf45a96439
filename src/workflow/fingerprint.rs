//! Equal for two files that hold the same graph, in whatever format each is saved.

use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};

use foldhash::fast::FixedState;

use super::graph::{Graph, NodeIx, Value};
use super::resolve::{Resolved, resolve, source};

/// A number that is equal wherever [`of`] is, and told much faster: made of ids and classes only.
pub fn rough(graph: &Graph) -> u64 {
    let hash = |node| FixedState::default().hash_one((id(graph, node), graph.class(node)));
    graph.real().map(hash).fold(0, u64::wrapping_add)
}

/// A hash of the real nodes: ids, classes, values as they resolve, links as they end.
pub fn of(graph: &Graph) -> u64 {
    let mut nodes: Vec<NodeIx> = graph.real().collect();
    nodes.sort_by(|&left, &right| id(graph, left).cmp(id(graph, right)));
    let mut hasher = DefaultHasher::new();
    for node in nodes {
        id(graph, node).hash(&mut hasher);
        graph.class(node).hash(&mut hasher);
        inputs(graph, node).hash(&mut hasher);
    }
    hasher.finish()
}

fn id(graph: &Graph, node: NodeIx) -> &str {
    graph.get(node).map_or("", |node| node.id.as_str())
}

/// Inputs that one format leaves out count with their default. Parts of a dynamic choice (`format.codec`) do not count:
/// older files do not have them, and they change neither what is loaded nor what is sampled.
fn inputs(graph: &Graph, node: NodeIx) -> Vec<(&str, u64)> {
    let written = graph.get(node).into_iter().flat_map(|node| &node.inputs).map(|input| &*input.name);
    let known = graph.spec(node).into_iter().flat_map(|spec| &spec.widgets).map(|widget| widget.name);
    let mut names: Vec<&str> = written.chain(known).filter(|name| !name.is_empty() && !name.contains('.')).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().filter_map(|name| Some((name, value(graph, node, name)?))).collect()
}

fn value(graph: &Graph, node: NodeIx, name: &str) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    // Nothing is followed for most inputs: they are told as they stand, without a copy.
    if let Some(written) = graph.input(node, name).map(|input| &input.value).filter(|value| value.is_literal()) {
        literal(written, &mut hasher);
        return Some(hasher.finish());
    }
    if let Some((from, slot)) = source(graph, node, name) {
        (id(graph, from), slot).hash(&mut hasher);
        return Some(hasher.finish());
    }
    match resolve(graph, node, name) {
        Resolved::Known { value, .. } => literal(&value, &mut hasher),
        Resolved::Unknown | Resolved::Absent => return None,
    }
    Some(hasher.finish())
}

fn literal(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        // 1 and 1.0 are the same number to the server.
        Value::Int(_) | Value::Float(_) => (0, value.to_f64().map(f64::to_bits)).hash(hasher),
        Value::Text(text) => (1, text).hash(hasher),
        Value::Bool(on) => (2, on).hash(hasher),
        Value::Null => 3.hash(hasher),
        Value::Other | Value::Link { .. } | Value::Dangling { .. } => 4.hash(hasher),
    }
}
