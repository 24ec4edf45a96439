//! What a dollar sign begins: variables, defaults, arrays, all arguments. Everything else stays as written and is not known.

use super::super::scope::{ALL, ELEMENT_END};
use super::{Byte, Expander, MAX_VALUE};

/// Deepest nesting of `${X:-${Y:-...}}` that is followed.
const MAX_DEPTH: usize = 8;

impl Expander<'_> {
    pub(super) fn dollar(&mut self) {
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

/// Bytes of the name that a text begins with.
pub(super) fn name_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
}
