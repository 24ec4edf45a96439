//! The text of a cell with the place of every byte in the notebook file.

use crate::read::json::JsonRef;
use crate::read::traced::Byte;

/// A cell's source: one string, or a list of lines.
pub(in crate::read) fn source(source: JsonRef<'_>) -> Vec<Byte> {
    let mut bytes = Vec::new();
    if source.is_array() {
        source.items().for_each(|line| string(line, &mut bytes));
    } else {
        string(source, &mut bytes);
    }
    bytes
}

fn string(node: JsonRef<'_>, out: &mut Vec<Byte>) {
    if node.as_str().is_none() {
        return;
    }
    let raw = node.raw();
    let start = node.span().start as usize + 1;
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    let mut at = 0;
    while let Some(letter) = inner.get(at..).and_then(|rest| rest.chars().next()) {
        let (letter, length, escaped) =
            if letter == '\\' { escape(&inner[at..]) } else { (letter, letter.len_utf8(), false) };
        push(out, letter, start + at, length, escaped);
        at += length;
    }
}

/// All bytes of an escaped character lie on the whole escape.
fn push(out: &mut Vec<Byte>, letter: char, at: usize, length: usize, escaped: bool) {
    let mut buffer = [0; 4];
    for (index, value) in letter.encode_utf8(&mut buffer).bytes().enumerate() {
        let byte = Byte::written(value, if escaped { at } else { at + index });
        out.push(if escaped { Byte { till: (at + length) as u32, ..byte } } else { byte });
    }
}

/// The character that an escape stands for, and its length.
fn escape(text: &str) -> (char, usize, bool) {
    let letter = match text.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => return unicode(text),
        Some(&other) if other.is_ascii() => other as char,
        _ => return ('\\', 1, false),
    };
    (letter, 2, true)
}

fn unicode(text: &str) -> (char, usize, bool) {
    let unit = |at: usize| text.get(at..at + 4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
    let Some(first) = unit(2) else { return ('\\', 1, false) };
    let second = text.get(6..8).filter(|sign| *sign == "\\u").and_then(|_| unit(8));
    if let Some(second) = second
        && let Some(Ok(letter)) = char::decode_utf16([first, second]).next()
        && letter.len_utf16() == 2
    {
        return (letter, 12, true);
    }
    (char::from_u32(u32::from(first)).unwrap_or('\u{fffd}'), 6, true)
}
