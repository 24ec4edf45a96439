//! Strings are decoded only when asked for.

/// The text of a string with its escapes resolved.
pub(super) fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let escape = &rest[at..];
        let used = push_escape(&mut out, escape);
        rest = &escape[used..];
    }
    out.push_str(rest);
    out
}

/// Decodes the escape at the start of `escape` and returns its length in bytes.
fn push_escape(out: &mut String, escape: &str) -> usize {
    let simple = match escape.as_bytes().get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => return push_unicode(out, escape),
        Some(&other) if other.is_ascii() => other as char,
        _ => return escape.len(),
    };
    out.push(simple);
    2
}

/// `\u` with four hex digits, joined with a following low surrogate; a lone surrogate becomes U+FFFD.
fn push_unicode(out: &mut String, escape: &str) -> usize {
    let unit = |at: usize| escape.get(at..at + 4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
    let Some(first) = unit(2) else { return escape.len() };
    let second = (escape.get(6..8) == Some("\\u")).then(|| unit(8)).flatten();
    if let (0xd800..0xdc00, Some(low @ 0xdc00..0xe000)) = (first, second) {
        let scalar = 0x10000 + ((u32::from(first) - 0xd800) << 10) + (u32::from(low) - 0xdc00);
        out.push(char::from_u32(scalar).unwrap_or('\u{fffd}'));
        return 12;
    }
    out.push(char::from_u32(u32::from(first)).unwrap_or('\u{fffd}'));
    6
}
