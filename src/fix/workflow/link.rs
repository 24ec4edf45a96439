//! Links: cut, and led to another output. A saved workflow holds a link three times: in the table, at the slot where it ends, and at the
//! output where it starts; inside a definition also at the inputs of the definition.

use super::member;
use super::place::{self, InputJson, NodeJson};
use super::proof::{Seen, nodes_at, proven};
use super::table::{holds, link, numbered};
use crate::finding::{FileIx, Location};
use crate::fix::{Edit, Refusal};
use crate::project::{File, WorkflowFile};
use crate::read::json::{JsonDoc, JsonRef, Kind};
use crate::span::Span;

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
    let list = link.listed.ok_or("the link comes from nowhere")?;
    let item = numbered(list, link.id)?;
    Ok(Cut { at_slot: link.id.span(), listed: [(table, link.entry.span()), (list, item.span())] })
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
    if link.listed.is_some_and(|old| old.span() == list.span()) {
        return Err("the link starts there already".to_owned());
    }
    let id = source.node.get("id").ok_or("the node has no id")?;
    let mut edits = vec![
        Edit { file, span: link.origin.span(), text: id.raw().to_owned() },
        Edit { file, span: link.slot.span(), text: slot.to_string() },
    ];
    let kind = link.kind.zip(output.get("type")).map(|(old, new)| (old.span(), new.raw().to_owned()));
    edits.extend(kind.map(|(span, text)| Edit { file, span, text }));
    if let Some(old) = link.listed {
        let span = member::one_gone(old, numbered(old, link.id)?.span()).ok_or("the link is not found")?;
        edits.push(Edit { file, span, text: String::new() });
    }
    edits.push(listed_too(text, list, (input.of.graph, link.id), file)?);
    edits.retain(|edit| text.get(edit.span.range()) != Some(&edit.text));
    Ok(edits)
}

/// One id more in a list of links; an empty one is laid out as another list of the graph, which stands as deep.
fn listed_too(
    text: &str,
    list: JsonRef<'_>,
    (graph, id): (JsonRef<'_>, JsonRef<'_>),
    file: FileIx,
) -> Result<Edit, Refusal> {
    if let Some((span, gap)) = member::gap(text, list) {
        return Ok(Edit { file, span, text: gap + id.raw() });
    }
    if !list.is_null() && !list.is_array() {
        return Err("the output lists no links".to_owned());
    }
    let outputs = graph.get("nodes").into_iter().flat_map(|nodes| nodes.items());
    let outputs = outputs.filter_map(|node| node.get("outputs")).flat_map(|outputs| outputs.items());
    let ends = |other: JsonRef<'_>| Some((other.span(), other.items().next()?.span(), other.items().last()?.span()));
    let like = outputs.filter_map(|output| output.get("links")).find_map(ends);
    let blank = |start: u32, end: u32| text.get(start as usize..end as usize).unwrap_or_default();
    let (open, close) = like.map_or(("", ""), |(around, first, last)| {
        (blank(around.start + 1, first.start), blank(last.end, around.end - 1))
    });
    Ok(Edit { file, span: list.span(), text: format!("[{open}{}{close}]", id.raw()) })
}
