//! The saved workflow (version 0.4 and 1): from nodes with slots and a link table to the graph that the server would get.

use std::collections::HashMap;

use super::format::Format;
use super::graph::{Graph, Input, MAX_NODES, Mode, Node, NodeIx, Role, Value};
use super::widgets::{self, Given};
use crate::catalog::nodes::{Catalog, WidgetKind};
use crate::read::json::JsonRef;
use crate::span::Span;

mod links;
mod raw;

use links::{End, Links};
use raw::{Kind, Raw, Slot};

/// Reads a saved workflow.
pub(super) fn read(root: JsonRef<'_>, format: Format, catalog: &Catalog) -> Graph {
    let mut graph = Graph::empty(format, catalog);
    let nodes = raw::nodes(root);
    if nodes.len() == MAX_NODES {
        graph.too_much(root.span(), "nodes", MAX_NODES);
    }
    for (index, raw) in nodes.iter().enumerate() {
        graph.ids.entry(raw.id.clone().into_owned()).or_insert(NodeIx(index as u32));
    }
    let links = Links::read(root, &nodes);
    for index in 0..nodes.len() as u32 {
        let node = node(&mut graph, &nodes, &links, index);
        graph.nodes.push(node);
    }
    graph
}

fn node(graph: &mut Graph, nodes: &[Raw<'_>], links: &Links<'_>, index: u32) -> Node {
    let raw = &nodes[index as usize];
    if raw.kind == Kind::Opaque && raw.mode == Mode::Active {
        graph.unread.push((raw.class_span, raw::why_opaque(&raw.class)));
    }
    let spec = if raw.kind == Kind::Real { graph.specs.index(&raw.class) } else { None };
    let given = given(graph, raw, spec);
    Node {
        id: raw.id.clone().into_owned(),
        class: raw.class.clone().into_owned(),
        title: raw.json.get("title").and_then(|title| title.as_str()).map(|title| title.into_owned()),
        mode: raw.mode,
        role: role(raw),
        span: raw.json.span(),
        class_span: raw.class_span,
        inputs: Merge { nodes, links, index, class_span: raw.class_span }.inputs(given),
        spec,
    }
}

fn role(raw: &Raw<'_>) -> Role {
    match (raw.mode, raw.kind) {
        (Mode::Active, Kind::Real) => Role::Real,
        (Mode::Active, Kind::Opaque) => Role::Opaque,
        _ => Role::Absent,
    }
}

/// The widget values of a node, by the best way that applies.
fn given<'a>(graph: &Graph, raw: &Raw<'a>, spec: Option<u32>) -> Vec<Given<'a>> {
    if let Some(spec) = spec.and_then(|spec| graph.specs.get(spec)) {
        return widgets::by_schema(spec, raw.values);
    }
    match (raw.kind, raw.named, raw.values) {
        (Kind::Real, Some(named), _) => widgets::by_name(named),
        (Kind::Real, None, Some(values)) if values.is_object() => widgets::by_name(values),
        (Kind::Real, None, Some(values)) => {
            let names: Vec<_> = raw.slots.iter().filter(|slot| slot.widget).map(|slot| slot.name.clone()).collect();
            widgets::by_slots(&names, values)
        }
        _ => Vec::new(),
    }
}

/// Joins the values of a node with its slots: a link that delivers something wins over the widget of that name.
struct Merge<'u, 'a> {
    nodes: &'u [Raw<'a>],
    links: &'u Links<'a>,
    index: u32,
    class_span: Span,
}

impl Merge<'_, '_> {
    fn inputs(&self, given: Vec<Given<'_>>) -> Vec<Input> {
        let mut at: HashMap<String, (usize, Option<WidgetKind>)> = HashMap::with_capacity(given.len());
        let mut inputs = Vec::with_capacity(given.len() + 4);
        for widget in given {
            let name = widget.name.into_owned();
            at.insert(name.clone(), (inputs.len(), widget.kind));
            let span = widget.span.unwrap_or(self.class_span);
            inputs.push(Input { name, span, key_span: self.class_span, value: widget.value, from: None });
        }
        let slots = self.nodes.get(self.index as usize).map_or(&[][..], |raw| &raw.slots);
        for (number, slot) in slots.iter().enumerate() {
            let known = at.get(&*slot.name).copied();
            let Some(input) = self.linked(number, slot, known) else { continue };
            match known {
                Some((place, _)) => inputs[place] = input,
                None => {
                    at.insert(input.name.clone(), (inputs.len(), None));
                    inputs.push(input);
                }
            }
        }
        inputs
    }

    /// What a slot's link delivers; `None` leaves the widget's own value.
    fn linked(&self, number: usize, slot: &Slot<'_>, widget: Option<(usize, Option<WidgetKind>)>) -> Option<Input> {
        let (name, key_span) = (slot.name.clone().into_owned(), slot.span);
        match self.links.end(self.nodes, self.index, number) {
            End::Output { node, slot } => {
                let value = Value::Link { node: NodeIx(node), slot };
                Some(Input { name, span: key_span, key_span, value, from: None })
            }
            End::Primitive { node, json } => {
                let value = widgets::rounded(Value::literal(json), widget.and_then(|(_, kind)| kind));
                Some(Input { name, span: json.span(), key_span, value, from: Some(NodeIx(node)) })
            }
            End::Lost { id, why } if widget.is_none() && !slot.widget => {
                let value = Value::Dangling { id: id.into_owned(), why };
                Some(Input { name, span: key_span, key_span, value, from: None })
            }
            End::Lost { .. } | End::Unlinked => None,
        }
    }
}
