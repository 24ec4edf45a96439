//! Verbs on workflows.

use super::{Edit, Refusal, Verb};
use crate::finding::{FileIx, Location};
use crate::project::File;

/// What a verb does at a value of a workflow.
///
/// # Errors
/// Why it cannot be done.
pub(super) fn at(verb: Verb, at: Location, text: &str, file: &File) -> Result<Vec<Edit>, Refusal> {
    match verb {
        Verb::Replace => replace(at, text, file),
        _ => Err(format!("{verb:?} is not known for a {}", file.kind.name())),
    }
}

/// What a verb does to a node of a workflow.
///
/// # Errors
/// Why it cannot be done.
pub(super) fn on_node(verb: Verb, file: FileIx, node: (&str, &str), of: &File) -> Result<Vec<Edit>, Refusal> {
    let _ = (file, node);
    Err(format!("{verb:?} is not known for a {}", of.kind.name()))
}

/// A literal becomes another one of its kind: a text stays a text, a number a number.
fn replace(at: Location, text: &str, file: &File) -> Result<Vec<Edit>, Refusal> {
    let old = file.source.slice(at.span);
    let new = if old.starts_with('"') { serde_json::Value::from(text).to_string() } else { text.to_owned() };
    let kind = |literal: &str| {
        serde_json::from_str::<serde_json::Value>(literal).ok().map(|value| std::mem::discriminant(&value))
    };
    let same = kind(old).is_some_and(|old| Some(old) == kind(&new));
    same.then(|| vec![Edit::new(at, new)]).ok_or_else(|| "the value is no plain literal".to_owned())
}
