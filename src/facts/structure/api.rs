//! An API prompt: entries that are no nodes, lists that are no links.

use super::{BadLink, LinkFault, MOST, NotNode, Structure, shown};
use crate::read::json::{JsonRef, Kind};
use crate::workflow::graph::{Graph, NodeIx};

pub(super) fn scan(root: JsonRef<'_>, graph: &Graph, out: &mut Structure) {
    for (key, node) in root.entries() {
        let id = key.as_str().unwrap_or_default();
        if let Some(lacks) = lacks(node).filter(|_| out.not_nodes.len() < MOST) {
            out.not_nodes.push(NotNode { key: id.clone().into_owned(), lacks, span: key.span() });
        }
        let Some(index) = graph.by_id(&id) else { continue };
        // Of a key that is written twice only the last counts.
        if graph.get(index).is_none_or(|node| node.span.start != key.span().start) {
            continue;
        }
        for (name, value) in node.get("inputs").into_iter().flat_map(|inputs| inputs.entries()) {
            if let Some(why) = fault(value, graph).filter(|_| out.bad_links.len() < MOST) {
                let input = name.as_str().unwrap_or_default().into_owned();
                out.bad_links.push(bad_link(index, input, value, why));
            }
            // `__value__` wraps what else would be taken for a link.
            let inner = value.get("__value__").unwrap_or(value);
            if out.no_numbers.len() < MOST && value.is_object() && (inner.is_object() || inner.is_array()) {
                out.no_numbers.push((index, name.as_str().unwrap_or_default().into_owned()));
            }
        }
    }
}

fn bad_link(node: NodeIx, input: String, value: JsonRef<'_>, why: LinkFault) -> BadLink {
    BadLink { node, input, value: shown(value), span: value.span(), why }
}

/// What an entry lacks to be a node.
fn lacks(node: JsonRef<'_>) -> Option<&'static str> {
    if !node.is_object() {
        return Some("is no node: a node is an object with class_type and inputs");
    }
    match (node.get("class_type"), node.get("inputs")) {
        (None, _) => Some("has no class_type"),
        (Some(class), _) if class.as_str().is_none() => Some("has a class_type that is no text"),
        (_, None) => Some("has no inputs (a node without any has an empty object)"),
        (_, Some(inputs)) if !inputs.is_object() => Some("has inputs that are no object"),
        _ => None,
    }
}

fn fault(value: JsonRef<'_>, graph: &Graph) -> Option<LinkFault> {
    if !value.is_array() {
        return None;
    }
    let (Some(id), Some(slot), None) = (value.item(0), value.item(1), value.item(2)) else {
        return Some(LinkFault::Length(value.items().count()));
    };
    if id.kind() == Kind::Number {
        let text = id.raw().to_owned();
        let known = graph.by_id(&text).is_some();
        return Some(LinkFault::NumericId(text, known));
    }
    // Python takes `true` for 1, and counts outputs from the end when the number is negative.
    let whole = slot.kind() == Kind::Number && !slot.raw().contains(['.', 'e', 'E']) || slot.as_bool().is_some();
    match id.as_str() {
        None => Some(LinkFault::NoId),
        Some(_) => (!whole).then_some(LinkFault::NoSlot),
    }
}
