//! Verbs on workflows. Nothing but the promised bytes changes: a value is written as the file writes such values, and where the file
//! holds it twice (by position and by name) it is written twice.

mod input;
mod link;
pub(super) mod literal;
mod member;
mod node;
mod place;
mod proof;
mod table;
mod value;

use super::{Edit, Refusal, Verb};
use crate::finding::Location;
use crate::project::{File, WorkflowFile};
pub(super) use input::{add, remove};
pub(super) use link::lead;

/// What a verb does at a value of a workflow.
///
/// # Errors
/// Why it cannot be done.
pub(super) fn at(
    verb: Verb,
    at: Location,
    text: &str,
    (file, workflow): (&File, &WorkflowFile),
) -> Result<Vec<Edit>, Refusal> {
    match verb {
        Verb::Replace => {
            let ascii = file.source.text().is_ascii();
            value::write(at, (file, workflow), |old| literal::like(old, text, ascii))
        }
        Verb::Agree => value::agree(at, (file, workflow)),
        Verb::RenameInput => input::rename(at, text, (file, workflow)),
        Verb::RemoveKey => input::forget(at, (file, workflow)),
        Verb::Bypass => node::bypass(at, (file, workflow)),
        Verb::RenameClass => node::rename_class(at, text, (file, workflow)),
        Verb::Unmute => node::unmute(at, (file, workflow)),
        Verb::Quote => value::quote(at, file),
        _ => Err(format!("{verb:?} is not known for a {}", file.kind.name())),
    }
}

/// Two values exchange what is written there.
///
/// # Errors
/// When one of them is no value, or they are of different kinds.
pub(super) fn swap(one: Location, other: Location, of: (&File, &WorkflowFile)) -> Result<Vec<Edit>, Refusal> {
    let (first, second) = (of.0.source.slice(one.span), of.0.source.slice(other.span));
    if first.starts_with('"') != second.starts_with('"') {
        return Err("the two values are of different kinds".to_owned());
    }
    let mut edits = value::write(one, of, |_| Ok(second.to_owned()))?;
    edits.extend(value::write(other, of, |_| Ok(first.to_owned()))?);
    Ok(edits)
}

/// How many nodes a change concerns: of a subgraph with several instances the node is there once for each.
pub(super) fn reach(edit: &Edit, workflow: &WorkflowFile) -> usize {
    let holds = |span: crate::span::Span| span.start <= edit.span.start && edit.span.end <= span.end;
    let around = workflow.graph.nodes.iter().filter(|node| holds(node.span));
    let smallest = around.clone().map(|node| node.span.end - node.span.start).min();
    around.filter(|node| Some(node.span.end - node.span.start) == smallest).count()
}
