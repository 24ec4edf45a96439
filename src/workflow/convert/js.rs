//! JSON as a browser writes it: `JSON.stringify` of what `JSON.parse` read.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::read::json::{JsonRef, Kind};

/// Appends a value. Whole numbers beyond 2^53 lose their last digits, as they do in a browser.
pub(super) fn value(out: &mut String, json: JsonRef<'_>) {
    write(out, json, &|out, json| number(out, json.as_f64().unwrap_or_default()));
}

/// Appends a value with its numbers as they are written; those that no reader can hold are `null`.
pub(super) fn exact(out: &mut String, json: JsonRef<'_>) {
    let held = |json: JsonRef<'_>| json.as_f64().is_some_and(f64::is_finite);
    write(out, json, &|out, json| out.push_str(if held(json) { json.raw() } else { "null" }));
}

fn write(out: &mut String, json: JsonRef<'_>, number: &dyn Fn(&mut String, JsonRef<'_>)) {
    match json.kind() {
        Kind::Null | Kind::NonFinite => out.push_str("null"),
        Kind::True => out.push_str("true"),
        Kind::False => out.push_str("false"),
        Kind::Number => number(out, json),
        Kind::Text | Kind::EscapedText => text(out, &json.as_str().unwrap_or_default()),
        Kind::Array => {
            out.push('[');
            for (index, item) in json.items().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write(out, item, number);
            }
            out.push(']');
        }
        Kind::Object => object(out, json, number),
    }
}

/// A key that is written twice keeps its first place and its last value.
fn object(out: &mut String, json: JsonRef<'_>, number: &dyn Fn(&mut String, JsonRef<'_>)) {
    let mut members: Vec<(Cow<'_, str>, JsonRef<'_>)> = Vec::new();
    let mut places: HashMap<Cow<'_, str>, usize> = HashMap::new();
    for (key, member) in json.entries() {
        let name = key.as_str().unwrap_or_default();
        match places.get(&name) {
            Some(&place) => members[place].1 = member,
            None => {
                places.insert(name.clone(), members.len());
                members.push((name, member));
            }
        }
    }
    out.push('{');
    for (index, (name, member)) in members.into_iter().enumerate() {
        out.push_str(if index == 0 { "" } else { "," });
        text(out, &name);
        out.push(':');
        write(out, member, number);
    }
    out.push('}');
}

/// Appends a text in quotes.
pub(super) fn text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if (control as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Appends a number: ECMAScript's `Number::toString`, base 10.
pub(super) fn number(out: &mut String, value: f64) {
    if !value.is_finite() {
        out.push_str("null");
        return;
    }
    if value < 0.0 {
        out.push('-');
    }
    // The shortest digits that read back as the same number, and the place of the point behind the first one.
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    out.push_str(&placed(&digits, point));
}

fn placed(digits: &str, point: i32) -> String {
    let count = digits.len() as i32;
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    match point {
        point if count <= point && point <= 21 => format!("{digits}{}", zeros(point - count)),
        point if 0 < point && point <= 21 => {
            let (whole, rest) = digits.split_at(point as usize);
            format!("{whole}.{rest}")
        }
        point if -6 < point && point <= 0 => format!("0.{}{digits}", zeros(-point)),
        point => {
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            let sign = if point > 0 { "+" } else { "-" };
            format!("{first}{dot}{rest}e{sign}{}", (point - 1).abs())
        }
    }
}

/// Lays out JSON that holds no blanks between its parts: two blanks per level.
pub fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut rest, mut depth) = (json, 0_usize);
    while let Some(letter) = rest.chars().next() {
        let length = if letter == '"' { string(rest) } else { letter.len_utf8() };
        let (part, after) = rest.split_at(length);
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if matches!(letter, '}' | ']') && !out.ends_with(['{', '[']) {
            line(&mut out, depth);
        }
        out.push_str(if letter == ':' { ": " } else { part });
        if letter == ',' || matches!(letter, '{' | '[') && !after.starts_with(['}', ']']) {
            line(&mut out, depth);
        }
        rest = after;
    }
    out
}

/// Length of the string that a text starts with, quotes included.
fn string(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use crate::read::json::JsonDoc;

    fn written(text: &str) -> String {
        let doc = JsonDoc::parse(text).unwrap();
        let mut out = String::new();
        super::value(&mut out, doc.root(text).unwrap());
        out
    }

    #[test]
    fn numbers_look_as_in_a_browser() {
        for (text, expected) in [
            ("18446744073709551615", "18446744073709552000"),
            ("9007199254740991", "9007199254740991"),
            ("1.0", "1"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("0.1", "0.1"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("1e21", "1e+21"),
            ("1e20", "100000000000000000000"),
            ("100000000000000000000000", "1e+23"),
            ("1e-7", "1e-7"),
            ("0.000001", "0.000001"),
            ("1.5e-7", "1.5e-7"),
            ("1e400", "null"),
            ("NaN", "null"),
            ("12.50", "12.5"),
        ] {
            assert_eq!(written(text), expected, "{text}");
        }
    }

    #[test]
    fn layout_changes_blanks_only() {
        let compact = "{\"a\":{\"b:,{\\\"\":[1,[]],\"c\":{}},\"d\":\"x\\\\\"}";
        let expected = "{\n  \"a\": {\n    \"b:,{\\\"\": [\n      1,\n      []\n    ],\n    \"c\": {}\n  },\n  \"d\": \"x\\\\\"\n}";
        assert_eq!(super::indented(compact), expected);
    }

    #[test]
    fn texts_and_objects_keep_what_they_hold() {
        let text = "{\"a\": \"x\\u0001\\n\\\"\\u00e9\", \"b\": [1, {\"c\": null}], \"a\": true}";
        assert_eq!(written(text), "{\"a\":true,\"b\":[1,{\"c\":null}]}");
        assert_eq!(written("\"x\\u0001\\n\\\"\\u00e9\\/\""), "\"x\\u0001\\n\\\"\u{e9}/\"");
    }
}
