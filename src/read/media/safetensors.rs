//! Safetensors: a JSON header whose `__metadata__` holds texts. Latents and models that ComfyUI saves are such files.

use super::input::Input;
use super::{Fault, Texts};
use crate::read::json::JsonDoc;

/// Largest header that the format allows, in bytes (safetensors 0.4: `MAX_HEADER_SIZE`).
const MAX_HEADER: u64 = 100_000_000;

/// True for the first bytes of such a file: a plausible length, then an object.
pub(super) fn is_header(head: &[u8]) -> bool {
    let size = head.first_chunk().map(|size| u64::from_le_bytes(*size));
    size.is_some_and(|size| (2..=MAX_HEADER).contains(&size)) && head.get(8) == Some(&b'{')
}

pub(super) fn read(input: &mut Input<'_>, texts: &mut Texts) -> Result<(), Fault> {
    let size = u64::from_le_bytes(input.array(0)?);
    let left = input.len() - 8;
    if size > left {
        return Err(Fault::beyond(0, "the header", size, left));
    }
    let header = input.bytes(8, size, "the header")?;
    let broken = |at: usize, what: &str| Fault::broken(8 + at as u64, what);
    let text = std::str::from_utf8(&header).map_err(|error| broken(error.valid_up_to(), "this byte is not UTF-8"))?;
    let doc = JsonDoc::parse(text).map_err(|error| broken(error.offset as usize, &error.message))?;
    let metadata = doc.root(text).and_then(|root| root.get("__metadata__"));
    for (key, value) in metadata.into_iter().flat_map(|metadata| metadata.entries()) {
        if let (Some(key), Some(value)) = (key.as_str(), value.as_str()) {
            texts.put(key.as_bytes(), value.as_bytes());
        }
    }
    Ok(())
}
