//! Expansion of one shell word: quotes, variables, arrays, word splitting. The text is scanned, not the syntax tree, because
//! the tree leaves out blanks that matter.

mod parameters;

use super::super::script::Word;
use super::super::traced::{Byte, MAX_VALUE, WordBuilder};
use super::scope::{ALL, Scope};
use parameters::name_length;

/// Expands one word of the text `text[start..end]` into the fields that the program sees.
pub(super) fn fields(text: &str, start: usize, end: usize, scope: &mut Scope) -> Vec<Word> {
    Expander::run(text, start, end, scope, true).into_iter().map(|(field, _)| field.finish(start as u32)).collect()
}

/// As [`fields`], each with its bytes for later use.
pub(super) fn parts(text: &str, start: usize, end: usize, scope: &mut Scope) -> Vec<(Word, Vec<Byte>)> {
    let fields = Expander::run(text, start, end, scope, true);
    fields.into_iter().map(|(field, bytes)| (field.finish(start as u32), bytes)).collect()
}

/// Expands the body of a here-document, where quotes are letters.
pub(super) fn body(text: &str, start: usize, end: usize, scope: &mut Scope) -> Vec<Byte> {
    let mut expander = Expander::new(text.as_bytes(), start, end.min(text.len()), scope, false);
    (expander.quoted, expander.body) = (true, true);
    expander.scan();
    expander.open.1
}

/// Expands the value of an assignment: one word, never split; and its bytes for later use.
pub(super) fn value(text: &str, start: usize, end: usize, scope: &mut Scope) -> (Word, Vec<Byte>) {
    let mut fields = Expander::run(text, start, end, scope, false);
    let (field, bytes) = fields.pop().unwrap_or_default();
    (field.finish(start as u32), bytes)
}

type Field = (WordBuilder, Vec<Byte>);

struct Expander<'a> {
    text: &'a [u8],
    position: usize,
    end: usize,
    scope: &'a mut Scope,
    split: bool,
    quoted: bool,
    /// Inside the quotes of `"${A[@]}"`.
    splicing: bool,
    /// In a here-document.
    body: bool,
    depth: usize,
    done: Vec<Field>,
    open: Field,
    /// Something was seen that makes a field even when it is empty.
    started: bool,
    /// Expansions replace their bytes' place by this one.
    place: Option<(u32, u32)>,
    expanded: usize,
}

impl<'a> Expander<'a> {
    fn new(text: &'a [u8], start: usize, end: usize, scope: &'a mut Scope, split: bool) -> Self {
        let (position, open) = (start, Field::default());
        let (quoted, splicing, body, started, depth, expanded) = (false, false, false, false, 0, 0);
        let (done, place) = (Vec::new(), None);
        Self { text, position, end, scope, split, quoted, splicing, body, depth, done, open, started, place, expanded }
    }

    fn run(text: &'a str, start: usize, end: usize, scope: &'a mut Scope, split: bool) -> Vec<Field> {
        let mut expander = Self::new(text.as_bytes(), start, end.min(text.len()), scope, split);
        expander.scan();
        expander.finish_field();
        expander.done
    }

    fn scan(&mut self) {
        while self.position < self.end {
            match self.text[self.position] {
                b'\'' if !self.quoted => self.single_quotes(),
                b'"' if !self.body => self.double_quote(),
                b'\\' => self.backslash(),
                b'$' => self.dollar(),
                b'`' => self.unknown_until(self.after(b'`', self.position + 1)),
                b'~' if !self.quoted && self.open.0.is_empty() => self.unknown_until(self.position + 1),
                b'*' | b'?' if !self.quoted && self.split => self.unknown_until(self.position + 1),
                _ => self.literal(),
            }
        }
    }

    fn byte(&self, at: usize) -> Byte {
        Byte::written(self.text[at], at)
    }

    fn push(&mut self, byte: Byte) {
        let byte = self.place.map_or(byte, |(from, till)| Byte { from, till, ..byte });
        self.started = true;
        self.open.0.push(byte);
        self.open.1.push(byte);
    }

    fn literal(&mut self) {
        self.push(self.byte(self.position));
        self.position += 1;
    }

    /// A quote: no text, but it makes a field.
    fn quote(&mut self) {
        let byte = self.byte(self.position);
        self.open.0.touch(byte);
        self.started = true;
        self.position += 1;
    }

    fn single_quotes(&mut self) {
        self.quote();
        while self.position < self.end && self.text[self.position] != b'\'' {
            self.literal();
        }
        if self.position < self.end {
            self.quote();
        }
    }

    fn double_quote(&mut self) {
        self.quoted = !self.quoted;
        if self.quoted && self.splices() {
            self.splicing = true;
            self.position += 1;
        } else if std::mem::take(&mut self.splicing) {
            self.position += 1;
        } else {
            self.quote();
        }
    }

    /// `"${A[@]}"`: its quotes make no field of their own, only the elements do.
    fn splices(&mut self) -> bool {
        let rest = self.text.get(self.position + 1..self.end).unwrap_or_default();
        let name = rest.strip_prefix(b"${").unwrap_or_default();
        let all = rest.starts_with(b"$@\"") || rest.starts_with(b"${@}\"");
        if all && self.split {
            return self.scope.value(ALL).is_some();
        }
        self.split && name.get(name_length(name)..).is_some_and(|rest| rest.starts_with(b"[@]}\""))
    }

    fn backslash(&mut self) {
        let next = self.text.get(self.position + 1).filter(|_| self.position + 1 < self.end);
        match next {
            Some(b'\n') => self.position += 2,
            Some(b'"') if self.body => self.literal(),
            Some(byte) if !self.quoted || b"$`\"\\".contains(byte) => {
                self.position += 1;
                self.literal();
            }
            _ => self.literal(),
        }
    }

    fn finish_field(&mut self) {
        if std::mem::take(&mut self.started) {
            self.done.push(std::mem::take(&mut self.open));
        } else {
            self.open = Field::default();
        }
    }

    fn unknown_until(&mut self, end: usize) {
        while self.position < end.min(self.end) {
            let byte = self.byte(self.position);
            self.push(Byte { unknown: true, ..byte });
            self.position += 1;
        }
    }

    /// One past the next `sign` at or after `from`.
    fn after(&self, sign: u8, from: usize) -> usize {
        let rest = self.text.get(from..self.end).unwrap_or_default();
        memchr::memchr(sign, rest).map_or(self.end, |found| from + found + 1)
    }
}
