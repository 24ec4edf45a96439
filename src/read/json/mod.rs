//! JSON with byte spans: one flat array of nodes in document order.
//!
//! Each node knows where its subtree ends, so skipping is one step and a string is decoded only when asked for.
//! There is no recursion. `NaN` and `Infinity` are accepted because ComfyUI writes them (ComfyUI issues 6915 and 8548),
//! and duplicate keys are kept: [`JsonRef::get`] takes the last one, as Python and JavaScript do.

mod keys;
mod parse;
mod text;

use std::borrow::Cow;

use crate::span::Span;

/// Deepest nesting that is read. Python's reader, which the server uses, gives up at about this depth.
pub const MAX_DEPTH: usize = 1000;

/// Most values and keys that are read: with the largest text that is read they take 130 MB. The largest official workflow has a
/// hundredth of that.
pub const MAX_VALUES: usize = 4_000_000;

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
    /// Objects in which a key may be written twice, some more than once.
    doubtful: Vec<u32>,
    /// Numbers that are none.
    not_finite: Vec<u32>,
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

impl JsonError {
    /// True for what may be JSON and is too much of it.
    pub fn is_limit(&self) -> bool {
        self.message.starts_with("nested deeper") || self.message.starts_with("more than")
    }
}

impl JsonDoc {
    /// A document in which nothing was parsed yet.
    pub const fn new() -> Self {
        Self { nodes: Vec::new(), doubtful: Vec::new(), not_finite: Vec::new() }
    }

    /// Parses a text (a byte-order mark in front is skipped).
    ///
    /// # Errors
    /// [`JsonError`] with the offset of the first fault: syntax, nesting beyond [`MAX_DEPTH`], more than
    /// [`MAX_VALUES`] values, text after the value.
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
        self.clear();
        let result = parse::Parser::new(text, self).document();
        if result.is_err() {
            self.clear();
        }
        result
    }

    fn clear(&mut self) {
        self.nodes.clear();
        self.doubtful.clear();
        self.not_finite.clear();
    }

    /// The value of the whole text; `None` for a document that was never parsed.
    pub fn root<'a>(&'a self, text: &'a str) -> Option<JsonRef<'a>> {
        (!self.nodes.is_empty()).then_some(JsonRef { doc: self, text, index: 0 })
    }

    /// How many nodes it has memory for.
    pub fn capacity(&self) -> usize {
        self.nodes.capacity()
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

    /// What stands between the quotes of a string.
    fn inner(&self) -> Option<&'a [u8]> {
        let node = self.node();
        self.text.as_bytes().get(node.start as usize + 1..node.end as usize - 1)
    }

    /// The bytes of a decoded key or string, for comparisons with a list of names; empty for anything else.
    pub fn name(&self) -> Cow<'a, [u8]> {
        match self.kind() {
            Kind::Text => Cow::Borrowed(self.inner().unwrap_or_default()),
            _ => Cow::Owned(self.as_str().unwrap_or_default().into_owned().into_bytes()),
        }
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
        let node = self.node();
        let inner = || self.text.get(node.start as usize + 1..node.end as usize - 1);
        match node.kind {
            Kind::Text => inner().map(Cow::Borrowed),
            Kind::EscapedText => inner().map(|inner| Cow::Owned(text::unescape(inner))),
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

    /// How many elements an array has; none for anything else.
    pub fn count(&self) -> usize {
        self.items().count()
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

    /// Objects of the whole document in which a key may be written twice, in the order of the text: a second look tells.
    pub fn doubtful(&self) -> impl Iterator<Item = JsonRef<'a>> + use<'a> {
        let (here, mut objects) = (*self, self.doc.doubtful.clone());
        objects.sort_unstable();
        objects.dedup();
        objects.into_iter().map(move |index| here.at(index))
    }

    /// Where the whole document has `NaN` or an infinity, in the order of the text.
    pub fn not_finite(&self) -> impl Iterator<Item = JsonRef<'a>> + use<'a> {
        let (here, doc) = (*self, self.doc);
        doc.not_finite.iter().map(move |&index| here.at(index))
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

    /// True when this is a string equal to `text`; plain strings are compared without decoding, and only those of its length.
    pub fn is_text(&self, text: &str) -> bool {
        let node = self.node();
        match node.kind {
            Kind::Text if (node.end - node.start) as usize != text.len() + 2 => false,
            Kind::Text => self.inner().is_some_and(|inner| inner == text.as_bytes()),
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
            ("{\"a\":1,}", 7, "a comma before the closing bracket"),
            ("{]", 1, "expected a key in double quotes"),
            ("[-]", 1, "not a JSON number"),
            ("[1.]", 1, "digits are missing after the decimal point"),
            ("[\"a\nb\"]", 3, "a raw line break or control character inside a string"),
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
