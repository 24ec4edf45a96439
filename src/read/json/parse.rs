//! Text to nodes.

use super::{JsonError, Kind, MAX_DEPTH, Node};

/// Reads a text into nodes without recursion.
pub(super) struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: &'a mut Vec<Node>,
    /// Indices of the containers that are still open.
    open: Vec<u32>,
    fault: Option<JsonError>,
}

/// Says that the parser has a fault to tell: answers stay in a register, and are given for every value.
struct Failed;

type Parsed = Result<(), Failed>;

impl<'a> Parser<'a> {
    /// A parser at the start of a text, writing into `nodes`.
    pub(super) fn new(text: &'a str, nodes: &'a mut Vec<Node>) -> Self {
        Self { bytes: text.as_bytes(), at: 0, nodes, open: Vec::new(), fault: None }
    }

    /// Reads the whole text.
    ///
    /// # Errors
    /// The first fault.
    pub(super) fn document(mut self) -> Result<(), JsonError> {
        let _ = self.whole();
        self.fault.map_or(Ok(()), Err)
    }

    fn whole(&mut self) -> Parsed {
        if u32::try_from(self.bytes.len()).is_err() {
            return Err(self.error_at(0, "larger than 4 GiB"));
        }
        if self.bytes.starts_with("\u{feff}".as_bytes()) {
            self.at = 3;
        }
        self.blanks();
        if self.peek().is_none() {
            return Err(self.error("the file is empty"));
        }
        self.value()?;
        while let Some(&container) = self.open.last() {
            self.continue_in(container)?;
        }
        self.blanks();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("text after the end of the JSON value")),
        }
    }

    /// After a value inside an open container: a comma and the next member, or the closing bracket.
    fn continue_in(&mut self, container: u32) -> Parsed {
        self.blanks();
        let object = self.nodes[container as usize].kind == Kind::Object;
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.blanks();
                if matches!(self.peek(), Some(b'}' | b']')) {
                    return Err(self.error("a comma before the closing bracket"));
                }
                self.member(object)
            }
            Some(b'}') if object => self.close(container),
            Some(b']') if !object => self.close(container),
            None => Err(self.cut_off(container)),
            Some(_) if object => Err(self.error("expected ',' or '}'")),
            Some(_) => Err(self.error("expected ',' or ']'")),
        }
    }

    #[cold]
    fn cut_off(&mut self, container: u32) -> Failed {
        let node = self.nodes[container as usize];
        let (name, close) = if node.kind == Kind::Object { ("object", '}') } else { ("array", ']') };
        let line = 1 + memchr::memchr_iter(b'\n', &self.bytes[..node.start as usize]).count();
        self.error(&format!("the file ends inside the {name} that opens on line {line}: '{close}' is missing"))
    }

    #[inline]
    fn member(&mut self, object: bool) -> Parsed {
        if object {
            self.key()?;
        }
        self.value()
    }

    /// A key and the colon behind it.
    #[inline(always)]
    fn key(&mut self) -> Parsed {
        if self.peek() != Some(b'"') {
            return Err(self.error("expected a key in double quotes"));
        }
        self.string()?;
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(self.error("expected ':' after the key"));
        }
        self.at += 1;
        self.blanks();
        Ok(())
    }

    /// A scalar, or the opening of a container (with its first member when it has one).
    fn value(&mut self) -> Parsed {
        loop {
            match self.peek() {
                Some(b'"') => return self.string(),
                Some(open @ (b'{' | b'[')) => {
                    let object = open == b'{';
                    self.open(if object { Kind::Object } else { Kind::Array })?;
                    self.blanks();
                    if self.peek() == Some(if object { b'}' } else { b']' }) {
                        let container = self.nodes.len() as u32 - 1;
                        return self.close(container);
                    }
                    if object {
                        self.key()?;
                    }
                }
                Some(b'-' | b'0'..=b'9') => return self.number(),
                Some(b't') => return self.word("true", Kind::True),
                Some(b'f') => return self.word("false", Kind::False),
                Some(b'n') => return self.word("null", Kind::Null),
                Some(b'N') => return self.word("NaN", Kind::NonFinite),
                Some(b'I') => return self.word("Infinity", Kind::NonFinite),
                Some(b'\'') => return Err(self.error("strings need double quotes")),
                Some(_) => return Err(self.error("expected a value")),
                None => return Err(self.error("the file ends where a value should stand")),
            }
        }
    }

    #[inline]
    fn open(&mut self, kind: Kind) -> Parsed {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error(&format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.open.push(self.nodes.len() as u32);
        self.push(kind, self.at, self.at + 1);
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn close(&mut self, container: u32) -> Parsed {
        self.at += 1;
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[container as usize];
        node.end = self.at as u32;
        node.next = next;
        self.open.pop();
        Ok(())
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { start: start as u32, end: end as u32, next, kind });
    }

    fn word(&mut self, word: &str, kind: Kind) -> Parsed {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error("expected a value"));
        }
        self.push(kind, self.at, self.at + word.len());
        self.at += word.len();
        Ok(())
    }

    #[inline(always)]
    fn string(&mut self) -> Parsed {
        let start = self.at;
        let mut kind = Kind::Text;
        self.at += 1;
        loop {
            self.run();
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    kind = Kind::EscapedText;
                    self.escape()?;
                }
                Some(_) => return Err(self.error("a raw line break or control character inside a string")),
                None => return Err(self.error_at(start, "this string is never closed")),
            }
        }
        self.at += 1;
        self.push(kind, start, self.at);
        Ok(())
    }

    /// Skips the plain bytes of a string.
    #[inline(always)]
    fn run(&mut self) {
        while let Some(eight) = eight(self.bytes, self.at) {
            match end_of_run(eight) {
                Some(end) => {
                    self.at += end;
                    return;
                }
                None => self.at += 8,
            }
        }
        self.last_run();
    }

    /// As [`Parser::run`], for the last bytes of a text.
    #[cold]
    fn last_run(&mut self) {
        let plain = |byte: &&u8| **byte > 0x1f && !matches!(**byte, b'"' | b'\\');
        self.at += self.bytes[self.at..].iter().take_while(plain).count();
    }

    #[inline(never)]
    fn escape(&mut self) -> Parsed {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let hex = self.bytes.get(self.at + 2..self.at + 6).unwrap_or_default();
                if hex.len() < 4 || !hex.iter().all(u8::is_ascii_hexdigit) {
                    return Err(self.error("\\u needs four hexadecimal digits"));
                }
                self.at += 6;
            }
            _ => return Err(self.error("unknown escape: a backslash is written as two")),
        }
        Ok(())
    }

    fn number(&mut self) -> Parsed {
        let start = self.at;
        self.skip(b'-');
        if self.peek() == Some(b'I') {
            self.word("Infinity", Kind::NonFinite)?;
            if let Some(node) = self.nodes.last_mut() {
                node.start = start as u32;
            }
            return Ok(());
        }
        let leading_zero = self.peek() == Some(b'0');
        if self.digits() == 0 || (leading_zero && self.at - start > 1 + usize::from(self.bytes[start] == b'-')) {
            return Err(self.error_at(start, "not a JSON number"));
        }
        if self.skip(b'.') && self.digits() == 0 {
            return Err(self.error_at(start, "digits are missing after the decimal point"));
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _sign = self.skip(b'+') || self.skip(b'-');
            if self.digits() == 0 {
                return Err(self.error_at(start, "digits are missing in the exponent"));
            }
        }
        self.push(Kind::Number, start, self.at);
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Most files are indented: a line break and then spaces, of which eight are looked at together.
    #[inline(always)]
    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
            while let Some(eight) = eight(self.bytes, self.at) {
                let spaces = (eight ^ times_eight(b' ')).trailing_zeros() as usize / 8;
                self.at += spaces;
                if spaces < 8 {
                    break;
                }
            }
        }
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[cold]
    fn error(&mut self, message: &str) -> Failed {
        self.error_at(self.at, message)
    }

    #[cold]
    fn error_at(&mut self, offset: usize, message: &str) -> Failed {
        self.fault = Some(JsonError { offset: offset as u32, message: message.to_owned() });
        Failed
    }
}

/// The eight bytes at an offset as one number, the first of them lowest; `None` where there are fewer.
#[inline(always)]
fn eight(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|eight| u64::from_le_bytes(*eight))
}

/// A byte eight times.
const fn times_eight(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Where the first byte of eight lies at which a plain run of a string ends: a quote, a backslash, a control character. Of the
/// marks that this arithmetic sets only the lowest is sure, and no other is asked for.
#[inline(always)]
fn end_of_run(eight: u64) -> Option<usize> {
    let below = |eight: u64, limit: u8| eight.wrapping_sub(times_eight(limit)) & !eight;
    let is = |byte: u8| below(eight ^ times_eight(byte), 1);
    let marks = (is(b'"') | is(b'\\') | below(eight, 0x20)) & times_eight(0x80);
    (marks != 0).then(|| marks.trailing_zeros() as usize / 8)
}
