//! The JSON reader: whatever serde_json reads it reads too, and every span cuts out its value.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wanlint::read::json::{JsonDoc, JsonRef};

fuzz_target!(|text: &str| {
    let theirs = serde_json::from_str::<serde_json::Value>(text);
    match JsonDoc::parse(text) {
        Ok(doc) => whole(doc.root(text).expect("a parsed text has a root"), text),
        Err(error) => {
            assert!(theirs.is_err(), "only serde_json reads it: {error}");
            assert!(text.is_char_boundary(error.offset as usize));
        }
    }
});

/// Nesting is limited to 1000 levels, so recursion is fine here.
fn whole(value: JsonRef, text: &str) {
    assert_eq!(text.get(value.span().range()), Some(value.raw()));
    let _ = (value.as_str(), value.as_f64(), value.as_i64(), value.as_bool());
    for (key, member) in value.entries() {
        assert!(
            key.as_str().is_some() && value.span().start < key.span().start && member.span().end < value.span().end
        );
        whole(member, text);
    }
    value.items().for_each(|item| whole(item, text));
}
