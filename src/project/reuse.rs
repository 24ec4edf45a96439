//! Memory that one file after the other is read into: in a folder of thousands the system would hand out new pages for each, which
//! takes longer than to parse them.

use std::cell::Cell;
use std::sync::Arc;

use super::{Content, File};
use crate::read::json::{JsonDoc, JsonError};

/// Largest memory that a thread keeps, in bytes of text and in nodes; official templates have at most a tenth of that.
const MOST_BYTES: usize = 8 << 20;
const MOST_NODES: usize = 1 << 20;

thread_local! {
    static TEXT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static DOC: Cell<JsonDoc> = const { Cell::new(JsonDoc::new()) };
}

/// Memory for the text of a file.
pub(super) fn memory() -> Vec<u8> {
    TEXT.take()
}

/// Lets go of the text of a workflow that was only met while walking: the rules ask its facts, and a report reads it again. The
/// text of every other file takes no more memory than it needs.
pub(super) fn let_go(file: &mut File, named: bool) {
    let only_met = !named && matches!(file.content, Content::Workflow(_)) && file.trouble.is_empty();
    // Runs of one history share their text.
    let Some(source) = Arc::get_mut(&mut file.source) else { return };
    match only_met.then(|| source.let_go()).flatten() {
        Some(text) if text.capacity() <= MOST_BYTES => TEXT.set(text.into_bytes()),
        Some(_) => {}
        None => source.shrink(),
    }
}

/// What a reader makes of a text that is parsed for it.
///
/// # Errors
/// Why the text is not JSON.
pub(super) fn parsed<T>(text: &str, read: impl FnOnce(&JsonDoc) -> T) -> Result<T, JsonError> {
    let mut doc = DOC.take();
    let result = doc.parse_into(text).map(|()| read(&doc));
    if doc.capacity() <= MOST_NODES {
        DOC.set(doc);
    }
    result
}
