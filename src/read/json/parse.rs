//! Text to nodes.

use wide::u8x16;

use super::keys::Keys;
use super::{JsonDoc, JsonError, Kind, MAX_DEPTH, MAX_VALUES, Node};

/// Reads a text into nodes without recursion.
pub(super) struct Parser<'a> {
    bytes: &'a [u8],
    doc: &'a mut JsonDoc,
    /// The containers that are still open.
    open: Vec<Open>,
    keys: Keys,
}

#[derive(Clone, Copy)]
struct Open {
    index: u32,
    object: bool,
}

/// The offset behind what was read. A fault comes in a box: the answer stays in registers, and one is given for every value.
type Parsed = Result<usize, Box<JsonError>>;

/// Bytes that are looked at together.
const WIDTH: usize = 16;

impl<'a> Parser<'a> {
    /// A parser of a text, writing into an empty document.
    pub(super) fn new(text: &'a str, doc: &'a mut JsonDoc) -> Self {
        Self { bytes: text.as_bytes(), doc, open: Vec::new(), keys: Keys::new() }
    }

    /// Reads the whole text.
    ///
    /// # Errors
    /// The first fault.
    pub(super) fn document(mut self) -> Result<(), JsonError> {
        self.whole().map(drop).map_err(|fault| *fault)
    }

    fn whole(&mut self) -> Parsed {
        if u32::try_from(self.bytes.len()).is_err() {
            return fault(0, "larger than 4 GiB");
        }
        let mark = if self.bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        let mut at = self.blanks(mark);
        if self.byte(at).is_none() {
            return fault(at, "the file is empty");
        }
        at = self.values(at)?;
        at = self.blanks(at);
        match self.byte(at) {
            None => Ok(at),
            Some(_) => fault(at, "text after the end of the JSON value"),
        }
    }

    /// The value of the whole text, with all that is inside.
    fn values(&mut self, mut at: usize) -> Parsed {
        loop {
            at = match self.byte(at) {
                Some(b'"') => self.string(at)?.0,
                Some(open @ (b'{' | b'[')) => {
                    let object = open == b'{';
                    at = self.open(at, object)?;
                    match self.byte(at) {
                        Some(b'}') if object => self.close(at),
                        Some(b']') if !object => self.close(at),
                        _ if object => {
                            at = self.key(at)?;
                            continue;
                        }
                        _ => continue,
                    }
                }
                other => self.scalar(at, other)?,
            };
            // Behind a value: to the next member, or out of the containers that end here.
            loop {
                let Some(&Open { object, .. }) = self.open.last() else { return Ok(at) };
                at = self.blanks(at);
                match self.byte(at) {
                    Some(b',') => {
                        if self.doc.nodes.len() > MAX_VALUES {
                            return too_many(at);
                        }
                        at = self.blanks(at + 1);
                        if let Some(b'}' | b']') = self.byte(at) {
                            return fault(at, "a comma before the closing bracket");
                        }
                        if object {
                            at = self.key(at)?;
                        }
                        break;
                    }
                    Some(b'}') if object => at = self.close(at),
                    Some(b']') if !object => at = self.close(at),
                    _ => return self.no_end(at),
                }
            }
        }
    }

    #[cold]
    fn no_end(&self, at: usize) -> Parsed {
        let object = self.open.last().is_some_and(|open| open.object);
        match self.byte(at) {
            None => self.cut_off(at),
            Some(_) if object => fault(at, "expected ',' or '}'"),
            Some(_) => fault(at, "expected ',' or ']'"),
        }
    }

    #[cold]
    fn cut_off(&self, at: usize) -> Parsed {
        let Some(open) = self.open.last() else { return Ok(at) };
        let (name, close) = if open.object { ("object", '}') } else { ("array", ']') };
        let start = self.doc.nodes[open.index as usize].start;
        let line = 1 + memchr::memchr_iter(b'\n', &self.bytes[..start as usize]).count();
        fault(at, &format!("the file ends inside the {name} that opens on line {line}: '{close}' is missing"))
    }

