//! Inputs that only the browser knows, as they are sent.

use super::super::browser;
use super::js;
use crate::read::json::JsonRef;

/// Names and JSON of what is added to a class. `written` is the node's `widgets_values`, `has` says which inputs are there.
pub(super) fn of(class: &str, written: Option<JsonRef<'_>>, has: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    if class == "CustomCombo" {
        return combo(written);
    }
    let missing = browser::added(class).iter().filter(|(name, _)| !has(name));
    missing.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A list that a person wrote: the options, an empty one at the end, and which of them is chosen.
fn combo(written: Option<JsonRef<'_>>) -> Vec<(String, String)> {
    let values: Vec<JsonRef<'_>> = written.into_iter().flat_map(|values| values.items()).collect();
    let filled = |json: &&JsonRef<'_>| json.as_str().is_none_or(|text| !text.is_empty()) && !json.is_null();
    let options: Vec<String> = values.iter().skip(2).take_while(filled).map(|json| text_of(*json)).collect();
    let choice = values.first().map(|json| text_of(*json)).unwrap_or_default();
    let all: Vec<String> = options.into_iter().chain([String::from("\"\"")]).collect();
    let index = all.iter().position(|option| *option == choice).map_or(-1, |index| index as i64);
    let mut added = vec![("index".to_owned(), index.to_string())];
    added.extend(all.into_iter().enumerate().map(|(at, option)| (format!("option{}", at + 1), option)));
    added
}

fn text_of(json: JsonRef<'_>) -> String {
    let mut out = String::new();
    js::value(&mut out, json);
    out
}
