//! Video Helper Suite writes one comment: `{"prompt": "<JSON as a text>", "workflow": {...}}`.

use super::Texts;
use crate::read::json::{JsonDoc, JsonRef};

/// Takes the two texts out of the comment, where they were not found under their own names.
pub(super) fn unpack(texts: &mut Texts) {
    let Some(comment) = texts.comment.take().and_then(|bytes| String::from_utf8(bytes).ok()) else { return };
    // Most comments are sentences.
    if !comment.trim_start().starts_with('{') {
        return;
    }
    let Ok(doc) = JsonDoc::parse(&comment) else { return };
    let Some(root) = doc.root(&comment) else { return };
    for key in ["prompt", "workflow"] {
        if let Some(value) = root.get(key) {
            texts.put(key.as_bytes(), text(value));
        }
    }
}

fn text(value: JsonRef<'_>) -> String {
    value.as_str().map_or_else(|| value.raw().to_owned(), |text| text.into_owned())
}
