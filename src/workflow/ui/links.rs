//! The link table of a saved workflow, and where a slot's value really comes from.

use std::borrow::Cow;
use std::collections::HashMap;

use super::raw::{Kind, Raw, id_text};
use crate::read::json::JsonRef;
use crate::workflow::bypass;
use crate::workflow::graph::{Lost, Mode};

/// The links of the root graph.
pub(super) struct Links<'a> {
    by_id: HashMap<i64, Link<'a>>,
    /// Target node and slot -> link.
    by_target: HashMap<(u32, u32), i64>,
    /// Name -> the SetNode that carries it.
    sets: HashMap<Cow<'a, str>, u32>,
}

struct Link<'a> {
    origin: Option<u32>,
    origin_id: Cow<'a, str>,
    slot: u32,
    target: Option<u32>,
}

/// Where a slot's value comes from.
pub(super) enum End<'a> {
    /// Output of a node that the server gets (or of a subgraph instance).
    Output { node: u32, slot: u32 },
    /// The value of a PrimitiveNode.
    Primitive { node: u32, json: JsonRef<'a> },
    /// A link that leads to nothing.
    Lost { id: Cow<'a, str>, why: Lost },
    /// No link.
    Unlinked,
}

/// One step upwards.
enum Step<'a> {
    Done(End<'a>),
    /// Go on at this input slot of this node.
    Slot(u32, usize),
}

impl<'a> Links<'a> {
    /// Reads both forms: arrays `[id, origin, slot, target, slot, type]` and objects.
    pub fn read(root: JsonRef<'a>, nodes: &[Raw<'a>]) -> Self {
        let mut ids: HashMap<&str, u32> = HashMap::with_capacity(nodes.len());
        for (index, raw) in nodes.iter().enumerate() {
            ids.entry(&raw.id).or_insert(index as u32);
        }
        let mut links = Self { by_id: HashMap::new(), by_target: HashMap::new(), sets: sets(nodes) };
        for json in root.get("links").into_iter().flat_map(|links| links.items()) {
            links.add(json, &ids);
        }
        links
    }

    fn add(&mut self, json: JsonRef<'a>, ids: &HashMap<&str, u32>) {
        let Some([id, origin, slot, target, target_slot]) = fields(json) else { return };
        let Some(id) = id.as_i64() else { return };
        let number = |json: JsonRef<'_>| json.as_i64().and_then(|slot| u32::try_from(slot).ok());
        let (origin_id, target) = (id_text(origin), ids.get(&*id_text(target)).copied());
        if let (Some(target), Some(slot)) = (target, number(target_slot)) {
            self.by_target.insert((target, slot), id);
        }
        let origin = ids.get(&*origin_id).copied();
        self.by_id.insert(id, Link { origin, origin_id, slot: number(slot).unwrap_or(0), target });
    }

    /// The link of an input slot. The slot's own `link` counts when the table agrees that it ends at this node (the
    /// browser repairs slot numbers that way); else the table decides.
    fn of_slot(&self, nodes: &[Raw<'a>], node: u32, slot: usize) -> Option<&Link<'a>> {
        let own = nodes.get(node as usize)?.slots.get(slot).and_then(|slot| slot.link);
        let own = own.and_then(|id| self.by_id.get(&id)).filter(|link| link.target == Some(node));
        own.or_else(|| self.by_id.get(self.by_target.get(&(node, u32::try_from(slot).ok()?))?))
    }

    /// Follows a slot upwards through everything that the server does not get.
    pub fn end(&self, nodes: &[Raw<'a>], node: u32, slot: usize) -> End<'a> {
        let Some(mut link) = self.of_slot(nodes, node, slot) else { return End::Unlinked };
        let wanted = nodes[node as usize].slots.get(slot).map_or("", |slot| &slot.kind);
        // A chain longer than the file has nodes is a circle.
        for _ in 0..=nodes.len() {
            let Some(origin) = link.origin else { return lost(&link.origin_id, Lost::Missing) };
            match self.step(nodes, origin, link.slot, wanted) {
                Step::Done(end) => return end,
                Step::Slot(node, slot) => match self.of_slot(nodes, node, slot) {
                    Some(next) => link = next,
                    None => return lost(&nodes[node as usize].id, why(&nodes[node as usize])),
                },
            }
        }
        lost(&link.origin_id, Lost::Nowhere)
    }

    fn step(&self, nodes: &[Raw<'a>], origin: u32, slot: u32, wanted: &str) -> Step<'a> {
        let raw = &nodes[origin as usize];
        if raw.kind == Kind::Primitive {
            return Step::Done(match raw.values.and_then(|values| values.item(0)) {
                Some(json) => End::Primitive { node: origin, json },
                None => lost(&raw.id, Lost::Nowhere),
            });
        }
        match (raw.mode, raw.kind) {
            (Mode::Muted, _) => Step::Done(lost(&raw.id, Lost::Muted)),
            (_, Kind::Reroute | Kind::Set) => Step::Slot(origin, 0),
            (_, Kind::Get) => match name_of(raw).and_then(|name| self.sets.get(&name)) {
                Some(&set) => Step::Slot(set, 0),
                None => Step::Done(lost(&raw.id, Lost::Nowhere)),
            },
            (Mode::Bypassed, _) => match bypassed(raw, slot as usize, wanted) {
                Some(input) => Step::Slot(origin, input),
                None => Step::Done(lost(&raw.id, Lost::Bypassed)),
            },
            (Mode::Active, _) => Step::Done(End::Output { node: origin, slot }),
        }
    }
}

fn lost<'a>(id: &Cow<'a, str>, why: Lost) -> End<'a> {
    End::Lost { id: id.clone(), why }
}

fn why(raw: &Raw<'_>) -> Lost {
    if raw.mode == Mode::Bypassed { Lost::Bypassed } else { Lost::Nowhere }
}

fn bypassed(raw: &Raw<'_>, slot: usize, wanted: &str) -> Option<usize> {
    let kinds: Vec<&str> = raw.slots.iter().map(|slot| &*slot.kind).collect();
    bypass::input_for(slot, &kinds, raw.outputs.get(slot).map_or("", |kind| kind), wanted)
}

fn fields(json: JsonRef<'_>) -> Option<[JsonRef<'_>; 5]> {
    if json.is_array() {
        let mut items = json.items();
        let mut next = || items.next();
        return Some([next()?, next()?, next()?, next()?, next()?]);
    }
    let get = |key| json.get(key);
    Some([get("id")?, get("origin_id")?, get("origin_slot")?, get("target_id")?, get("target_slot")?])
}

fn sets<'a>(nodes: &[Raw<'a>]) -> HashMap<Cow<'a, str>, u32> {
    let carriers = nodes.iter().enumerate().filter(|(_, raw)| raw.kind == Kind::Set);
    carriers.filter_map(|(index, raw)| Some((name_of(raw)?, index as u32))).collect()
}

/// The wire's name of a SetNode or GetNode.
fn name_of<'a>(raw: &Raw<'a>) -> Option<Cow<'a, str>> {
    raw.values?.item(0)?.as_str()
}
