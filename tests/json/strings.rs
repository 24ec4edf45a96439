//! Escapes are decoded as serde_json decodes them.

use proptest::prelude::*;
use wanlint::read::json::{JsonDoc, Kind};

use super::words;

#[track_caller]
fn decoded(literal: &str) -> String {
    let doc = JsonDoc::parse(literal).unwrap_or_else(|error| panic!("{error} in {literal}"));
    doc.root(literal).unwrap().as_str().unwrap().into_owned()
}

/// One way to write a character: as it is, with a short escape, or by its UTF-16 units in either case.
fn spell(character: char, way: u8) -> String {
    let units = |upper: bool| -> String {
        let mut buffer = [0; 2];
        let units = character.encode_utf16(&mut buffer).iter();
        units.map(|unit| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") }).collect()
    };
    let short = "\"\\/\u{8}\u{c}\n\r\t".find(character).map(|at| &"\"\\/bfnrt"[at..=at]);
    match (way, short) {
        (0, Some(letter)) => format!("\\{letter}"),
        (1, _) => units(true),
        (2, None) if !character.is_control() => character.to_string(),
        _ => units(false),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_spelling(text in words(), ways in prop::collection::vec(0..4_u8, 8)) {
        let inner: String = text.chars().zip(ways.iter().cycle()).map(|(letter, &way)| spell(letter, way)).collect();
        let literal = format!("\"{inner}\"");
        prop_assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), text.as_str());
        prop_assert_eq!(decoded(&literal), text);
    }

    #[test]
    fn any_units(units in prop::collection::vec(prop_oneof![any::<u16>(), 0xd7f0_u16..0xe010], 0..6)) {
        let inner: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
        // A lone surrogate becomes U+FFFD, as Rust's own lossy reader of UTF-16 has it.
        prop_assert_eq!(decoded(&format!("\"{inner}\"")), String::from_utf16_lossy(&units));
    }
}

#[test]
fn plain_strings_are_told_from_escaped_ones() {
    for (text, kind) in [("\"é /\"", Kind::Text), ("\"\"", Kind::Text), ("\"\\/\"", Kind::EscapedText)] {
        assert_eq!(JsonDoc::parse(text).unwrap().root(text).unwrap().kind(), kind, "{text}");
    }
    assert_eq!(decoded("\"\\ud83d\\n\""), "\u{fffd}\n");
    assert_eq!(decoded("\"\\ud83d\\ud83d\\ude00\""), "\u{fffd}\u{1f600}");
    assert_eq!(decoded("\"\\ude00\\ud83d\""), "\u{fffd}\u{fffd}");
}
