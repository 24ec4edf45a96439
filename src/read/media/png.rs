//! PNG: `tEXt`, `zTXt` and `iTXt` chunks; `comf` chunks, which ComfyUI writes behind the frames of an animated PNG.

use super::input::Input;
use super::{Fault, Texts, inflate, latin1};

/// The first bytes of every PNG.
pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Length, type and check sum around the data of a chunk.
const AROUND: u64 = 12;

/// Longest keyword with the zero behind it (PNG specification, 11.3.4.2).
const KEYWORD: u64 = 80;

pub(super) fn read(input: &mut Input<'_>, texts: &mut Texts) -> Result<(), Fault> {
    let mut at = SIGNATURE.len() as u64;
    while !texts.complete() {
        let [a, b, c, d, kind @ ..] = input.array::<8>(at)?;
        let size = u64::from(u32::from_be_bytes([a, b, c, d]));
        let left = input.len() - at;
        if size + AROUND > left {
            let name = String::from_utf8_lossy(&kind).into_owned();
            return Err(Fault::beyond(at, &format!("the chunk {name:?}"), size, left.saturating_sub(AROUND)));
        }
        match &kind {
            b"IEND" => return Ok(()),
            b"tEXt" | b"comf" | b"zTXt" | b"iTXt" => chunk(input, &kind, (at + 8, size), texts)?,
            _ => {}
        }
        at += size + AROUND;
    }
    Ok(())
}

fn chunk(input: &mut Input<'_>, kind: &[u8], (at, size): (u64, u64), texts: &mut Texts) -> Result<(), Fault> {
    let head = input.bytes(at, size.min(KEYWORD), "the keyword")?;
    let Some(end) = memchr::memchr(0, &head) else { return Ok(()) };
    let keyword = &head[..end];
    if !texts.wants(keyword) {
        return Ok(());
    }
    let start = at + end as u64 + 1;
    let rest = input.bytes(start, at + size - start, "the text")?;
    match (kind, rest.as_slice()) {
        (b"tEXt" | b"comf", text) => texts.put(keyword, latin1(text)),
        (b"zTXt", [0, packed @ ..]) => texts.put(keyword, latin1(&inflate(packed, start)?)),
        (b"iTXt", [packed, 0, rest @ ..]) => {
            // A language and a translated keyword stand in front of the text, each with a zero behind it.
            let mut parts = rest.splitn(3, |&byte| byte == 0).skip(2);
            let Some(text) = parts.next() else { return Ok(()) };
            texts.put(keyword, if *packed == 1 { inflate(text, start)? } else { text.to_vec() });
        }
        _ => {}
    }
    Ok(())
}
