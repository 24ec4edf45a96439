//! The inputs of one node against its schema.

use std::borrow::Cow;

use super::{Fault, Judge, Kind};
use crate::catalog::nodes::{Era, NodeSpec, Socket, Widget, WidgetKind};
use crate::text::nearest;
use crate::workflow::browser;
use crate::workflow::graph::{Input, NodeIx, Value};

impl Judge<'_> {
    pub(super) fn node(&self, node: NodeIx, spec: &'static NodeSpec, faults: &mut Vec<Fault>) {
        let before = faults.len();
        let values = self.values_count(node);
        let chosen = |name: &str| self.graph.input(node, name)?.value.as_text().map(Cow::Borrowed);
        for widget in spec.widgets.iter().filter(|widget| widget.kind != WidgetKind::Button && widget.shown(chosen)) {
            match self.graph.input(node, widget.name) {
                Some(input) => self.widget(node, widget, input, values, faults),
                // In a saved workflow it is the browser that gives every widget a value.
                None if widget.optional || spec.accepts_all || !self.is_api() => {}
                None => faults.push(self.missing(node, widget.name, widget.kind_name())),
            }
        }
        for socket in spec.inputs.iter().filter(|socket| socket.shown(chosen)) {
            self.socket(node, socket, faults);
        }
        // Many custom nodes take what their schema does not name.
        if self.is_api() && values && !spec.accepts_all && !spec.custom {
            self.unknown(node, spec, faults);
        }
        faults[before..].sort_by_key(|fault| fault.span.start);
    }

    fn missing(&self, node: NodeIx, input: &str, wants: &'static str) -> Fault {
        let span = self.graph.get(node).map(|node| node.class_span).unwrap_or_default();
        Fault { node, input: input.to_owned(), value: String::new(), span, kind: Kind::Missing { wants } }
    }

    fn widget(&self, node: NodeIx, widget: &'static Widget, input: &Input, values: bool, faults: &mut Vec<Fault>) {
        let kind = match &input.value {
            Value::Link { node: from, slot } => self.link(*from, *slot, widget.kind_name()),
            Value::Dangling { id, why } => {
                Some(Kind::Lost { id: id.clone(), why: *why, required: !widget.optional && self.is_api() })
            }
            Value::Other if self.is_no_number(node, input) && widget.is_number() => {
                Some(Kind::NoNumber(widget.kind_name()))
            }
            literal if values && !self.is_moved(input) => self.value(widget, literal),
            _ => None,
        };
        faults.extend(kind.map(|kind| fault(node, input, kind)));
    }

    fn is_no_number(&self, node: NodeIx, input: &Input) -> bool {
        self.structure.no_numbers.iter().any(|(found, name)| *found == node && *name == input.name)
    }

    /// A value that a subgraph instance holds by position, where positions have moved.
    fn is_moved(&self, input: &Input) -> bool {
        self.era != Era::Stated && input.from.is_some_and(|from| self.structure.is_shifted(from))
    }

    fn socket(&self, node: NodeIx, socket: &'static Socket, faults: &mut Vec<Fault>) {
        let Some(grow) = &socket.autogrow else {
            match self.graph.input(node, socket.name) {
                Some(input) => self.given(node, input, socket.kind, socket.optional, faults),
                None if socket.optional => {}
                None => faults.push(self.missing(node, socket.name, socket.kind)),
            }
            return;
        };
        let mut needed = vec![!grow.optional; usize::from(grow.min)];
        for input in self.graph.get(node).into_iter().flat_map(|node| &node.inputs) {
            let Some(place) = socket.grown(&input.name) else { continue };
            self.given(node, input, grow.kind, grow.optional || place >= grow.min, faults);
            needed.get_mut(usize::from(place)).into_iter().for_each(|needed| *needed = false);
        }
        for name in grow.names().zip(needed).filter_map(|(name, needed)| needed.then_some(name)) {
            faults.push(self.missing(node, &format!("{}.{name}", socket.name), grow.kind));
        }
    }

    /// What a socket got.
    fn given(&self, node: NodeIx, input: &Input, wants: &'static str, optional: bool, faults: &mut Vec<Fault>) {
        let kind = match &input.value {
            Value::Link { node: from, slot } => self.link(*from, *slot, wants),
            Value::Dangling { id, why } => Some(Kind::Lost { id: id.clone(), why: *why, required: !optional }),
            Value::Null if optional => None,
            // A list is a link that is malformed, which is said elsewhere; an object may be a value in disguise.
            Value::Other => None,
            _ => super::links::needs_link(wants).then_some(Kind::Literal(wants)),
        };
        faults.extend(kind.map(|kind| fault(node, input, kind)));
    }

    /// Inputs that no choice of a dynamic combo has: what another choice has is left over, not misspelt.
    fn unknown(&self, node: NodeIx, spec: &'static NodeSpec, faults: &mut Vec<Fault>) {
        let inputs = self.graph.get(node).map_or(&[][..], |node| &node.inputs);
        // What another release has is no slip: the prompt was made for that one.
        let has_at = |era, name: &str| self.catalog.at(spec.class, era).is_some_and(|form| has(form, name));
        let known = |name: &str| has(spec, name) || has_at(Era::New, name) || has_at(Era::Old, name);
        for input in inputs.iter().filter(|input| !known(&input.name) && !browser::has(spec.class, &input.name)) {
            if faults.len() >= super::MOST {
                return;
            }
            let free = |name: &&str| self.graph.input(node, name).is_none();
            let names =
                spec.widgets.iter().map(|widget| widget.name).chain(spec.inputs.iter().map(|socket| socket.name));
            let short = input.name.len() <= 200;
            let near = nearest(&input.name, names.filter(|name| short && free(name))).map(str::to_owned);
            faults.push(Fault { span: input.key_span, ..fault(node, input, Kind::Unknown(near)) });
        }
    }
}

fn fault(node: NodeIx, input: &Input, kind: Kind) -> Fault {
    Fault { node, input: input.name.to_string(), value: shown(&input.value), span: input.span, kind }
}

/// A value as people write it, cut to a readable length.
fn shown(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Float(number) if number.is_nan() => "undefined".to_owned(),
        Value::Float(number) if number.is_infinite() => "infinite".to_owned(),
        Value::Float(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null => "null".to_owned(),
        Value::Text(text) if text.chars().count() > 60 => text.chars().take(57).chain("...".chars()).collect(),
        Value::Text(text) => text.clone(),
        _ => String::new(),
    }
}

/// True when a class has the input, under some choice of its dynamic combos.
pub(crate) fn has(spec: &NodeSpec, name: &str) -> bool {
    let grown = |socket: &Socket| socket.grown(name).is_some();
    spec.widget(name).is_some() || spec.socket(name).is_some() || spec.inputs.iter().any(grown)
}
