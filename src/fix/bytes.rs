//! From changes of a text to changes of a file: the encoding stays, and every byte that no fix is about.

use super::Edit;
use crate::encoding::{Encoding, decode};
use crate::source::Source;

/// The bytes that a source was read from.
///
/// # Errors
/// A sentence when they cannot be read again, or are others by now.
pub(super) fn on_disk(source: &Source) -> Result<Vec<u8>, String> {
    let path = source.path();
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    match decode(path, bytes.clone()).0 == source.text() {
        true => Ok(bytes),
        false => Err(format!("{} was changed after it had been read", path.display())),
    }
}

/// The bytes with some changes of the text. They are sorted and do not overlap.
///
/// # Errors
/// A sentence when the encoding of the file has no letters for the new text.
pub(super) fn edited(source: &Source, old: &[u8], edits: &[&Edit]) -> Result<Vec<u8>, String> {
    let (mut new, mut at) = (Vec::with_capacity(old.len()), 0);
    for edit in edits {
        let [start, end] = [edit.span.start, edit.span.end].map(|offset| source.place(offset).offset as usize);
        new.extend_from_slice(old.get(at..start).unwrap_or_default());
        new.extend(encoded(source.encoding(), &edit.text)?);
        at = end;
    }
    new.extend_from_slice(old.get(at..).unwrap_or_default());
    Ok(new)
}

fn encoded(encoding: Encoding, text: &str) -> Result<Vec<u8>, String> {
    match encoding {
        Encoding::Utf8 | Encoding::Utf8Bom => Ok(text.as_bytes().to_vec()),
        _ if text.is_ascii() && matches!(encoding, Encoding::Page { .. }) => Ok(text.as_bytes().to_vec()),
        _ => Err("the encoding of the file is not written".to_owned()),
    }
}
