//! VS Code: `launch.json`.

use super::{bytes, split, start, word};
use crate::read::json::JsonRef;
use crate::read::script::{Assign, Script, Word};

/// Kinds of debuggers for Python.
const TYPES: [&str; 2] = ["debugpy", "python"];

/// The configurations that run a `main.py`. One that never speaks of ComfyUI may be any project's, so all of its text must.
pub(super) fn configurations(root: JsonRef<'_>, script: &mut Script) {
    let Some(list) = root.get("configurations") else { return };
    for entry in list.items().filter(|entry| entry.raw().to_ascii_lowercase().contains("comfy")) {
        let python = entry.get("type").is_some_and(|kind| TYPES.iter().any(|name| kind.is_text(name)));
        let program = entry.get("program").filter(|program| program.as_str().is_some());
        let Some(program) = program.filter(|program| python && word(*program).text.ends_with("main.py")) else {
            continue;
        };
        let mut words = vec![word(program)];
        if let Some(arguments) = entry.get("args") {
            match arguments.is_array() {
                true => words.extend(arguments.items().map(word)),
                false => words.extend(split(&bytes(arguments)).into_iter().map(doubted)),
            }
        }
        let env = entry.get("env").into_iter().flat_map(|env| env.entries().collect::<Vec<_>>());
        let env = env.filter(|(_, value)| value.as_str().is_some()).map(|(key, value)| assign(key, value));
        start(script, words, env.collect(), entry.span());
    }
}

fn doubted(word: Word) -> Word {
    Word { known: word.known && !word.text.contains("${"), ..word }
}

fn assign(key: JsonRef<'_>, value: JsonRef<'_>) -> Assign {
    let span = key.span().to(value.span());
    Assign { name: word(key), value: word(value), span, certain: true, exported: true, quoted: false }
}

/// The text with blanks in place of comments and of commas before a closing bracket, byte for byte as long.
pub(super) fn without_comments(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let (mut at, mut comma) = (0, None);
    while let Some(&byte) = bytes.get(at) {
        let end = match (byte, bytes.get(at + 1)) {
            (b'"', _) => string(&bytes, at),
            (b'/', Some(b'/')) => comment(&mut bytes, at, b"\n"),
            (b'/', Some(b'*')) => comment(&mut bytes, at, b"*/"),
            _ => at + 1,
        };
        match byte {
            b',' => comma = Some(at),
            b'}' | b']' => {
                if let Some(comma) = comma.take() {
                    bytes[comma] = b' ';
                }
            }
            b'/' => {}
            _ if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at = end;
    }
    // Only ASCII bytes, or all bytes of a comment, were replaced.
    String::from_utf8(bytes).unwrap_or_default()
}

fn string(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'\\' => end += 2,
            b'"' | b'\n' => return end + 1,
            _ => end += 1,
        }
    }
    bytes.len()
}

fn comment(bytes: &mut [u8], at: usize, closing: &[u8]) -> usize {
    let found = memchr::memmem::find(&bytes[at..], closing);
    let end = found.map_or(bytes.len(), |found| at + found + closing.len());
    for byte in bytes[at..end].iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
    end
}
