//! The link table of one graph: which link ends at a slot, and where it starts.

use std::borrow::Cow;

use foldhash::HashMap;

use super::raw::{Raw, id_text};
use crate::read::json::JsonRef;
use crate::workflow::bypass::compatible;
use crate::workflow::graph::{MAX_NODES, Mode};

/// Ids that stand for the two sides of a subgraph definition, in every file that ComfyUI_frontend writes.
const INPUT_SIDE: i64 = -10;
const OUTPUT_SIDE: i64 = -20;

/// The links of one graph. Sorted lists: files hold them in rising order, and most graphs have a few dozen.
pub(in crate::workflow) struct Links<'a> {
    by_id: Vec<(i64, Link<'a>)>,
    /// Target node and slot -> id of the link; the output side of a definition is `OUTSIDE`.
    by_target: Vec<((u32, u32), i64)>,
    /// True when some of them are those that "Use Everywhere" adds.
    noted: bool,
}

/// A link.
pub(in crate::workflow) struct Link<'a> {
    pub origin: Origin<'a>,
    pub slot: u32,
    target: Option<u32>,
}

/// Where a link starts.
pub(in crate::workflow) enum Origin<'a> {
    /// A node of the same graph.
    Node(u32),
    /// An input of the surrounding subgraph.
    Inside,
    /// A node that the file does not have.
    Missing(Cow<'a, str>),
}

/// An end of a link inside a group node.
pub(in crate::workflow) enum End {
    /// A node and its slot.
    Node(u32, u32),
    /// An input or output of the group.
    Side(u32),
}

/// Most links for which memory is asked before they are read.
const MOST_AT_ONCE: usize = 1 << 14;

/// Stands for the output side in `by_target`.
const OUTSIDE: u32 = u32::MAX;

impl<'a> Links<'a> {
    /// Reads both forms: arrays `[id, origin, slot, target, slot, type]` and objects.
    pub fn read(graph: JsonRef<'a>, ids: &HashMap<Cow<'a, str>, u32>, inside: bool) -> Self {
        let list = graph.get("links");
        let count = list.map_or(0, |list| list.count()).min(MOST_AT_ONCE);
        let (by_id, by_target) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut links = Self { by_id, by_target, noted: false };
        for json in list.into_iter().flat_map(|links| links.items()) {
            links.add(json, ids, inside);
        }
        keep_last(&mut links.by_id);
        keep_last(&mut links.by_target);
        links
    }

    fn add(&mut self, json: JsonRef<'a>, ids: &HashMap<Cow<'a, str>, u32>, inside: bool) {
        let Some([id, origin, slot, target, target_slot]) = fields(json) else { return };
        let Some(id) = id.as_i64() else { return };
        let number = |json: JsonRef<'_>| json.as_i64().and_then(|slot| u32::try_from(slot).ok());
        let target = match ids.get(&id_text(target)) {
            Some(&node) => Some(node),
            None => (inside && target.as_i64() == Some(OUTPUT_SIDE)).then_some(OUTSIDE),
        };
        if let (Some(target), Some(slot)) = (target, number(target_slot)) {
            self.by_target.push(((target, slot), id));
        }
        let origin_id = id_text(origin);
        let origin = match ids.get(&origin_id) {
            Some(&node) => Origin::Node(node),
            None if inside && origin.as_i64() == Some(INPUT_SIDE) => Origin::Inside,
            None => Origin::Missing(origin_id),
        };
        self.by_id.push((id, Link { origin, slot: number(slot).unwrap_or(0), target }));
    }

    /// Links between the nodes of a group node, which the file does not number: each has its place as id.
    pub fn between(links: impl Iterator<Item = (End, End)>) -> Self {
        let mut list = Self { by_id: Vec::new(), by_target: Vec::new(), noted: false };
        for (id, (from, to)) in (0..).zip(links) {
            let (origin, slot) = match from {
                End::Node(node, slot) => (Origin::Node(node), slot),
                End::Side(port) => (Origin::Inside, port),
            };
            let target = match to {
                End::Node(node, slot) => (node, slot),
                End::Side(port) => (OUTSIDE, port),
            };
            list.by_target.push((target, id));
            list.by_id.push((id, Link { origin, slot, target: Some(target.0) }));
        }
        keep_last(&mut list.by_target);
        list
    }

    /// True when the graph notes down what "Use Everywhere" adds.
    pub fn has_noted(&self) -> bool {
        self.noted
    }

