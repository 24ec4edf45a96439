//! The nodes of a saved workflow as they are written.

use std::borrow::Cow;

use foldhash::HashMap;

use crate::read::json::JsonRef;
use crate::span::Span;
use crate::workflow::graph::{MAX_INPUTS, MAX_NODES, Mode};

/// A node before its links are followed.
pub(crate) struct Raw<'a> {
    pub json: JsonRef<'a>,
    pub id: Cow<'a, str>,
    pub class: Cow<'a, str>,
    pub class_span: Span,
    /// The title a person gave it.
    pub title: Option<Cow<'a, str>>,
    pub mode: Mode,
    pub kind: Kind,
    pub slots: Vec<Slot<'a>>,
    outputs: Option<JsonRef<'a>>,
    pub values: Option<JsonRef<'a>>,
    pub named: Option<JsonRef<'a>>,
    pub properties: Option<JsonRef<'a>>,
}

/// An entry of `inputs`.
pub(crate) struct Slot<'a> {
    pub name: Cow<'a, str>,
    pub span: Span,
    pub kind: Cow<'a, str>,
    /// True when the slot belongs to a widget.
    pub widget: bool,
    /// True for one that the browser draws as a circle (shape 7): the server does not insist on it.
    pub optional: bool,
    pub link: Option<i64>,
}

/// What the browser does with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
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
    let Some(list) = graph.get("nodes") else { return Vec::new() };
    let mut nodes = Vec::with_capacity(list.count().min(MAX_NODES));
    nodes.extend(list.items().filter(|json| json.is_object()).take(MAX_NODES).map(|json| node(json, definitions)));
    nodes
}

/// One pass over the members: a node has about fifteen, and a file thousands of nodes.
fn node<'a>(json: JsonRef<'a>, definitions: &DefinitionIds<'a>) -> Raw<'a> {
    let mut raw = Raw {
        json,
        id: Cow::Borrowed(""),
        class: Cow::Borrowed(""),
        class_span: json.span(),
        title: None,
        mode: Mode::Active,
        kind: Kind::Real,
        slots: Vec::new(),
        outputs: None,
        values: None,
        named: None,
        properties: None,
    };
    for (key, value) in json.entries() {
        match &*key.name() {
            b"id" => raw.id = id_text(value),
            b"type" => (raw.class, raw.class_span) = (value.as_str().unwrap_or_default(), value.span()),
            b"title" => raw.title = value.as_str(),
            b"mode" => raw.mode = mode(value),
            b"inputs" => raw.slots = slots(value),
            b"outputs" => raw.outputs = Some(value),
            b"widgets_values" => raw.values = Some(value),
            b"properties" => raw.properties = Some(value),
            b"widgets_values_named" => raw.named = Some(value).filter(|named| named.is_object()),
            _ => {}
        }
    }
    let definition = definitions.get(&raw.class).map(|&definition| Kind::Instance(definition));
    raw.kind = definition.unwrap_or_else(|| kind(&raw.class));
    raw
}

fn slots(list: JsonRef<'_>) -> Vec<Slot<'_>> {
    let mut slots = Vec::with_capacity(list.count().min(MAX_INPUTS));
    slots.extend(list.items().take(MAX_INPUTS).map(slot));
    slots
}

fn slot(json: JsonRef<'_>) -> Slot<'_> {
    let empty = Cow::Borrowed("");
    let mut slot =
        Slot { name: empty.clone(), span: json.span(), kind: empty, widget: false, optional: false, link: None };
    for (key, value) in json.entries() {
        match &*key.name() {
            b"name" => (slot.name, slot.span) = (value.as_str().unwrap_or_default(), value.span()),
            b"type" => slot.kind = value.as_str().unwrap_or_default(),
            b"widget" => slot.widget = value.is_object(),
            b"shape" => slot.optional = value.raw() == "7",
            b"link" => slot.link = value.as_i64(),
            _ => {}
        }
    }
    slot
}

impl<'a> Raw<'a> {
    /// How many outputs it has; `None` when the file does not list them.
    pub fn output_count(&self) -> Option<usize> {
        self.outputs.map(|outputs| outputs.items().count())
    }

    /// What a person called an input.
    pub fn label(&self, input: &str) -> Option<Cow<'a, str>> {
        let mut slots = self.json.get("inputs").into_iter().flat_map(|slots| slots.items());
        slots.find(|slot| text_of(*slot, "name") == input)?.get("label")?.as_str().filter(|label| !label.is_empty())
    }

    /// The type of an output; empty when the node does not have it.
    pub fn output_kind(&self, slot: usize) -> Cow<'a, str> {
        let output = self.outputs.and_then(|outputs| outputs.item(slot));
        output.map(|output| text_of(output, "type")).unwrap_or_default()
    }
}

pub(in crate::workflow) fn text_of<'a>(json: JsonRef<'a>, key: &str) -> Cow<'a, str> {
    json.get(key).and_then(|text| text.as_str()).unwrap_or_default()
}

/// Ids are numbers in most files and texts in some; both as text.
pub(in crate::workflow) fn id_text(json: JsonRef<'_>) -> Cow<'_, str> {
    // Eighteen digits are always a whole number.
    let plain = |raw: &str| raw.len() <= 18 && raw.bytes().all(|byte| byte.is_ascii_digit());
    if plain(json.raw()) {
        return Cow::Borrowed(json.raw());
    }
    match json.as_i64() {
        Some(id) => Cow::Owned(id.to_string()),
        None => json.as_str().unwrap_or(Cow::Borrowed(json.raw())),
    }
}

fn mode(json: JsonRef<'_>) -> Mode {
    match json.as_i64() {
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
    if is_group(class) { "the file does not define this group node" } else { "the file does not define this subgraph" }
}
