//! The text of one file and where its lines begin.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::span::Span;

/// Largest file that is read, in bytes (64 MiB): a workflow or script beyond it is reported, not parsed.
pub const MAX_BYTES: u64 = 64 << 20;

/// What was noticed about the bytes while they became text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without a byte-order mark.
    Utf8,
    /// UTF-8 with a byte-order mark. The mark stays in the text, so offsets are those of the file.
    Utf8Bom,
    /// Not UTF-8: every byte that was not understood is read as `?`; the first one lies at this offset.
    Unknown(u32),
    /// UTF-16 by its byte-order mark: not read yet.
    Utf16,
}

/// One file that was read: its path as the user gave it, its text, its lines.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    text: String,
    encoding: Encoding,
    lines: OnceLock<Vec<u32>>,
}

/// A place in a file for people: line and column count from 1, the column in Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode characters, from 1.
    pub column: u32,
    /// Byte offset in the file, from 0.
    pub offset: u32,
}

/// Why a file could not become a [`Source`].
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("cannot read {path}: {error}")]
    Io {
        /// The path as given.
        path: String,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// Larger than [`MAX_BYTES`].
    #[error("{path} is {mib} MiB; files beyond {limit} MiB are not read", limit = MAX_BYTES >> 20)]
    TooLarge {
        /// The path as given.
        path: String,
        /// Its size in MiB, rounded down.
        mib: u64,
    },
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ReadError`] when the file cannot be opened or is larger than [`MAX_BYTES`].
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let shown = || path.display().to_string();
        let io = |error| ReadError::Io { path: shown(), error };
        let size = std::fs::metadata(path).map_err(io)?.len();
        if size > MAX_BYTES {
            return Err(ReadError::TooLarge { path: shown(), mib: size >> 20 });
        }
        Ok(Self::from_bytes(path, std::fs::read(path).map_err(io)?))
    }

    /// A source from bytes already in memory (stdin, tests, text embedded in another file).
    pub fn from_bytes(path: impl Into<PathBuf>, bytes: Vec<u8>) -> Self {
        let (text, encoding) = decode(bytes);
        Self { path: path.into(), text, encoding, lines: OnceLock::new() }
    }

    /// A source from text, mostly for tests.
    pub fn from_text(path: impl Into<PathBuf>, text: &str) -> Self {
        Self::from_bytes(path, text.as_bytes().to_vec())
    }

    /// The path as given by the user or found while walking.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path for messages and reports: always with `/`.
    pub fn shown_path(&self) -> String {
        let path = self.path.to_string_lossy().replace('\\', "/");
        path.strip_prefix("./").map(str::to_owned).unwrap_or(path)
    }

    /// The whole text, a byte-order mark included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the bytes became text.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The text under a span; empty when the span does not lie on character boundaries of this text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// Line, column and offset of a byte offset. Offsets beyond the end give the end.
    pub fn place(&self, offset: u32) -> Place {
        let offset = (offset as usize).min(self.text.len());
        let line = self.line_of(offset);
        let start = self.line_starts()[line] as usize;
        let before = self.text.get(start..offset).unwrap_or_default();
        let marks = usize::from(start == 0 && before.starts_with('\u{feff}'));
        let column = before.chars().count() - marks + 1;
        Place { line: line as u32 + 1, column: column as u32, offset: offset as u32 }
    }

    /// Index (from 0) of the line that holds a byte offset.
    pub fn line_of(&self, offset: usize) -> usize {
        self.line_starts().partition_point(|&start| start as usize <= offset).saturating_sub(1)
    }

    /// Span of a line (index from 0) without its line end.
    pub fn line_span(&self, line: usize) -> Span {
        let starts = self.line_starts();
        let start = starts.get(line).copied().unwrap_or(self.text.len() as u32);
        let end = starts.get(line + 1).copied().unwrap_or(self.text.len() as u32);
        let kept = self.text.get(start as usize..end as usize).unwrap_or_default();
        Span::new(start, start + kept.trim_end_matches(['\r', '\n']).len() as u32)
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let after = memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| at as u32 + 1);
            std::iter::once(0).chain(after).collect()
        })
    }
}

fn decode(bytes: Vec<u8>) -> (String, Encoding) {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return (String::new(), Encoding::Utf16);
    }
    match String::from_utf8(bytes) {
        Ok(text) if text.starts_with('\u{feff}') => (text, Encoding::Utf8Bom),
        Ok(text) => (text, Encoding::Utf8),
        Err(error) => {
            let first = error.utf8_error().valid_up_to() as u32;
            (question_marks(error.as_bytes()), Encoding::Unknown(first))
        }
    }
}

/// Keeps every offset: each byte that is not UTF-8 becomes one `?`.
fn question_marks(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_survive_crlf() {
        let source = Source::from_text("a.bat", "\u{feff}set \u{e9}=1\r\npython\r\n");
        let offset = source.text().find("=1").unwrap() as u32;
        assert_eq!(source.place(offset), Place { line: 1, column: 6, offset });
        assert_eq!(source.slice(source.line_span(1)), "python");
        assert_eq!(source.place(9999).line, 3);
    }

    #[test]
    fn bytes_outside_utf8_keep_their_offsets() {
        let source = Source::from_bytes("a.bat", b"rem \xe9t\xe9\r\npython".to_vec());
        assert_eq!(source.encoding(), Encoding::Unknown(4));
        assert_eq!(source.text(), "rem ?t?\r\npython");
    }
}
