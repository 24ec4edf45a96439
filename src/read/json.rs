//! JSON with byte spans: one flat array of nodes in document order.
//!
//! Each node knows where its subtree ends, so skipping is one step and a string is decoded only when asked for.
//! There is no recursion. `NaN` and `Infinity` are accepted because ComfyUI writes them (ComfyUI issues 6915 and 8548),
//! and duplicate keys are kept: [`JsonRef::get`] takes the last one, as Python and JavaScript do.

use std::borrow::Cow;

use crate::span::Span;

/// Deepest nesting that is read. Python's reader, which the server uses, gives up at about this depth.
pub const MAX_DEPTH: usize = 1000;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number that JSON allows.
    Number,
    /// `NaN`, `Infinity` or `-Infinity`.
    NonFinite,
    /// A string (or a key) without escapes.
    Text,
    /// A string (or a key) with escapes.
    EscapedText,
    /// An array.
    Array,
    /// An object: its keys and values alternate.
    Object,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    start: u32,
    end: u32,
    /// Index of the node after this one's subtree.
    next: u32,
    kind: Kind,
}

/// A parsed text. It borrows nothing; [`JsonDoc::root`] joins it with the text again.
#[derive(Clone, Debug, Default)]
pub struct JsonDoc {
    nodes: Vec<Node>,
}

/// Why a text is not JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JsonError {
    /// Byte offset of the fault.
    pub offset: u32,
    /// What is wrong, in words.
    pub message: String,
}

/// One node of a document together with the text.
#[derive(Clone, Copy)]
pub struct JsonRef<'a> {
    doc: &'a JsonDoc,
    text: &'a str,
    index: u32,
}

impl JsonDoc {
    /// Parses a text (a byte-order mark in front is skipped).
    ///
    /// # Errors
    /// [`JsonError`] with the offset of the first fault: syntax, nesting beyond [`MAX_DEPTH`], text after the value.
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        let mut doc = Self::default();
        doc.parse_into(text)?;
        Ok(doc)
    }

    /// As [`JsonDoc::parse`], reusing this document's memory.
    ///
    /// # Errors
    /// As [`JsonDoc::parse`]; the document is then empty.
    pub fn parse_into(&mut self, text: &str) -> Result<(), JsonError> {
        self.nodes.clear();
        let mut parser = Parser { bytes: text.as_bytes(), at: 0, nodes: &mut self.nodes, open: Vec::new() };
        let result = parser.document();
        if result.is_err() {
            self.nodes.clear();
        }
        result
    }

    /// The value of the whole text; `None` for a document that was never parsed.
    pub fn root<'a>(&'a self, text: &'a str) -> Option<JsonRef<'a>> {
        (!self.nodes.is_empty()).then_some(JsonRef { doc: self, text, index: 0 })
    }

    /// How many nodes the document has, keys included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True before anything was parsed.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

impl<'a> JsonRef<'a> {
    fn node(&self) -> Node {
        self.doc.nodes[self.index as usize]
    }

    fn at(&self, index: u32) -> Self {
        Self { index, ..*self }
    }

    /// What this value is.
    pub fn kind(&self) -> Kind {
        self.node().kind
    }

    /// Where the value is written, quotes and brackets included.
    pub fn span(&self) -> Span {
        let node = self.node();
        Span::new(node.start, node.end)
    }

