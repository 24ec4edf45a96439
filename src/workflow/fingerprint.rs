//! Equal for two files that hold the same graph, in whatever format each is saved.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::graph::{Graph, NodeIx, Value};
use super::resolve::{Resolved, resolve, source};

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
fn inputs(graph: &Graph, node: NodeIx) -> Vec<(String, String)> {
    let written = graph.get(node).into_iter().flat_map(|node| &node.inputs).map(|input| input.name.clone());
    let known = graph.spec(node).into_iter().flat_map(|spec| &spec.widgets).map(|widget| widget.name.to_owned());
    let names = written.chain(known).filter(|name| !name.is_empty() && !name.contains('.'));
    let mut inputs: Vec<_> = names.filter_map(|name| value(graph, node, &name).map(|value| (name, value))).collect();
    inputs.sort();
    inputs.dedup();
    inputs
}

fn value(graph: &Graph, node: NodeIx, name: &str) -> Option<String> {
    if let Some((from, slot)) = source(graph, node, name) {
        return Some(format!("{}:{slot}", id(graph, from)));
    }
    match resolve(graph, node, name) {
        // 1 and 1.0 are the same number to the server.
        Resolved::Known { value, .. } => Some(match value {
            Value::Int(_) | Value::Float(_) => format!("{:?}", value.to_f64()),
            other => format!("{other:?}"),
        }),
        Resolved::Unknown | Resolved::Absent => None,
    }
}
