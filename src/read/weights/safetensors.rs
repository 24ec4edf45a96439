//! The header of a safetensors file: eight bytes of length, then JSON. Checked as the reference reader does (safetensors
//! `Metadata::validate`): tensors without gaps or overlaps, sizes that match shapes, an end that is the file's.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::dtype::Dtype;
use super::fault::Fault;
use super::{Tensor, Weights, limits};

const TOO_MANY: &str = "its header lists more than 200000 tensors, which are not read";

/// Reads the header. A file whose end is missing still gives its tensors.
pub(super) fn read(file: &mut impl Read, bytes: u64) -> Result<(Weights, Option<Fault>), Fault> {
    let mut length = [0; 8];
    file.read_exact(&mut length)
        .map_err(|_| Fault::Broken("it is shorter than its header's length field".to_owned()))?;
    let length = u64::from_le_bytes(length);
    let header = header(file, length, bytes)?;
    let parsed: Header = serde_json::from_slice(&header).map_err(|error| not_json(&error))?;
    let end = contiguous(&parsed.entries)?;
    let expected = end.saturating_add(length).saturating_add(8);
    let fault = match bytes {
        _ if bytes < expected => Some(Fault::Truncated { expected }),
        _ if bytes > expected => Some(Fault::TooLong { expected }),
        _ => None,
    };
    Ok((parsed.into_weights()?, fault))
}

fn header(file: &mut impl Read, length: u64, bytes: u64) -> Result<Vec<u8>, Fault> {
    let behind = bytes.saturating_sub(8);
    if length > behind && plausible(length) {
        return Err(Fault::Truncated { expected: length.saturating_add(8) });
    }
    if length > behind {
        return Err(Fault::Broken(format!("its first eight bytes are no header length ({length})")));
    }
    if length > limits::HEADER {
        return Err(Fault::Limit(format!("its header has {} MiB; 32 MiB are read", length >> 20)));
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).map_err(|error| Fault::Broken(error.to_string()))?;
    match header.first() {
        _ if (header.len() as u64) < length => Err(Fault::Truncated { expected: length.saturating_add(8) }),
        Some(b'{') => Ok(header),
        _ => Err(Fault::Broken("its header does not begin with a brace: it is no safetensors file".to_owned())),
    }
}

/// The reference reader takes headers up to 100 million bytes.
fn plausible(length: u64) -> bool {
    length <= 100_000_000
}

fn not_json(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let words = text.split(" at line ").next().unwrap_or_default();
    if words == TOO_MANY {
        return Fault::Limit(words.to_owned());
    }
    Fault::Broken(format!("its header cannot be read: {words} (line {}, column {})", error.line(), error.column()))
}

/// The end of the data; every byte up to it must belong to exactly one tensor.
fn contiguous(entries: &[Entry]) -> Result<u64, Fault> {
    let mut order: Vec<&Entry> = entries.iter().collect();
    order.sort_by_key(|entry| entry.offsets);
    let mut end = 0;
    for entry in order {
        let (from, to) = entry.offsets;
        if from != end || to < from {
            let what = if from < end { "overlaps the one before it" } else { "leaves a gap before it" };
            let what = if to < from { "ends before it begins" } else { what };
            return Err(Fault::Broken(format!("tensor '{}' {what} (bytes {from} to {to})", shown(&entry.name))));
        }
        end = to;
    }
    Ok(end)
}

/// Names come from anywhere: at most a line of them.
fn shown(name: &str) -> String {
    name.chars().take(100).collect()
}

#[derive(Default)]
struct Header {
    entries: Vec<Entry>,
    metadata: Vec<(String, String)>,
}

struct Entry {
    name: Box<str>,
    dtype: Option<Dtype>,
    written: Box<str>,
    shape: Box<[u64]>,
    offsets: (u64, u64),
}

impl Header {
    fn into_weights(self) -> Result<Weights, Fault> {
        let mut tensors = self.entries.into_iter().map(Entry::into_tensor).collect::<Result<Vec<_>, _>>()?;
        tensors.sort_by(|left, right| left.name.cmp(&right.name));
        match tensors.windows(2).find(|pair| pair[0].name == pair[1].name) {
            Some(pair) => Err(Fault::Broken(format!("tensor '{}' is listed twice", shown(&pair[0].name)))),
            None => Ok(Weights { tensors, metadata: self.metadata }),
        }
    }
}

impl Entry {
    fn into_tensor(self) -> Result<Tensor, Fault> {
        let name = || shown(&self.name);
        let bytes = self.offsets.1 - self.offsets.0;
        let Some(dtype) = self.dtype else {
            return Err(Fault::Broken(format!("tensor '{}' has the unknown type '{}'", name(), shown(&self.written))));
        };
        let elements = self.shape.iter().try_fold(1_u64, |product, side| product.checked_mul(*side));
        if elements.and_then(|elements| dtype.bytes(elements)) != Some(bytes) {
            return Err(Fault::Broken(format!("tensor '{}' has {bytes} bytes, which its shape does not give", name())));
        }
        Ok(Tensor { name: self.name, dtype, shape: self.shape, bytes })
    }
}

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow)]
    dtype: Cow<'a, str>,
    shape: Shape,
    data_offsets: (u64, u64),
}

/// A list of sides that cannot grow without end.
struct Shape(Vec<u64>);

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Sides;
        impl<'de> Visitor<'de> for Sides {
            type Value = Shape;
            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                write!(out, "a list of sizes")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
                let mut sides = Vec::new();
                while let Some(side) = list.next_element()? {
                    if sides.len() == limits::DIMENSIONS {
                        return Err(A::Error::custom("a tensor has more than 64 dimensions"));
                    }
                    sides.push(side);
                }
                Ok(Shape(sides))
            }
        }
        from.deserialize_seq(Sides)
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Header;
            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                write!(out, "an object of tensors")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let mut header = Header::default();
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    if name == "__metadata__" {
                        header.metadata = map.next_value::<Notes>()?.0;
                        continue;
                    }
                    if header.entries.len() == limits::TENSORS {
                        return Err(A::Error::custom(TOO_MANY));
                    }
                    header.entries.push(entry(&name, map.next_value()?));
                }
                Ok(header)
            }
        }
        from.deserialize_map(Entries)
    }
}

fn entry(name: &str, info: Info) -> Entry {
    let dtype = Dtype::of_safetensors(&info.dtype);
    let written = if dtype.is_none() { shown(&info.dtype).into() } else { Box::default() };
    Entry { name: name.into(), dtype, written, shape: info.shape.0.into(), offsets: info.data_offsets }
}

/// `__metadata__`: texts by name. The reference reader takes nothing but texts; a long one is cut.
#[derive(Default)]
struct Notes(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Notes {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Notes;
            fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
                write!(out, "texts in __metadata__")
            }
            fn visit_unit<E>(self) -> Result<Notes, E> {
                Ok(Notes::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Notes, A::Error> {
                let mut notes = Notes::default();
                while notes.0.len() < limits::TEXTS {
                    let Some((name, text)) = map.next_entry::<Cow<'de, str>, Cow<'de, str>>()? else {
                        return Ok(notes);
                    };
                    notes.0.push((cut(&name), cut(&text)));
                }
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(notes)
            }
        }
        from.deserialize_any(Texts)
    }
}

/// Training logs and sample lists go on for megabytes.
fn cut(text: &str) -> String {
    let end = (0..=limits::TEXT.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    text.get(..end.unwrap_or_default()).unwrap_or_default().to_owned()
}