    /// The value as written.
    pub fn raw(&self) -> &'a str {
        self.text.get(self.span().range()).unwrap_or_default()
    }

    /// True for an object.
    pub fn is_object(&self) -> bool {
        self.kind() == Kind::Object
    }

    /// True for an array.
    pub fn is_array(&self) -> bool {
        self.kind() == Kind::Array
    }

    /// True for `null`.
    pub fn is_null(&self) -> bool {
        self.kind() == Kind::Null
    }

    /// The decoded string; `None` for anything else.
    pub fn as_str(&self) -> Option<Cow<'a, str>> {
        let raw = self.raw();
        match self.kind() {
            Kind::Text => raw.get(1..raw.len() - 1).map(Cow::Borrowed),
            Kind::EscapedText => raw.get(1..raw.len() - 1).map(|inner| Cow::Owned(unescape(inner))),
            _ => None,
        }
    }

    /// The number; `NaN` and infinities included. `None` for anything else.
    pub fn as_f64(&self) -> Option<f64> {
        match (self.kind(), self.raw()) {
            (Kind::Number, raw) => raw.parse().ok(),
            (Kind::NonFinite, "NaN") => Some(f64::NAN),
            (Kind::NonFinite, raw) => Some(if raw.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
            _ => None,
        }
    }

    /// The number when it is whole and fits (`81` and `81.0` both do).
    pub fn as_i64(&self) -> Option<i64> {
        if self.kind() != Kind::Number {
            return None;
        }
        self.raw().parse().ok().or_else(|| {
            self.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 9.0e15).map(|value| value as i64)
        })
    }

    /// The boolean; `None` for anything else.
    pub fn as_bool(&self) -> Option<bool> {
        match self.kind() {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => None,
        }
    }

    /// The elements of an array; nothing for anything else.
    pub fn items(&self) -> impl Iterator<Item = JsonRef<'a>> + use<'a> {
        let (here, node) = (*self, self.node());
        let end = if node.kind == Kind::Array { node.next } else { here.index + 1 };
        let mut index = here.index + 1;
        std::iter::from_fn(move || {
            (index < end).then(|| {
                let item = here.at(index);
                index = item.node().next;
                item
            })
        })
    }

    /// Keys and values of an object in their order, duplicates included; nothing for anything else.
    pub fn entries(&self) -> impl Iterator<Item = (JsonRef<'a>, JsonRef<'a>)> + use<'a> {
        let (here, node) = (*self, self.node());
        let end = if node.kind == Kind::Object { node.next } else { here.index + 1 };
        let mut index = here.index + 1;
        std::iter::from_fn(move || {
            (index < end).then(|| {
                let (key, value) = (here.at(index), here.at(index + 1));
                index = value.node().next;
                (key, value)
            })
        })
    }

    /// The value of a key: the last one when the key is written twice.
    pub fn get(&self, key: &str) -> Option<JsonRef<'a>> {
        self.entries().filter(|(name, _)| name.is_text(key)).last().map(|(_, value)| value)
    }

    /// Element `index` of an array.
    pub fn item(&self, index: usize) -> Option<JsonRef<'a>> {
        self.items().nth(index)
    }

    /// True when this is a string equal to `text`; plain strings are compared without decoding.
    pub fn is_text(&self, text: &str) -> bool {
        match self.kind() {
            Kind::Text => self.raw().get(1..self.raw().len() - 1) == Some(text),
            Kind::EscapedText => self.as_str().as_deref() == Some(text),
            _ => false,
        }
    }
}

impl std::fmt::Debug for JsonRef<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?} {:?}", self.kind(), self.raw())
    }
}

fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let escape = &rest[at..];
        let used = push_escape(&mut out, escape);
        rest = &escape[used..];
    }
    out.push_str(rest);
    out
}

/// Decodes the escape at the start of `escape` and returns its length in bytes.
fn push_escape(out: &mut String, escape: &str) -> usize {
    let simple = match escape.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => return push_unicode(out, escape),
        Some(&other) if other.is_ascii() => other as char,
        _ => return escape.len(),
    };
    out.push(simple);
    2
}

