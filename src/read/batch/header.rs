//! The heads of `if` and `for`: everything before the command that they guard.

use super::super::traced::{Byte, text_of};
use super::lexer::Lexer;

/// Skips the condition of an `if`; the next byte is the first of its command.
pub(super) fn skip_condition(lexer: &mut Lexer<'_>) {
    loop {
        let word = token(lexer).to_lowercase();
        match word.as_str() {
            "/i" | "not" => {}
            "exist" | "defined" | "errorlevel" | "cmdextversion" => {
                token(lexer);
                return;
            }
            _ => return skip_comparison(lexer),
        }
    }
}

/// After the left side: `==` or a word such as `equ`, and the right side.
fn skip_comparison(lexer: &mut Lexer<'_>) {
    skip_separators(lexer, b" \t");
    if lexer.peek().is_some_and(|byte| byte.is_live(b'=')) {
        skip_separators(lexer, b" \t=");
    } else {
        token(lexer);
    }
    token(lexer);
}

/// Skips `%%i in (...) do`; false when there is no `do` on the line.
pub(super) fn skip_loop(lexer: &mut Lexer<'_>) -> bool {
    let mut depth = 0_usize;
    let mut word: Vec<Byte> = Vec::new();
    while let Some(byte) = lexer.peek().filter(|byte| depth > 0 || !byte.is_live(b'\n')) {
        if byte.is_live(b'(') {
            depth += 1;
        } else if byte.is_live(b')') {
            depth = depth.saturating_sub(1);
        }
        let separates = byte.is_blank() || byte.is_live(b'\n') || byte.is_live(b')');
        if separates || (depth == 0 && byte.is_live(b'(')) {
            if depth == 0 && text_of(&word).eq_ignore_ascii_case("do") {
                return true;
            }
            word.clear();
        } else if word.len() < 3 {
            word.push(byte);
        }
        lexer.next();
    }
    false
}

/// One word of a condition: up to a blank or an equals sign outside quotes.
fn token(lexer: &mut Lexer<'_>) -> String {
    skip_separators(lexer, b" \t,;");
    let mut word = Vec::new();
    while let Some(byte) = lexer.peek() {
        let ends = byte.is_live(b'\n') || byte.is_live(b'=') || (byte.is_blank() && byte.live);
        if ends {
            break;
        }
        word.push(byte);
        lexer.next();
    }
    text_of(&word)
}

/// Skips live bytes of a set.
pub(super) fn skip_separators(lexer: &mut Lexer<'_>, set: &[u8]) {
    while lexer.peek().is_some_and(|byte| byte.live && set.contains(&byte.value)) {
        lexer.next();
    }
}
