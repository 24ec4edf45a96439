//! String literals: prefixes, escapes, the parts of f-strings; and the `{name}` of IPython lines.

use tree_sitter::Node;

use super::{Reader, named, span};
use crate::read::traced::Byte;
use crate::read::value::Text;
use crate::span::Span;

impl<'t> Reader<'t> {
    /// The text of a string.
    pub(super) fn string(&mut self, node: Node<'t>, depth: usize) -> Text {
        let mut text = Text::empty(span(node));
        let (mut raw, mut formatted) = (false, false);
        for part in named(node) {
            match part.kind() {
                "string_start" => {
                    let prefix = self.slice(part).to_ascii_lowercase();
                    (raw, formatted) = (prefix.contains('r'), prefix.contains('f'));
                }
                "string_content" => self.content(&mut text, span(part), raw, formatted),
                "interpolation" => self.interpolation(&mut text, part, depth),
                _ => {}
            }
        }
        text
    }

    fn interpolation(&mut self, text: &mut Text, node: Node<'t>, depth: usize) {
        if let [only] = named(node).as_slice() {
            let value = self.value(*only, depth + 1);
            if !value.list && value.items.iter().all(Text::known) {
                text.bytes.extend(value.joined(span(node)).bytes);
                return;
            }
        }
        text.push_written(self.text, span(node), true);
    }

    fn content(&self, text: &mut Text, place: Span, raw: bool, formatted: bool) {
        let bytes = self.text.as_bytes();
        let (mut at, end) = (place.start as usize, (place.end as usize).min(bytes.len()));
        while at < end {
            let from = at;
            at = match (bytes[at], bytes.get(at + 1)) {
                (b'\\', Some(_)) if !raw => self.escape(text, at),
                (b'{' | b'}', next) if formatted && next == Some(&bytes[at]) => {
                    text.push_char(bytes[at] as char, at, false);
                    at + 2
                }
                _ => {
                    let plain = bytes[at + 1..end].iter().take_while(|byte| !b"\\{}".contains(byte)).count();
                    text.push_written(self.text, Span::new(at as u32, (at + 1 + plain) as u32), false);
                    at + 1 + plain
                }
            };
            at = at.max(from + 1);
        }
    }

    /// Decodes the escape at `at` and returns its end; what is no escape stays as it is.
    fn escape(&self, text: &mut Text, at: usize) -> usize {
        let rest = self.text.get(at + 1..).unwrap_or_default();
        let Some(letter) = rest.chars().next() else { return at + 1 };
        let simple = match letter {
            '\n' => return at + 2,
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '\\' | '\'' | '"' => letter,
            'x' => return self.code(text, at, 2),
            'u' => return self.code(text, at, 4),
            'U' => return self.code(text, at, 8),
            other => {
                text.push_char('\\', at, false);
                text.push_written(self.text, Span::new(at as u32 + 1, (at + 1 + other.len_utf8()) as u32), false);
                return at + 1 + other.len_utf8();
            }
        };
        text.push_char(simple, at, false);
        at + 2
    }

    fn code(&self, text: &mut Text, at: usize, digits: usize) -> usize {
        let code = self.text.get(at + 2..at + 2 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let Some(letter) = code.and_then(char::from_u32) else {
            text.push_char('\\', at, false);
            return at + 1;
        };
        text.push_char(letter, at, false);
        at + 2 + digits
    }

    /// An IPython line with its `{name}` and `$name` replaced; those that are not known stay and are marked.
    pub(super) fn interpolated(&mut self, bytes: &[Byte]) -> Vec<Byte> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while at < bytes.len() {
            let Some((name, end)) = reference(bytes, at) else {
                out.push(bytes[at]);
                at += 1;
                continue;
            };
            let known = self.names.get(&name).filter(|value| value.items.iter().all(Text::known));
            match known {
                Some(value) => out.extend(value.joined(Span::default()).bytes),
                None if bytes[at].value == b'$' => out.extend_from_slice(&bytes[at..end]),
                None => out.extend(bytes[at..end].iter().map(|byte| Byte { unknown: true, ..*byte })),
            }
            at = end;
        }
        out
    }
}

/// `{expression}` or `$name` at `at`, but not the `${NAME}` of the shell.
fn reference(bytes: &[Byte], at: usize) -> Option<(String, usize)> {
    let letter = |byte: &&Byte| byte.value.is_ascii_alphanumeric() || byte.value == b'_';
    let text = |from: usize, to: usize| bytes[from..to].iter().map(|byte| byte.value as char).collect::<String>();
    match bytes[at].value {
        b'$' => {
            let end = at + 1 + bytes[at + 1..].iter().take_while(letter).count();
            (end > at + 1).then(|| (text(at + 1, end), end))
        }
        b'{' if at == 0 || bytes[at - 1].value != b'$' => {
            let inner = bytes[at + 1..].iter().take(200).take_while(|byte| !b"{}\n".contains(&byte.value)).count();
            let end = at + 1 + inner;
            (inner > 0 && bytes.get(end)?.value == b'}').then(|| (text(at + 1, end), end + 1))
        }
        _ => None,
    }
}
