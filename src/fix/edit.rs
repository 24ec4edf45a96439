//! Bytes that become other bytes.

use crate::finding::{FileIx, Location};
use crate::span::Span;

/// One change of a text: what is under the span becomes the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// Which file.
    pub file: FileIx,
    /// What goes: offsets in the text of the [`crate::source::Source`].
    pub span: Span,
    /// What comes.
    pub text: String,
}

impl Edit {
    /// A change at a place.
    pub fn new(at: Location, text: impl Into<String>) -> Self {
        Self { file: at.file, span: at.span, text: text.into() }
    }

    /// True when both change the same bytes, or insert at the same place.
    pub fn touches(&self, other: &Self) -> bool {
        let (one, two) = (self.span, other.span);
        self.file == other.file && (one.start == two.start || (one.start < two.end && two.start < one.end))
    }
}

/// A text with changes, which are sorted and do not overlap; `None` when a place is none of the text.
pub(super) fn spliced<'a>(old: &str, changes: impl IntoIterator<Item = (Span, &'a str)>) -> Option<String> {
    let (mut new, mut at) = (String::with_capacity(old.len()), 0);
    for (span, text) in changes {
        new.push_str(old.get(at..span.start as usize)?);
        new.push_str(text);
        at = span.end as usize;
    }
    new.push_str(old.get(at..)?);
    Some(new)
}
