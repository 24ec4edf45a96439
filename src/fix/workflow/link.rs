//! Links: cut, and led to another output. A saved workflow holds a link three times: in the table, at the slot where it ends, and at the
//! output where it starts; inside a definition also at the inputs of the definition.

use super::member;
use super::place::{self, InputJson, NodeJson};
use super::proof::{Seen, nodes_at, proven};
use crate::finding::{FileIx, Location};
use crate::fix::{Edit, Refusal};
use crate::project::{File, WorkflowFile};
use crate::read::json::{JsonDoc, JsonRef, Kind};
use crate::span::Span;

/// Stands for the inputs of a definition where a link starts.
const INPUT_SIDE: &str = "-10";

/// A link of a saved workflow.
struct Link<'a> {
    id: JsonRef<'a>,
    entry: JsonRef<'a>,
    origin: JsonRef<'a>,
    slot: JsonRef<'a>,
    kind: Option<JsonRef<'a>>,
    /// The list of links at its start.
    listed: JsonRef<'a>,
}

/// The input at a place gets its link from output `slot` of the node whose class is at `source`.
///
/// # Errors
/// When the two are not of one graph, or anything else would change.
pub(in crate::fix) fn lead(
    at: Location,
    source: Location,
    slot: u32,
    of: (&File, &WorkflowFile),
) -> Result<Vec<Edit>, Refusal> {
    let text = of.0.source.text();
    let doc = JsonDoc::parse(text).map_err(|error| error.message)?;
    let root = doc.root(text).ok_or("the file is empty")?;
    let (input, source_json) = (place::input(root, at.span)?, place::node(root, source.span)?);
    if input.of.graph.span() != source_json.graph.span() {
        return Err("the two nodes are not in the same graph".to_owned());
    }
    let edits = match (input.key, source_json.key) {
        (Some(_), Some(id)) => rewritten(text, input, (id.raw(), slot), at.file)?,
        (None, None) => moved(text, input, source_json, slot, at.file)?,
        _ => return Err("the two nodes are not in the same graph".to_owned()),
    };
    let sources: Vec<String> = nodes_at(of.1, source.span).iter().map(|node| node.id.clone()).collect();
    let name = input.key.or_else(|| input.value.get("name")).and_then(|name| name.as_str()).unwrap_or_default();
    let holders: Vec<_> = of.1.graph.nodes.iter().filter(|node| holds(node.span, input.value.span())).collect();
    proven(edits, of, true, |change| {
        let here = holders.iter().any(|node| change.is(&node.id, &name));
        here && matches!(&change.to, Some(Seen::Link(id, to)) if *to == slot && sources.contains(id))
    })
}

/// The two parts of a link of an API prompt; a value becomes a link, laid out as another one of its node.
fn rewritten(text: &str, input: InputJson<'_>, (id, slot): (&str, u32), file: FileIx) -> Result<Vec<Edit>, Refusal> {
    let edit = |span: Span, text: String| Edit { file, span, text };
    if let Some([first, second]) = pair(input.value) {
        let parts = [(first, id.to_owned()), (second, slot.to_string())];
        let new = parts.into_iter().filter(|(old, new)| old.raw() != new);
        return Ok(new.map(|(old, new)| edit(old.span(), new)).collect());
    }
    if matches!(input.value.kind(), Kind::Array | Kind::Object) {
        return Err("it is neither a link nor a plain value".to_owned());
    }
    let other = input.inputs.entries().find_map(|(_, value)| Some((value, pair(value)?)));
    let (other, [first, second]) = other.ok_or("the node has no other link to write it like")?;
    let between = |start: u32, end: u32| text.get(start as usize..end as usize).unwrap_or_default();
    let (open, middle, close) = (
        between(other.span().start, first.span().start),
        between(first.span().end, second.span().start),
        between(second.span().end, other.span().end),
    );
    Ok(vec![edit(input.value.span(), format!("{open}{id}{middle}{slot}{close}"))])
}

/// The id and the output of a link of an API prompt.
fn pair(link: JsonRef<'_>) -> Option<[JsonRef<'_>; 2]> {
    let (id, slot) = (link.item(0)?, link.item(1)?);
    (link.count() == 2 && id.as_str().is_some() && slot.as_i64().is_some()).then_some([id, slot])
}

