//! The value of an input where it is written, and where it is written a second time.

use super::literal;
use crate::finding::Location;
use crate::fix::{Edit, Refusal};
use crate::project::{File, WorkflowFile};
use crate::read::json::{JsonDoc, JsonRef};
use crate::span::Span;
use crate::workflow::format::detect;

/// Nodes that make another value of what is written in them.
const MAKERS: [&str; 9] = [
    "CaseConverter",
    "ComfyMathExpression",
    "ComfyNotNode",
    "ComfyNumberConvert",
    "ResolutionSelector",
    "StringConcatenate",
    "StringLength",
    "StringReplace",
    "StringTrim",
];

/// The value at a place becomes another one.
///
/// # Errors
/// When the place is not that of a value, when a node makes another value of it, or when its second place is not found.
pub(super) fn write(
    at: Location,
    (file, workflow): (&File, &WorkflowFile),
    new: impl Fn(&str) -> Result<String, Refusal>,
) -> Result<Vec<Edit>, Refusal> {
    let nodes = || workflow.graph.nodes.iter();
    if nodes().any(|node| node.class_span == at.span) {
        return Err("the value is the default of its node: the file does not hold it".to_owned());
    }
    let holders =
        || nodes().filter(|node| node.inputs.iter().any(|input| input.span == at.span && input.value.is_literal()));
    if holders().next().is_none() {
        return Err("the place is not the value of an input".to_owned());
    }
    if holders().any(|node| MAKERS.binary_search(&node.class.as_str()).is_ok()) {
        return Err("the value is computed from what is written there".to_owned());
    }
    let text = new(file.source.slice(at.span))?;
    let mut edits = vec![Edit::new(at, text.clone())];
    edits.extend(twin(at.span, (file, workflow))?.map(|span| Edit { file: at.file, span, text }));
    Ok(edits)
}

/// Where the same value is written again: `widgets_values_named` beside `widgets_values`. Where the two disagree, nobody knows
/// which is meant: only the one that was asked for changes.
fn twin(span: Span, (file, workflow): (&File, &WorkflowFile)) -> Result<Option<Span>, Refusal> {
    let text = file.source.text();
    let doc = JsonDoc::parse(text).map_err(|error| error.message)?;
    let Some(root) = doc.root(text) else { return Ok(None) };
    let Some((values, named)) = node_around(root, span).and_then(both) else { return Ok(None) };
    let pair = match inside(values, span) {
        true => by_position(values, named, span, workflow),
        false if inside(named, span) => by_name(values, named, span),
        false => return Ok(None),
    };
    let lost = || "the second place of the value (widgets_values, widgets_values_named) is not found".to_owned();
    let (one, other) = pair.ok_or_else(lost)?;
    Ok((one.raw() == other.raw()).then(|| other.span()))
}

/// The value by name becomes that by position, which counts.
///
/// # Errors
/// When the place is not that of a value by position, or its name is not found.
pub(super) fn agree(at: Location, (file, workflow): (&File, &WorkflowFile)) -> Result<Vec<Edit>, Refusal> {
    let text = file.source.text();
    let doc = JsonDoc::parse(text).map_err(|error| error.message)?;
    let node = doc.root(text).and_then(|root| node_around(root, at.span)).and_then(both);
    let pair = node.and_then(|(values, named)| by_position(values, named, at.span, workflow));
    let (counts, named) = pair.ok_or("the value by name is not found")?;
    Ok(vec![Edit { file: at.file, span: named.span(), text: counts.raw().to_owned() }])
}

type Pair<'a> = (JsonRef<'a>, JsonRef<'a>);

fn both(node: JsonRef<'_>) -> Option<Pair<'_>> {
    let named = node.get("widgets_values_named").filter(|named| named.is_object())?;
    Some((node.get("widgets_values").filter(|values| values.is_array())?, named))
}

fn by_position<'a>(values: JsonRef<'a>, named: JsonRef<'a>, span: Span, workflow: &WorkflowFile) -> Option<Pair<'a>> {
    let (index, one) = values.items().enumerate().find(|(_, item)| item.span() == span)?;
    let mut inputs = workflow.graph.nodes.iter().flat_map(|node| &node.inputs);
    let name = inputs.find(|input| input.span == span && input.from.is_none()).map(|input| &*input.name);
    let called = name.and_then(|name| named.get(name));
    let at_place = || (named.entries().count() == values.count()).then(|| named.entries().nth(index)).flatten();
    Some((one, called.or_else(|| at_place().map(|(_, value)| value))?))
}

fn by_name<'a>(values: JsonRef<'a>, named: JsonRef<'a>, span: Span) -> Option<Pair<'a>> {
    let (index, (_, one)) = named.entries().enumerate().find(|(_, (_, value))| value.span() == span)?;
    let alike = named.entries().count() == values.count();
    Some((one, values.item(index).filter(|_| alike)?))
}

fn inside(outer: JsonRef<'_>, span: Span) -> bool {
    outer.span().start <= span.start && span.end <= outer.span().end
}

/// The node of a saved workflow that a place lies in; a definition's node when it lies in one.
fn node_around(root: JsonRef<'_>, span: Span) -> Option<JsonRef<'_>> {
    let mut graphs = vec![detect(root).root];
    while let Some(graph) = graphs.pop() {
        let mut nodes = graph.get("nodes").into_iter().flat_map(|nodes| nodes.items());
        if let Some(node) = nodes.find(|node| inside(*node, span)) {
            return Some(node);
        }
        let definitions = graph.get("definitions").and_then(|definitions| definitions.get("subgraphs"));
        graphs.extend(definitions.into_iter().flat_map(|list| list.items()));
    }
    None
}

/// The number that starts a list of two becomes a text: the id of a link.
///
/// # Errors
/// When the place is no list of two numbers.
pub(super) fn quote(at: Location, file: &File) -> Result<Vec<Edit>, Refusal> {
    let text = file.source.slice(at.span);
    let no_link = || "it is no list of two numbers".to_owned();
    let doc = JsonDoc::parse(text).map_err(|_| no_link())?;
    let list = doc.root(text).filter(|list| list.is_array() && list.count() == 2).ok_or_else(no_link)?;
    let id = list.item(0).filter(|id| id.as_i64().is_some()).ok_or_else(no_link)?;
    let start = at.span.start;
    let span = Span::new(start + id.span().start, start + id.span().end);
    Ok(vec![Edit { file: at.file, span, text: literal::quoted(id.raw(), true) }])
}
