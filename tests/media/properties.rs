//! Random edits of sound files: whatever comes out, it comes out, and its places lie in its text.

use std::io::Cursor;
use std::path::Path;

use proptest::prelude::*;
use wanlint::catalog::nodes::Catalog;
use wanlint::project::media::from_bytes;
use wanlint::read::media::{MAX_TEXT, Media};
use wanlint::source::Encoding;

use super::build::all;
use super::runs::Folder;
use super::{PROMPT, WORKFLOW};

/// Numbers that hurt more than random ones.
const EDGES: [[u8; 4]; 6] = [[0; 4], [0xff; 4], [0x7f, 0xff, 0xff, 0xff], [0, 0, 0, 1], [1, 0, 0, 0], [0x80, 0, 0, 0]];

/// One edit: where (as a part of the length), which kind, and a number.
fn edits() -> impl Strategy<Value = Vec<(f64, u8, u8)>> {
    prop::collection::vec((0.0..1.0, 0..6_u8, any::<u8>()), 1..8)
}

fn edited(bytes: &[u8], edits: &[(f64, u8, u8)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for &(place, kind, number) in edits {
        // Most structure lies in front of the long texts, so places there are met more often.
        let at = (place * place * bytes.len() as f64) as usize;
        let end = (at + usize::from(number)).min(bytes.len());
        match kind {
            0 if at < bytes.len() => bytes[at] ^= 1 << (number % 8),
            1 if at < bytes.len() => bytes[at] = number,
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 if at + 4 <= bytes.len() => bytes[at..at + 4].copy_from_slice(&EDGES[usize::from(number) % EDGES.len()]),
            _ if number < 16 => bytes.truncate(at),
            _ => {}
        }
    }
    bytes
}

fn holds(bytes: &[u8]) {
    let Some(media) = Media::read(&mut Cursor::new(bytes)).unwrap() else { return };
    for text in [&media.prompt, &media.workflow].into_iter().flatten() {
        assert!(text.len() as u64 <= MAX_TEXT);
    }
    let file = from_bytes(Path::new("x.bin"), bytes, &Catalog::default()).unwrap();
    let text = file.source.text();
    assert!(file.trouble.iter().all(|trouble| text.get(trouble.span.range()).is_some()), "{:?}", file.trouble);
    assert!(file.workflow().is_some() || !file.trouble.is_empty(), "nothing is in it and nothing is said");
    for node in file.workflow().into_iter().flat_map(|workflow| &workflow.graph.nodes) {
        assert!(text.get(node.span.range()).is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn edited_files_are_read(edits in edits()) {
        for (_, _, bytes) in all(&[("prompt", PROMPT), ("workflow", WORKFLOW)]) {
            holds(&edited(&bytes, &edits));
        }
    }

    #[test]
    fn any_bytes_behind_a_head_are_read(noise in prop::collection::vec(any::<u8>(), 0..600), keep in 4..64_usize) {
        for (_, _, bytes) in all(&[("prompt", PROMPT)]) {
            holds(&[&bytes[..keep.min(bytes.len())], &noise].concat());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Whole runs bear what the readers let through, and places in reports lie in the text.
    #[test]
    fn edited_files_are_checked_and_reported(edits in edits()) {
        for (name, _, bytes) in all(&[("prompt", PROMPT), ("workflow", WORKFLOW)]) {
            let bytes = edited(&bytes, &edits);
            let folder = Folder::new(&[(name, &bytes)]);
            let (code, out, err) = folder.check(&[name], &["--isolated"]);
            let raw = |text: &str| text.chars().any(|letter| letter.is_control() && letter != '\n');
            prop_assert!(code < 2 && !raw(&out) && !raw(&err), "{}: {:?} {:?}", name, out, err);
            let report = folder.json(&[name], &["--isolated"]);
            let text = from_bytes(Path::new(name), &bytes, &Catalog::default()).unwrap();
            for finding in report["findings"].as_array().unwrap() {
                let offset = |end: &str| finding[end]["offset"].as_u64().unwrap() as usize;
                let inside = text.source.text().get(offset("start")..offset("end")).is_some();
                // Offsets are those of the bytes; a text that was not UTF-8 has others.
                let recoded = text.source.encoding() != Encoding::Utf8;
                prop_assert!(inside || recoded, "{}: {:#}", name, finding);
            }
        }
    }
}
