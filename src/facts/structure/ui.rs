//! A saved workflow: settings that were put aside, values that disagree, nodes of another schema.

use super::promoted::{self, Host};
use super::{Aside, Disagree, MOST, Seed, SetAside, Structure, same, shown};
use crate::catalog::nodes::{NEW, NodeSpec, Widget, WidgetKind};
use crate::facts::versions::Version;
use crate::read::json::{JsonRef, Kind};
use crate::validate::inputs;
use crate::workflow::browser;
use crate::workflow::graph::{Graph, NodeIx, Value};
use crate::workflow::widgets::Places;
use crate::workflow::{Page, Raw};

pub(super) fn scan(root: JsonRef<'_>, graph: &Graph, pages: &[Page<'_>], out: &mut Structure) {
    let mut hosts = Vec::new();
    for page in pages {
        for (at, raw) in (0..).zip(&page.nodes) {
            let known = page.firsts.iter().map(|first| NodeIx(first + at));
            node(raw, known, graph, &mut hosts, out);
        }
    }
    promoted::scan(&hosts, root, (graph, graph.catalog()), out);
}

/// `known` are the nodes it stands for: more than one inside a subgraph with several instances.
fn node<'a>(
    raw: &Raw<'a>,
    known: impl Iterator<Item = NodeIx> + Clone,
    graph: &Graph,
    hosts: &mut Vec<Host<'a>>,
    out: &mut Structure,
) {
    let Some(first) = known.clone().next() else { return };
    let properties = Properties::of(raw.properties);
    properties.quarantine.inspect(|list| set_aside(*list, first, graph, out));
    let list = properties.shown.filter(|_| graph.subgraph(first).is_some());
    hosts.extend(list.map(|list| Host { node: first, list, values: raw.values }));
    if properties.is_newer() {
        out.newer.extend(known.clone());
    }
    let Some(spec) = graph.spec(first) else { return };
    if has_other_slots(raw, spec) {
        out.newer.extend(known.clone());
        // The settings of the subgraph that it is inside of have then moved as well.
        out.shifted.extend(known.clone().filter_map(|node| graph.get(node)?.host));
    }
    if !fits(spec, raw.values, raw.named) {
        return out.shifted.extend(known);
    }
    seeds(spec, raw.values, known, out);
    if let (Some(named), Some(values)) = (raw.named, raw.values) {
        disagree(first, named, values, graph, out);
    }
}

/// What is to happen to the seeds of a node after a run.
fn seeds(
    spec: &'static NodeSpec,
    values: Option<JsonRef<'_>>,
    known: impl Iterator<Item = NodeIx> + Clone,
    out: &mut Structure,
) {
    if !spec.widgets.iter().any(|widget| widget.control) {
        return;
    }
    for place in Places::of(spec, values) {
        let Some(control) = place.control else { continue };
        let changes = ["increment", "decrement", "randomize"].iter().any(|change| control.is_text(change));
        if changes || control.is_text("fixed") {
            let seed = |node| Seed { node, input: place.widget.name, changes, span: control.span() };
            out.seeds.extend(known.clone().map(seed));
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
fn has_other_slots(node: &Raw<'_>, spec: &NodeSpec) -> bool {
    node.slots.iter().filter(|slot| !slot.name.is_empty()).any(|slot| {
        let name = &*slot.name;
        let strange = || !inputs::has(spec, name) && !browser::has(spec.class, name) && !spec.accepts_all;
        slot.optional && spec.socket(name).is_some_and(|socket| !socket.optional) || slot.widget && strange()
    })
}

/// True when the values by position are as many as the schema has widgets, so that each stands where it is meant to, and the
/// names beside them are those of the schema.
fn fits(spec: &NodeSpec, values: Option<JsonRef<'_>>, named: Option<JsonRef<'_>>) -> bool {
    let Some(values) = values.filter(|values| values.is_array()) else { return true };
    let known = |widget: &Widget| {
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
