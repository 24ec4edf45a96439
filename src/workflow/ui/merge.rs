//! What each input of a node gets: its widgets' values joined with its slots. A link that delivers something wins over the
//! widget of that name.

use std::borrow::Cow;
use std::collections::HashMap;

use super::flat::Flat;
use super::raw::{Kind, Raw, Slot};
use super::walk::{self, End};
use crate::catalog::nodes::{NodeSpec, Socket, Widget, WidgetKind};
use crate::span::Span;
use crate::workflow::content::Content;
use crate::workflow::graph::{Lost, NodeIx, Specs, Value};
use crate::workflow::loras::POWER_LORA_LOADER;
use crate::workflow::widgets::{self, Given};

/// An input and what it gets.
pub(in crate::workflow) struct Joined<'a> {
    pub name: Cow<'a, str>,
    pub span: Span,
    /// The slot's name; `None` when the node has no slot for this widget.
    pub slot: Option<Span>,
    pub fed: Fed<'a>,
    /// The PrimitiveNode or subgraph instance that holds the value.
    pub from: Option<u32>,
    /// True for the node's own value of a text that the browser rewrites before sending.
    pub dynamic_prompts: bool,
    /// What its widget holds; `None` for a socket and for a class without a schema.
    pub kind: Option<WidgetKind>,
}

/// What an input gets.
pub(in crate::workflow) enum Fed<'a> {
    Value(Content<'a>),
    Link { node: u32, slot: u32 },
    Lost { id: String, why: Lost },
}

impl Fed<'_> {
    /// As the graph has it.
    pub fn value(self) -> Value {
        match self {
            Self::Value(content) => content.value(),
            Self::Link { node, slot } => Value::Link { node: NodeIx(node), slot },
            Self::Lost { id, why } => Value::Dangling { id, why },
        }
    }
}

/// All inputs of a node: widgets in the order of the schema, then slots in the order of the file.
pub(in crate::workflow) fn inputs<'a>(
    flat: &Flat<'a>,
    node: u32,
    specs: &mut Specs,
    spec: Option<u32>,
) -> Vec<Joined<'a>> {
    let raw = flat.raw(node);
    let given = given(raw, specs, spec);
    let mut names = Names::new(given.len() + raw.slots.len());
    let mut inputs: Vec<Joined<'a>> = Vec::with_capacity(given.len() + raw.slots.len());
    for widget in given {
        names.add(|| widget.name.clone(), inputs.len());
        inputs.push(own(flat, node, raw, widget));
    }
    for (number, slot) in raw.slots.iter().enumerate() {
        let known = names.place(&inputs, &slot.name).map(|place| (place, inputs[place].kind));
        if known.is_none() && is_gone(&slot.name, &inputs, specs, spec) {
            continue;
        }
        let slot_of = Feed { flat, node, number, slot };
        let fed = slot_of.fed(known.and_then(|(_, kind)| kind), known.is_some(), specs);
        match (known, fed) {
            (Some((place, _)), Some(fed)) => {
                let dynamic_prompts = fed.dynamic_prompts && inputs[place].dynamic_prompts;
                inputs[place] = Joined { dynamic_prompts, ..fed };
            }
            (Some((place, _)), None) => inputs[place].slot = Some(slot.span),
            (None, Some(fed)) => {
                names.add(|| slot.name.clone(), inputs.len());
                inputs.push(fed);
            }
            (None, None) => {}
        }
    }
    inputs
}

/// Where the input of a name is: found by looking through them, which is faster than a map for all but the widest nodes.
struct Names<'a>(Option<HashMap<Cow<'a, str>, usize>>);

impl<'a> Names<'a> {
    fn new(count: usize) -> Self {
        Self((count > 48).then(HashMap::new))
    }

    fn add(&mut self, name: impl FnOnce() -> Cow<'a, str>, place: usize) {
        if let Some(map) = &mut self.0 {
            map.insert(name(), place);
        }
    }

