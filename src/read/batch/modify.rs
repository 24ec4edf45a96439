//! `%X:a=b%` and `%X:~n,m%`: values that cmd changes while it expands them.

use super::super::traced::{Byte, text_of};

/// Longest value that is changed: each place of the searched text is compared with all of it.
const MAX_CHANGED: usize = 8192;

/// The changed value; `None` where it is not certain what cmd makes of it.
pub(super) fn apply(bytes: &[Byte], change: &str) -> Option<Vec<Byte>> {
    // An empty value is no variable at all, and cmd counts UTF-16 units where we count bytes.
    let plain = bytes.iter().all(|byte| byte.value.is_ascii() && !byte.unknown);
    if bytes.is_empty() || bytes.len() > MAX_CHANGED || !plain || !change.is_ascii() {
        return None;
    }
    match change.strip_prefix('~') {
        Some(range) => slice(bytes, range),
        None => replaced(bytes, change),
    }
}

/// `~n,m`: from the n-th character, m of them; negative numbers count from the end.
fn slice(bytes: &[Byte], range: &str) -> Option<Vec<Byte>> {
    let (start, length) = match range.split_once(',') {
        Some((start, length)) => (start, Some(number(length)?)),
        None => (range, None),
    };
    let size = bytes.len() as i64;
    let start = number(start)?;
    let start = if start < 0 { (size + start).max(0) } else { start.min(size) };
    let end = match length {
        None => size,
        Some(length) if length < 0 => size + length,
        Some(length) => (start + length).min(size),
    };
    Some(bytes[start as usize..end.max(start) as usize].to_vec())
}

/// A decimal number: others are octal or hexadecimal to cmd.
fn number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits == "0" || (!digits.is_empty() && !digits.starts_with('0'));
    text.parse().ok().filter(|_| plain && digits.len() < 10)
}

/// `a=b`: every `a` becomes `b`; `*a=b`: everything up to the first `a`. Letters of either case are the same.
fn replaced(bytes: &[Byte], change: &str) -> Option<Vec<Byte>> {
    let (from, to) = change.split_at_checked(1 + change.get(1..)?.find('=')?)?;
    let (from, head) = match from.strip_prefix('*') {
        Some(rest) => (rest, true),
        None => (from, false),
    };
    let from = from.to_ascii_lowercase();
    if from.is_empty() {
        return None;
    }
    let lower = text_of(bytes).to_ascii_lowercase();
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(found) = lower[at..].find(&from) {
        if !head {
            out.extend_from_slice(&bytes[at..at + found]);
        }
        let origin = bytes[at + found];
        out.extend(to[1..].bytes().map(|value| Byte { value, ..origin }));
        at += found + from.len();
        if head || out.len() > MAX_CHANGED {
            break;
        }
    }
    out.extend_from_slice(&bytes[at..]);
    (out.len() <= MAX_CHANGED).then_some(out)
}