/// What goes with a link of a saved workflow.
pub(super) struct Cut<'a> {
    /// The slot's own word for it.
    pub at_slot: Span,
    /// Where it is listed: the list, and what goes out of it.
    pub listed: [(JsonRef<'a>, Span); 2],
}

/// A link of a saved workflow goes away.
///
/// # Errors
/// When the places that hold it do not agree.
pub(super) fn cut(input: InputJson<'_>) -> Result<Cut<'_>, Refusal> {
    let link = link(input)?;
    let table = input.of.graph.get("links").ok_or("the file has no links")?;
    let item = numbered(link.listed, link.id)?;
    Ok(Cut { at_slot: link.id.span(), listed: [(table, link.entry.span()), (link.listed, item.span())] })
}

/// A link of a saved workflow starts elsewhere.
fn moved(
    text: &str,
    input: InputJson<'_>,
    source: NodeJson<'_>,
    slot: u32,
    file: FileIx,
) -> Result<Vec<Edit>, Refusal> {
    let link = link(input)?;
    let output = source.node.get("outputs").and_then(|outputs| outputs.item(slot as usize));
    let output = output.ok_or("the node has no such output")?;
    let list = output.get("links").ok_or("the output lists no links")?;
    if list.span() == link.listed.span() {
        return Err("the link starts there already".to_owned());
    }
    let id = source.node.get("id").ok_or("the node has no id")?;
    let mut edits = vec![
        Edit { file, span: link.origin.span(), text: id.raw().to_owned() },
        Edit { file, span: link.slot.span(), text: slot.to_string() },
    ];
    let kind = link.kind.zip(output.get("type")).map(|(old, new)| (old.span(), new.raw().to_owned()));
    edits.extend(kind.map(|(span, text)| Edit { file, span, text }));
    let item = numbered(link.listed, link.id)?;
    let span = member::one_gone(link.listed, item.span()).ok_or("the link is not found")?;
    edits.push(Edit { file, span, text: String::new() });
    edits.push(listed_too(text, list, (link.listed, item, link.id), file)?);
    edits.retain(|edit| text.get(edit.span.range()) != Some(&edit.text));
    Ok(edits)
}

/// One id more in a list of links; an empty one is laid out as the list that the id comes from.
fn listed_too(
    text: &str,
    list: JsonRef<'_>,
    (from, item, id): (JsonRef<'_>, JsonRef<'_>, JsonRef<'_>),
    file: FileIx,
) -> Result<Edit, Refusal> {
    if let Some((span, gap)) = member::gap(text, list) {
        return Ok(Edit { file, span, text: gap + id.raw() });
    }
    if !list.is_null() && list.count() > 0 {
        return Err("the output lists no links".to_owned());
    }
    let blank = |start: u32, end: u32| text.get(start as usize..end as usize).filter(|blank| blank.trim().is_empty());
    let first = from.items().next().unwrap_or(item);
    let last = from.items().last().unwrap_or(item);
    let open = blank(from.span().start + 1, first.span().start).unwrap_or_default();
    let close = blank(last.span().end, from.span().end - 1).unwrap_or_default();
    Ok(Edit { file, span: list.span(), text: format!("[{open}{}{close}]", id.raw()) })
}

/// The link of a slot, where the table, the slot and its start agree.
fn link<'a>(input: InputJson<'a>) -> Result<Link<'a>, Refusal> {
    let id = input.value.get("link").filter(|id| id.as_i64().is_some()).ok_or("the slot has no link")?;
    let graph = input.of.graph;
    let unlike = || "the links of the file do not agree with each other".to_owned();
    let table = graph.get("links").ok_or_else(unlike)?;
    let mut found =
        table.items().filter_map(fields).filter(|[one, ..]| one.is_some_and(|one| one.as_i64() == id.as_i64()));
    let (Some([_, origin, slot, target, target_slot, kind]), None) = (found.next(), found.next()) else {
        return Err(unlike());
    };
    let (Some(origin), Some(slot), Some(target), Some(target_slot)) = (origin, slot, target, target_slot) else {
        return Err(unlike());
    };
    let here = input.of.node.get("id").is_some_and(|id| id.raw() == target.raw());
    if !here || target_slot.as_i64() != i64::try_from(input.index).ok() || on_canvas(graph, id) {
        return Err(unlike());
    }
    let entry = table.items().find(|entry| holds(entry.span(), origin.span())).ok_or_else(unlike)?;
    let number = slot.as_i64().and_then(|slot| usize::try_from(slot).ok()).ok_or_else(unlike)?;
    let listed = match origin.raw() {
        INPUT_SIDE => graph.get("inputs").and_then(|inputs| inputs.item(number)?.get("linkIds")),
        raw => {
            let mut nodes = graph.get("nodes").into_iter().flat_map(|nodes| nodes.items());
            let node = nodes.find(|node| node.get("id").is_some_and(|id| id.raw() == raw));
            node.and_then(|node| node.get("outputs")?.item(number)?.get("links"))
        }
    };
    Ok(Link { id, entry, origin, slot, kind, listed: listed.filter(|list| list.is_array()).ok_or_else(unlike)? })
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
fn numbered<'a>(list: JsonRef<'a>, id: JsonRef<'_>) -> Result<JsonRef<'a>, Refusal> {
    let mut found = list.items().filter(|item| item.as_i64() == id.as_i64());
    match (found.next(), found.next()) {
        (Some(item), None) => Ok(item),
        _ => Err("the links of the file do not agree with each other".to_owned()),
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

fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
