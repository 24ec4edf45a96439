//! The log reader, and the runs in what it read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wanlint::facts::log::facts;
use wanlint::read::log::read;
use wanlint::source::Source;

fuzz_target!(|bytes: &[u8]| {
    let source = Source::from_bytes("comfyui.log", bytes.to_vec());
    let document = read(source.text());
    for entry in &document.entries {
        assert!(source.text().get(entry.span.range()).is_some(), "{entry:?}");
    }
    let loads: usize = facts(&document).sessions.iter().flat_map(|session| &session.runs).map(|run| run.loads.len()).sum();
    assert!(loads <= document.entries.len());
});
