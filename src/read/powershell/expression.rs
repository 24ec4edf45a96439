//! Expressions: strings, variables, arrays, `,` and `+`. Everything else has no value here.

use super::Reader;
use super::scan::{here, is_letter, single, skip};
use crate::read::value::{Text, Value};

/// Deepest nesting of brackets that is followed.
const MAX_DEPTH: usize = 24;

impl Reader<'_> {
    /// Operands with `,` (which binds tighter) and `+` between them; `None` when there is no value at all.
    pub(super) fn expression(&mut self, depth: usize) -> Option<Value> {
        self.space();
        let start = self.at;
        let mut value = self.list(depth)?;
        loop {
            let end = self.at;
            self.blanks();
            if self.peek() != Some(b'+') {
                self.at = end;
                return Some(value);
            }
            self.at += 1;
            self.space();
            let right = self.list(depth)?;
            value = value.plus(right, self.since(start));
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        let mut value = self.operand(depth)?;
        loop {
            let end = self.at;
            self.blanks();
            if self.peek() != Some(b',') {
                self.at = end;
                return Some(value);
            }
            self.at += 1;
            self.space();
            value.items.extend(self.operand(depth)?.items);
            value.list = true;
        }
    }

    /// A value with the members that are asked of it.
    pub(super) fn operand(&mut self, depth: usize) -> Option<Value> {
        let start = self.at;
        let value = self.primary(depth)?;
        let mut members = false;
        loop {
            match self.rest() {
                [b'.', next, ..] if is_letter(*next) => self.at += 2,
                [b':', b':', ..] => self.at += 2,
                [b'[', ..] => self.at = skip(self.bytes, self.at),
                [b'(', ..] if members => self.at = skip(self.bytes, self.at),
                [next, ..] if members && is_letter(*next) => self.at += 1,
                _ if members => return Some(self.member(start)),
                _ => return Some(value),
            }
            members = true;
        }
    }

    /// A new list is empty; any other member is not known.
    fn member(&self, start: usize) -> Value {
        let place = self.since(start);
        let text = self.text.get(place.range()).unwrap_or_default();
        if text.ends_with("::new()") {
            return Value::list(Vec::new());
        }
        Value::text(Text::unknown(self.text, place))
    }

    fn primary(&mut self, depth: usize) -> Option<Value> {
        let start = self.at;
        match self.rest() {
            [b'"' | b'\'', ..] => Some(Value::text(self.string())),
            [b'@', b'"' | b'\'', ..] if here(self.bytes, start).is_some() => Some(Value::text(self.string())),
            [b'@', b'(', ..] if depth < MAX_DEPTH => Some(self.array(depth)),
            [b'(', ..] if depth < MAX_DEPTH => Some(self.parentheses(depth)),
            [b'$', b'(', ..] | [b'@', b'(' | b'{', ..] | [b'(', ..] => Some(self.skipped()),
            [b'$', ..] => {
                let found = self.name_at(start)?;
                self.at = found.end;
                Some(self.variable(&found.key, self.since(start)))
            }
            [b'[', ..] => self.cast(depth),
            [b'0'..=b'9', ..] | [b'-' | b'.', b'0'..=b'9', ..] => Some(Value::text(self.number())),
            _ => None,
        }
    }

    fn skipped(&mut self) -> Value {
        let start = self.at;
        self.at = skip(self.bytes, start);
        Value::text(Text::unknown(self.text, self.since(start)))
    }

    fn number(&mut self) -> Text {
        let start = self.at;
        self.at += 1;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'.') {
            self.at += 1;
        }
        Text::written(self.text, self.since(start))
    }

    /// `[string[]]` in front of a value changes nothing; `[Type]::Member` is a value of its own.
    fn cast(&mut self, depth: usize) -> Option<Value> {
        let start = self.at;
        self.at = skip(self.bytes, start);
        if self.rest().starts_with(b"::") || depth >= MAX_DEPTH {
            return Some(Value::text(Text::unknown(self.text, self.since(start))));
        }
        self.blanks();
        self.operand(depth + 1)
    }

    /// `@( ... )`: elements separated by commas, line ends and semicolons.
    fn array(&mut self, depth: usize) -> Value {
        self.at += 2;
        let mut items = Vec::new();
        loop {
            self.space();
            let start = self.at;
            match self.peek() {
                None => break,
                Some(b')') => {
                    self.at += 1;
                    break;
                }
                Some(b';' | b',') => self.at += 1,
                Some(_) => match self.expression(depth + 1) {
                    Some(value) => items.extend(value.items),
                    None => {
                        self.skip_rest();
                        self.at = self.at.max(start + 1);
                        items.push(Text::unknown(self.text, self.since(start)));
                    }
                },
            }
        }
        Value::list(items)
    }

    /// `(expression)`, `(Join-Path a b)`; any other command gives something unknown.
    fn parentheses(&mut self, depth: usize) -> Value {
        let start = self.at;
        self.at += 1;
        self.space();
        let head = self.rest().get(..10).unwrap_or_default();
        let value =
            if head.eq_ignore_ascii_case(b"Join-Path ") { self.join_path(depth) } else { self.expression(depth + 1) };
        self.space();
        if let Some(value) = value
            && self.peek() == Some(b')')
        {
            self.at += 1;
            return value;
        }
        self.at = start;
        self.skipped()
    }

    /// `Join-Path a b` without brackets, up to the end of the statement.
    pub(super) fn joined_path(&mut self) -> Option<Value> {
        let head = self.rest().get(..10).unwrap_or_default();
        let start = self.at;
        if !head.eq_ignore_ascii_case(b"Join-Path ") {
            return None;
        }
        let value = self.join_path(1);
        self.blanks();
        if matches!(self.peek(), None | Some(b'\n' | b';' | b'}')) && value.is_some() {
            return value;
        }
        self.at = start;
        None
    }

    fn join_path(&mut self, depth: usize) -> Option<Value> {
        let start = self.at;
        self.at += 10;
        let mut path = Text::empty(self.span(start, start));
        loop {
            self.blanks();
            match self.peek() {
                None | Some(b')' | b'\n' | b';' | b'}' | b'|') => break,
                Some(b'-') => {
                    while self.peek().is_some_and(|byte| byte == b'-' || is_letter(byte)) {
                        self.at += 1;
                    }
                }
                _ => {
                    let part = self.path_part(depth)?;
                    if !path.bytes.is_empty() {
                        path.push_char('\\', part.place.start as usize, false);
                    }
                    path.bytes.extend(part.bytes);
                }
            }
        }
        path.place = self.since(start);
        (!path.bytes.is_empty()).then(|| Value::text(path))
    }

    fn path_part(&mut self, depth: usize) -> Option<Text> {
        let start = self.at;
        let place = self.span(start, start);
        if matches!(self.peek(), Some(b'"' | b'\'' | b'$' | b'(')) {
            return Some(self.operand(depth + 1)?.joined(place));
        }
        while self.peek().is_some_and(|byte| !byte.is_ascii_whitespace() && !b"()'\"$;|{}`".contains(&byte)) {
            self.at += 1;
        }
        (self.at > start).then(|| Text::written(self.text, self.since(start)))
    }

    /// The string that opens here, of any kind.
    pub(super) fn string(&mut self) -> Text {
        let start = self.at;
        if let Some((from, to, end)) = here(self.bytes, start) {
            self.at = end;
            let expands = self.bytes[start + 1] == b'"';
            return self.expanded(from, to, self.span(start, end), if expands { Some(0) } else { None });
        }
        let quote = self.bytes[start];
        let end = if quote == b'"' { skip(self.bytes, start) } else { single(self.bytes, start) };
        let closed = end > start + 1 && self.bytes[end - 1] == quote;
        self.at = end;
        let inner = if closed { end - 1 } else { end };
        self.expanded(start + 1, inner, self.span(start, end), if quote == b'"' { Some(quote) } else { None })
    }
}
