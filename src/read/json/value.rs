//! One value of a document: what it is, where it stands, what is in it.

use std::borrow::Cow;

use super::{JsonDoc, Kind, Node, text};
use crate::span::Span;

/// One node of a document together with the text.
#[derive(Clone, Copy)]
pub struct JsonRef<'a> {
    doc: &'a JsonDoc,
    text: &'a str,
    index: u32,
}

impl JsonDoc {
    /// The value of the whole text; `None` for a document that was never parsed.
    pub fn root<'a>(&'a self, text: &'a str) -> Option<JsonRef<'a>> {
        (!self.nodes.is_empty()).then_some(JsonRef { doc: self, text, index: 0 })
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
