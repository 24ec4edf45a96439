//! The links of a saved workflow as they are written: in the table, at the slot, and where they start.

use super::place::InputJson;
use crate::fix::Refusal;
use crate::read::json::JsonRef;
use crate::span::Span;

/// Stands for the inputs of a definition where a link starts.
const INPUT_SIDE: &str = "-10";

/// A link of a saved workflow.
pub(super) struct Link<'a> {
    pub id: JsonRef<'a>,
    pub entry: JsonRef<'a>,
    pub origin: JsonRef<'a>,
    pub slot: JsonRef<'a>,
    pub kind: Option<JsonRef<'a>>,
    /// The list of links at its start; `None` where the file does not have the node.
    pub listed: Option<JsonRef<'a>>,
}

/// The link of a slot, where the table, the slot and its start agree.
///
/// # Errors
/// When they do not.
pub(super) fn link<'a>(input: InputJson<'a>) -> Result<Link<'a>, Refusal> {
    let id = input.value.get("link").filter(|id| id.as_i64().is_some()).ok_or("the slot has no link")?;
    let graph = input.of.graph;
    let [origin, slot, target, target_slot] = ends(graph, id).ok_or_else(unlike)?;
    let here = input.of.node.get("id").is_some_and(|id| id.raw() == target.raw());
    if !here || target_slot.as_i64() != i64::try_from(input.index).ok() || on_canvas(graph, id) {
        return Err(unlike());
    }
    let mut table = graph.get("links").into_iter().flat_map(|table| table.items());
    let entry = table.find(|entry| holds(entry.span(), origin.span())).ok_or_else(unlike)?;
    let kind = fields(entry).and_then(|fields| fields[5]);
    let number = slot.as_i64().and_then(|slot| usize::try_from(slot).ok()).ok_or_else(unlike)?;
    Ok(Link { id, entry, origin, slot, kind, listed: listed(graph, origin, number)? })
}

/// Origin, its slot, target and its slot of the one link with this id.
fn ends<'a>(graph: JsonRef<'a>, id: JsonRef<'_>) -> Option<[JsonRef<'a>; 4]> {
    let mine = |fields: &[Option<JsonRef<'_>>; 6]| fields[0].is_some_and(|one| one.as_i64() == id.as_i64());
    let mut found = graph.get("links")?.items().filter_map(fields).filter(mine);
    let (Some([_, origin, slot, target, target_slot, _]), None) = (found.next(), found.next()) else { return None };
    Some([origin?, slot?, target?, target_slot?])
}

/// The list of links at an output, or at an input of the definition; `None` where the file does not have the node.
fn listed<'a>(graph: JsonRef<'a>, origin: JsonRef<'_>, number: usize) -> Result<Option<JsonRef<'a>>, Refusal> {
    let list = match origin.raw() {
        INPUT_SIDE => graph.get("inputs").and_then(|inputs| inputs.item(number)?.get("linkIds")),
        raw => {
            let mut nodes = graph.get("nodes").into_iter().flat_map(|nodes| nodes.items());
            let Some(node) = nodes.find(|node| node.get("id").is_some_and(|id| id.raw() == raw)) else {
                return Ok(None);
            };
            node.get("outputs").and_then(|outputs| outputs.item(number)?.get("links"))
        }
    };
    list.filter(|list| list.is_array()).map(Some).ok_or_else(unlike)
}

fn unlike() -> Refusal {
    "the links of the file do not agree with each other".to_owned()
}

/// True for a link that runs over points on the canvas, which list it too.
fn on_canvas(graph: JsonRef<'_>, id: JsonRef<'_>) -> bool {
    let extra = graph.get("extra");
    let reroutes = [graph.get("reroutes"), extra.and_then(|extra| extra.get("reroutes"))];
    let points = reroutes.into_iter().flatten().flat_map(|list| list.items());
    let listed = points.filter_map(|point| point.get("linkIds")).flat_map(|ids| ids.items());
    listed.into_iter().any(|one| one.as_i64() == id.as_i64())
}

/// The one element with this number.
///
/// # Errors
/// When there is none, or more than one.
pub(super) fn numbered<'a>(list: JsonRef<'a>, id: JsonRef<'_>) -> Result<JsonRef<'a>, Refusal> {
    let mut found = list.items().filter(|item| item.as_i64() == id.as_i64());
    match (found.next(), found.next()) {
        (Some(item), None) => Ok(item),
        _ => Err(unlike()),
    }
}

/// Id, origin, its slot, target, its slot, type; of both forms.
fn fields(entry: JsonRef<'_>) -> Option<[Option<JsonRef<'_>>; 6]> {
    const NAMES: [&str; 6] = ["id", "origin_id", "origin_slot", "target_id", "target_slot", "type"];
    match (entry.is_array(), entry.is_object()) {
        (true, _) => Some(std::array::from_fn(|at| entry.item(at))),
        (_, true) => Some(NAMES.map(|name| entry.get(name))),
        _ => None,
    }
}

pub(super) fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
