//! Untrusted text made safe to print.

/// Escapes control characters (terminal escapes included), bidirectional overrides and workflow-command markers.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        push(&mut out, character);
    }
    out
}

/// Appends one character, escaped where a terminal or a reader could be misled.
pub fn push(out: &mut String, character: char) {
    match character {
        '\t' | '\n' => out.push(character),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => out.extend(character.escape_unicode()),
        character if character.is_control() => out.extend(character.escape_unicode()),
        character => out.push(character),
    }
}

/// Text for one line: line breaks become blanks.
pub fn line(text: &str) -> String {
    plain(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_escapes_do_not_survive() {
        assert_eq!(plain("a\u{1b}[31mb\u{202e}"), "a\\u{1b}[31mb\\u{202e}");
        assert_eq!(line("a\nb\r"), "a b\\u{d}");
    }
}
