//! MP4 and MOV: `moov/udta/meta` (or `moov/meta`) with the names in `keys` and the texts in `ilst`, or the comment `\xa9cmt`.

use super::input::Input;
use super::{Fault, Texts};

/// A box: its type, where its content begins and where it ends.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub kind: [u8; 4],
    pub start: u64,
    pub end: u64,
}

impl Part {
    /// The whole file.
    pub fn file(input: &Input<'_>) -> Self {
        Self { kind: *b"file", start: 0, end: input.len() }
    }

    /// The box that begins at a place inside this one; `None` at the end.
    pub fn child(self, input: &mut Input<'_>, at: u64) -> Result<Option<Self>, Fault> {
        let left = self.end.saturating_sub(at);
        if left < 8 {
            return Ok(None);
        }
        let [a, b, c, d, kind @ ..] = input.array::<8>(at)?;
        let (header, size) = match u32::from_be_bytes([a, b, c, d]) {
            // To the end of what is around it.
            0 => (8, left),
            1 => (16, u64::from_be_bytes(input.array(at + 8)?)),
            size => (8, u64::from(size)),
        };
        let name = || format!("the box {:?}", kind.map(char::from).iter().collect::<String>());
        if size < header {
            return Err(Fault::broken(at, format!("{} is smaller than its own header", name())));
        }
        if size > left {
            return Err(Fault::beyond(at, &name(), size, left));
        }
        Ok(Some(Self { kind, start: at + header, end: at + size }))
    }

    /// The first box of a type inside this one.
    pub fn find(self, input: &mut Input<'_>, kind: &[u8; 4]) -> Result<Option<Self>, Fault> {
        let mut at = self.start;
        while let Some(part) = self.child(input, at)? {
            if &part.kind == kind {
                return Ok(Some(part));
            }
            at = part.end;
        }
        Ok(None)
    }

    /// The same box without version and flags in front of its content. QuickTime's `meta` has none: its handler comes first.
    pub fn full(self, input: &mut Input<'_>) -> Result<Self, Fault> {
        let plain = self.end - self.start >= 8 && &input.array::<4>(self.start + 4)? == b"hdlr";
        Ok(Self { start: if plain { self.start } else { (self.start + 4).min(self.end) }, ..self })
    }
}

pub(super) fn read(input: &mut Input<'_>, texts: &mut Texts) -> Result<(), Fault> {
    let file = Part::file(input);
    let Some(moov) = file.find(input, b"moov")? else {
        return Err(Fault::broken(file.end, "the file ends without 'moov': it was cut off, or is still being written"));
    };
    let udta = moov.find(input, b"udta")?;
    if let Some(comment) = udta.map(|udta| udta.find(input, b"\xa9cmt")).transpose()?.flatten() {
        quicktime(input, comment, texts)?;
    }
    for around in [udta, Some(moov)].into_iter().flatten() {
        if let Some(meta) = around.find(input, b"meta")? {
            let meta = meta.full(input)?;
            metadata(input, meta, texts)?;
        }
    }
    Ok(())
}

/// The comment of QuickTime: its length and a language, then the text. The length has 16 bits; of a longer text ffmpeg writes the
/// lower ones (libavformat/movenc.c, `mov_write_string_data_tag`), and the box holds it whole.
fn quicktime(input: &mut Input<'_>, comment: Part, texts: &mut Texts) -> Result<(), Fault> {
    if comment.end - comment.start > 4 && texts.wants(b"comment") {
        let [high, low] = input.array::<2>(comment.start)?;
        let (stated, rest) = (u16::from_be_bytes([high, low]), comment.end - comment.start - 4);
        let size = if rest as u16 == stated { rest } else { u64::from(stated).min(rest) };
        let text = input.bytes(comment.start + 4, size, "the comment")?;
        texts.put(b"comment", text);
    }
    Ok(())
}

fn metadata(input: &mut Input<'_>, meta: Part, texts: &mut Texts) -> Result<(), Fault> {
    let Some(list) = meta.find(input, b"ilst")? else { return Ok(()) };
    let keys = match meta.find(input, b"keys")? {
        Some(part) => keys(input, part, texts)?,
        None => Vec::new(),
    };
    let mut at = list.start;
    while let Some(item) = list.child(input, at)? {
        let index = u32::from_be_bytes(item.kind);
        let named = keys.iter().find(|(number, _)| *number == index).map(|(_, name)| name.as_slice());
        let name = named.or((&item.kind == b"\xa9cmt").then_some(b"comment"));
        if let Some(name) = name.filter(|name| texts.wants(name)) {
            text(input, item, name, texts)?;
        }
        at = item.end;
    }
    Ok(())
}

/// The numbers of the keys that are wanted: items of the list name them, counted from 1.
fn keys(input: &mut Input<'_>, part: Part, texts: &mut Texts) -> Result<Vec<(u32, Vec<u8>)>, Fault> {
    let inside = Part { start: (part.start + 8).min(part.end), ..part };
    let (mut found, mut at) = (Vec::new(), inside.start);
    for number in 1.. {
        // A key is laid out like a box; its type is its namespace.
        let Some(key) = inside.child(input, at)? else { break };
        if key.end - key.start <= 16 {
            let name = input.bytes(key.start, key.end - key.start, "the name of a key")?;
            let known = |(_, other): &(u32, Vec<u8>)| other.eq_ignore_ascii_case(&name);
            if texts.wants(&name) && !found.iter().any(known) {
                found.push((number, name));
            }
        }
        at = key.end;
    }
    Ok(found)
}

fn text(input: &mut Input<'_>, item: Part, name: &[u8], texts: &mut Texts) -> Result<(), Fault> {
    if let Some(data) = item.find(input, b"data")? {
        // Type and locale come first.
        let start = (data.start + 8).min(data.end);
        let text = input.bytes(start, data.end - start, "the text")?;
        texts.put(name, text);
    }
    Ok(())
}
