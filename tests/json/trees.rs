//! What serde_json writes is read as the tree it was written from.

use proptest::prelude::*;
use serde_json::Value;
use wanlint::read::json::{JsonDoc, MAX_DEPTH};

use super::{nested, same, values};

/// Reads a text into a document that already held another one.
#[track_caller]
fn reads_as(text: &str, value: &Value) {
    let mut doc = JsonDoc::parse("[{\"left\": \"over\"}]").unwrap();
    doc.parse_into(text).unwrap_or_else(|error| panic!("{error} at {} of {text:?}", error.offset));
    let root = doc.root(text).unwrap();
    same(root, value, true);
    nested(root, text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_serde_json_writes(value in values()) {
        reads_as(&serde_json::to_string(&value).unwrap(), &value);
        reads_as(&serde_json::to_string_pretty(&value).unwrap(), &value);
        reads_as(&format!("\u{feff}\r\n\t {value} \n"), &value);
    }

    #[test]
    fn the_last_duplicate_wins(key in super::words(), list in prop::collection::vec(values(), 1..5)) {
        let written = serde_json::to_string(&key).unwrap();
        // The same key in two spellings: as serde_json writes it, and with every unit escaped.
        let escaped: String = key.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
        let keys = [written, format!("\"{escaped}\"")];
        let members: Vec<String> =
            list.iter().enumerate().map(|(at, value)| format!("{}:{value}", keys[at % 2])).collect();
        let text = format!("{{{}}}", members.join(","));
        let doc = JsonDoc::parse(&text).unwrap();
        let root = doc.root(&text).unwrap();
        prop_assert_eq!(root.entries().count(), list.len());
        same(root.get(&key).unwrap(), list.last().unwrap(), true);
    }
}

#[test]
fn depth_ends_where_it_is_documented_to() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nest = |depth: usize| format!("{}0{}", open.repeat(depth), close.repeat(depth));
        assert!(JsonDoc::parse(&nest(MAX_DEPTH)).is_ok());
        let error = JsonDoc::parse(&nest(MAX_DEPTH + 1)).unwrap_err();
        assert_eq!(error.offset as usize, open.len() * MAX_DEPTH, "{error}");
        let mut reused = JsonDoc::parse("[1]").unwrap();
        assert!(reused.parse_into(&nest(100_000)).is_err() && reused.is_empty() && reused.root("").is_none());
    }
}
