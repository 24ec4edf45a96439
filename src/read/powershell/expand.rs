//! What stands inside strings and bare words: variables, escapes, doubled quotes.

use super::Reader;
use super::scan::{is_letter, skip};
use crate::read::value::Text;
use crate::span::Span;

/// A variable's name as written.
pub(super) struct Name {
    /// The key under which its value is kept: lower case, scopes taken off, `env:` in front of environment variables.
    pub key: String,
    /// Where the name itself is written.
    pub name: Span,
    /// One past the whole.
    pub end: usize,
    /// `$script:x`, `$global:x`: a variable outside of the function.
    pub outer: bool,
}

impl Name {
    /// True for a variable of the environment.
    pub fn environment(&self) -> bool {
        self.key.starts_with("env:")
    }
}

impl Reader<'_> {
    /// The variable written at `at`: `$x`, `${x}`, `$env:X`, `$script:x`.
    pub(super) fn name_at(&self, at: usize) -> Option<Name> {
        let rest = self.bytes.get(at..).filter(|rest| rest.first() == Some(&b'$'))?;
        let braced = rest.get(1) == Some(&b'{');
        let start = at + if braced { 2 } else { 1 };
        let length = if braced { memchr::memchr2(b'}', b'\n', &self.bytes[start..])? } else { self.name_length(start) };
        let (mut from, to) = (start, start + length);
        let text = self.text.get(from..to).filter(|text| !text.is_empty())?;
        let mut key = text.to_lowercase();
        let outer = key.starts_with("script:") || key.starts_with("global:");
        if let Some((scope, name)) = text.split_once(':').filter(|(_, name)| !name.is_empty()) {
            from += scope.len() + 1;
            let environment = scope.eq_ignore_ascii_case("env");
            key = if environment { format!("env:{name}") } else { name.to_owned() }.to_lowercase();
        }
        let end = if braced && self.bytes.get(to) == Some(&b'}') { to + 1 } else { to };
        Some(Name { key, name: self.span(from, to), end, outer })
    }

    fn name_length(&self, start: usize) -> usize {
        let rest = &self.bytes[start..];
        let word = |from: usize| rest[from..].iter().take_while(|byte| is_letter(**byte)).count();
        let first = word(0);
        let scoped =
            first > 0 && rest.get(first) == Some(&b':') && rest.get(first + 1).is_some_and(|next| is_letter(*next));
        if scoped { first + 1 + word(first + 1) } else { first }
    }

    /// The text of `from..to`. `quote`: the sign that is written twice for one, 0 for none; `None` in single quotes.
    pub(super) fn expanded(&mut self, from: usize, to: usize, place: Span, quote: Option<u8>) -> Text {
        let mut text = Text::empty(place);
        let mut at = from;
        while at < to {
            at = match (self.bytes[at], quote) {
                (b'\'', None) if self.bytes[place.start as usize] == b'\'' => {
                    text.push_char('\'', at, false);
                    at + 2
                }
                (b'"', Some(b'"')) => {
                    text.push_char('"', at, false);
                    at + 2
                }
                (b'`', Some(_)) => self.escape(&mut text, at),
                (b'$', Some(_)) => self.reference(&mut text, at),
                _ => self.run(&mut text, at, to),
            };
        }
        text
    }

    /// Characters without a meaning.
    fn run(&self, text: &mut Text, at: usize, to: usize) -> usize {
        let plain = self.bytes[at + 1..to.max(at + 1)].iter().take_while(|byte| !b"'\"`$".contains(byte)).count();
        let end = at + 1 + plain;
        text.push_written(self.text, self.span(at, end), false);
        end
    }

    /// A backtick and the character behind it.
    pub(super) fn escape(&self, text: &mut Text, at: usize) -> usize {
        let Some(letter) = self.text.get(at + 1..).and_then(|rest| rest.chars().next()) else { return at + 1 };
        let meant = match letter {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'e' => '\u{1b}',
            other => other,
        };
        text.push_char(meant, at, false);
        at + 1 + letter.len_utf8()
    }

    /// A variable or subexpression; a lone dollar sign stands for itself.
    pub(super) fn reference(&mut self, text: &mut Text, at: usize) -> usize {
        if let Some(found) = self.name_at(at) {
            let place = self.span(at, found.end);
            let value = self.variable(&found.key, place).joined(place);
            text.bytes.extend(value.bytes);
            return found.end;
        }
        let end = match self.bytes.get(at + 1) {
            Some(b'(') => skip(self.bytes, at),
            Some(b'?' | b'$' | b'^') => at + 2,
            _ => {
                text.push_char('$', at, false);
                return at + 1;
            }
        };
        text.push_written(self.text, self.span(at, end), true);
        end
    }
}
