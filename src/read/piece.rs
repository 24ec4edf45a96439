//! Commands that stand inside another kind of file: in a list of a Dockerfile, in a string of a compose file, behind `ExecStart=`.
//!
//! Such text went through the rules of that file first, so it comes as traced bytes and not as a slice of the file.

use super::script::{Assign, Command, Step, Word, base_name};
use super::shell;
use super::traced::{Byte, text_of, word_of};
use crate::span::Span;

/// Shells whose `-c` takes a command as text.
const SHELLS: [&str; 6] = ["sh", "bash", "ash", "dash", "zsh", "ksh"];

/// Deepest nesting of `sh -c "sh -c ..."` that is followed.
const MAX_DEPTH: usize = 4;

/// Splits at blanks outside quotes; quotes go, a backslash takes the meaning of the next byte. Nothing is expanded.
pub(super) fn split(bytes: &[Byte]) -> Vec<Vec<Byte>> {
    let (mut words, mut open, mut started, mut quote) = (Vec::new(), Vec::new(), false, 0);
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        let plain = byte.live && !byte.unknown;
        match byte.value {
            b' ' | b'\t' | b'\n' | b'\r' if quote == 0 => {
                if std::mem::take(&mut started) {
                    words.push(std::mem::take(&mut open));
                }
                continue;
            }
            b'\'' | b'"' if plain && quote == 0 => quote = byte.value,
            value if plain && value == quote => quote = 0,
            b'\\' if plain && quote != b'\'' => open.extend(rest.next()),
            _ => open.push(byte),
        }
        started = true;
    }
    words.extend(started.then_some(open));
    words
}

/// A command given as a list of arguments. `sh -c TEXT` gives the commands of TEXT instead.
pub(super) fn exec(arguments: &[Vec<Byte>], span: Span) -> Vec<Step> {
    exec_at(arguments, span, 0)
}

fn exec_at(arguments: &[Vec<Byte>], span: Span, depth: usize) -> Vec<Step> {
    if let Some(text) = shell_text(arguments).filter(|_| depth < MAX_DEPTH) {
        return shell_at(text, depth + 1);
    }
    let (env, arguments) = behind_env(arguments);
    let words: Vec<Word> = arguments.iter().map(|bytes| word_of(bytes, span.start)).collect();
    if words.is_empty() {
        return Vec::new();
    }
    vec![Step::Command(Command { env, words, span, certain: true })]
}

/// The assignments in `env X=1 python`, and the command.
fn behind_env(arguments: &[Vec<Byte>]) -> (Vec<Assign>, &[Vec<Byte>]) {
    let mut env = Vec::new();
    let mut rest = match arguments.split_first() {
        Some((first, rest)) if base_name(&text_of(first)) == "env" => rest,
        _ => return (env, arguments),
    };
    while let Some((first, behind)) = rest.split_first() {
        match assignment(first) {
            Some(assign) => env.push(assign),
            None if first.first().is_some_and(|byte| byte.value == b'-') => {}
            None => break,
        }
        rest = behind;
    }
    (env, rest)
}

/// `X=1` as a word.
pub(super) fn assignment(bytes: &[Byte]) -> Option<Assign> {
    let equals = bytes.iter().position(|byte| byte.value == b'=' && !byte.unknown).filter(|&at| at > 0)?;
    let name = word_of(&bytes[..equals], 0);
    let value = word_of(&bytes[equals + 1..], name.span.end.max(bytes[equals].till));
    let span = word_of(bytes, 0).span;
    Some(Assign { name, value, span, certain: true, exported: true, quoted: false })
}

/// The text in `bash -lc TEXT`, also behind an init such as tini.
fn shell_text(arguments: &[Vec<Byte>]) -> Option<&[Byte]> {
    let text = |index: usize| arguments.get(index).map(|bytes: &Vec<Byte>| text_of(bytes));
    let start = (0..arguments.len().min(4)).find(|&index| {
        text(index).is_some_and(|name| SHELLS.contains(&base_name(&name)))
            && text(index + 1).is_some_and(|option| option.starts_with('-') && option.ends_with('c'))
    })?;
    arguments.get(start + 2).map(Vec::as_slice)
}

