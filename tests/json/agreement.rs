//! Broken texts: both readers accept, or both refuse.

use proptest::prelude::*;
use serde_json::Value;
use wanlint::read::json::JsonDoc;

use super::{nested, same, values};

/// What serde_json refuses and wanlint takes on purpose, by the words of its error.
const STRICTER: [&str; 5] = [
    "number out of range",
    "recursion limit exceeded",
    "lone leading surrogate in hex escape",
    "unexpected end of hex escape",
    "lone trailing surrogate in hex escape",
];

/// Holds that both say the same about a text.
#[track_caller]
fn agree(text: &str) {
    let (ours, theirs) = (JsonDoc::parse(text), serde_json::from_str::<Value>(text));
    match (&ours, theirs) {
        (Ok(doc), Ok(value)) => {
            let root = doc.root(text).unwrap();
            same(root, &value, false);
            nested(root, text);
        }
        (Ok(doc), Err(error)) => {
            nested(doc.root(text).unwrap(), text);
            let said = error.to_string();
            let wanted = STRICTER.iter().any(|words| said.starts_with(words)) || has_python_numbers(text);
            assert!(wanted || text.starts_with('\u{feff}'), "only wanlint reads {text:?}: {said}");
        }
        (Err(error), Ok(_)) => panic!("only serde_json reads {text:?}: {error} at {}", error.offset),
        (Err(error), Err(_)) => {
            let at = error.offset as usize;
            assert!(at <= text.len() && text.is_char_boundary(at), "{error} at {at} of {text:?}");
            assert!(!error.message.is_empty());
        }
    }
}

fn has_python_numbers(text: &str) -> bool {
    ["NaN", "Infinity"].iter().any(|word| text.contains(word))
}

/// Pieces that mean something to a JSON reader, and some that almost do.
const PIECES: [&str; 44] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "\\ud83d",
    "\\ude00",
    "\\x",
    "\\/",
    "/",
    "//",
    "'",
    "0",
    "00",
    "-",
    "-0",
    "+1",
    ".",
    ".5",
    "1.",
    "1e",
    "1e+",
    "1E5",
    "1e400",
    "e",
    "null",
    "nul",
    "True",
    "true",
    "false",
    "\n",
    "\r",
    "\t",
    "\u{b}",
    "\u{a0}",
    "\0",
    "\u{1f}",
    "é",
    "\u{1f389}",
    " ",
];

/// One edit of some bytes: remove up to three, put a byte or a piece there.
fn edit(bytes: &mut Vec<u8>, at: prop::sample::Index, removed: usize, new: &[u8]) {
    let at = at.index(bytes.len() + 1);
    let end = (at + removed).min(bytes.len());
    bytes.splice(at..end, new.iter().copied());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_put_into_a_text(
        value in values(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, 0..PIECES.len()), 1..4),
    ) {
        let mut bytes = value.to_string().into_bytes();
        edits.iter().for_each(|&(at, removed, piece)| edit(&mut bytes, at, removed, PIECES[piece].as_bytes()));
        agree(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn bytes_flipped_in_a_text(
        value in values(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = value.to_string().into_bytes();
        edits.iter().for_each(|&(at, byte)| edit(&mut bytes, at, 1, &[byte]));
        agree(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn soups_of_pieces(pieces in prop::collection::vec(0..PIECES.len(), 0..12)) {
        agree(&pieces.into_iter().map(|piece| PIECES[piece]).collect::<String>());
    }
}

#[test]
fn every_short_text() {
    let letters = ["{", "}", "[", "]", ",", ":", "\"", "\\", "0", "1", "-", ".", "e", " ", "\n", "t", "é"];
    let mut texts = vec![String::new()];
    for _ in 0..4 {
        texts = texts.iter().flat_map(|text| letters.iter().map(move |letter| format!("{text}{letter}"))).collect();
        texts.iter().for_each(|text| agree(text));
    }
}

#[test]
fn what_python_writes_is_read() {
    for (text, check) in [
        ("[NaN]", f64::is_nan as fn(f64) -> bool),
        ("[Infinity]", |number| number == f64::INFINITY),
        ("[-Infinity]", |number| number == f64::NEG_INFINITY),
        ("[1e400]", |number| number == f64::INFINITY),
        ("[-1e-400]", |number| number == 0.0),
    ] {
        let doc = JsonDoc::parse(text).unwrap();
        let item = doc.root(text).unwrap().item(0).unwrap();
        assert!(check(item.as_f64().unwrap()), "{text}");
        assert_eq!(item.raw(), &text[1..text.len() - 1]);
        assert_eq!(item.as_i64(), (text == "[-1e-400]").then_some(0), "{text}");
    }
    for text in ["[-NaN]", "[nan]", "[+Infinity]", "[Infinit]", "[NaNs]", "NaN NaN", "- Infinity", "[-]"] {
        assert!(JsonDoc::parse(text).is_err(), "{text}");
    }
}
