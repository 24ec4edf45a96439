//! Files of variables: `.env`.
//!
//! Each line is one assignment, read as python-dotenv and compose do: an `export` in front, blanks around the sign, quotes and a
//! comment behind the value are taken off the value. Docker's `--env-file` and systemd take some of these as text: the span of
//! the assignment covers them all, so that a rule can see how it was written. Variables in values are not expanded.

use super::piece::{trim, written};
use super::script::{Assign, Dialect, Script, Step};
use super::traced::{Byte, text_of, word_of};
use crate::span::Span;

/// Reads a file of variables.
pub fn read(text: &str) -> Script {
    let mut script = Script::new(Dialect::Dotenv);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let skipped = if start == 0 && line.starts_with('\u{feff}') { 3 } else { 0 };
        let bytes = written(text, start + skipped, end);
        script.steps.extend(assign(trim(&bytes)).map(Step::Assign));
        start = end;
    }
    script
}

fn assign(line: &[Byte]) -> Option<Assign> {
    let (first, last) = (line.first()?, line.last()?);
    if first.value == b'#' {
        return None;
    }
    let equals = line.iter().position(|byte| byte.value == b'=')?;
    let name = without_export(trim(&line[..equals]));
    if name.is_empty() {
        return None;
    }
    let behind = line[equals].till;
    let (value, live) = value(trim(&line[equals + 1..]));
    let mut value = word_of(value, behind);
    value.known = !(live && value.text.contains('$'));
    let span = Span::new(first.at, last.till);
    Some(Assign { name: word_of(name, first.at), value, span, certain: true, exported: true, quoted: false })
}

fn without_export(name: &[Byte]) -> &[Byte] {
    match name.get(..7) {
        Some(word) if text_of(&word[..6]) == "export" && word[6].is_blank() => trim(&name[7..]),
        _ => name,
    }
}

/// The text of a value without quotes and comment, and whether variables in it would be expanded.
fn value(bytes: &[Byte]) -> (&[Byte], bool) {
    let quote = bytes.first().map_or(0, |first| first.value);
    let close = bytes.iter().skip(1).position(|byte| byte.value == quote);
    match close.filter(|_| matches!(quote, b'"' | b'\'')) {
        Some(length) => (&bytes[1..=length], quote == b'"'),
        None => (uncommented(bytes), true),
    }
}

/// A `#` behind a blank begins a comment.
fn uncommented(bytes: &[Byte]) -> &[Byte] {
    let pairs = bytes.windows(2).position(|pair| pair[0].is_blank() && pair[1].value == b'#');
    let end = pairs.unwrap_or(bytes.len());
    let end = if bytes.first().is_some_and(|first| first.value == b'#') { 0 } else { end };
    trim(&bytes[..end])
}
