//! AVIF: the item of type `Exif`, found over `iinf` (which items there are) and `iloc` (where they lie).

use super::input::Input;
use super::isobmff::Part;
use super::{Fault, Texts, tiff};

/// Largest table of places that is read, in bytes: an image has a handful of items.
const MAX_TABLE: u64 = 1 << 20;

pub(super) fn read(input: &mut Input<'_>, texts: &mut Texts) -> Result<(), Fault> {
    let Some(meta) = Part::file(input).find(input, b"meta")? else { return Ok(()) };
    let meta = meta.full(input)?;
    let Some(item) = exif_item(input, meta)? else { return Ok(()) };
    let Some(table) = meta.find(input, b"iloc")? else { return Ok(()) };
    if table.end - table.start > MAX_TABLE {
        return Err(Fault::Limit { at: table.start, what: "the table of places is larger than 1 MiB".to_owned() });
    }
    let bytes = input.bytes(table.start, table.end - table.start, "the table of places")?;
    let place = Places { bytes: &bytes, at: 0 }.find(item);
    let Some((start, size)) = place.ok_or_else(|| Fault::broken(table.start, "the table of places is cut off"))? else {
        return Ok(());
    };
    let left = input.len().saturating_sub(start);
    if size > left || size < 4 {
        return Err(Fault::beyond(table.start, "the item 'Exif'", size, left));
    }
    // How many bytes stand in front of the TIFF header comes first.
    let skip = u64::from(input.u32(start)?);
    if skip > size - 4 {
        return Err(Fault::beyond(start, "what stands in front of the EXIF data", skip, size - 4));
    }
    let exif = input.bytes(start + 4 + skip, size - 4 - skip, "the EXIF data")?;
    tiff::read(&exif, start + 4 + skip, texts)
}

/// The number of the item of type `Exif`.
fn exif_item(input: &mut Input<'_>, meta: Part) -> Result<Option<u32>, Fault> {
    let Some(list) = meta.find(input, b"iinf")? else { return Ok(None) };
    let [version] = input.array::<1>(list.start)?;
    let mut at = list.start + if version == 0 { 6 } else { 8 };
    while let Some(entry) = list.child(input, at)? {
        // Version 2 has numbers of 16 bits, version 3 of 32; older ones have no type.
        let [version] = input.array::<1>(entry.start)?;
        let (wide, base) = (version == 3, entry.start + 4);
        let kind = base + if wide { 6 } else { 4 };
        if &entry.kind == b"infe" && (2..=3).contains(&version) && kind + 4 <= entry.end {
            let [high, low] = input.array::<2>(base)?;
            let number = if wide { input.u32(base)? } else { u32::from(u16::from_be_bytes([high, low])) };
            if &input.array::<4>(kind)? == b"Exif" {
                return Ok(Some(number));
            }
        }
        at = entry.end;
    }
    Ok(None)
}

/// The box `iloc`.
struct Places<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Places<'_> {
    /// Offset and size of an item that lies in the file in one piece. The outer `None`: the table is cut off; the inner one:
    /// the item is not in it, or lies elsewhere.
    fn find(mut self, wanted: u32) -> Option<Option<(u64, u64)>> {
        let version = self.number(1)?;
        self.number(3)?;
        let sizes = self.number(2)?;
        let width = |shift: u32| (sizes >> shift & 15) as usize;
        let (offset, length, base) = (width(12), width(8), width(4));
        let index = if version > 0 { width(0) } else { 0 };
        let wide = if version < 2 { 2 } else { 4 };
        for _ in 0..self.number(wide)? {
            let item = self.number(wide)?;
            let method = if version > 0 { self.number(2)? & 15 } else { 0 };
            self.number(2)?;
            let start = self.number(base)?;
            let pieces = self.number(2)? as usize;
            if item == u64::from(wanted) {
                self.number(index)?;
                let place = (start.checked_add(self.number(offset)?)?, self.number(length)?);
                return Some((method == 0 && pieces == 1).then_some(place));
            }
            self.at += pieces * (index + offset + length);
        }
        Some(None)
    }

    fn number(&mut self, width: usize) -> Option<u64> {
        let bytes = self.bytes.get(self.at..self.at + width)?;
        self.at += width;
        Some(bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}
