//! Where a slot's value really comes from: upwards through everything that the server does not get.
//!
//! The rules are those of ComfyUI_frontend's `ExecutableNodeDTO` (`resolveInput`, `resolveOutput`).

use super::flat::Flat;
use super::host::{self, Saved};
use super::links::{Link, Origin};
use super::raw::{Kind, Raw};
use super::sheet::wire;
use crate::read::json::JsonRef;
use crate::workflow::bypass;
use crate::workflow::graph::{Lost, Mode};

/// Longest chain that is followed; a longer one is taken for a circle.
const MAX_STEPS: usize = 256;

/// Where a slot's value comes from.
pub(in crate::workflow) enum End<'a> {
    /// Output of a node that the server gets (or of something that is not followed).
    Output { node: u32, slot: u32 },
    /// The value of a PrimitiveNode.
    Primitive { node: u32, json: JsonRef<'a> },
    /// The value that a subgraph instance holds.
    Host(Saved<'a>),
    /// The own value of another widget that the same input of a subgraph feeds.
    Twin { node: u32, slot: usize },
    /// A link that leads to nothing.
    Lost { id: String, why: Lost },
    /// No link.
    Unlinked,
}

/// Follows an input slot of a node.
pub(in crate::workflow) fn end<'a>(flat: &Flat<'a>, node: u32, slot: usize) -> End<'a> {
    let Some(link) = link(flat, node, slot) else { return End::Unlinked };
    let wanted = flat.raw(node).slots.get(slot).map_or("", |slot| &slot.kind);
    let mut walk = Walk { flat, start: (node, slot), at: node, link, wanted, direct: true };
    for _ in 0..MAX_STEPS {
        if let Some(end) = walk.step() {
            return end;
        }
    }
    lost(flat, node, Lost::Nowhere)
}

fn link<'f, 'a>(flat: &'f Flat<'a>, node: u32, slot: usize) -> Option<&'f Link<'a>> {
    let sheet = flat.sheet_of(node);
    sheet.links.of_slot(&sheet.nodes, flat.index(node), slot)
}

fn lost<'a>(flat: &Flat<'a>, node: u32, why: Lost) -> End<'a> {
    End::Lost { id: flat.id(node), why }
}

struct Walk<'f, 'a> {
    flat: &'f Flat<'a>,
    start: (u32, usize),
    /// A node of the graph that the link belongs to: the link ends there, or it stands beside.
    at: u32,
    link: &'f Link<'a>,
    /// The type that the consumer asks for.
    wanted: &'f str,
    /// True while only reroutes lie between: a PrimitiveNode writes through those and through nothing else.
    direct: bool,
}

