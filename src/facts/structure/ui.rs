//! A saved workflow: settings that were put aside, values that disagree, nodes of another schema.

use foldhash::HashMap;

use super::promoted::{self, Host};
use super::{Aside, Disagree, MOST, Seed, SetAside, Structure, same, shown};
use crate::catalog::nodes::{Catalog, NEW, NodeSpec, Widget, WidgetKind};
use crate::facts::versions::Version;
use crate::read::json::{JsonRef, Kind};
use crate::validate::inputs;
use crate::workflow::browser;
use crate::workflow::graph::{Graph, NodeIx, Value};
use crate::workflow::widgets::Places;

pub(super) fn scan(root: JsonRef<'_>, graph: &Graph, catalog: &Catalog, out: &mut Structure) {
    let start = |index| graph.get(index).map(|node| node.span.start).unwrap_or_default();
    let mut nodes: Vec<NodeIx> = graph.indices().collect();
    nodes.sort_by_key(|&index| start(index));
    // Where each node is written, and those that it stands for: more than one inside a subgraph with several instances.
    let at: HashMap<u32, &[NodeIx]> =
        nodes.chunk_by(|&one, &two| start(one) == start(two)).map(|same| (start(same[0]), same)).collect();
    let definitions = root.get("definitions").and_then(|definitions| definitions.get("subgraphs"));
    let all = [root].into_iter().chain(definitions.into_iter().flat_map(|list| list.items()));
    let mut hosts = Vec::new();
    for node in all.filter_map(|graph| graph.get("nodes")).flat_map(|nodes| nodes.items()) {
        let known = at.get(&node.span().start).copied().unwrap_or_default();
        self::node(node, known, (graph, catalog), &mut hosts, out);
    }
    promoted::scan(&hosts, root, (graph, catalog), out);
}

fn node<'a>(
    json: JsonRef<'a>,
    known: &[NodeIx],
    (graph, catalog): (&Graph, &Catalog),
    hosts: &mut Vec<Host<'a>>,
    out: &mut Structure,
) {
    let (mut properties, mut values, mut named) = (None, None, None);
    for (key, value) in json.entries() {
        match &*key.name() {
            b"properties" => properties = Some(value),
            b"widgets_values" => values = Some(value),
            b"widgets_values_named" => named = Some(value),
            _ => {}
        }
    }
    let properties = Properties::of(properties);
    if let Some(&node) = known.first() {
        properties.quarantine.inspect(|list| set_aside(*list, node, graph, out));
        let list = properties.shown.filter(|_| graph.subgraph(node).is_some());
        hosts.extend(list.map(|list| Host { node, list, values }));
    }
    if properties.is_newer() {
        out.newer.extend(known);
    }
    let Some(&first) = known.first() else { return };
    let Some(spec) = catalog.lookup(graph.class(first)) else { return };
    if has_other_slots(json, spec) {
        out.newer.extend(known);
        // The settings of the subgraph that it is inside of have then moved as well.
        out.shifted.extend(known.iter().filter_map(|&node| graph.get(node)?.host));
    }
    if !fits(spec, values, named) {
        return out.shifted.extend(known);
    }
    seeds(spec, values, known, out);
    if let (Some(named), Some(values)) = (named.filter(|named| named.is_object()), values) {
        disagree(first, named, values, graph, out);
    }
}

/// What is to happen to the seeds of a node after a run.
fn seeds(spec: &'static NodeSpec, values: Option<JsonRef<'_>>, known: &[NodeIx], out: &mut Structure) {
    if !spec.widgets.iter().any(|widget| widget.control) {
        return;
    }
    for place in Places::of(spec, values) {
        let Some(control) = place.control else { continue };
        let changes = ["increment", "decrement", "randomize"].iter().any(|change| control.is_text(change));
        if changes || control.is_text("fixed") {
            let seed = |&node| Seed { node, input: place.widget.name, changes, span: control.span() };
            out.seeds.extend(known.iter().map(seed));
        }
    }
}

/// What `properties` of a node hold.
#[derive(Default)]
struct Properties<'a> {
    quarantine: Option<JsonRef<'a>>,
    /// Settings of inner nodes that an instance shows.
    shown: Option<JsonRef<'a>>,
    pack: Option<JsonRef<'a>>,
    version: Option<JsonRef<'a>>,
}

