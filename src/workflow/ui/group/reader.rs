//! What a group node takes, gives and shows: its inputs, outputs and widgets by those of its nodes.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Layout;
use super::wires::{Wire, Wires};
use crate::catalog::nodes::{Widget, WidgetKind};
use crate::read::json::JsonRef;
use crate::workflow::graph::{MAX_INPUTS, Specs};
use crate::workflow::ui::raw::{Kind, Raw, Slot};
use crate::workflow::widgets::Places;

/// An input of the group: node and slot that get it, and its name.
pub(super) type Taken = (u32, u32, String);

pub(super) struct Reader<'r, 'a> {
    pub nodes: &'r [Raw<'a>],
    pub wires: &'r Wires<'a>,
    /// What a person set for the inputs and outputs of the nodes.
    pub config: Option<JsonRef<'a>>,
    /// Names of inputs and widgets, and how often each was met.
    pub seen: HashMap<String, usize>,
}

impl<'a> Reader<'_, 'a> {
    /// What the group takes, and what its values mean. A widget with a slot of its own is taken out of the list by older browsers
    /// (`converted`) and stays in it in newer ones, whose every widget has a slot.
    pub fn inputs(&mut self, specs: &mut Specs, converted: bool) -> (Vec<Taken>, Vec<Layout<'a>>) {
        let (mut taken, mut last, mut layout) = (Vec::new(), Vec::new(), Vec::new());
        for place in 0..self.nodes.len() as u32 {
            let node = &self.nodes[place as usize];
            self.widgets(place, node, specs, converted, &mut layout);
            for (number, slot) in node.slots.iter().enumerate() {
                let number = number as u32;
                if !self.shows_inputs(place, node) || self.wires.into(place, number) {
                    continue;
                }
                if slot.widget {
                    last.push((place, number));
                } else if let Some(name) = self.visible(place, node, &self.slot_name(place, node, slot)) {
                    taken.push((place, number, name));
                }
            }
        }
        for (place, number) in last {
            let node = &self.nodes[place as usize];
            let name = self.name(place, node, &node.slots[number as usize].name);
            taken.push((place, number, name));
        }
        (taken, vec![layout])
    }

    /// A reroute between two nodes of the group shows nothing, and so do notes and what is not sent.
    fn shows_inputs(&self, place: u32, node: &Raw<'_>) -> bool {
        match node.kind {
            Kind::Reroute => !self.is_inner_reroute(place),
            kind => kind == Kind::Real,
        }
    }

    fn is_inner_reroute(&self, place: u32) -> bool {
        let ends = self.wires.into(place, 0) && self.wires.out_of(place, 0).is_some();
        ends && !self.wires.outside.contains_key(&(place, 0))
    }

    /// An input's name; a reroute's is its type.
    fn slot_name(&self, place: u32, node: &Raw<'a>, slot: &Slot<'a>) -> String {
        if node.kind != Kind::Reroute {
            return slot.name.clone().into_owned();
        }
        let target = |wire: &Wire<'a>| self.nodes[wire.to as usize].slots.get(wire.input as usize);
        let inside = self.wires.out_of(place, 0).and_then(target).map(|slot| &slot.kind);
        let kind = inside.or_else(|| self.wires.outside.get(&(place, 0)));
        kind.map_or_else(|| "*".to_owned(), |kind| kind.clone().into_owned())
    }

    /// What a person set for an input: name and visibility.
    fn setting(&self, place: u32, input: &str) -> Option<JsonRef<'a>> {
        self.config?.get(&place.to_string())?.get("input")?.get(input)
    }

    fn visible(&mut self, place: u32, node: &Raw<'a>, input: &str) -> Option<String> {
        let hidden = self.setting(place, input).and_then(|setting| setting.get("visible")?.as_bool()) == Some(false);
        let name = self.name(place, node, input);
        (!hidden).then_some(name)
    }

    /// The name that the group has for an input or widget: its own unless another node has it already.
    fn name(&mut self, place: u32, node: &Raw<'a>, input: &str) -> String {
        let setting = self.setting(place, input).and_then(|setting| setting.get("name")?.as_str());
        let label = || node.label(input);
        let mut name = setting.or_else(label).map_or_else(|| input.to_owned(), |name| name.into_owned());
        let mut key = name.clone();
        if self.seen.contains_key(&name) || node.kind == Kind::Primitive && node.title.is_some() {
            let prefix = node.title.as_deref().unwrap_or(&node.class);
            key = format!("{prefix} {input}");
            name = match self.seen.get(&key) {
                Some(count) => format!("{prefix} {count} {input}"),
                None => key.clone(),
            };
        }
        *self.seen.entry(key).or_insert(1) += 1;
        name
    }

    fn widgets(&mut self, place: u32, node: &Raw<'a>, specs: &mut Specs, converted: bool, layout: &mut Layout<'a>) {
        match node.kind {
            Kind::Primitive => self.primitive(place, node, layout),
            Kind::Real => {
                let linked = |name: &str| {
                    let slot = node.slots.iter().position(|slot| slot.widget && slot.name == name);
                    slot.is_some_and(|slot| converted || self.wires.into(place, slot as u32))
                };
                let kept = own_widgets(node, specs, linked);
                for (name, extra) in kept {
                    if let Some(name) = &name {
                        self.name(place, node, name);
                    }
                    layout.push(name.map(|name| (place, name)));
                    layout.extend((0..extra).map(|_| None));
                }
            }
            _ => {}
        }
    }

    /// A primitive has its value, and behind a number or a choice what happens to it after a run.
    fn primitive(&mut self, place: u32, node: &Raw<'a>, layout: &mut Layout<'a>) {
        let Some(wire) = self.wires.out_of(place, 0) else { return };
        self.name(place, node, "value");
        layout.push(Some((place, Cow::Borrowed("value"))));
        let extra = match &*wire.kind {
            "INT" => 1,
            "COMBO" => 2,
            _ => 0,
        };
        layout.extend((0..extra).map(|_| None));
    }

    /// What the group gives: outputs that nothing inside takes, and those that something outside took when it was made.
    pub fn outputs(&self) -> Vec<(u32, u32)> {
        let mut list = Vec::new();
        for (place, node) in (0..).zip(self.nodes) {
            let count = match node.kind {
                Kind::Real => node.output_count().unwrap_or_default(),
                Kind::Reroute if !self.is_inner_reroute(place) => 1,
                Kind::Primitive if self.wires.out_of(place, 0).is_some() => 1,
                _ => 0,
            };
            list.extend(
                (0..count.min(MAX_INPUTS) as u32).filter(|&slot| self.gives(place, slot)).map(|slot| (place, slot)),
            );
        }
        list
    }

    fn gives(&self, place: u32, slot: u32) -> bool {
        let setting =
            || self.config?.get(&place.to_string())?.get("output")?.get(&slot.to_string())?.get("visible")?.as_bool();
        let hidden = self.wires.out_of(place, slot).is_some() && !self.wires.outside.contains_key(&(place, slot));
        setting().unwrap_or(!hidden)
    }
}

