//! The nodes of a saved workflow as they are written.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::read::json::JsonRef;
use crate::span::Span;
use crate::workflow::graph::{MAX_INPUTS, MAX_NODES, Mode};

/// A node before its links are followed.
pub(super) struct Raw<'a> {
    pub json: JsonRef<'a>,
    pub id: Cow<'a, str>,
    pub class: Cow<'a, str>,
    pub class_span: Span,
    pub mode: Mode,
    pub kind: Kind,
    pub slots: Vec<Slot<'a>>,
    /// Types of the outputs.
    pub outputs: Vec<Cow<'a, str>>,
    pub values: Option<JsonRef<'a>>,
    pub named: Option<JsonRef<'a>>,
}

/// An entry of `inputs`.
pub(super) struct Slot<'a> {
    pub name: Cow<'a, str>,
    pub span: Span,
    pub kind: Cow<'a, str>,
    /// True when the slot belongs to a widget.
    pub widget: bool,
    pub link: Option<i64>,
}

/// What the browser does with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Real,
    /// A subgraph instance or a group node.
    Opaque,
    Note,
    Reroute,
    Primitive,
    /// KJNodes' named wires.
    Set,
    Get,
}

/// All nodes of the root graph.
pub(super) fn nodes<'a>(root: JsonRef<'a>) -> Vec<Raw<'a>> {
    let definitions = root.get("definitions").and_then(|definitions| definitions.get("subgraphs"));
    let ids = definitions.into_iter().flat_map(|list| list.items()).filter_map(|one| one.get("id")?.as_str());
    let subgraphs: HashSet<Cow<'a, str>> = ids.collect();
    let list = root.get("nodes").into_iter().flat_map(|nodes| nodes.items());
    list.filter(|json| json.is_object()).take(MAX_NODES).map(|json| node(json, &subgraphs)).collect()
}

fn node<'a>(json: JsonRef<'a>, subgraphs: &HashSet<Cow<'a, str>>) -> Raw<'a> {
    let class_json = json.get("type");
    let class = class_json.and_then(|class| class.as_str()).unwrap_or_default();
    let opaque = subgraphs.contains(&class) || is_uuid(&class) || is_group(&class);
    let outputs = json.get("outputs").into_iter().flat_map(|outputs| outputs.items());
    Raw {
        json,
        id: json.get("id").map(id_text).unwrap_or_default(),
        class_span: class_json.map_or(json.span(), |class| class.span()),
        mode: mode(json),
        kind: if opaque { Kind::Opaque } else { kind(&class) },
        class,
        slots: json.get("inputs").into_iter().flat_map(|inputs| inputs.items()).take(MAX_INPUTS).map(slot).collect(),
        outputs: outputs.map(|output| text_of(output, "type")).collect(),
        values: json.get("widgets_values"),
        named: json.get("widgets_values_named").filter(|named| named.is_object()),
    }
}

fn slot(json: JsonRef<'_>) -> Slot<'_> {
    Slot {
        name: text_of(json, "name"),
        span: json.get("name").unwrap_or(json).span(),
        kind: text_of(json, "type"),
        widget: json.get("widget").is_some_and(|widget| widget.is_object()),
        link: json.get("link").and_then(|link| link.as_i64()),
    }
}

fn text_of<'a>(json: JsonRef<'a>, key: &str) -> Cow<'a, str> {
    json.get(key).and_then(|text| text.as_str()).unwrap_or_default()
}

/// Ids are numbers in most files and texts in some; both as text.
pub(super) fn id_text(json: JsonRef<'_>) -> Cow<'_, str> {
    match json.as_i64() {
        Some(id) => Cow::Owned(id.to_string()),
        None => json.as_str().unwrap_or(Cow::Borrowed(json.raw())),
    }
}

fn mode(json: JsonRef<'_>) -> Mode {
    match json.get("mode").and_then(|mode| mode.as_i64()) {
        Some(2) => Mode::Muted,
        Some(4) => Mode::Bypassed,
        _ => Mode::Active,
    }
}

fn kind(class: &str) -> Kind {
    match class {
        "Note" | "MarkdownNote" => Kind::Note,
        "Reroute" => Kind::Reroute,
        "PrimitiveNode" => Kind::Primitive,
        "SetNode" => Kind::Set,
        "GetNode" => Kind::Get,
        _ => Kind::Real,
    }
}

fn is_group(class: &str) -> bool {
    class.starts_with("workflow>") || class.starts_with("workflow/")
}

fn is_uuid(class: &str) -> bool {
    let dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    class.len() == 36
        && class.bytes().enumerate().all(|(at, byte)| if dash(at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// Why a node cannot be followed yet, in words.
pub(super) fn why_opaque(class: &str) -> String {
    if is_group(class) { "a group node is not followed".into() } else { "a subgraph is not followed yet".into() }
}
