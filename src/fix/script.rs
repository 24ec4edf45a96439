//! Verbs on scripts.

use super::{Edit, Refusal, Verb};
use crate::finding::Location;
use crate::project::File;

/// What a verb does at a place of a script.
///
/// # Errors
/// Why it cannot be done.
pub(super) fn at(verb: Verb, at: Location, text: &str, file: &File) -> Result<Vec<Edit>, Refusal> {
    let _ = (at, text);
    Err(format!("{verb:?} is not known for a {}", file.kind.name()))
}
