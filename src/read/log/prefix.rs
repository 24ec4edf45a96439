//! What stands in front of a line: escapes of terminals, times, levels.

use std::borrow::Cow;

const ESCAPE: char = '\u{1b}';

/// The levels of Python's logging, and ComfyUI's own below DEBUG.
const LEVELS: [&str; 7] = ["DETAIL", "DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL"];

/// A line as a terminal would show it: without escapes, and what the log of a GUI makes of them.
pub(super) fn shown(line: &str) -> Cow<'_, str> {
    if !line.contains(ESCAPE) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(letter) = rest.next() {
        if letter == ESCAPE { skip(&mut rest) } else { out.push(letter) }
    }
    Cow::Owned(out)
}

/// Passes over one escape: `ESC [ parameters letter`, `ESC ] text BEL`, or `ESC` and one letter.
fn skip(rest: &mut std::str::Chars<'_>) {
    let last: fn(char) -> bool = match rest.next() {
        Some('[') => |letter| ('@'..='~').contains(&letter),
        Some(']') => |letter| letter == '\u{7}' || letter == '\\',
        _ => return,
    };
    let _ = rest.find(|letter| last(*letter));
}

/// A line without times and levels in front, and whether there was a level in brackets.
pub(super) fn without(line: &str) -> (&str, bool) {
    let (mut text, mut level) = (line.trim(), false);
    while let Some((group, rest)) = text.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        let is_level = LEVELS.contains(&group.trim());
        if !is_level && !is_time(group) {
            break;
        }
        level |= is_level;
        text = rest.trim_start();
    }
    (text, level)
}

/// `2026-08-12 10:00:00.123`
fn is_time(group: &str) -> bool {
    let parts = |letter: char| letter.is_ascii_digit() || " -:.,/TZ+".contains(letter);
    group.len() >= 8 && group.contains(':') && group.chars().all(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_front() {
        let bare = |line: &str| {
            let shown = shown(line).into_owned();
            let (text, level) = without(&shown);
            (text.to_owned(), level)
        };
        assert_eq!(bare("\u{1b}[32m[INFO]\u{1b}[0m got prompt"), ("got prompt".to_owned(), true));
        assert_eq!(bare("[2026-08-12 10:00:00.123] [DETAIL] x"), ("x".to_owned(), true));
        assert_eq!(bare("[2025-11-08 12:00:00.000] got prompt"), ("got prompt".to_owned(), false));
        assert_eq!(bare("[Prompt Server] web root"), ("[Prompt Server] web root".to_owned(), false));
        assert_eq!(bare("\u{1b}"), (String::new(), false));
        assert_eq!(bare("\u{1b}[31"), (String::new(), false));
    }
}