/// The widgets of a node that are not `linked`, each with the number of values behind its own. Of a class that is not in the
/// catalogue only their number is known.
fn own_widgets<'a>(
    node: &Raw<'a>,
    specs: &mut Specs,
    linked: impl Fn(&str) -> bool,
) -> Vec<(Option<Cow<'a, str>>, usize)> {
    let spec = specs.index(&node.class).and_then(|spec| specs.get(spec));
    let Some(spec) = spec else {
        let slots: Vec<_> = node.slots.iter().filter(|slot| slot.widget).collect();
        let count = node.values.map_or(0, |values| values.items().take(MAX_INPUTS).count());
        if slots.len() == count {
            return slots.iter().filter(|slot| !linked(&slot.name)).map(|slot| (Some(slot.name.clone()), 0)).collect();
        }
        let gone = slots.iter().filter(|slot| linked(&slot.name)).count();
        return vec![(None, 0); count.saturating_sub(gone)];
    };
    let places = Places::of(spec, node.values).filter(|place| !linked(place.widget.name));
    let entry = |widget: &Widget| {
        let name = (widget.kind != WidgetKind::Button).then_some(Cow::Borrowed(widget.name));
        (name, usize::from(widget.control))
    };
    places.map(|place| entry(place.widget)).collect()
}
