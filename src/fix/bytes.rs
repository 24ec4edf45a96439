//! From changes of a text to changes of a file: the encoding stays, and every byte that no fix is about.

use super::Edit;
use super::edit::spliced;
use crate::Options;
use crate::encoding::{Encoding, decode};
use crate::project::Drafts;
use crate::source::Source;

/// The bytes that a source was read from: those of a draft, of standard input, or on the disk.
///
/// # Errors
/// As [`on_disk`].
pub(super) fn read(source: &Source, drafts: &Drafts, options: &Options) -> Result<Vec<u8>, String> {
    match (drafts.get(source.path()), &options.stdin) {
        (Some(bytes), _) | (None, Some((_, bytes))) => Ok(bytes.clone()),
        (None, None) => on_disk(source),
    }
}

/// The bytes that a source was read from.
///
/// # Errors
/// A sentence when they cannot be read again, or are others by now.
fn on_disk(source: &Source) -> Result<Vec<u8>, String> {
    let path = source.path();
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    match decode(path, bytes.clone()).0 == source.text() {
        true => Ok(bytes),
        false => Err(format!("{} was changed after it had been read", path.display())),
    }
}

/// The bytes with some changes of the text. They are sorted and do not overlap.
///
/// # Errors
/// A sentence when the encoding of the file has no letters for the new text, or the file would no longer be read as the text that is
/// meant.
pub(super) fn edited(source: &Source, old: &[u8], edits: &[&Edit]) -> Result<Vec<u8>, String> {
    let (mut new, mut at) = (Vec::with_capacity(old.len()), 0);
    for edit in edits {
        let [start, end] = [edit.span.start, edit.span.end].map(|offset| source.place(offset).offset as usize);
        new.extend_from_slice(old.get(at..start).unwrap_or_default());
        let text = source.encoding().bytes_of(&edit.text, old);
        new.extend(text.ok_or_else(|| no_letters(source.encoding()))?);
        at = end;
    }
    new.extend_from_slice(old.get(at..).unwrap_or_default());
    // Reading it again is the proof: a letter that is not ASCII may make a batch file one of the code page that it names.
    let meant = spliced(source.text(), edits.iter().map(|edit| (edit.span, edit.text.as_str())));
    let (text, encoding) = decode(source.path(), new.clone());
    match Some(text) == meant && encoding == source.encoding() {
        true => Ok(new),
        false => Err("the file would be read in another encoding then".to_owned()),
    }
}

fn no_letters(encoding: Encoding) -> String {
    match encoding {
        Encoding::Unknown(_) => "the encoding of the file is not known".to_owned(),
        _ => "the encoding of the file has no letters for the new text".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Location;
    use crate::span::Span;

    /// The file after its first `old` became `new`.
    fn changed(name: &str, bytes: &[u8], old: &str, new: &str) -> Result<Vec<u8>, String> {
        let source = Source::from_bytes(name, bytes.to_vec());
        let at = source.text().find(old).unwrap() as u32;
        let span = Span::new(at, at + old.len() as u32);
        edited(&source, bytes, &[&Edit::new(Location { file: 0, span }, new)])
    }

    #[test]
    fn utf16_keeps_its_order_and_its_mark() {
        let text = "echo \u{1f389}\r\npython main.py --lowvram and more\r\n";
        let order = |big: bool, text: &str| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        for (big, mark) in [(false, &b"\xff\xfe"[..]), (true, b"\xfe\xff"), (false, b""), (true, b"")] {
            let [old, new] =
                [text, &text.replace("--lowvram", "--x \u{e9}")].map(|text| [mark, &order(big, text)].concat());
            assert_eq!(changed("a.ps1", &old, "--lowvram", "--x \u{e9}"), Ok(new), "{big} {mark:?}");
        }
    }

    #[test]
    fn code_pages_keep_every_other_byte() {
        let old = b"chcp 850\r\ncd M\x81ller\r\npython a.py --x\r\n";
        let new = b"chcp 850\r\ncd M\x81ller\r\npython a.py \x84\r\n";
        assert_eq!(changed("a.bat", old, "--x", "\u{e4}").as_deref(), Ok(&new[..]));
        assert!(changed("a.bat", old, "--x", "\u{4e2d}").unwrap_err().contains("no letters"));
        let old = b"chcp 936\r\necho \xd6\xd0 --x\r\n";
        assert_eq!(
            changed("a.bat", old, "--x", "\u{4e2d}").as_deref(),
            Ok(&b"chcp 936\r\necho \xd6\xd0 \xd6\xd0\r\n"[..])
        );
        // Plain ASCII so far: the first other letter would be read in the page that the file names.
        assert!(
            changed("a.bat", b"chcp 850\r\necho --x\r\n", "--x", "\u{fc}").unwrap_err().contains("another encoding")
        );
        assert!(changed("a.json", b"{\"a\": \"\xfc\", \"b\": 1}", "1", "2").unwrap_err().contains("not known"));
    }
}
