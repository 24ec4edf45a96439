//! A value as the file writes values of its kind.

use std::fmt::Write as _;

use crate::fix::Refusal;
use crate::read::json::{JsonDoc, Kind};

/// The literal for a text in place of another literal: a text stays a text, a number a number, and one with a decimal point keeps it.
/// `enable` and `disable` are the words of a switch that newer nodes write as `true` and `false`.
///
/// # Errors
/// When the old literal is of another kind.
pub(super) fn like(old: &str, text: &str, ascii: bool) -> Result<String, Refusal> {
    match (old.bytes().next(), text) {
        (Some(b'"'), _) => Ok(quoted(text, ascii)),
        (Some(b't' | b'f'), "true" | "enable") => Ok("true".to_owned()),
        (Some(b't' | b'f'), "false" | "disable") => Ok("false".to_owned()),
        (Some(b'-' | b'0'..=b'9'), _) if is_number(text) && is_number(old) => {
            let point = old.contains('.') && !text.contains(['.', 'e', 'E']);
            Ok(if point { format!("{text}.0") } else { text.to_owned() })
        }
        _ => Err("the value is no literal of that kind".to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let doc = JsonDoc::parse(text).ok();
    let kind = doc.as_ref().and_then(|doc| doc.root(text)).map(|root| (root.kind(), root.raw().len()));
    kind == Some((Kind::Number, text.len()))
}

/// A JSON string; a file of ASCII alone stays one, with `\uXXXX` as Python and JavaScript write it.
pub(in crate::fix) fn quoted(text: &str, ascii: bool) -> String {
    let json = serde_json::Value::from(text).to_string();
    if !ascii || json.is_ascii() {
        return json;
    }
    let mut out = String::with_capacity(json.len() * 2);
    for letter in json.chars() {
        match letter.is_ascii() {
            true => out.push(letter),
            false => letter.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(out, "\\u{unit:04x}");
            }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn a_value_keeps_its_kind() {
        let like = |old: &str, text: &str| like(old, text, true).ok();
        assert_eq!(like("80", "81").as_deref(), Some("81"));
        assert_eq!(like("80.0", "81").as_deref(), Some("81.0"));
        assert_eq!(like("\"80\"", "81").as_deref(), Some("\"81\""));
        assert_eq!(like("3", "3.5").as_deref(), Some("3.5"));
        assert_eq!(like("true", "disable").as_deref(), Some("false"));
        assert_eq!(like("\"a\"", "b\\\u{e9}\u{1f600}\"").as_deref(), Some(r#""b\\\u00e9\ud83d\ude00\"""#));
        for (old, text) in [("80", "many"), ("80", " 81"), ("true", "1"), ("null", "1"), ("[1]", "2"), ("NaN", "1")] {
            assert_eq!(like(old, text), None, "{old} to {text}");
        }
    }
}
