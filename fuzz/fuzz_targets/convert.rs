//! Any workflow that converts gives JSON, and what is lost has its place in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wanlint::catalog::nodes::Catalog;
use wanlint::read::json::JsonDoc;
use wanlint::workflow::convert::{Options, convert, indented};
use wanlint::workflow::format::detect;

fuzz_target!(|text: &str| {
    let Ok(doc) = JsonDoc::parse(text) else { return };
    let found = detect(doc.root(text).expect("a parsed text has a root"));
    match convert(&found, &Catalog::default(), Options { seed: Some(text.len() as u64) }) {
        Ok(converted) => {
            let compact: serde_json::Value = serde_json::from_str(&converted.json).expect("JSON");
            let laid_out: serde_json::Value = serde_json::from_str(&indented(&converted.json)).expect("JSON");
            assert_eq!(compact, laid_out);
            assert!(converted.lost.iter().all(|(span, _)| text.get(span.range()).is_some()));
        }
        Err(refusal) => assert!(text.get(refusal.span.range()).is_some() && !refusal.message.is_empty()),
    }
});
