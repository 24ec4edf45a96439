//! JSON with byte spans: one flat array of nodes in document order.
//!
//! Each node knows where its subtree ends, so skipping is one step and a string is decoded only when asked for.
//! There is no recursion. `NaN` and `Infinity` are accepted because ComfyUI writes them (ComfyUI issues 6915 and 8548),
//! and duplicate keys are kept: [`JsonRef::get`] takes the last one, as Python and JavaScript do.

mod keys;
mod parse;
mod text;
mod value;

pub use value::JsonRef;

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
