//! One graph as it is written: the root of the file or a subgraph definition.

use std::borrow::Cow;

use foldhash::{HashMap, HashMapExt};

use super::group::Layout;
use super::links::Links;
use super::raw::{self, DefinitionIds, Kind, Raw, text_of};
use crate::read::json::JsonRef;
use crate::workflow::graph::MAX_INPUTS;

/// A graph as it is written.
pub(in crate::workflow) struct Sheet<'a> {
    /// The name of the definition; empty for the root.
    pub name: Cow<'a, str>,
    /// Which definition of the file it is; `None` for the root.
    pub definition: Option<u32>,
    pub nodes: Vec<Raw<'a>>,
    pub links: Links<'a>,
    /// Inputs of the definition.
    pub inputs: Vec<Port<'a>>,
    /// Outputs of the definition.
    pub outputs: Vec<Port<'a>>,
    /// Name -> the SetNode that carries it.
    sets: HashMap<Cow<'a, str>, u32>,
    /// Of a group node only: what the values of an instance may mean.
    pub layouts: Vec<Layout<'a>>,
    /// How much reading an instance of it costs: nodes, slots and values.
    pub weight: usize,
}

/// An input or output of a definition.
pub(in crate::workflow) struct Port<'a> {
    pub name: Cow<'a, str>,
    pub links: Vec<i64>,
}

impl<'a> Sheet<'a> {
    /// Reads a graph; `definition` is its number when it is one.
    pub fn read(graph: JsonRef<'a>, definitions: &DefinitionIds<'a>, definition: Option<u32>) -> Self {
        let inside = definition.is_some();
        let nodes = raw::nodes(graph, definitions);
        let mut ids = HashMap::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            ids.entry(node.id.clone()).or_insert(index as u32);
        }
        let mut links = Links::read(graph, &ids, inside);
        links.add_noted(graph, &nodes, &ids, inside);
        let port = |side| if inside { ports(graph, side) } else { Vec::new() };
        Self {
            name: if inside { text_of(graph, "name") } else { Cow::Borrowed("") },
            definition,
            links,
            inputs: port("inputs"),
            outputs: port("outputs"),
            sets: sets(&nodes),
            layouts: Vec::new(),
            weight: nodes.iter().map(weight).sum(),
            nodes,
        }
    }

    /// The nodes of a group node: links, and inputs and outputs of the group.
    pub fn of_group(
        name: String,
        nodes: Vec<Raw<'a>>,
        links: Links<'a>,
        (inputs, outputs): (Vec<Port<'a>>, Vec<Port<'a>>),
        layouts: Vec<Layout<'a>>,
    ) -> Self {
        let (sets, weight) = (sets(&nodes), nodes.iter().map(weight).sum());
        Self { name: Cow::Owned(name), definition: None, nodes, links, inputs, outputs, sets, layouts, weight }
    }

    /// True for the nodes of a group node.
    pub fn is_group(&self) -> bool {
        !self.layouts.is_empty()
    }

    /// The SetNode that carries a name in this graph.
    pub fn set(&self, name: &str) -> Option<u32> {
        self.sets.get(name).copied()
    }
}

fn ports<'a>(graph: JsonRef<'a>, side: &str) -> Vec<Port<'a>> {
    let list = graph.get(side).into_iter().flat_map(|list| list.items()).take(MAX_INPUTS);
    list.map(port).collect()
}

fn port(json: JsonRef<'_>) -> Port<'_> {
    let mut port = Port { name: Cow::Borrowed(""), links: Vec::new() };
    for (key, value) in json.entries() {
        match &*key.name() {
            b"name" => port.name = value.as_str().unwrap_or_default(),
            b"linkIds" => port.links = value.items().filter_map(|id| id.as_i64()).take(MAX_INPUTS).collect(),
            _ => {}
        }
    }
    port
}

fn weight(node: &Raw<'_>) -> usize {
    let values = node.values.map_or(0, |values| values.items().take(MAX_INPUTS).count());
    1 + node.slots.len() + values
}

fn sets<'a>(nodes: &[Raw<'a>]) -> HashMap<Cow<'a, str>, u32> {
    let carriers = nodes.iter().enumerate().filter(|(_, raw)| raw.kind == Kind::Set);
    carriers.filter_map(|(index, raw)| Some((wire(raw)?, index as u32))).collect()
}

/// The wire's name of a SetNode or GetNode.
pub(in crate::workflow) fn wire<'a>(raw: &Raw<'a>) -> Option<Cow<'a, str>> {
    raw.values?.item(0)?.as_str()
}