    /// Adds the links that "Use Everywhere" adds when the workflow is queued, as far as the graph notes them down
    /// (`extra.ue_links`) and still has both ends free for them.
    pub fn add_noted(&mut self, graph: JsonRef<'a>, nodes: &[Raw<'a>], ids: &HashMap<Cow<'a, str>, u32>, inside: bool) {
        let noted = graph.get("extra").and_then(|extra| extra.get("ue_links"));
        let mut next = self.by_id.last().map_or(0, |(id, _)| id.saturating_add(1));
        for json in noted.into_iter().flat_map(|list| list.items()).take(MAX_NODES) {
            let Some((target, link)) = self.noted(json, nodes, ids, inside) else { continue };
            self.by_target.push((target, next));
            self.by_id.push((next, link));
            next = next.saturating_add(1);
            self.noted = true;
        }
        if self.noted {
            keep_last(&mut self.by_target);
        }
    }

    /// A noted link: the sender is there and active, and the slot is of its type and has no link.
    fn noted(
        &self,
        json: JsonRef<'a>,
        nodes: &[Raw<'a>],
        ids: &HashMap<Cow<'a, str>, u32>,
        inside: bool,
    ) -> Option<((u32, u32), Link<'a>)> {
        let number = |key: &str| {
            let json = json.get(key)?;
            json.as_i64().and_then(|slot| u32::try_from(slot).ok()).or_else(|| json.as_str()?.parse().ok())
        };
        let end = |key: &str| json.get(key).map(id_text);
        let node = |key: &str| ids.get(&end(key)?).copied();
        let sender = nodes.get(node("controller")? as usize)?;
        let (target, slot) = (node("downstream")?, number("downstream_slot")?);
        let wanted = nodes.get(target as usize)?.slots.get(slot as usize)?;
        let kind = json.get("type").and_then(|kind| kind.as_str()).unwrap_or_default();
        let free = self.of_slot(nodes, target, slot as usize).is_none();
        if sender.mode != Mode::Active || !free || !compatible(&kind, &wanted.kind) {
            return None;
        }
        let origin = match node("upstream") {
            Some(node) => Origin::Node(node),
            None if inside && end("upstream")? == INPUT_SIDE.to_string() => Origin::Inside,
            None => return None,
        };
        Some(((target, slot), Link { origin, slot: number("upstream_slot")?, target: Some(target) }))
    }

    /// The link with this id.
    pub fn get(&self, id: i64) -> Option<&Link<'a>> {
        found(&self.by_id, &id)
    }

    /// The link of an input slot. The slot's own `link` counts when the table agrees that it ends at this node (the
    /// browser repairs slot numbers that way); else the table decides.
    pub fn of_slot(&self, nodes: &[Raw<'a>], node: u32, slot: usize) -> Option<&Link<'a>> {
        let own = nodes.get(node as usize)?.slots.get(slot).and_then(|slot| slot.link);
        let own = own.and_then(|id| self.get(id)).filter(|link| link.target == Some(node));
        own.or_else(|| self.get(*found(&self.by_target, &(node, u32::try_from(slot).ok()?))?))
    }

    /// The link that ends at an output of the definition: the first that the output lists, else what the table says.
    pub fn of_output(&self, listed: &[i64], slot: u32) -> Option<&Link<'a>> {
        let own = listed.iter().find_map(|id| self.get(*id)).filter(|link| link.target == Some(OUTSIDE));
        own.or_else(|| self.get(*found(&self.by_target, &(OUTSIDE, slot))?))
    }
}

/// Sorts by key; of a key that is there twice the last one counts.
fn keep_last<K: Ord + Copy, V>(list: &mut Vec<(K, V)>) {
    if list.windows(2).all(|pair| pair[0].0 < pair[1].0) {
        return;
    }
    list.reverse();
    list.sort_by_key(|(key, _)| *key);
    list.dedup_by_key(|(key, _)| *key);
}

fn found<'l, K: Ord, V>(list: &'l [(K, V)], key: &K) -> Option<&'l V> {
    list.binary_search_by(|(known, _)| known.cmp(key)).ok().map(|at| &list[at].1)
}

impl Link<'_> {
    /// The node where it ends; `None` for the output side and for a node that is not there.
    pub fn target(&self) -> Option<u32> {
        self.target.filter(|&node| node != OUTSIDE)
    }
}

fn fields(json: JsonRef<'_>) -> Option<[JsonRef<'_>; 5]> {
    if json.is_array() {
        let mut items = json.items();
        let mut next = || items.next();
        return Some([next()?, next()?, next()?, next()?, next()?]);
    }
    let mut found = [None; 5];
    for (key, value) in json.entries() {
        match &*key.name() {
            b"id" => found[0] = Some(value),
            b"origin_id" => found[1] = Some(value),
            b"origin_slot" => found[2] = Some(value),
            b"target_id" => found[3] = Some(value),
            b"target_slot" => found[4] = Some(value),
            _ => {}
        }
    }
    let [id, origin, slot, target, target_slot] = found;
    Some([id?, origin?, slot?, target?, target_slot?])
}
