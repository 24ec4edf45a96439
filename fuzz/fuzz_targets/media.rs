//! The media readers, all of them: the first bytes decide which one is asked.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wanlint::catalog::nodes::Catalog;
use wanlint::project::media::from_bytes;
use wanlint::read::media::{MAX_TEXT, Media};

fuzz_target!(|bytes: &[u8]| {
    let media = Media::read(&mut std::io::Cursor::new(bytes)).expect("bytes in memory can be read");
    let Some(media) = media else { return };
    for text in [&media.prompt, &media.workflow].into_iter().flatten() {
        assert!(text.len() as u64 <= MAX_TEXT);
    }
    let file = from_bytes("x.bin".as_ref(), bytes, &Catalog::default()).expect("a named file does not vanish");
    assert!(file.workflow().is_some() || !file.trouble.is_empty());
    for trouble in &file.trouble {
        assert!(file.source.text().get(trouble.span.range()).is_some(), "{trouble:?}");
    }
});