/// Reads bytes as a shell does; places in the result are those of the bytes.
pub(super) fn shell(bytes: &[Byte]) -> Vec<Step> {
    shell_at(bytes, 0)
}

fn shell_at(bytes: &[Byte], depth: usize) -> Vec<Step> {
    let Ok(text) = String::from_utf8(bytes.iter().map(|byte| byte.value).collect()) else { return Vec::new() };
    let mut steps = Vec::new();
    for mut step in shell::read(&text).steps {
        match inner(&step, bytes).filter(|_| depth < MAX_DEPTH) {
            Some(text) => steps.extend(shell_at(&text, depth + 1)),
            None => {
                moved(&mut step, bytes);
                steps.push(step);
            }
        }
    }
    steps
}

/// The bytes of TEXT in a command `sh -c TEXT` of a shell text.
fn inner(step: &Step, bytes: &[Byte]) -> Option<Vec<Byte>> {
    let Step::Command(command) = step else { return None };
    let [shell, option, text, ..] = command.words.as_slice() else { return None };
    let shell_c =
        SHELLS.contains(&base_name(&shell.text)) && option.text.starts_with('-') && option.text.ends_with('c');
    if !shell_c || !command.env.is_empty() || !command.certain {
        return None;
    }
    let trace = |(value, &at): (u8, &u32)| bytes.get(at as usize).map(|&byte| Byte { value, ..byte });
    text.text.bytes().zip(&text.at).map(trace).collect()
}

/// Gives a step the places of the bytes that it was read from.
fn moved(step: &mut Step, bytes: &[Byte]) {
    match step {
        Step::Assign(assign) => moved_assign(assign, bytes),
        Step::Command(command) => {
            command.env.iter_mut().for_each(|assign| moved_assign(assign, bytes));
            command.words.iter_mut().for_each(|word| moved_word(word, bytes));
            command.span = moved_span(command.span, bytes);
        }
    }
}

fn moved_assign(assign: &mut Assign, bytes: &[Byte]) {
    moved_word(&mut assign.name, bytes);
    moved_word(&mut assign.value, bytes);
    assign.span = moved_span(assign.span, bytes);
}

fn moved_word(word: &mut Word, bytes: &[Byte]) {
    word.span = moved_span(word.span, bytes);
    for at in &mut word.at {
        let Some(byte) = bytes.get(*at as usize) else { continue };
        word.known &= !byte.unknown;
        *at = byte.at;
    }
}

fn moved_span(span: Span, bytes: &[Byte]) -> Span {
    let last = bytes.len().saturating_sub(1);
    let byte = |at: usize| bytes.get(at.min(last));
    match (byte(span.start as usize), byte((span.end as usize).saturating_sub(1))) {
        (Some(first), Some(end)) if !span.is_empty() => Span::new(first.at.min(end.at), first.at.max(end_of(end))),
        (Some(first), _) => Span::new(first.at, first.at),
        _ => Span::default(),
    }
}

fn end_of(byte: &Byte) -> u32 {
    if byte.from == byte.at { byte.till.max(byte.at) } else { byte.at + 1 }
}

/// Bytes of the text `text[start..end]`, each at its own place.
pub(super) fn written(text: &str, start: usize, end: usize) -> Vec<Byte> {
    let slice = text.as_bytes().get(start..end).unwrap_or_default();
    slice.iter().enumerate().map(|(index, &value)| Byte::written(value, start + index)).collect()
}

/// Without blanks and line ends at both ends.
pub(super) fn trim(mut bytes: &[Byte]) -> &[Byte] {
    let blank = |byte: &Byte| matches!(byte.value, b' ' | b'\t' | b'\r' | b'\n');
    while let [first, rest @ ..] = bytes
        && blank(first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && blank(last)
    {
        bytes = rest;
    }
    bytes
}
