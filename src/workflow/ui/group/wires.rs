//! The links between the nodes of a group node.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::read::json::JsonRef;
use crate::workflow::graph::MAX_INPUTS;

/// A link between two nodes inside.
pub(super) struct Wire<'a> {
    pub from: u32,
    pub output: u32,
    pub to: u32,
    pub input: u32,
    pub kind: Cow<'a, str>,
}

pub(super) struct Wires<'a> {
    pub list: Vec<Wire<'a>>,
    /// Outputs that something outside takes as well, and their types.
    pub outside: HashMap<(u32, u32), Cow<'a, str>>,
}

impl<'a> Wires<'a> {
    /// Links are `[place, output, place, input, old id, type]`; one from outside the group starts with `null`.
    pub fn read(json: JsonRef<'a>, nodes: usize) -> Self {
        let number = |json: JsonRef<'_>, at: usize| u32::try_from(json.item(at)?.as_i64()?).ok();
        let place = |json: JsonRef<'_>, at: usize| number(json, at).filter(|&place| (place as usize) < nodes);
        let kind = |json: JsonRef<'a>, at: usize| json.item(at).and_then(|kind| kind.as_str()).unwrap_or_default();
        let items = |key: &str| json.get(key).into_iter().flat_map(|list| list.items()).take(MAX_INPUTS);
        let wire = |json| {
            let (from, to) = (place(json, 0)?, place(json, 2)?);
            Some(Wire { from, output: number(json, 1)?, to, input: number(json, 3)?, kind: kind(json, 5) })
        };
        let outside = |json| Some(((place(json, 0)?, number(json, 1)?), kind(json, 2)));
        Self {
            list: items("links").filter_map(wire).collect(),
            outside: items("external").filter_map(outside).collect(),
        }
    }

    pub fn into(&self, node: u32, input: u32) -> bool {
        self.list.iter().any(|wire| (wire.to, wire.input) == (node, input))
    }

    pub fn out_of(&self, node: u32, output: u32) -> Option<&Wire<'a>> {
        self.list.iter().find(|wire| (wire.from, wire.output) == (node, output))
    }
}