impl<'f, 'a> Walk<'f, 'a> {
    /// Goes to the start of the link; `Some` when that is the end of the way.
    fn step(&mut self) -> Option<End<'a>> {
        match &self.link.origin {
            Origin::Missing(id) => {
                let id = self.flat.scope_of(self.at).host.map_or(String::new(), |host| self.flat.id(host) + ":") + id;
                Some(End::Lost { id, why: Lost::Missing })
            }
            Origin::Inside => self.leave(),
            Origin::Node(node) => self.output(self.flat.scope_of(self.at).first + node, self.link.slot),
        }
    }

    /// From inside a subgraph to the slot of its instance.
    fn leave(&mut self) -> Option<End<'a>> {
        let scope = self.flat.scope_of(self.at);
        let (host, port) = (scope.host?, self.link.slot as usize);
        let name = self.flat.sheet_of(self.at).inputs.get(port).map(|port| &port.name);
        let slots = &self.flat.raw(host).slots;
        let slot = name.and_then(|name| slots.iter().position(|slot| slot.name == *name));
        self.direct = false;
        if let Some((slot, link)) = slot.and_then(|slot| Some((slot, link(self.flat, host, slot)?))) {
            (self.at, self.link, self.wanted) = (host, link, &slots[slot].kind);
            return None;
        }
        let inner = self.flat.inner(host)?;
        Some(match host::value(self.flat, inner, port) {
            Some(Ok(saved)) => End::Host(saved),
            Some(Err((node, slot))) if (node, slot) != self.start => End::Twin { node, slot },
            _ => End::Unlinked,
        })
    }

    /// At an output of a node.
    fn output(&mut self, node: u32, slot: u32) -> Option<End<'a>> {
        let raw = self.flat.raw(node);
        match (raw.mode, raw.kind) {
            (_, Kind::Primitive) => Some(self.primitive(node)),
            (Mode::Bypassed, _) => self.bypassed(node, slot as usize),
            (_, Kind::Reroute | Kind::Set) => self.input(node, 0),
            (_, Kind::Get) => self.named(node),
            (Mode::Muted, _) => Some(lost(self.flat, node, Lost::Muted)),
            (_, Kind::Note) => Some(lost(self.flat, node, Lost::Nowhere)),
            (Mode::Active, _) => match self.flat.inner(node) {
                Some(scope) => self.enter(node, scope, slot),
                None => Some(End::Output { node, slot }),
            },
        }
    }

    fn primitive(&self, node: u32) -> End<'a> {
        let json = self.flat.raw(node).values.and_then(|values| values.item(0));
        let given = self.flat.overrides.get(&(node, "value".to_owned()));
        match (given, json) {
            (Some(saved), _) if self.direct => End::Host(*saved),
            (None, Some(json)) if self.direct => End::Primitive { node, json },
            _ => lost(self.flat, node, Lost::Nowhere),
        }
    }

    fn bypassed(&mut self, node: u32, slot: usize) -> Option<End<'a>> {
        let raw = self.flat.raw(node);
        let kinds: Vec<&str> = raw.slots.iter().map(|slot| &*slot.kind).collect();
        let Some(input) = bypass::input_for(slot, &kinds, &raw.output_kind(slot), self.wanted) else {
            return Some(lost(self.flat, node, Lost::Bypassed));
        };
        self.direct = false;
        self.wanted = raw.slots.get(input).map_or("", |slot| &slot.kind);
        self.input(node, input)
    }

    /// Goes on at an input of a node on the way.
    fn input(&mut self, node: u32, slot: usize) -> Option<End<'a>> {
        let Some(link) = link(self.flat, node, slot) else {
            return Some(lost(self.flat, node, why(self.flat.raw(node))));
        };
        (self.at, self.link) = (node, link);
        None
    }

    /// From a GetNode to the SetNode of that name, in its own graph or in one around it.
    fn named(&mut self, get: u32) -> Option<End<'a>> {
        let Some(name) = wire(self.flat.raw(get)) else { return Some(lost(self.flat, get, Lost::Nowhere)) };
        let mut at = get;
        loop {
            if let Some(set) = self.flat.sheet_of(at).set(&name) {
                self.direct = false;
                return self.input(self.flat.scope_of(at).first + set, 0);
            }
            match self.flat.scope_of(at).host {
                Some(host) => at = host,
                None => return Some(lost(self.flat, get, Lost::Nowhere)),
            }
        }
    }

    /// From the output of an instance to the node inside.
    fn enter(&mut self, host: u32, inner: u32, slot: u32) -> Option<End<'a>> {
        let scope = &self.flat.scopes[inner as usize];
        let sheet = &self.flat.sheets[scope.sheet as usize];
        let listed = sheet.outputs.get(slot as usize).map_or(&[][..], |port| &port.links);
        let Some(link) = sheet.links.of_output(listed, slot) else {
            return Some(lost(self.flat, host, Lost::Nowhere));
        };
        // The graph of a definition that has a link has nodes, unless the link runs straight from side to side.
        let at = if self.flat.members(inner).is_empty() { None } else { Some(scope.first) };
        let Some(at) = at else { return Some(lost(self.flat, host, Lost::Nowhere)) };
        (self.at, self.link) = (at, link);
        None
    }
}

fn why(raw: &Raw<'_>) -> Lost {
    if raw.mode == Mode::Bypassed { Lost::Bypassed } else { Lost::Nowhere }
}