/// `\uXXXX`, joined with a following low surrogate; a lone surrogate becomes U+FFFD.
fn push_unicode(out: &mut String, escape: &str) -> usize {
    let unit = |at: usize| escape.get(at..at + 4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
    let Some(first) = unit(2) else { return escape.len() };
    let second = (escape.get(6..8) == Some("\\u")).then(|| unit(8)).flatten();
    if let (0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) = (first, second) {
        let scalar = 0x10000 + ((u32::from(first) - 0xd800) << 10) + (u32::from(low) - 0xdc00);
        out.push(char::from_u32(scalar).unwrap_or('\u{fffd}'));
        return 12;
    }
    out.push(char::from_u32(u32::from(first)).unwrap_or('\u{fffd}'));
    6
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: &'a mut Vec<Node>,
    /// Indices of the containers that are still open.
    open: Vec<u32>,
}

type Parsed = Result<(), JsonError>;

impl Parser<'_> {
    fn document(&mut self) -> Parsed {
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

    fn cut_off(&self, container: u32) -> JsonError {
        let node = self.nodes[container as usize];
        let (name, close) = if node.kind == Kind::Object { ("object", '}') } else { ("array", ']') };
        let line = 1 + memchr::memchr_iter(b'\n', &self.bytes[..node.start as usize]).count();
        self.error(&format!("the file ends inside the {name} that opens on line {line}: '{close}' is missing"))
    }

    fn member(&mut self, object: bool) -> Parsed {
        if object {
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
        }
        self.value()
    }

    /// A scalar, or the opening of a container (with its first member when it has one).
    fn value(&mut self) -> Parsed {
        loop {
            match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    let object = open == b'{';
                    self.open(if object { Kind::Object } else { Kind::Array })?;
                    self.blanks();
                    let end = if object { b'}' } else { b']' };
                    if self.peek() == Some(end) {
                        let container = self.nodes.len() as u32 - 1;
                        return self.close(container);
                    }
                    if !object {
                        continue;
                    }
                    return self.member(true);
                }
                Some(b'"') => return self.string(),
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

    fn open(&mut self, kind: Kind) -> Parsed {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.error(&format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.open.push(self.nodes.len() as u32);
        self.push(kind, self.at, self.at + 1);
        self.at += 1;
        Ok(())
    }

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

    fn string(&mut self) -> Parsed {
        let start = self.at;
        let mut kind = Kind::Text;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    kind = Kind::EscapedText;
                    self.escape()?;
                }
                Some(0..=0x1f) => return Err(self.error("a raw line break or control character inside a string")),
                Some(_) => self.at += 1,
                None => return Err(self.error_at(start, "this string is never closed")),
            }
        }
        self.at += 1;
        self.push(kind, start, self.at);
        Ok(())
    }

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
        let count = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn error(&self, message: &str) -> JsonError {
        self.error_at(self.at, message)
    }

    fn error_at(&self, offset: usize, message: &str) -> JsonError {
        JsonError { offset: offset as u32, message: message.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<usize, JsonError> {
        JsonDoc::parse(text).map(|doc| doc.len())
    }

    #[test]
    fn reads_values_with_spans() {
        let text = "\u{feff}{\"a\": [1, 2.5, NaN, -Infinity], \"b\": {\"c\": \"x\\u00e9\\ud83d\\ude00\"}, \"a\": true}";
        let doc = JsonDoc::parse(text).unwrap();
        let root = doc.root(text).unwrap();
        assert_eq!(root.get("a").unwrap().as_bool(), Some(true), "the last duplicate wins");
        let list = root.entries().next().unwrap().1;
        assert_eq!(list.items().count(), 4);
        assert_eq!(list.item(1).unwrap().as_f64(), Some(2.5));
        assert!(list.item(2).unwrap().as_f64().unwrap().is_nan());
        let inner = root.get("b").unwrap().get("c").unwrap();
        assert_eq!(inner.as_str().unwrap(), "x\u{e9}\u{1f600}");
        assert_eq!(&text[inner.span().range()], inner.raw());
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let cases: &[(&str, u32, &str)] = &[
            ("", 0, "the file is empty"),
            ("{\"a\":1", 6, "the file ends inside the object that opens on line 1: '}' is missing"),
            ("[1,]", 3, "a comma before the closing bracket"),
            ("{'a':1}", 1, "expected a key in double quotes"),
            ("[\"C:\\models\"]", 4, "unknown escape: a backslash is written as two"),
            ("[1] x", 4, "text after the end of the JSON value"),
            ("[01]", 1, "not a JSON number"),
            ("[\"abc", 1, "this string is never closed"),
        ];
        for (text, offset, message) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!((error.offset, error.message.as_str()), (*offset, *message), "{text}");
        }
    }

    #[test]
    fn depth_is_limited_without_recursion() {
        assert!(parse(&"[".repeat(100_000)).unwrap_err().message.contains("nested deeper"));
        let fine = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
        assert_eq!(parse(&fine).unwrap(), MAX_DEPTH);
    }
}
