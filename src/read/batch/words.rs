//! Splits a command line into arguments as the C runtime of Windows programs does.

use super::super::script::Word;
use super::super::traced::{Byte, WordBuilder};

/// One argument and where it stands in the command's bytes.
pub(super) struct Argument {
    pub word: Word,
    /// Its first byte is a quote.
    pub quoted: bool,
    /// Index of its first byte.
    pub start: usize,
}

/// Splits at blanks outside quotes; quotes go, `\"` gives a quote (except in the program's name).
pub(super) fn split(bytes: &[Byte]) -> Vec<Argument> {
    let mut arguments = Vec::new();
    let mut index = 0;
    while let Some(skipped) = bytes.get(index..).and_then(|rest| rest.iter().position(|byte| !byte.is_blank())) {
        let start = index + skipped;
        let (word, end) = argument(bytes, start, !arguments.is_empty());
        arguments.push(Argument { word, quoted: bytes[start].value == b'"', start });
        index = end;
    }
    arguments
}

fn argument(bytes: &[Byte], start: usize, escapes: bool) -> (Word, usize) {
    let mut word = WordBuilder::default();
    let (mut index, mut quoted) = (start, false);
    while let Some(&byte) = bytes.get(index).filter(|byte| quoted || !byte.is_blank()) {
        index = match byte.value {
            b'\\' if escapes && !byte.unknown => backslashes(bytes, index, &mut word),
            b'"' if quoted && bytes.get(index + 1).is_some_and(|next| next.value == b'"') => {
                word.push(byte);
                word.touch(bytes[index + 1]);
                index + 2
            }
            b'"' => {
                quoted = !quoted;
                word.touch(byte);
                index + 1
            }
            _ => {
                word.push(byte);
                index + 1
            }
        };
    }
    (word.finish(0), index)
}

/// Backslashes before a quote are halved, an odd one makes the quote text; all others stand for themselves.
fn backslashes(bytes: &[Byte], start: usize, word: &mut WordBuilder) -> usize {
    let run = &bytes[start..];
    let count = run.iter().position(|byte| byte.value != b'\\').unwrap_or(run.len());
    let quote = run.get(count).filter(|byte| byte.value == b'"');
    let kept = if quote.is_some() { count / 2 } else { count };
    for (index, &byte) in run[..count].iter().enumerate() {
        if index < kept { word.push(byte) } else { word.touch(byte) }
    }
    match quote {
        Some(&quote) if count % 2 == 1 => {
            word.push(quote);
            start + count + 1
        }
        _ => start + count,
    }
}
