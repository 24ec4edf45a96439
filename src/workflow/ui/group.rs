//! Group nodes of older browsers (`extra.groupNodes`): a node that stands for several, read as a subgraph.
//!
//! The file keeps the nodes and the links between them; what the group takes, gives and shows follows from that. The rules are
//! those of ComfyUI_frontend `src/extensions/core/groupNode.ts` (version 1.20), and so are the ids of the nodes inside: `50:0`.
//! Newer browsers make a subgraph of it and number the nodes anew.

mod reader;
mod wires;

use std::borrow::Cow;
use std::collections::HashMap;

use reader::Reader;
use wires::Wires;

use super::flat::Flat;
use super::host::Saved;
use super::links::{End, Links};
use super::raw::{self, DefinitionIds, Raw, Slot};
use super::sheet::{Port, Sheet};
use crate::read::json::JsonRef;
use crate::workflow::graph::{MAX_INPUTS, Specs};

/// What a group node's `widgets_values` mean: for each position the node inside and its widget; `None` for a control or a button.
pub(in crate::workflow) type Layout<'a> = Vec<Option<(u32, Cow<'a, str>)>>;

/// The definitions of a file: class names of their instances and JSON.
pub(in crate::workflow) fn definitions(root: JsonRef<'_>) -> Vec<([String; 2], JsonRef<'_>)> {
    let groups = root.get("extra").and_then(|extra| extra.get("groupNodes"));
    let groups = groups.into_iter().flat_map(|groups| groups.entries()).take(MAX_INPUTS);
    let classes = |name: &str| ["workflow>", "workflow/"].map(|prefix| prefix.to_owned() + name);
    groups.filter_map(|(name, json)| Some((classes(&name.as_str()?), json))).collect()
}

/// Reads a definition.
pub(in crate::workflow) fn read<'a>(class: &str, json: JsonRef<'a>, specs: &mut Specs) -> Sheet<'a> {
    let mut nodes = raw::nodes(json, &DefinitionIds::default());
    for (index, node) in nodes.iter_mut().enumerate() {
        node.id = Cow::Owned(index.to_string());
        node.slots.iter_mut().for_each(|slot| slot.link = None);
    }
    let wires = Wires::read(json, nodes.len());
    let mut reader = Reader { nodes: &nodes, wires: &wires, config: json.get("config"), seen: HashMap::new() };
    let (inputs, mut layouts) = reader.inputs(specs, true);
    reader.seen.clear();
    layouts.extend(reader.inputs(specs, false).1);
    let outputs = reader.outputs();
    let inner = wires.list.iter().map(|wire| (End::Node(wire.from, wire.output), End::Node(wire.to, wire.input)));
    let taken = inputs.iter().enumerate().map(|(at, (node, slot, _))| (End::Side(at as u32), End::Node(*node, *slot)));
    let given = outputs.iter().enumerate().map(|(at, &(node, slot))| (End::Node(node, slot), End::Side(at as u32)));
    let links = Links::between(inner.chain(taken).chain(given));
    let first = wires.list.len() as i64;
    let mut ids = (first..).map(|id| vec![id]);
    let mut port = |name: String| Port { name: Cow::Owned(name), links: ids.next().unwrap_or_default() };
    let inputs = inputs.iter().map(|(_, _, name)| port(name.clone())).collect();
    let outputs = outputs.iter().map(|_| port(String::new())).collect();
    let name = class.get("workflow>".len()..).unwrap_or(class).to_owned();
    Sheet::of_group(name, nodes, links, (inputs, outputs), layouts)
}

/// Why an instance cannot be read by its definition.
pub(in crate::workflow) fn misfit(sheet: &Sheet<'_>, instance: &Raw<'_>) -> Option<String> {
    let values = instance.values.filter(|values| !values.is_null());
    let count = values.map_or(0, |values| values.items().take(MAX_INPUTS).count());
    let fits = count == 0 || sheet.layouts.iter().any(|layout| layout.len() == count);
    if !fits || values.is_some_and(|values| values.is_object()) {
        return Some(format!("the group node '{}' has other values than its nodes: it is not followed", sheet.name));
    }
    if instance.output_count().is_some_and(|count| count != sheet.outputs.len()) {
        return Some(format!("the group node '{}' has other outputs than its nodes: it is not followed", sheet.name));
    }
    let strange = |slot: &&Slot<'_>| slot.link.is_some() && sheet.inputs.iter().all(|port| port.name != slot.name);
    let strange = instance.slots.iter().find(strange)?;
    Some(format!("the group node '{}' has no input '{}': it is not followed", sheet.name, strange.name))
}

/// Gives the values of an instance to the nodes inside.
pub(in crate::workflow) fn give(flat: &mut Flat<'_>, scope: usize) {
    let (Some(host), first) = (flat.scopes[scope].host, flat.scopes[scope].first) else { return };
    let values: Vec<_> = flat.raw(host).values.into_iter().flat_map(|values| values.items()).collect();
    let sheet = &flat.sheets[flat.scopes[scope].sheet as usize];
    let Some(layout) = sheet.layouts.iter().find(|layout| layout.len() == values.len()) else { return };
    let places = layout.iter().zip(values).filter_map(|(place, json)| Some((place.as_ref()?, json)));
    let given: Vec<_> =
        places.map(|((node, name), json)| ((first + node, name.clone().into_owned()), Saved { json, host })).collect();
    flat.overrides.extend(given);
}
