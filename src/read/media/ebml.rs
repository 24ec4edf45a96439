//! WebM and Matroska: the `SimpleTag` elements, wherever `Tags` stands in the segment.

use super::input::Input;
use super::{Container, Fault, Texts};

/// The first bytes: the id of the EBML header.
pub(super) const SIGNATURE: &[u8] = b"\x1a\x45\xdf\xa3";

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const TAGS: u32 = 0x1254_c367;
const TAG: u32 = 0x7373;
const SIMPLE_TAG: u32 = 0x67c8;
const TAG_NAME: u32 = 0x45a3;
const TAG_STRING: u32 = 0x4487;

/// Longest name that is looked at.
const NAME: u64 = 64;

/// WebM or Matroska, by the document type in the header (element 0x4282).
pub(super) fn container(head: &[u8]) -> Container {
    match memchr::memmem::find(head, b"\x42\x82\x84webm") {
        Some(_) => Container::WebM,
        None => Container::Mkv,
    }
}

/// An element: its id, where its content begins, and where it ends; without an end its size was not known when it was written.
struct Element {
    id: u32,
    start: u64,
    end: Option<u64>,
}

pub(super) fn read(input: &mut Input<'_>, texts: &mut Texts) -> Result<(), Fault> {
    let mut at = 0;
    while at < input.len() && !texts.complete() {
        let end = input.len();
        let element = element(input, at)?;
        at = match element.id {
            // Their parts follow one by one, and so does what comes behind: sizes that are not known do no harm.
            SEGMENT => element.start,
            CLUSTER if element.end.is_none() => element.start,
            TAGS => {
                let end = known(&element, at, end)?;
                tags(input, (element.start, end), texts)?;
                end
            }
            _ => known(&element, at, end)?,
        };
    }
    Ok(())
}

/// `Tags` holds `Tag`, which holds `SimpleTag`.
fn tags(input: &mut Input<'_>, (mut at, end): (u64, u64), texts: &mut Texts) -> Result<(), Fault> {
    while at < end && !texts.complete() {
        let element = element(input, at)?;
        let behind = known(&element, at, end)?;
        at = match element.id {
            TAG => element.start,
            SIMPLE_TAG => {
                simple_tag(input, (element.start, behind), texts)?;
                behind
            }
            _ => behind,
        };
    }
    Ok(())
}

fn simple_tag(input: &mut Input<'_>, (mut at, end): (u64, u64), texts: &mut Texts) -> Result<(), Fault> {
    let (mut name, mut text) = (None, None);
    while at < end {
        let element = element(input, at)?;
        let behind = known(&element, at, end)?;
        let size = behind - element.start;
        match element.id {
            TAG_NAME if size <= NAME => name = Some(input.bytes(element.start, size, "the name of a tag")?),
            TAG_STRING => text = Some((element.start, size)),
            _ => {}
        }
        at = behind;
    }
    if let (Some(name), Some((start, size))) = (name, text)
        && texts.wants(&name)
    {
        let text = input.bytes(start, size, "the text of a tag")?;
        let end = text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        texts.put(&name, &text[..end]);
    }
    Ok(())
}

fn known(element: &Element, at: u64, limit: u64) -> Result<u64, Fault> {
    match element.end {
        Some(end) if end <= limit => Ok(end),
        Some(end) => {
            let left = limit.saturating_sub(element.start);
            Err(Fault::beyond(at, &format!("the element {:X}", element.id), end - element.start, left))
        }
        None => Err(Fault::broken(at, format!("the element {:X} has no size", element.id))),
    }
}

fn element(input: &mut Input<'_>, at: u64) -> Result<Element, Fault> {
    let (id, width) = number(input, at, 4)?;
    let (size, more) = number(input, at + width, 8)?;
    let marker = 1 << (7 * more);
    let start = at + width + more;
    // All bits set: the size was not known.
    let end = (size != 2 * marker - 1).then(|| start + (size - marker));
    Ok(Element { id: id as u32, start, end })
}

/// A number whose leading zeros say how many bytes it has; the marker bit stays in it.
fn number(input: &mut Input<'_>, at: u64, most: u64) -> Result<(u64, u64), Fault> {
    let (bytes, count) = input.few(at)?;
    let width = u64::from(bytes[0].leading_zeros()) + 1;
    if width > most || width > count as u64 {
        return Err(Fault::broken(at, "an element of the file should begin here"));
    }
    let number = bytes.iter().take(width as usize).fold(0, |number, &byte| number << 8 | u64::from(byte));
    Ok((number, width))
}