    /// A key and the colon behind it.
    #[inline(always)]
    fn key(&mut self, start: usize) -> Parsed {
        if self.byte(start) != Some(b'"') {
            return fault(start, "expected a key in double quotes");
        }
        let (end, kind) = self.string(start)?;
        if let Some(open) = self.open.last() {
            let repeats = self.keys.may_repeat(self.bytes, start..end, open.index);
            // Escapes make one key of different texts.
            if repeats || kind == Kind::EscapedText {
                self.doc.doubtful.push(open.index);
            }
        }
        let colon = self.blanks(end);
        if self.byte(colon) != Some(b':') {
            return fault(colon, "expected ':' after the key");
        }
        // Nearly always there is one blank or none.
        let value = colon + 1 + usize::from(self.byte(colon + 1) == Some(b' '));
        Ok(self.blanks(value))
    }

    /// The start of a container, up to its first member.
    #[inline(always)]
    fn open(&mut self, at: usize, object: bool) -> Parsed {
        if self.open.len() >= MAX_DEPTH {
            return fault(at, &format!("nested deeper than {MAX_DEPTH} levels"));
        }
        self.open.push(Open { index: self.doc.nodes.len() as u32, object });
        self.push(if object { Kind::Object } else { Kind::Array }, at, at + 1);
        Ok(self.blanks(at + 1))
    }

    #[inline(always)]
    fn close(&mut self, at: usize) -> usize {
        let next = self.doc.nodes.len() as u32;
        if let Some(open) = self.open.pop() {
            let node = &mut self.doc.nodes[open.index as usize];
            node.end = at as u32 + 1;
            node.next = next;
        }
        at + 1
    }

