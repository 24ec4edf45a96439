//! New members and items of JSON, laid out as the file lays out its own: over lines with its indentation, or on one line with its
//! blanks.

use serde_json::Value;

use crate::fix::workflow::literal;
use crate::read::json::JsonRef;
use crate::span::Span;

/// Indentation of a file that shows none.
const INDENT: &str = "  ";

/// How a file lays out what it holds.
pub(super) struct Layout<'a> {
    text: &'a str,
    /// Between a name and its value, between two values on a line.
    colon: &'a str,
    comma: &'a str,
    /// What a level is indented by.
    unit: &'a str,
    /// The root's members stand on lines of their own.
    lines: bool,
    ascii: bool,
}

/// What is put into a container: an item of a list, or a member with its name.
pub(super) type Part<'a> = (Option<&'a str>, &'a Value);

impl<'a> Layout<'a> {
    /// Of a file with this root.
    pub fn of(root: JsonRef<'a>, text: &'a str) -> Self {
        let first = root.entries().next();
        let colon = first.and_then(|(key, value)| text.get(key.span().end as usize..value.span().start as usize));
        let colon = colon.filter(|colon| !colon.contains('\n')).unwrap_or(": ");
        let lead = first.map_or("", |(key, _)| blanks_before(text, key.span().start));
        let unit = lead.rsplit_once('\n').map(|(_, unit)| unit).filter(|unit| !unit.is_empty());
        let lines = lead.contains('\n');
        let comma = if colon.ends_with(' ') { ", " } else { "," };
        Self { text, colon, comma, unit: unit.unwrap_or(INDENT), lines, ascii: text.is_ascii() }
    }

    /// Parts behind what a list or an object holds: the bytes that go, and what comes.
    pub fn put(&self, container: JsonRef, parts: &[Part]) -> (Span, String) {
        let own = container.span();
        let last = match container.is_object() {
            true => container.entries().last().map(|(key, value)| (key.span().start, value.span().end)),
            false => container.items().last().map(|item| (item.span().start, item.span().end)),
        };
        match last {
            Some((start, end)) => {
                let lead = blanks_before(self.text, start);
                let (line, between) = match lead.contains('\n') {
                    true => (Some(last_line(lead)), lead),
                    false => (None, self.comma.trim_start_matches(',')),
                };
                let parts = parts.iter().map(|part| format!(",{between}{}", self.part(part, line)));
                (Span::new(end, end), parts.collect())
            }
            None => (Span::new(own.start + 1, own.end - 1), self.inside(parts, self.line_of(own.start).as_deref())),
        }
    }

    /// What stands between the brackets of a container: on lines below the given one, which is a line end with an indentation.
    fn inside(&self, parts: &[Part], line: Option<&str>) -> String {
        let inner = line.map(|line| format!("{line}{}", self.unit));
        let separator = inner.as_ref().map_or_else(|| self.comma.to_owned(), |inner| format!(",{inner}"));
        let parts: Vec<String> = parts.iter().map(|part| self.part(part, inner.as_deref())).collect();
        let (open, close) = (inner.as_deref().unwrap_or_default(), line.unwrap_or_default());
        format!("{open}{}{close}", parts.join(&separator))
    }

    fn part(&self, (name, value): &Part, line: Option<&str>) -> String {
        let value = self.value(value, line);
        name.map_or(value.clone(), |name| format!("{}{}{value}", literal::quoted(name, self.ascii), self.colon))
    }

    fn value(&self, value: &Value, line: Option<&str>) -> String {
        match value {
            Value::Array(items) => {
                let parts: Vec<Part> = items.iter().map(|item| (None, item)).collect();
                format!("[{}]", self.inside(&parts, line))
            }
            Value::Object(members) => {
                let parts: Vec<Part> = members.iter().map(|(name, value)| (Some(name.as_str()), value)).collect();
                format!("{{{}}}", self.inside(&parts, line))
            }
            Value::String(text) => literal::quoted(text, self.ascii),
            other => other.to_string(),
        }
    }

    /// The line end and the indentation of the line that holds an offset, where the file has lines.
    fn line_of(&self, at: u32) -> Option<String> {
        let above = self.text.get(..at as usize).filter(|_| self.lines)?;
        let (rest, line) = above.rsplit_once('\n').unwrap_or(("", above));
        let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        let end = if rest.ends_with('\r') || self.text.contains("\r\n") { "\r\n" } else { "\n" };
        Some(format!("{end}{indent}"))
    }
}

/// The blanks and line ends in front of an offset.
fn blanks_before(text: &str, at: u32) -> &str {
    let above = text.get(..at as usize).unwrap_or_default();
    &above[above.trim_end_matches([' ', '\t', '\r', '\n']).len()..]
}

/// From the last line end on.
fn last_line(blanks: &str) -> &str {
    let at = blanks.rfind('\n').map_or(0, |at| if blanks[..at].ends_with('\r') { at - 1 } else { at });
    &blanks[at..]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::read::json::JsonDoc;

    /// The text after a member was put into the object under a key of its root, or into the root.
    fn put(text: &str, key: Option<&str>) -> String {
        let doc = JsonDoc::parse(text).unwrap();
        let root = doc.root(text).unwrap();
        let into = key.map_or(root, |key| root.get(key).unwrap());
        let value = json!([{"rule": "A", "reason": "\u{fc}"}]);
        let (span, new) = Layout::of(root, text).put(into, &[(Some("x"), &value)]);
        format!("{}{new}{}", &text[..span.start as usize], &text[span.end as usize..])
    }

    #[test]
    fn the_layout_of_the_file_is_kept() {
        let list = r#""x":[{"rule":"A","reason":"\u00fc"}]"#;
        assert_eq!(put(r#"{"a":1}"#, None), format!(r#"{{"a":1,{list}}}"#));
        assert_eq!(put(r#"{"a":{}}"#, Some("a")), format!(r#"{{"a":{{{list}}}}}"#));
        let wide = r#""x": [{"rule": "A", "reason": "\u00fc"}]"#;
        assert_eq!(put(r#"{"a": 1, "b": 2}"#, None), format!(r#"{{"a": 1, "b": 2, {wide}}}"#));
        assert_eq!(
            put("{\n\t\"a\": { \"b\": 1 }\n}\n", Some("a")),
            format!("{{\n\t\"a\": {{ \"b\": 1, {wide} }}\n}}\n")
        );
        let lines = "\n  \"x\": [\n    {\n      \"rule\": \"A\",\n      \"reason\": \"\\u00fc\"\n    }\n  ]\n}\n";
        assert_eq!(put("{\n  \"a\": 1\n}\n", None), format!("{{\n  \"a\": 1,{lines}"));
        let deep = lines.replace("\n}\n", "\n}").replace('\n', "\r\n  ");
        assert_eq!(put("{\r\n  \"a\": {}\r\n}", Some("a")), format!("{{\r\n  \"a\": {{{deep}\r\n}}"));
        assert!(put("{\"\u{e4}\":1}", None).contains('\u{fc}'));
    }
}
