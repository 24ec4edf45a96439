//! Which nodes of a saved workflow send to others (see [`crate::workflow::everywhere`]).

use super::flat::Flat;
use super::raw::{Kind, Raw, text_of};
use super::walk::{self, End};
use crate::read::json::Kind as Json;
use crate::workflow::everywhere::{Broadcast, Pattern, is_own};
use crate::workflow::graph::{Mode, NodeIx};

/// The nodes that send: those of the extension, and, where the file has such, nodes that were made to.
pub(in crate::workflow) fn senders(flat: &Flat<'_>) -> Vec<Broadcast> {
    let active = (0..flat.len()).filter(|&node| flat.raw(node).mode == Mode::Active && flat.scope_of(node).active);
    active.filter_map(|node| sender(flat, node)).collect()
}

fn sender(flat: &Flat<'_>, node: u32) -> Option<Broadcast> {
    let raw = flat.raw(node);
    let kinds = match (is_own(&raw.class), was_made(raw)) {
        (true, _) if raw.class == "Seed Everywhere" => vec!["INT".to_owned()],
        (true, _) => received(flat, node),
        (false, true) => outputs(raw),
        (false, false) => return None,
    };
    let [title, input] = patterns(raw);
    Some(Broadcast { node: NodeIx(node), span: raw.class_span, kinds, title, input })
}

fn was_made(raw: &Raw<'_>) -> bool {
    let mut properties = raw.properties.into_iter().flat_map(|properties| properties.entries());
    properties.any(|(key, value)| match value.kind() {
        Json::True => key.is_text("ue_convert"),
        Json::Object => {
            key.is_text("ue_properties") && value.get("ue_convert").is_some_and(|made| made.as_bool() == Some(true))
        }
        _ => false,
    })
}

/// The types of what its inputs get.
fn received(flat: &Flat<'_>, node: u32) -> Vec<String> {
    let kind = |(number, slot): (usize, &super::raw::Slot<'_>)| {
        let from = match walk::end(flat, node, number) {
            End::Output { node, slot } => flat.raw(node).output_kind(slot as usize),
            End::Lost { .. } | End::Unlinked => return None,
            _ => slot.kind.clone(),
        };
        Some(if from.is_empty() { slot.kind.clone().into_owned() } else { from.into_owned() })
    };
    flat.raw(node).slots.iter().enumerate().filter_map(kind).collect()
}

fn outputs(raw: &Raw<'_>) -> Vec<String> {
    let count = raw.output_count().unwrap_or_default();
    let kinds: Vec<String> = (0..count).map(|slot| raw.output_kind(slot).into_owned()).collect();
    if kinds.is_empty() || raw.kind != Kind::Real { vec!["*".to_owned()] } else { kinds }
}

/// What titles and inputs must match: since version 7 in the properties, before in the values of `Anything Everywhere?`.
fn patterns(raw: &Raw<'_>) -> [Pattern; 2] {
    let settings = raw.properties.and_then(|properties| properties.get("ue_properties"));
    let old = |at: usize| raw.values.filter(|_| raw.class == "Anything Everywhere?").and_then(|values| values.item(at));
    ["title", "input"]
        .into_iter()
        .enumerate()
        .map(|(at, what)| {
            let stated = settings.map(|settings| text_of(settings, &format!("{what}_regex")));
            let inverted = settings
                .is_some_and(|all| all.get(&format!("{what}_regex_invert")).is_some_and(|flag| !flag.is_null()));
            let text = stated.filter(|text| !text.is_empty()).or_else(|| old(at)?.as_str());
            match text {
                Some(text) if !inverted => Pattern::read(&text),
                None if raw.class == "Seed Everywhere" && what == "input" => Pattern::read("seed"),
                _ => Pattern::Any,
            }
        })
        .collect::<Vec<_>>()
        .try_into()
        .unwrap_or_default()
}
