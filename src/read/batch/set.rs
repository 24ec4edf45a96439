//! `set` in its forms: `set X=1`, `set "X=1"`, `set /a X=1`, `set /p X=prompt`.

use super::super::script::{Assign, Word};
use super::super::traced::{Byte, text_of, word_of};
use super::arithmetic::Computed;
use crate::span::Span;

/// An assignment and the bytes of its value, for later expansion (`None`: the value is not known).
pub(super) struct Set<'a> {
    pub assign: Assign,
    pub value: Option<&'a [Byte]>,
}

/// Reads the bytes of a command that begins with `set`; `None` when it only shows variables.
pub(super) fn read(bytes: &[Byte], certain: bool) -> Option<Set<'_>> {
    let rest = trim_start(bytes.get(3..)?);
    let option = rest.first().filter(|byte| byte.value == b'/').and(rest.get(1)).map(|byte| byte.value);
    let computed = option.is_some_and(|letter| letter.eq_ignore_ascii_case(&b'a'));
    let asked = option.is_some_and(|letter| letter.eq_ignore_ascii_case(&b'p'));
    let rest = if computed || asked { trim_start(rest.get(2..)?) } else { rest };
    let (body, close) = unquote(rest);
    let equals = 1 + body.get(1..)?.iter().position(|byte| byte.value == b'=')?;
    let (mut name, value) = (&body[..equals], &body[equals + 1..]);
    if computed {
        name = trim_operator(name);
    }
    let known = !asked && !computed;
    let mut word = word_of(value, body[equals].till);
    word.known &= known;
    let start = bytes[0].from;
    let end = close.or(body.last()).map_or(start, |last| last.till);
    let span = Span::new(start.min(end), end.max(start));
    let assign =
        Assign { name: word_of(name, start), value: word, span, certain, exported: true, quoted: close.is_some() };
    Some(Set { assign, value: known.then_some(value) })
}

/// The expression behind `set /a`.
pub(super) fn expression(bytes: &[Byte]) -> Option<&[Byte]> {
    let rest = trim_start(bytes.get(3..)?);
    let option = rest.get(..2).filter(|option| option[0].value == b'/')?;
    option[1].value.eq_ignore_ascii_case(&b'a').then(|| trim_start(&rest[2..]))
}

/// One variable of `set /a`, and its value for later use.
pub(super) fn computed(bytes: &[Byte], one: &Computed, span: Span, certain: bool) -> (Assign, Option<Vec<Byte>>) {
    let (name, written) = (&bytes[one.name.clone()], &bytes[one.value.clone()]);
    let end = name.last().map_or(span.end, |last| last.till);
    let mut word = word_of(written, end);
    let value = one.number.and_then(|number| Some((number.to_string(), *written.first()?)));
    let value = value.map(|(text, origin)| {
        if text == text_of(written) {
            return written.to_vec();
        }
        // A result is written nowhere: its place is that of the expression.
        word = Word { at: vec![origin.at; text.len()], text: text.clone(), span: word.span, known: true };
        text.bytes().map(|value| Byte { value, live: true, unknown: false, ..origin }).collect()
    });
    word.known &= value.is_some();
    (Assign { name: word_of(name, span.start), value: word, span, certain, exported: true, quoted: false }, value)
}

/// The name under which cmd keeps a variable.
pub(super) fn key(name: &str) -> String {
    name.to_lowercase()
}

/// Takes off the quotes of `"X=1" ignored`: the text and the closing quote.
fn unquote(bytes: &[Byte]) -> (&[Byte], Option<&Byte>) {
    match bytes.split_first() {
        Some((first, inner)) if first.value == b'"' => match inner.iter().rposition(|byte| byte.value == b'"') {
            Some(last) => (&inner[..last], inner.get(last)),
            None => (inner, Some(first).filter(|_| inner.is_empty())),
        },
        _ => (bytes, None),
    }
}

fn trim_start(bytes: &[Byte]) -> &[Byte] {
    let blank = bytes.iter().take_while(|byte| byte.is_blank()).count();
    &bytes[blank..]
}

/// The name in `X += 1`.
fn trim_operator(name: &[Byte]) -> &[Byte] {
    let end = name.iter().rposition(|byte| !b"+-*/%&|^<> \t".contains(&byte.value)).map_or(0, |last| last + 1);
    &name[..end]
}
