//! The header of a GGUF file (ggml's `docs/gguf.md`): versions 2 and 3, little-endian.

use std::io::{BufReader, Read, Seek};

use super::dtype::Dtype;
use super::fault::Fault;
use super::{Tensor, Weights, limits};

const MAGIC: &[u8] = b"GGUF";

/// Deepest nesting of arrays that is followed.
const DEPTH: u32 = 4;

/// Where ComfyUI-GGUF keeps the shape of tensors with more than four dimensions.
const SHAPE_OF: &str = "comfy.gguf.orig_shape.";

/// True when a file begins as GGUF.
pub(super) fn starts(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// Reads the header. A file whose end is missing still gives its tensors.
pub(super) fn read(file: &mut (impl Read + Seek), bytes: u64) -> Result<(Weights, Option<Fault>), Fault> {
    let mut reader = Reader { file: BufReader::new(file), at: 0 };
    reader.skip(4)?;
    let version = reader.u32()?;
    if !(2..=3).contains(&version) {
        return Err(Fault::Broken(format!("GGUF version {version} is not read: versions 2 and 3 are")));
    }
    let (tensors, pairs) = (reader.u64()?, reader.u64()?);
    if tensors > limits::TENSORS as u64 || pairs > limits::TENSORS as u64 {
        return Err(Fault::Broken(format!("it claims {tensors} tensors and {pairs} key-value pairs")));
    }
    let mut notes = Notes { alignment: 32, ..Notes::default() };
    for _ in 0..pairs {
        reader.pair(&mut notes)?;
    }
    let mut list = Vec::new();
    for _ in 0..tensors {
        list.push(reader.tensor(&notes)?);
    }
    finish(list, notes, reader.at, bytes)
}

fn finish(
    list: Vec<(Tensor, u64, bool)>,
    notes: Notes,
    header: u64,
    bytes: u64,
) -> Result<(Weights, Option<Fault>), Fault> {
    let data = header.checked_next_multiple_of(notes.alignment).unwrap_or(header);
    let mut expected = header;
    for (tensor, offset, _) in &list {
        let end = data.checked_add(*offset).and_then(|from| from.checked_add(tensor.bytes));
        let end = end.ok_or_else(|| Fault::Broken(format!("tensor '{}' lies beyond any file", shown(&tensor.name))))?;
        expected = expected.max(end);
    }
    let sized = list.iter().all(|(_, _, sized)| *sized);
    let mut tensors: Vec<Tensor> = list.into_iter().map(|(tensor, ..)| tensor).collect();
    tensors.sort_by(|left, right| left.name.cmp(&right.name));
    if let Some(pair) = tensors.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(Fault::Broken(format!("tensor '{}' is listed twice", shown(&pair[0].name))));
    }
    let fault = (bytes < expected && sized).then_some(Fault::Truncated { expected });
    Ok((Weights { tensors, metadata: notes.texts }, fault))
}

fn shown(name: &str) -> String {
    name.chars().take(100).collect()
}

#[derive(Default)]
struct Notes {
    texts: Vec<(String, String)>,
    shapes: Vec<(String, Vec<u64>)>,
    alignment: u64,
}

/// A value as far as it is kept.
enum Value {
    Number(i128),
    Text(String),
    Numbers(Vec<i128>),
    Other,
}

struct Reader<R> {
    file: BufReader<R>,
    at: u64,
}

impl<R: Read + Seek> Reader<R> {
    fn claim(&mut self, bytes: u64) -> Result<(), Fault> {
        self.at = self.at.saturating_add(bytes);
        if self.at > limits::HEADER {
            return Err(Fault::Limit("its header has more than 32 MiB: that much is read".to_owned()));
        }
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.claim(N as u64)?;
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes).map_err(|_| ends_inside())?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Fault> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Fault> {
        self.claim(bytes)?;
        self.file.seek_relative(i64::try_from(bytes).map_err(|_| ends_inside())?).map_err(|_| ends_inside())
    }