    fn place(&self, inputs: &[Joined<'_>], name: &str) -> Option<usize> {
        match &self.0 {
            Some(map) => map.get(name).copied(),
            None => inputs.iter().rposition(|input| input.name == name),
        }
    }
}

/// True for a slot under a dynamic combo that the choice does not bring. Only a server that was asked can say so: a newer
/// one than the embedded schemas know may have it.
fn is_gone(name: &str, inputs: &[Joined<'_>], specs: &Specs, spec: Option<u32>) -> bool {
    let Some(spec) = spec.and_then(|spec| specs.get(spec)).filter(|_| specs.is_stated()) else { return false };
    let Some((group, own)) = name.rsplit_once('.') else { return false };
    let chosen = |name: &str| {
        let input = inputs.iter().find(|input| input.name == name)?;
        let Fed::Value(content) = &input.fed else { return None };
        content.value().as_text().map(|text| Cow::Owned(text.to_owned()))
    };
    let grows = |socket: &Socket| socket.autogrow.as_ref().is_some_and(|grows| socket.name == group && grows.has(own));
    let socket = |socket: &&Socket| (socket.name == name || grows(socket)) && socket.shown(chosen);
    let widget = |widget: &&Widget| widget.name == name && widget.shown(chosen);
    let dynamic = |widget: &Widget| widget.kind == WidgetKind::DynamicCombo && name.starts_with(widget.name);
    spec.widgets.iter().any(dynamic)
        && spec.inputs.iter().find(socket).is_none()
        && spec.widgets.iter().find(widget).is_none()
}

/// The node's own value of a widget, unless a subgraph instance holds another one.
fn own<'a>(flat: &Flat<'a>, node: u32, raw: &Raw<'a>, widget: Given<'a>) -> Joined<'a> {
    let none = flat.overrides.is_empty();
    let saved = if none { None } else { flat.overrides.get(&(node, widget.name.clone().into_owned())) };
    let (content, span, from) = match saved {
        Some(saved) => (Content::Json(saved.json), Some(saved.json.span()), Some(saved.host)),
        None => (widget.content, widget.span, None),
    };
    Joined {
        name: widget.name,
        span: span.unwrap_or(raw.class_span),
        slot: None,
        fed: Fed::Value(content),
        dynamic_prompts: widget.dynamic_prompts && (from.is_none() || flat.sheet_of(node).is_group()),
        kind: widget.kind,
        from,
    }
}

/// The widget values of a node, by the best way that applies.
fn given<'a>(raw: &Raw<'a>, specs: &Specs, spec: Option<u32>) -> Vec<Given<'a>> {
    if raw.class == POWER_LORA_LOADER {
        return widgets::of_power_loras(raw.values);
    }
    if let Some(spec) = spec.and_then(|spec| specs.get(spec)).filter(|spec| is_meant(spec, raw, specs)) {
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

/// True when the values stand at the positions of the schema. Of a custom node that holds only for the version that is known;
/// some packs save names in place of positions.
fn is_meant(spec: &NodeSpec, raw: &Raw<'_>, specs: &Specs) -> bool {
    let by_name = raw.values.is_some_and(|values| values.is_object());
    !spec.custom || !by_name && (specs.states(spec.class) || widgets::fits(spec, raw.values))
}

/// A slot of a node.
struct Feed<'f, 'a> {
    flat: &'f Flat<'a>,
    node: u32,
    number: usize,
    slot: &'f Slot<'a>,
}

impl<'a> Feed<'_, 'a> {
    /// What the slot's link delivers; `None` leaves the widget's own value.
    fn fed(&self, kind: Option<WidgetKind>, has_widget: bool, specs: &mut Specs) -> Option<Joined<'a>> {
        let joined = |fed, span, from| {
            let (name, slot) = (self.slot.name.clone(), Some(self.slot.span));
            Some(Joined { name, span, slot, fed, from, dynamic_prompts: false, kind })
        };
        match walk::end(self.flat, self.node, self.number) {
            End::Output { node, slot } => joined(Fed::Link { node, slot }, self.slot.span, None),
            // A PrimitiveNode writes into the widget, so the rewriting of prompts still applies to what it wrote.
            End::Primitive { node, json } if has_widget || self.slot.widget => {
                let made = joined(Fed::Value(widgets::rounded(json, kind)), json.span(), Some(node));
                made.map(|made| Joined { dynamic_prompts: true, ..made })
            }
            End::Host(saved) => joined(Fed::Value(Content::Json(saved.json)), saved.json.span(), Some(saved.host)),
            End::Twin { node, slot } => self.twin(node, slot, specs),
            End::Lost { id, why } if !has_widget && !self.slot.widget => {
                joined(Fed::Lost { id, why }, self.slot.span, None)
            }
            End::Primitive { .. } | End::Lost { .. } | End::Unlinked => None,
        }
    }

    /// The value of the widget that shares an input of the subgraph with this slot and comes before it.
    fn twin(&self, node: u32, slot: usize, specs: &mut Specs) -> Option<Joined<'a>> {
        let raw = self.flat.raw(node);
        let name = &raw.slots.get(slot)?.name;
        let widget = own_values(self.flat, node, specs).into_iter().find(|widget| widget.name == *name)?;
        let own = own(self.flat, node, raw, widget);
        let from = Some(own.from.unwrap_or(node));
        Some(Joined { name: self.slot.name.clone(), slot: Some(self.slot.span), from, dynamic_prompts: false, ..own })
    }
}

/// The values that a node itself holds, whatever its links deliver.
pub(in crate::workflow) fn own_values<'a>(flat: &Flat<'a>, node: u32, specs: &mut Specs) -> Vec<Given<'a>> {
    let raw = flat.raw(node);
    let spec = if raw.kind == Kind::Real { specs.index(&raw.class) } else { None };
    given(raw, specs, spec)
}
