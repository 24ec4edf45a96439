//! Text that remembers byte by byte where it was written: what the script readers assemble words from.

use std::collections::HashMap;
use std::rc::Rc;

use super::script::Word;
use crate::span::Span;

/// Longest value that a variable may hold and be expanded, in bytes. Longer ones are left as written.
pub(crate) const MAX_VALUE: usize = 64 << 10;

/// Most bytes that all expansions of one script may produce: thousands of uses of a long value must not fill the memory.
const MAX_EXPANDED: usize = 4 << 20;

/// One byte of a script after expansion.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Byte {
    /// The byte.
    pub value: u8,
    /// False when it has lost its meaning for the interpreter: quoted, escaped, or the text of something unknown.
    pub live: bool,
    /// True when it stands for text that cannot be known.
    pub unknown: bool,
    /// Where the byte was written first (inside a variable's assignment when it comes from there).
    pub at: u32,
    /// The place on the command line that produced it: itself, or the whole `%NAME%`.
    pub from: u32,
    /// End of that place.
    pub till: u32,
}

impl Byte {
    /// A byte of the text itself.
    pub fn written(value: u8, at: usize) -> Self {
        let at = at as u32;
        Self { value, live: true, unknown: false, at, from: at, till: at + 1 }
    }

    /// True for a blank or tab that separates words.
    pub fn is_blank(self) -> bool {
        matches!(self.value, b' ' | b'\t') && !self.unknown
    }

    /// True for this byte with its special meaning.
    pub fn is_live(self, value: u8) -> bool {
        self.live && self.value == value
    }

    fn is_expanded(self) -> bool {
        self.from != self.at
    }
}

/// Collects the bytes of one word. Quotes are only [touched](Self::touch): they widen the span and leave no text.
#[derive(Clone, Debug, Default)]
pub(crate) struct WordBuilder {
    text: Vec<u8>,
    at: Vec<u32>,
    unknown: bool,
    ends: Option<(Byte, Byte)>,
    /// True once bytes of different origins met, so that no one place inside an assignment stands for the word.
    mixed: bool,
}

impl WordBuilder {
    /// Adds a byte to the text.
    pub fn push(&mut self, byte: Byte) {
        self.touch(byte);
        self.unknown |= byte.unknown;
        self.text.push(byte.value);
        self.at.push(byte.at);
    }

    /// Adds a byte that is written but not part of the text.
    pub fn touch(&mut self, byte: Byte) {
        let Some((first, last)) = self.ends else {
            self.ends = Some((byte, byte));
            return;
        };
        // Quotes and escapes make small gaps in what is one piece of an assignment.
        let follows = byte.at > last.at && byte.at - last.at <= 4;
        self.mixed |= byte.is_expanded() != first.is_expanded() || (byte.is_expanded() && !follows);
        self.ends = Some((first, byte));
    }

    /// True before anything was pushed or touched.
    pub fn is_empty(&self) -> bool {
        self.ends.is_none()
    }

    /// The word; one without any byte lies at `empty_at`.
    pub fn finish(self, empty_at: u32) -> Word {
        let span = match self.ends {
            None => Span::new(empty_at, empty_at),
            Some((first, last)) if first.is_expanded() && !self.mixed => Span::new(first.at, last.at + 1),
            Some((first, last)) => Span::new(first.from.min(last.from), first.till.max(last.till)),
        };
        match String::from_utf8(self.text) {
            Ok(text) => Word { text, span, known: !self.unknown, at: self.at },
            // Only ASCII bytes are ever taken out of valid UTF-8, so this does not happen.
            Err(_) => Word { text: String::new(), span, known: false, at: Vec::new() },
        }
    }
}

/// All bytes as one word.
pub(crate) fn word_of(bytes: &[Byte], empty_at: u32) -> Word {
    let mut word = WordBuilder::default();
    bytes.iter().for_each(|&byte| word.push(byte));
    word.finish(empty_at)
}

/// The text of bytes, for keywords and names.
pub(crate) fn text_of(bytes: &[Byte]) -> String {
    String::from_utf8_lossy(&bytes.iter().map(|byte| byte.value).collect::<Vec<_>>()).into_owned()
}

/// What a variable holds.
#[derive(Clone, Debug)]
struct Value {
    bytes: Rc<[Byte]>,
    /// The path on which the value is exact; `None` when it is so everywhere.
    path: Option<u32>,
}

/// What a variable held before.
#[derive(Clone, Debug)]
pub(crate) struct Saved(Option<Value>);

/// The variables that the script itself has set so far.
#[derive(Clone, Debug)]
pub(crate) struct Variables {
    values: HashMap<String, Value>,
    budget: usize,
}

impl Default for Variables {
    fn default() -> Self {
        Self { values: HashMap::new(), budget: MAX_EXPANDED }
    }
}

impl Variables {
    /// Sets a variable. On a `path` that not every run takes, the value is exact only there, unless it stays the same.
    pub fn set(&mut self, name: String, bytes: &[Byte], path: Option<u32>) {
        if bytes.len() > MAX_VALUE {
            self.forget(&name);
            return;
        }
        let same = |old: &Value| old.path.is_none() && same_text(&old.bytes, bytes);
        let path = path.filter(|_| !self.values.get(&name).is_some_and(same));
        self.values.insert(name, Value { bytes: bytes.into(), path });
    }

    /// From here on the variable's value is not known.
    pub fn forget(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// What a variable holds, to be put back later.
    pub fn saved(&self, name: &str) -> Saved {
        Saved(self.values.get(name).cloned())
    }

    /// Puts back what [`saved`](Self::saved) gave.
    pub fn put_back(&mut self, name: &str, saved: Saved) {
        match saved.0 {
            Some(value) => drop(self.values.insert(name.to_owned(), value)),
            None => self.forget(name),
        }
    }

    /// From here on no value is known.
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// The value and whether it is exact for a use on a path for which `on_path` holds. `None`: not set by this script, or
    /// too much was expanded already.
    pub fn get(&mut self, name: &str, on_path: impl Fn(u32) -> bool) -> Option<(Rc<[Byte]>, bool)> {
        let value = self.values.get(name)?;
        self.budget = self.budget.checked_sub(value.bytes.len())?;
        Some((Rc::clone(&value.bytes), value.path.is_none_or(on_path)))
    }
}

fn same_text(a: &[Byte], b: &[Byte]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.value == b.value && !a.unknown && !b.unknown)
}

/// One past the brace that closes the one at `open`.
pub(super) fn closing(bytes: &[Byte], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, byte) in bytes.iter().enumerate().skip(open) {
        depth += usize::from(byte.value == b'{');
        if byte.value == b'}' {
            depth -= 1;
            if depth == 0 {
                return index + 1;
            }
        }
    }
    bytes.len()
}

/// How many bytes belong to the name of a variable.
pub(super) fn name_length(bytes: &[Byte]) -> usize {
    bytes.iter().take_while(|byte| byte.value.is_ascii_alphanumeric() || byte.value == b'_').count()
}