    /// A text; of a long one only the beginning is kept.
    fn text(&mut self) -> Result<String, Fault> {
        let length = self.u64()?;
        self.claim(length)?;
        let kept = length.min(limits::TEXT as u64);
        let mut bytes = Vec::new();
        (&mut self.file).take(kept).read_to_end(&mut bytes).map_err(|_| ends_inside())?;
        if (bytes.len() as u64) < kept {
            return Err(ends_inside());
        }
        let rest = i64::try_from(length - kept).map_err(|_| ends_inside())?;
        self.file.seek_relative(rest).map_err(|_| ends_inside())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn pair(&mut self, notes: &mut Notes) -> Result<(), Fault> {
        let name = self.text()?;
        let kind = self.u32()?;
        match self.value(kind, DEPTH)? {
            Value::Number(number) if name == "general.alignment" => {
                let alignment = u64::try_from(number).ok().filter(|alignment| (1..=1 << 20).contains(alignment));
                notes.alignment = alignment.ok_or_else(|| Fault::Broken(format!("general.alignment is {number}")))?;
            }
            Value::Number(number) => notes.texts.push((name, number.to_string())),
            Value::Text(text) => notes.texts.push((name, text)),
            Value::Numbers(sides) if name.starts_with(SHAPE_OF) => {
                let sides = sides.into_iter().map(|side| u64::try_from(side).unwrap_or_default()).collect();
                notes.shapes.push((name.split_at(SHAPE_OF.len()).1.to_owned(), sides));
            }
            Value::Numbers(_) | Value::Other => {}
        }
        Ok(())
    }

    fn value(&mut self, kind: u32, depth: u32) -> Result<Value, Fault> {
        Ok(match kind {
            0 | 7 => Value::Number(i128::from(self.bytes::<1>()?[0])),
            1 => Value::Number(i128::from(i8::from_le_bytes(self.bytes()?))),
            2 => Value::Number(i128::from(u16::from_le_bytes(self.bytes()?))),
            3 => Value::Number(i128::from(i16::from_le_bytes(self.bytes()?))),
            4 => Value::Number(i128::from(self.u32()?)),
            5 => Value::Number(i128::from(i32::from_le_bytes(self.bytes()?))),
            6 => self.skip(4).map(|()| Value::Other)?,
            8 => Value::Text(self.text()?),
            9 => self.array(depth)?,
            10 => Value::Number(i128::from(self.u64()?)),
            11 => Value::Number(i128::from(i64::from_le_bytes(self.bytes()?))),
            12 => self.skip(8).map(|()| Value::Other)?,
            _ => return Err(Fault::Broken(format!("a value has the unknown type {kind} (byte {})", self.at))),
        })
    }

    /// Short lists of numbers are kept, everything else is passed over.
    fn array(&mut self, depth: u32) -> Result<Value, Fault> {
        let (kind, count) = (self.u32()?, self.u64()?);
        if depth == 0 {
            return Err(Fault::Broken("arrays are nested deeper than four levels".to_owned()));
        }
        let width = match kind {
            0 | 1 | 7 => Some(1),
            2 | 3 => Some(2),
            4..=6 => Some(4),
            10..=12 => Some(8),
            _ => None,
        };
        if let Some(width) = width.filter(|_| count > limits::DIMENSIONS as u64) {
            return self.skip(count.saturating_mul(width)).map(|()| Value::Other);
        }
        let mut numbers = Vec::new();
        for _ in 0..count {
            // Every element takes bytes, so the limit of the header ends this.
            if let Value::Number(number) = self.value(kind, depth - 1)?
                && numbers.len() < limits::DIMENSIONS
            {
                numbers.push(number);
            }
        }
        Ok(Value::Numbers(numbers))
    }

    /// A tensor, its offset, and whether the size of its type is known.
    fn tensor(&mut self, notes: &Notes) -> Result<(Tensor, u64, bool), Fault> {
        let name = self.text()?;
        let dimensions = self.u32()?;
        if dimensions as usize > limits::DIMENSIONS {
            return Err(Fault::Broken(format!("tensor '{}' has {dimensions} dimensions", shown(&name))));
        }
        let mut shape = Vec::new();
        for _ in 0..dimensions {
            shape.push(self.u64()?);
        }
        let (kind, offset) = (self.u32()?, self.u64()?);
        let elements = shape.iter().try_fold(1_u64, |product, side| product.checked_mul(*side));
        let dtype = Dtype::of_ggml(kind);
        let bytes = dtype.zip(elements).and_then(|(dtype, elements)| dtype.bytes(elements));
        if dtype.is_some() && bytes.is_none() {
            return Err(Fault::Broken(format!("tensor '{}' has a shape that fits no file", shown(&name))));
        }
        shape.reverse();
        let original = notes.shapes.iter().find(|(of, _)| *of == name).map(|(_, sides)| sides.clone());
        let tensor = Tensor {
            name: name.into(),
            dtype: dtype.unwrap_or(Dtype::Bits(0)),
            shape: original.unwrap_or(shape).into(),
            bytes: bytes.unwrap_or_default(),
        };
        Ok((tensor, offset, bytes.is_some()))
    }
}

fn ends_inside() -> Fault {
    Fault::Broken("it ends inside its header".to_owned())
}
