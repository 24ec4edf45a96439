//! What is collected from a file, and how its bytes become text.

use super::{Fault, MAX_TEXT};

/// The texts found so far. Of a key that is written twice the first counts: the rest need not be read.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub prompt: Option<Vec<u8>>,
    pub workflow: Option<Vec<u8>>,
    pub comment: Option<Vec<u8>>,
}

impl Texts {
    /// Where the text of a key goes; `None` when nobody wants it. Matroska writes keys in upper case.
    fn slot(&mut self, key: &[u8]) -> Option<&mut Option<Vec<u8>>> {
        let is = |name: &str| key.eq_ignore_ascii_case(name.as_bytes());
        let slot = match () {
            () if is("prompt") => &mut self.prompt,
            () if is("workflow") => &mut self.workflow,
            () if is("comment") => &mut self.comment,
            () => return None,
        };
        slot.is_none().then_some(slot)
    }

    /// True when a text of this key is still wanted.
    pub fn wants(&mut self, key: &[u8]) -> bool {
        self.slot(key).is_some()
    }

    pub fn put(&mut self, key: &[u8], text: impl Into<Vec<u8>>) {
        if let Some(slot) = self.slot(key) {
            *slot = Some(text.into());
        }
    }

    /// True when nothing more is wanted.
    pub fn complete(&self) -> bool {
        self.prompt.is_some() && self.workflow.is_some()
    }
}

/// Text in Latin-1 as UTF-8. Many programs write UTF-8 where a format says Latin-1: valid UTF-8 stays as it is.
pub(super) fn latin1(bytes: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into_bytes(),
    }
}

/// A zlib stream that becomes at most [`MAX_TEXT`] bytes.
pub(super) fn inflate(bytes: &[u8], at: u64) -> Result<Vec<u8>, Fault> {
    use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};
    decompress_to_vec_zlib_with_limit(bytes, MAX_TEXT as usize).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => Fault::too_large(at, "the compressed text"),
        _ => Fault::broken(at, "the compressed text cannot be unpacked"),
    })
}
