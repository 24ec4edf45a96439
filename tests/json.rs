//! The JSON reader against serde_json: the same texts are accepted and give the same tree.
//!
//! Known differences, all wanted: wanlint takes NaN and Infinity, numbers beyond `f64`, lone surrogates and a byte-order mark.

// clippy.toml's exceptions for tests do not reach helper functions.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "json/agreement.rs"]
mod agreement;
#[path = "json/strings.rs"]
mod strings;
#[path = "json/trees.rs"]
mod trees;

use proptest::prelude::*;
use serde_json::Value;
use wanlint::read::json::{JsonRef, Kind};

/// Same kind, same value, same members; a key that is written twice counts with its last value, as in serde_json.
#[track_caller]
fn same(ours: JsonRef<'_>, theirs: &Value, exact: bool) {
    match theirs {
        Value::Null => assert!(ours.is_null(), "{ours:?}"),
        Value::Bool(value) => assert_eq!(ours.as_bool(), Some(*value), "{ours:?}"),
        Value::String(text) => {
            assert_eq!(ours.as_str().as_deref(), Some(text.as_str()));
            assert!(ours.is_text(text), "{ours:?}");
        }
        Value::Number(number) => same_number(ours, number, exact),
        Value::Array(list) => {
            assert!(ours.is_array() && ours.items().count() == list.len(), "{ours:?}");
            for (index, (item, value)) in ours.items().zip(list).enumerate() {
                same(item, value, exact);
                assert_eq!(ours.item(index).map(|item| item.span()), Some(item.span()));
            }
        }
        Value::Object(members) => {
            assert!(ours.is_object(), "{ours:?}");
            assert!(ours.entries().all(|(key, _)| members.contains_key(key.as_str().unwrap().as_ref())), "{ours:?}");
            for (key, value) in members {
                same(ours.get(key).unwrap_or_else(|| panic!("no {key:?} in {ours:?}")), value, exact);
            }
        }
    }
}

/// serde_json without `float_roundtrip` may miss the last bits of what it parses itself; what it was given it writes exactly.
#[track_caller]
fn same_number(ours: JsonRef<'_>, theirs: &serde_json::Number, exact: bool) {
    assert_eq!(ours.kind(), Kind::Number);
    if let Some(whole) = theirs.as_i64() {
        assert_eq!(ours.as_i64(), Some(whole), "{ours:?}");
    }
    let (found, wanted) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
    let near = (found - wanted).abs() <= wanted.abs() * 1e-14;
    assert!(found == wanted || (!exact && near), "{ours:?} {found} {wanted}");
}

/// Spans lie in the text, in order, inside their parents, and what they cut out is the value itself.
fn nested(value: JsonRef<'_>, text: &str) {
    let span = value.span();
    assert_eq!(text.get(span.range()), Some(value.raw()), "{span:?}");
    let ends = match value.kind() {
        Kind::Object => ("{", "}"),
        Kind::Array => ("[", "]"),
        Kind::Text | Kind::EscapedText => ("\"", "\""),
        _ => ("", ""),
    };
    assert!(value.raw().starts_with(ends.0) && value.raw().ends_with(ends.1), "{value:?}");
    assert_eq!(value.raw().trim(), value.raw());
    let mut at = span.start + u32::from(!ends.0.is_empty());
    let mut inside = |child: JsonRef<'_>| {
        assert!(at <= child.span().start && child.span().end < span.end, "{child:?} in {value:?}");
        at = child.span().end;
        nested(child, text);
    };
    value.items().for_each(&mut inside);
    value.entries().for_each(|(key, member)| {
        inside(key);
        inside(member);
    });
}

/// Values of every kind, a few levels deep.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1000_i64..1000).prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no NaN", |number| number.is_finite()).prop_map(Value::from),
        words().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((words(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Texts with what JSON must escape, what it may, and what takes two UTF-16 units.
fn words() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z_]{1,6}",
        any::<char>().prop_map(String::from),
        prop::sample::select(vec!["\"", "\\", "/", "\u{8}", "\n", "\0", "\u{7f}", "\u{2028}", "\u{1f389}", "\u{feff}"])
            .prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}