impl<'a> Properties<'a> {
    fn of(json: Option<JsonRef<'a>>) -> Self {
        let mut properties = Self::default();
        for (key, value) in json.into_iter().flat_map(|json| json.entries()) {
            match &*key.name() {
                b"proxyWidgetErrorQuarantine" => properties.quarantine = Some(value),
                b"proxyWidgets" => properties.shown = Some(value),
                b"cnr_id" => properties.pack = Some(value),
                b"ver" => properties.version = Some(value),
                _ => {}
            }
        }
        properties
    }

    /// Nodes of ComfyUI itself carry the version of the server they were saved with.
    fn is_newer(&self) -> bool {
        let core = self.pack.is_some_and(|pack| pack.is_text("comfy-core"));
        let version = self.version.filter(|_| core).and_then(|version| version.as_str());
        version.and_then(|version| version.parse::<Version>().ok()).is_some_and(|version| version > NEW)
    }
}

/// `properties.proxyWidgetErrorQuarantine`: what the browser could not bring over when it changed how settings are promoted.
/// Nothing is lost where a node inside has the same value all the same, or where the value is empty.
fn set_aside(quarantine: JsonRef<'_>, node: NodeIx, graph: &Graph, out: &mut Structure) {
    for entry in quarantine.items() {
        let name = entry.get("originalEntry").and_then(|original| original.item(1)?.as_str());
        let value = entry.get("hostValue").filter(|value| !value.is_null() && !value.is_text(""));
        let (Some(name), Some(value)) = (name, value) else { continue };
        if out.set_aside.len() >= MOST {
            return;
        }
        if !promoted::applies(graph, node, &name, &Value::literal(value)) {
            let (name, span) = (name.into_owned(), value.span());
            out.set_aside.push(SetAside { node, name, value: shown(value), span, why: Aside::ByTheBrowser });
        }
    }
}

/// True when a slot belongs to a widget that the schema does not have, or is optional where the schema requires it (the browser
/// draws those as circles, shape 7): the node was saved by another release.
fn has_other_slots(node: JsonRef<'_>, spec: &NodeSpec) -> bool {
    let slots = node.get("inputs").into_iter().flat_map(|slots| slots.items());
    slots.into_iter().any(|slot| {
        let (mut name, mut widget, mut optional) = (None, false, false);
        for (key, value) in slot.entries() {
            match &*key.name() {
                b"name" => name = value.as_str(),
                b"widget" => widget = value.is_object(),
                b"shape" => optional = value.raw() == "7",
                _ => {}
            }
        }
        let Some(name) = name else { return false };
        let strange = || !inputs::has(spec, &name) && !browser::has(spec.class, &name) && !spec.accepts_all;
        optional && spec.socket(&name).is_some_and(|socket| !socket.optional) || widget && strange()
    })
}

/// True when the values by position are as many as the schema has widgets, so that each stands where it is meant to, and the
/// names beside them are those of the schema.
fn fits(spec: &NodeSpec, values: Option<JsonRef<'_>>, named: Option<JsonRef<'_>>) -> bool {
    let Some(values) = values.filter(|values| values.is_array()) else { return true };
    let known = |widget: &Widget| {
        let named = named.filter(|named| named.is_object());
        widget.kind == WidgetKind::Button || named.is_none_or(|named| named.get(widget.name).is_some())
    };
    let mut places = Places::of(spec, Some(values));
    let all = places
        .by_ref()
        .all(|place| place.json.is_some() && place.control.is_some() == place.widget.control && known(place.widget));
    all && !places.has_more()
}

fn disagree(node: NodeIx, named: JsonRef<'_>, values: JsonRef<'_>, graph: &Graph, out: &mut Structure) {
    for (key, json) in named.entries() {
        let Some(input) = key.as_str().and_then(|name| graph.input(node, &name)) else { continue };
        let inside = values.span().start < input.span.start && input.span.end < values.span().end;
        let simple = !matches!(json.kind(), Kind::Array | Kind::Object | Kind::Null);
        if !inside || !simple || !input.value.is_literal() || same(&input.value, &Value::literal(json)) {
            continue;
        }
        let written = values.items().find(|item| item.span() == input.span);
        out.disagree.push(Disagree {
            node,
            name: input.name.to_string(),
            counts: written.map(shown).unwrap_or_default(),
            span: input.span,
            named: shown(json),
            named_span: json.span(),
        });
    }
}
