//! Finds the ends of strings, brackets and comments in PowerShell text, without recursion.

/// One past the string or bracket that opens at `at` (`"`, `'`, `(`, `{`, `[`, `@(`, `$(`, here-strings); the end of the text when
/// nothing closes it.
pub(super) fn skip(bytes: &[u8], at: usize) -> usize {
    let mut closers = Vec::new();
    let mut at = at;
    loop {
        at = match closers.last() {
            Some(b'"') => in_string(bytes, at, &mut closers),
            _ => in_code(bytes, at, &mut closers),
        };
        if closers.is_empty() || at >= bytes.len() {
            return at.min(bytes.len());
        }
    }
}

fn in_string(bytes: &[u8], at: usize, closers: &mut Vec<u8>) -> usize {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'`'), _) | (Some(b'"'), Some(b'"')) => at + 2,
        (Some(b'"'), _) => {
            closers.pop();
            at + 1
        }
        (Some(b'$'), Some(b'(')) => {
            closers.push(b')');
            at + 2
        }
        _ => at + 1,
    }
}

fn in_code(bytes: &[u8], at: usize, closers: &mut Vec<u8>) -> usize {
    if let Some((_, _, end)) = here(bytes, at) {
        return end;
    }
    if let Some(end) = comment(bytes, at) {
        return end;
    }
    match bytes.get(at) {
        Some(b'`') => return at + 2,
        Some(b'\'') => return single(bytes, at),
        Some(b'"') => closers.push(b'"'),
        Some(b'(') => closers.push(b')'),
        Some(b'{') => closers.push(b'}'),
        Some(b'[') => closers.push(b']'),
        Some(byte) if closers.last() == Some(byte) => drop(closers.pop()),
        Some(b'@' | b'$') if closers.is_empty() && matches!(bytes.get(at + 1), Some(b'(' | b'{')) => {
            closers.push(if bytes[at + 1] == b'(' { b')' } else { b'}' });
            return at + 2;
        }
        _ => {}
    }
    at + 1
}

/// One past a string in single quotes; two of them inside stand for one.
pub(super) fn single(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(found) = memchr::memchr(b'\'', bytes.get(at..).unwrap_or_default()) {
        at += found + 1;
        if bytes.get(at) != Some(&b'\'') {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// A here-string that opens at `at`: start and end of its content, and one past its closing sign.
pub(super) fn here(bytes: &[u8], at: usize) -> Option<(usize, usize, usize)> {
    let quote = *bytes.get(at + 1).filter(|quote| bytes[at] == b'@' && matches!(quote, b'"' | b'\''))?;
    let blank = bytes[at + 2..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    let line_end = at + 2 + blank;
    if bytes.get(line_end) != Some(&b'\n') {
        return None;
    }
    let found = memchr::memmem::find(&bytes[line_end..], &[b'\n', quote, b'@']);
    let Some(end) = found.map(|found| line_end + found) else { return Some((line_end, bytes.len(), bytes.len())) };
    let content_end = if bytes[end - 1] == b'\r' { end - 1 } else { end };
    Some((line_end + 1, content_end.max(line_end + 1).min(end.max(line_end + 1)), end + 3))
}

/// One past a comment at `at`: `<# #>`, or `#` at the start of a word.
pub(super) fn comment(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    if rest.starts_with(b"<#") {
        return Some(memchr::memmem::find(rest, b"#>").map_or(bytes.len(), |found| at + found + 2));
    }
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    let starts = before.is_none_or(|before| b" \t\r\n;(){}|,=".contains(before));
    (rest.first() == Some(&b'#') && starts).then(|| line_end(bytes, at))
}

/// The line feed at or after `at`, or the end of the text.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default()).map_or(bytes.len(), |found| at + found)
}

/// Length of the line continuation at `at`; nothing when a blank follows the backtick, which breaks it.
pub(super) fn continuation(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at..)? {
        [b'`', b'\r', b'\n', ..] => Some(3),
        [b'`', b'\n', ..] => Some(2),
        _ => None,
    }
}

/// True for a byte that names are made of.
pub(super) fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
