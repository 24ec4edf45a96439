//! Expansion of one shell word: quotes, variables, arrays, word splitting. The text is scanned, not the syntax tree, because
//! the tree leaves out blanks that matter.

use super::super::script::Word;
use super::super::traced::{Byte, MAX_VALUE, Variables, WordBuilder};

/// Ends each element in the stored value of an array; a script cannot hold this byte in a word.
pub(super) const ELEMENT_END: u8 = 0;

/// The name under which all arguments are kept, each as an element.
pub(super) const ALL: &str = "@[@]";

/// Deepest nesting of `${X:-${Y:-...}}` that is followed.
const MAX_DEPTH: usize = 8;

/// Where variables live and which conditional paths are being read.
pub(super) struct Scope {
    pub variables: Variables,
    /// The branches around the place that is read, outermost first.
    pub paths: Vec<u32>,
}

impl Scope {
    /// Bytes of a variable's value; those that are not exact here are marked.
    pub fn value(&mut self, name: &str) -> Option<Vec<Byte>> {
        let paths = &self.paths;
        let (bytes, exact) = self.variables.get(name, |path| paths.binary_search(&path).is_ok())?;
        Some(bytes.iter().map(|&byte| Byte { unknown: byte.unknown || !exact, ..byte }).collect())
    }

    /// Sets a variable on the path that is read.
    pub fn set(&mut self, name: &str, bytes: &[Byte]) {
        self.variables.set(name.to_owned(), bytes, self.paths.last().copied());
    }
}

/// The name under which an array's elements are kept.
pub(super) fn array_key(name: &str) -> String {
    format!("{name}[@]")
}

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

    fn dollar(&mut self) {
        let next = self.text.get(self.position + 1).filter(|_| self.position + 1 < self.end);
        match next {
            Some(b'{') => self.braces(),
            Some(b'(') => self.unknown_until(self.balanced(b'(', b')')),
            Some(b'\'') if !self.quoted => self.unknown_until(self.after(b'\'', self.position + 2)),
            Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' => {
                let end = self.position + 1 + name_length(&self.text[self.position + 1..self.end]);
                self.variable(self.position + 1, end, end);
            }
            Some(b'1'..=b'9') => self.variable(self.position + 1, self.position + 2, self.position + 2),
            Some(b'*') if self.quoted => self.star(self.position + 2),
            Some(b'@' | b'*') => self.named(ALL, self.position + 2),
            Some(byte) if byte.is_ascii_digit() || b"#?$!-".contains(byte) => self.unknown_until(self.position + 2),
            _ => self.literal(),
        }
    }

    /// `${NAME}`, `${NAME[@]}`, `${NAME:-default}`; everything else stays as written.
    fn braces(&mut self) {
        let end = self.balanced(b'{', b'}');
        if self.text.get(end - 1) != Some(&b'}') || end < self.position + 3 {
            return self.unknown_until(end);
        }
        let name = self.position + 2;
        let after = name + name_length(self.text.get(name..self.end).unwrap_or_default());
        let rest = self.text.get(after..end.saturating_sub(1)).unwrap_or_default();
        match rest {
            b"" if after > name => self.variable(name, after, end),
            b"*" if self.quoted => self.star(end),
            b"@" | b"*" => self.named(ALL, end),
            b"[@]" if self.quoted || self.split => self.variable(name, after + 3, end),
            [b':', b'-' | b'=', ..] if after > name => self.default(name, after, after + 2, end),
            [b'-' | b'=', ..] if after > name => self.default(name, after, after + 1, end),
            _ => self.unknown_until(end),
        }
    }

    /// The value of `text[start..until]`, written up to `end`; as written when the script has not set it.
    fn variable(&mut self, start: usize, until: usize, end: usize) {
        let name = String::from_utf8_lossy(&self.text[start..until]).into_owned();
        self.named(&name, end);
    }

    /// `"$*"`: all arguments in one field.
    fn star(&mut self, end: usize) {
        let split = std::mem::replace(&mut self.split, false);
        self.named(ALL, end);
        self.split = split;
    }

    fn named(&mut self, name: &str, end: usize) {
        let value = self.scope.value(name).filter(|bytes| self.expanded + bytes.len() <= MAX_VALUE);
        let Some(mut bytes) = value else { return self.unknown_until(end) };
        let whole = !self.split || (self.quoted && !self.splicing);
        if whole && bytes.last().is_some_and(|last| last.value == ELEMENT_END) {
            bytes.pop();
        }
        self.expanded += bytes.len();
        let outer = self.place;
        self.place = outer.or(Some((self.position as u32, end as u32)));
        bytes.iter().for_each(|&byte| self.expanded_byte(byte));
        self.place = outer;
        self.position = end;
    }

    /// A blank in an unquoted value ends the field, and so does an array's element.
    fn expanded_byte(&mut self, byte: Byte) {
        let blank = matches!(byte.value, b' ' | b'\t' | b'\n') && !self.quoted && self.split;
        if byte.value == ELEMENT_END && !self.split {
            self.push(Byte { value: b' ', ..byte });
        } else if byte.value == ELEMENT_END {
            self.started = true;
            self.finish_field();
        } else if blank {
            self.finish_field();
        } else {
            self.push(byte);
        }
    }

    /// `${NAME:-default}`: the environment could still override the default, so it is not known unless the script has emptied
    /// the variable.
    fn default(&mut self, name: usize, until: usize, start: usize, end: usize) {
        let key = String::from_utf8_lossy(&self.text[name..until]).into_owned();
        let value = self.scope.value(&key);
        let emptied = value.as_ref().is_some_and(Vec::is_empty) && self.text[until] == b':';
        if value.is_some() && !emptied {
            return self.variable(name, until, end);
        }
        if self.depth >= MAX_DEPTH {
            return self.unknown_until(end);
        }
        let mut bytes = self.default_bytes(start, end - 1);
        bytes.iter_mut().for_each(|byte| byte.unknown |= !emptied);
        if self.text[start - 1] == b'=' {
            self.scope.set(&key, &bytes);
        }
        bytes.iter().for_each(|&byte| self.expanded_byte(byte));
        self.position = end;
    }

    fn default_bytes(&mut self, start: usize, end: usize) -> Vec<Byte> {
        let mut inner = Expander::new(self.text, start, end, self.scope, false);
        inner.depth = self.depth + 1;
        inner.scan();
        inner.open.1
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

    /// One past the bracket that closes the one after the dollar sign.
    fn balanced(&self, open: u8, close: u8) -> usize {
        let mut depth = 0_usize;
        for at in self.position + 1..self.end {
            let byte = self.text[at];
            depth += usize::from(byte == open);
            if byte == close {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
        }
        self.end
    }
}

fn name_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
}
