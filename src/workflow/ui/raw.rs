//! The nodes of a saved workflow as they are written.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::read::json::JsonRef;
use crate::span::Span;
use crate::workflow::graph::{MAX_INPUTS, MAX_NODES, Mode};

/// A node before its links are followed.
pub(in crate::workflow) struct Raw<'a> {
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
pub(in crate::workflow) struct Slot<'a> {
    pub name: Cow<'a, str>,
    pub span: Span,
    pub kind: Cow<'a, str>,
    /// True when the slot belongs to a widget.
    pub widget: bool,
    pub link: Option<i64>,
}

/// What the browser does with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::workflow) enum Kind {
    Real,
    /// A subgraph instance: index of its definition.
    Instance(u32),
    /// A group node, or an instance whose definition the file does not have.
    Opaque,
    Note,
    Reroute,
    Primitive,
    /// KJNodes' named wires.
    Set,
    Get,
}

/// Id of a subgraph definition -> its index.
pub(in crate::workflow) type DefinitionIds<'a> = HashMap<Cow<'a, str>, u32>;

/// All nodes of a graph, the root or a definition.
pub(in crate::workflow) fn nodes<'a>(graph: JsonRef<'a>, definitions: &DefinitionIds<'a>) -> Vec<Raw<'a>> {
    let list = graph.get("nodes").into_iter().flat_map(|nodes| nodes.items());
    list.filter(|json| json.is_object()).take(MAX_NODES).map(|json| node(json, definitions)).collect()
}

fn node<'a>(json: JsonRef<'a>, definitions: &DefinitionIds<'a>) -> Raw<'a> {
    let class_json = json.get("type");
    let class = class_json.and_then(|class| class.as_str()).unwrap_or_default();
    let outputs = json.get("outputs").into_iter().flat_map(|outputs| outputs.items());
    Raw {
        json,
        id: json.get("id").map(id_text).unwrap_or_default(),
        class_span: class_json.map_or(json.span(), |class| class.span()),
        mode: mode(json),
        kind: definitions.get(&class).map_or_else(|| kind(&class), |&definition| Kind::Instance(definition)),
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

pub(in crate::workflow) fn text_of<'a>(json: JsonRef<'a>, key: &str) -> Cow<'a, str> {
    json.get(key).and_then(|text| text.as_str()).unwrap_or_default()
}

/// Ids are numbers in most files and texts in some; both as text.
pub(in crate::workflow) fn id_text(json: JsonRef<'_>) -> Cow<'_, str> {
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
        _ if is_uuid(class) || is_group(class) => Kind::Opaque,
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

/// Why a node cannot be followed, in words.
pub(in crate::workflow) fn why_opaque(class: &str) -> &'static str {
    if is_group(class) { "a group node is not followed" } else { "the file does not define this subgraph" }
}
