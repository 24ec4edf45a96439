//! The saved workflow (version 0.4 and 1): from nodes with slots and a link table to the graph that the server would get.

use super::content::Content;
use super::format::Format;
use super::graph::{Graph, Input, MAX_NODES, Mode, Node, NodeIx, Role};
use super::loras;
use crate::catalog::nodes::Catalog;
use crate::read::json::JsonRef;
use crate::span::Span;

mod everywhere;
mod flat;
mod group;
mod host;
mod links;
mod merge;
mod raw;
mod sheet;
mod walk;

pub(super) use everywhere::senders;
pub(super) use flat::Flat;
pub(super) use merge::{Fed, Joined, inputs, own_values};
use raw::Kind;
pub(crate) use raw::Raw;

/// The nodes of the root or of a definition as they are written.
pub(crate) struct Page<'a> {
    pub nodes: Vec<Raw<'a>>,
    /// For each use the index in the graph of the first of them, in rising order; those of the others follow.
    pub firsts: Vec<u32>,
}

/// Reads a saved workflow.
pub(super) fn read<'a>(root: JsonRef<'a>, format: Format, catalog: &Catalog) -> (Graph, Vec<Page<'a>>) {
    let mut graph = Graph::empty(format, catalog);
    let mut flat = Flat::read(root, &mut graph.specs);
    graph.unread = std::mem::take(&mut flat.unread);
    graph.circular = std::mem::take(&mut flat.circular);
    if flat.sheets[0].nodes.len() == MAX_NODES {
        graph.too_much(root.span(), "nodes", MAX_NODES);
    }
    graph.everywhere = senders(&flat);
    graph.nodes.reserve(flat.len() as usize);
    for index in 0..flat.len() {
        let node = node(&mut graph, &flat, index);
        graph.nodes.push(node);
    }
    (graph, flat.pages())
}

fn node(graph: &mut Graph, flat: &Flat<'_>, index: u32) -> Node {
    let raw = flat.raw(index);
    if raw.kind == Kind::Opaque && raw.mode == Mode::Active {
        graph.unread.push((raw.class_span, raw::why_opaque(&raw.class).into()));
    }
    let spec = if raw.kind == Kind::Real { graph.specs.index(&raw.class) } else { None };
    let host = flat.scope_of(index).host;
    if let Some(inner) = flat.inner(index) {
        let name = flat.sheets[flat.scopes[inner as usize].sheet as usize].name.clone().into_owned();
        graph.subgraphs.insert(NodeIx(index), name);
    }
    Node {
        id: flat.id(index),
        class: raw.class.clone().into_owned(),
        title: raw.title.clone().map(|title| title.into_owned()),
        mode: raw.mode,
        role: role(flat, index),
        span: raw.json.span(),
        class_span: raw.class_span,
        inputs: all_inputs(graph, flat, index, spec),
        spec,
        host: host.map(NodeIx),
    }
}

/// The inputs of a node; behind a row of LoRAs its members.
fn all_inputs(graph: &mut Graph, flat: &Flat<'_>, index: u32, spec: Option<u32>) -> Vec<Input> {
    let (raw, joined) = (flat.raw(index), inputs(flat, index, &mut graph.specs, spec));
    let mut list = Vec::with_capacity(joined.len());
    for Joined { name, span, slot, fed, from, .. } in joined {
        let row = match &fed {
            Fed::Value(Content::Json(json)) if raw.class == loras::POWER_LORA_LOADER => Some(*json),
            _ => None,
        };
        let (name, key_span) = (graph.kept(spec, name), slot.unwrap_or(raw.class_span));
        let input = Input { name, span, key_span, value: fed.value(), from: from.map(NodeIx) };
        let members: Vec<Input> = row.into_iter().flat_map(|json| loras::members(&input, json)).collect();
        list.push(input);
        list.extend(members);
    }
    list
}

/// What takes part, and how. An instance itself is never sent.
fn role(flat: &Flat<'_>, index: u32) -> Role {
    let raw = flat.raw(index);
    if !flat.scope_of(index).active {
        return Role::Absent;
    }
    match (raw.mode, raw.kind) {
        (Mode::Active, Kind::Real) => Role::Real,
        (Mode::Active, Kind::Opaque) => Role::Opaque,
        (Mode::Active, Kind::Instance(_)) if flat.inner(index).is_none() => Role::Opaque,
        _ => Role::Absent,
    }
}

/// The nodes that are sent: also those inside a bypassed or muted instance that is itself inside a subgraph. Nothing asks
/// for them, so to the rules they are absent.
pub(super) fn sent(flat: &Flat<'_>) -> impl Iterator<Item = u32> {
    let real = |raw: &Raw<'_>| raw.kind == Kind::Real && raw.mode == Mode::Active;
    (0..flat.len()).filter(move |&node| real(flat.raw(node)))
}

/// What keeps a workflow from being sent: a part that is not followed.
pub(super) fn obstacle(flat: &Flat<'_>) -> Option<(Span, String)> {
    let opaque =
        (0..flat.len()).find(|&node| flat.raw(node).kind == Kind::Opaque && flat.raw(node).mode == Mode::Active);
    let opaque = opaque.map(|node| {
        let raw = flat.raw(node);
        (raw.class_span, format!("node {}: {}", flat.id(node), raw::why_opaque(&raw.class)))
    });
    opaque.or_else(|| flat.unread.first().cloned())
}

/// The first node with this "Node name for S&R", else the first with this title.
pub(super) fn by_name(flat: &Flat<'_>, name: &str) -> Option<u32> {
    let alias = |node: &u32| {
        let properties = flat.raw(*node).properties;
        properties.and_then(|all| all.get("Node name for S&R")).is_some_and(|alias| alias.is_text(name))
    };
    let titled = |node: &u32| flat.raw(*node).json.get("title").is_some_and(|title| title.is_text(name));
    (0..flat.len()).find(alias).or_else(|| (0..flat.len()).find(titled))
}
