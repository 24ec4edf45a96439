//! The API prompt: an object of nodes, links are `[id, slot]`.

use super::format::Format;
use super::graph::{Graph, Input, Lost, MAX_INPUTS, MAX_NODES, Mode, Node, NodeIx, Role, Value};
use super::loras;
use crate::catalog::nodes::Catalog;
use crate::read::json::JsonRef;

/// Reads an API prompt. Ids come first, because a link may point at a node that is written later.
pub(super) fn read(root: JsonRef<'_>, catalog: &Catalog) -> Graph {
    let mut graph = Graph::empty(Format::Api, catalog);
    let mut sources = Vec::new();
    for (key, node) in root.entries() {
        if graph.nodes.len() >= MAX_NODES {
            graph.too_much(key.span(), "nodes", MAX_NODES);
            break;
        }
        if !node.is_object() {
            graph.unread.push((key.span(), "not a node: an object with 'class_type' and 'inputs' is expected".into()));
            continue;
        }
        add(&mut graph, &mut sources, key, node);
    }
    for (index, source) in sources.into_iter().enumerate() {
        graph.nodes[index].inputs = inputs(&graph, graph.nodes[index].spec, source);
    }
    graph
}

/// Adds a node; a key that is written twice replaces the node but keeps its place, as in Python and JavaScript.
fn add<'a>(graph: &mut Graph, sources: &mut Vec<JsonRef<'a>>, key: JsonRef<'a>, json: JsonRef<'a>) {
    let id = key.as_str().unwrap_or_default().into_owned();
    let node = node(graph, id.clone(), key, json);
    if let Some(&NodeIx(old)) = graph.ids.get(&id) {
        graph.nodes[old as usize] = node;
        sources[old as usize] = json;
        return;
    }
    graph.ids.insert(id, NodeIx(graph.nodes.len() as u32));
    graph.nodes.push(node);
    sources.push(json);
}

fn node(graph: &mut Graph, id: String, key: JsonRef<'_>, json: JsonRef<'_>) -> Node {
    let class_json = json.get("class_type");
    let class = class_json.and_then(|class| class.as_str()).unwrap_or_default().into_owned();
    let title = json.get("_meta").and_then(|meta| meta.get("title")).and_then(|title| title.as_str());
    Node {
        spec: graph.specs.index(&class),
        id,
        class,
        title: title.map(|title| title.into_owned()),
        mode: Mode::Active,
        role: Role::Real,
        span: key.span().to(json.span()),
        class_span: class_json.map_or(key.span(), |class| class.span()),
        inputs: Vec::new(),
        host: None,
    }
}

/// The inputs of a node; of a name that is written twice the last one counts.
fn inputs(graph: &Graph, spec: Option<u32>, node: JsonRef<'_>) -> Vec<Input> {
    let entries = || node.get("inputs").into_iter().flat_map(|inputs| inputs.entries()).take(MAX_INPUTS);
    let mut inputs: Vec<Input> = Vec::with_capacity(entries().count());
    for (key, json) in entries() {
        let value = value(graph, json);
        let span = if value.is_literal() { json.span() } else { key.span() };
        let name = graph.kept(spec, key.as_str().unwrap_or_default());
        let input = Input { name, span, key_span: key.span(), value, from: None };
        if json.is_object() && node.get("class_type").is_some_and(|class| class.is_text(loras::POWER_LORA_LOADER)) {
            inputs.extend(loras::members(&input, json).take(MAX_INPUTS));
        }
        inputs.push(input);
    }
    keep_last(inputs)
}

/// So many inputs are compared with each other faster than they are sorted.
const FEW: usize = 32;

/// Drops all but the last input of each name. Sorting keeps this fast for a node with very many inputs.
fn keep_last(inputs: Vec<Input>) -> Vec<Input> {
    let first = |at: usize| inputs[..at].iter().all(|earlier| earlier.name != inputs[at].name);
    if inputs.len() <= FEW && (0..inputs.len()).all(first) {
        return inputs;
    }
    let mut order: Vec<usize> = (0..inputs.len()).collect();
    order.sort_by(|&a, &b| inputs[a].name.cmp(&inputs[b].name).then(a.cmp(&b)));
    let mut drop = vec![false; inputs.len()];
    for pair in order.windows(2) {
        drop[pair[0]] = inputs[pair[0]].name == inputs[pair[1]].name;
    }
    let mut index = 0;
    let mut kept = inputs;
    kept.retain(|_| {
        index += 1;
        !drop[index - 1]
    });
    kept
}

/// A two-element list of a text and a whole number is a link; the server does not take a numeric id for one.
fn value(graph: &Graph, json: JsonRef<'_>) -> Value {
    if !json.is_array() {
        return Value::literal(json);
    }
    let (id, slot) = (json.item(0).and_then(|id| id.as_str()), json.item(1).and_then(|slot| slot.as_i64()));
    let (Some(id), Some(slot), None) = (id, slot.and_then(|slot| u32::try_from(slot).ok()), json.item(2)) else {
        return Value::Other;
    };
    match graph.by_id(&id) {
        Some(node) => Value::Link { node, slot },
        None => Value::Dangling { id: id.into_owned(), why: Lost::Missing },
    }
}
