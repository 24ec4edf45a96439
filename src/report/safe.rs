//! Untrusted text made safe to print.

use serde_json::Value;

use crate::redact;

/// Escapes control characters (terminal escapes included), bidirectional overrides and workflow-command markers; masks secrets.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in redact::masked(text).chars() {
        push(&mut out, character);
    }
    without_commands(out)
}

/// As [`plain`], but for colons: for texts whose format writes them in its own way.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    redact::masked(text).chars().for_each(|character| push(&mut out, character));
    out.replace("##[", "#\\u{23}[")
}

/// Takes the meaning from `::error::` and `##[error]`, which the logs of GitHub and Azure obey at the start of a line:
/// reports wrap lines, so it is taken everywhere. `--listen ::` and `::1` stay as they are.
fn without_commands(text: String) -> String {
    if !text.contains("::") && !text.contains("##[") {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.replace("##[", "#\\u{23}[").chars() {
        if character.is_ascii_alphabetic() && out.ends_with("::") {
            out.truncate(out.len() - 1);
            out.push_str("\\u{3a}");
        }
        out.push(character);
    }
    out
}

/// Appends one character, escaped where a terminal or a reader could be misled.
pub fn push(out: &mut String, character: char) {
    match character {
        '\t' | '\n' => out.push(character),
        character if misleads(character) => out.extend(character.escape_unicode()),
        character => out.push(character),
    }
}

fn misleads(character: char) -> bool {
    let turns = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    turns || character.is_control()
}

/// Masks the secrets in every text of a JSON value.
pub fn masked(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) => *text = redact::masked(text),
        Value::Array(items) => items.iter_mut().for_each(|item| *item = masked(item.take())),
        Value::Object(entries) => entries.iter_mut().for_each(|(_, item)| *item = masked(item.take())),
        _ => {}
    }
    value
}

/// JSON that means the same and is safe to print: what JSON allows as it is and a terminal does not is escaped.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push(character),
            // All of them take one UTF-16 unit, and outside strings JSON has none of them.
            character if misleads(character) => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            character => out.push(character),
        }
    }
    out
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

    #[test]
    fn json_keeps_its_meaning() {
        let text = serde_json::json!({"path": "a\u{9b}\u{202e}\u{1b}.json"}).to_string();
        assert_eq!(json(&text), r#"{"path":"a\u009b\u202e\u001b.json"}"#);
    }

    #[test]
    fn secrets_are_masked() {
        assert_eq!(line("HF_TOKEN=sesame\n"), "HF_TOKEN=ses*** ");
    }

    #[test]
    fn secrets_are_masked_in_every_field() {
        let value = serde_json::json!({"a": ["HF_TOKEN=sesame", 1, {"b": "x HF_TOKEN=sesame"}], "c": null});
        assert_eq!(masked(value).to_string(), r#"{"a":["HF_TOKEN=ses***",1,{"b":"x HF_TOKEN=ses***"}],"c":null}"#);
    }

    #[test]
    fn logs_are_given_no_commands() {
        assert_eq!(plain("::error::x"), ":\\u{3a}error:\\u{3a}x");
        assert_eq!(plain("a ##[add-mask]b"), "a #\\u{23}[add-mask]b");
        assert_eq!(plain("--listen ::,::1 C::"), "--listen ::,::1 C::");
    }
}
