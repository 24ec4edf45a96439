//! JSON and names as the lines of the catalog hold them.

use std::fmt::Write as _;

use crate::read::json::JsonRef;

/// Marks of the line, and what no line can hold, are written with `%` and their code.
pub(in crate::catalog::nodes) fn name(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '%' | '=' | ':' | '?' | '@' | '/' | '|' | ';' | '#' | ',' => {
                let _ = write!(out, "%{:02X}", letter as u32);
            }
            _ if letter.is_ascii_control() => {
                let _ = write!(out, "%{:02X}", letter as u32);
            }
            _ => out.push(letter),
        }
    }
    out
}

/// Types are compared letter by letter, so that a mark in one is only replaced.
pub(super) fn type_name(text: &str) -> String {
    text.chars()
        .map(|letter| if matches!(letter, '|' | '/' | ';' | '(' | ')') || letter.is_control() { '_' } else { letter })
        .collect()
}

/// A JSON value without blanks and without needless escapes.
pub(super) fn compact(value: JsonRef<'_>) -> String {
    if let Some(text) = value.as_str() {
        return serde_json::to_string(&*text).unwrap_or_default();
    }
    if value.is_array() {
        return format!("[{}]", value.items().map(compact).collect::<Vec<_>>().join(","));
    }
    let pair = |(key, value): (JsonRef<'_>, JsonRef<'_>)| format!("{}:{}", compact(key), compact(value));
    match value.is_object() {
        true => format!("{{{}}}", value.entries().map(pair).collect::<Vec<_>>().join(",")),
        false => value.raw().to_owned(),
    }
}

/// The options of an input; none where there are none.
#[derive(Clone, Copy)]
pub(super) struct Json<'a>(pub Option<JsonRef<'a>>);

impl<'a> Json<'a> {
    pub fn get(self, key: &str) -> Option<JsonRef<'a>> {
        self.0?.get(key)
    }

    /// As Python sees it.
    pub fn truthy(self, key: &str) -> bool {
        let Some(value) = self.get(key) else { return false };
        value.as_bool().unwrap_or_else(|| !value.is_null() && value.as_f64() != Some(0.0) && !value.is_text(""))
    }
}