    #[inline(always)]
    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let next = self.doc.nodes.len() as u32 + 1;
        self.doc.nodes.push(Node { start: start as u32, end: end as u32, next, kind });
    }

    fn scalar(&mut self, at: usize, first: Option<u8>) -> Parsed {
        match first {
            Some(b'-' | b'0'..=b'9') => self.number(at),
            Some(b't') => self.word(at, "true", Kind::True),
            Some(b'f') => self.word(at, "false", Kind::False),
            Some(b'n') => self.word(at, "null", Kind::Null),
            Some(b'N') => self.not_finite(at, at, "NaN"),
            Some(b'I') => self.not_finite(at, at, "Infinity"),
            Some(b'\'') => fault(at, "strings need double quotes"),
            Some(_) => fault(at, "expected a value"),
            None => fault(at, "the file ends where a value should stand"),
        }
    }

    #[inline(always)]
    fn word(&mut self, at: usize, word: &str, kind: Kind) -> Parsed {
        if !self.bytes[at..].starts_with(word.as_bytes()) {
            return fault(at, "expected a value");
        }
        self.push(kind, at, at + word.len());
        Ok(at + word.len())
    }

    #[inline(always)]
    fn string(&mut self, start: usize) -> Result<(usize, Kind), Box<JsonError>> {
        let mut kind = Kind::Text;
        let mut at = self.plain(start + 1);
        while self.byte(at) != Some(b'"') {
            kind = Kind::EscapedText;
            at = self.escape(start, at)?;
            at = self.plain(at);
        }
        self.push(kind, start, at + 1);
        Ok((at + 1, kind))
    }

    /// Skips the plain bytes of a string: all but quotes, backslashes and control characters.
    #[inline(always)]
    fn plain(&self, mut at: usize) -> usize {
        const CONTROL: u8x16 = u8x16::new([0x1f; WIDTH]);
        while let Some(chunk) = self.chunk(at) {
            let control = chunk.min(CONTROL).cmp_eq(chunk);
            let ends = chunk.cmp_eq(u8x16::new([b'"'; WIDTH])) | chunk.cmp_eq(u8x16::new([b'\\'; WIDTH])) | control;
            match ends.move_mask() {
                0 => at += WIDTH,
                ends => return at + ends.trailing_zeros() as usize,
            }
        }
        self.last_plain(at)
    }

    /// As [`Parser::plain`], for the last bytes of a text.
    #[cold]
    fn last_plain(&self, at: usize) -> usize {
        let plain = |byte: &&u8| **byte > 0x1f && !matches!(**byte, b'"' | b'\\');
        at + self.bytes.iter().skip(at).take_while(plain).count()
    }

    #[inline(never)]
    fn escape(&mut self, start: usize, at: usize) -> Parsed {
        match self.bytes.get(at..) {
            Some([b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..]) => Ok(at + 2),
            Some([b'\\', b'u', hex @ ..]) => match hex.get(..4) {
                Some(hex) if hex.iter().all(u8::is_ascii_hexdigit) => Ok(at + 6),
                _ => fault(at, "\\u needs four hexadecimal digits"),
            },
            Some([b'\\', ..]) => fault(at, "unknown escape: a backslash is written as two"),
            Some([_, ..]) => fault(at, "a raw line break or control character inside a string"),
            _ => fault(start, "this string is never closed"),
        }
    }

    #[inline(always)]
    fn number(&mut self, start: usize) -> Parsed {
        let whole = start + usize::from(self.byte(start) == Some(b'-'));
        let end = self.digits(whole);
        if end == whole || (self.byte(whole) == Some(b'0') && end > whole + 1) {
            return self.no_number(start, whole);
        }
        let end = if matches!(self.byte(end), Some(b'.' | b'e' | b'E')) { self.fraction(start, end)? } else { end };
        self.push(Kind::Number, start, end);
        Ok(end)
    }

    /// What stands behind the digits of a whole number.
    fn fraction(&self, start: usize, mut at: usize) -> Parsed {
        if self.byte(at) == Some(b'.') {
            let end = self.digits(at + 1);
            if end == at + 1 {
                return fault(start, "digits are missing after the decimal point");
            }
            at = end;
        }
        if let Some(b'e' | b'E') = self.byte(at) {
            let digits = at + 1 + usize::from(matches!(self.byte(at + 1), Some(b'+' | b'-')));
            at = self.digits(digits);
            if at == digits {
                return fault(start, "digits are missing in the exponent");
            }
        }
        Ok(at)
    }

    #[cold]
    fn no_number(&mut self, start: usize, whole: usize) -> Parsed {
        match self.byte(whole) {
            Some(b'I') => self.not_finite(start, whole, "Infinity"),
            _ => fault(start, "not a JSON number"),
        }
    }

    /// A number that ComfyUI writes although JSON has no such word. A sign may stand in front.
    fn not_finite(&mut self, start: usize, at: usize, word: &str) -> Parsed {
        self.doc.not_finite.push(self.doc.nodes.len() as u32);
        let end = self.word(at, word, Kind::NonFinite)?;
        if let Some(node) = self.doc.nodes.last_mut() {
            node.start = start as u32;
        }
        Ok(end)
    }

    #[inline(always)]
    fn digits(&self, mut at: usize) -> usize {
        while self.byte(at).is_some_and(|byte| byte.is_ascii_digit()) {
            at += 1;
        }
        at
    }

    /// Most files are indented: a line break and then spaces.
    #[inline(always)]
    fn blanks(&self, mut at: usize) -> usize {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte(at) {
            at = self.spaces(at + 1);
        }
        at
    }

    #[inline(always)]
    fn spaces(&self, mut at: usize) -> usize {
        while let Some(chunk) = self.chunk(at) {
            match !chunk.cmp_eq(u8x16::new([b' '; WIDTH])).move_mask() & 0xffff {
                0 => at += WIDTH,
                others => return at + others.trailing_zeros() as usize,
            }
        }
        at
    }

    #[inline(always)]
    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The bytes from an offset on; `None` where there are fewer.
    #[inline(always)]
    fn chunk(&self, at: usize) -> Option<u8x16> {
        self.bytes.get(at..at + WIDTH)?.first_chunk().map(|chunk| u8x16::new(*chunk))
    }
}

#[cold]
fn too_many(at: usize) -> Parsed {
    fault(at, &format!("more than {MAX_VALUES} values, which no workflow has"))
}

#[cold]
fn fault(at: usize, message: &str) -> Parsed {
    Err(Box::new(JsonError { offset: at as u32, message: message.to_owned() }))
}
