//! The text of one file and where its lines begin.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

pub use crate::encoding::Encoding;
use crate::encoding::decode;
use crate::span::Span;

/// Largest file that is read, in bytes (64 MiB): a workflow or script beyond it is reported, not parsed.
pub const MAX_BYTES: u64 = 64 << 20;

/// One file that was read: its path as the user gave it, its text, its lines.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    /// Empty after it was let go, until somebody asks for it.
    text: OnceLock<String>,
    encoding: Encoding,
    /// Bytes of the file.
    size: u32,
    /// When the file was written; `None` for a text that did not come from a file.
    written: Option<SystemTime>,
    lines: OnceLock<Vec<u32>>,
    /// Where each line begins in the file; asked for only where that is not where it begins in the text.
    disk_lines: OnceLock<Vec<u32>>,
}

/// A place in a file for people: line and column count from 1, the column in Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode characters, from 1.
    pub column: u32,
    /// Byte offset in the file on disk, from 0.
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
        Self::read_into(path, Vec::new())
    }

    /// As [`Source::read`], into memory that another file no longer needs.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub fn read_into(path: &Path, mut memory: Vec<u8>) -> Result<Self, ReadError> {
        let shown = || path.display().to_string();
        let io = |error| ReadError::Io { path: shown(), error };
        let mut file = File::open(path).map_err(io)?;
        let facts = file.metadata().map_err(io)?;
        if facts.len() > MAX_BYTES {
            return Err(ReadError::TooLarge { path: shown(), mib: facts.len() >> 20 });
        }
        match facts.len() as usize {
            // Files that the system makes up tell no size.
            0 => {
                memory.clear();
                file.take(MAX_BYTES).read_to_end(&mut memory).map_err(io)?;
            }
            size => {
                memory.resize(size, 0);
                let read = filled(&mut file, &mut memory).map_err(io)?;
                memory.truncate(read);
            }
        }
        Ok(Self { written: facts.modified().ok(), ..Self::from_bytes(path, memory) })
    }

    /// A source from bytes already in memory (stdin, tests, text embedded in another file).
    pub fn from_bytes(path: impl Into<PathBuf>, bytes: Vec<u8>) -> Self {
        let (path, size) = (path.into(), bytes.len() as u32);
        let (text, encoding) = decode(&path, bytes);
        let (lines, disk_lines) = Default::default();
        Self { path, text: text.into(), encoding, size, written: None, lines, disk_lines }
    }

    /// Gives the memory of the text back, where the text can be read again when somebody asks for it: most files of a large
    /// folder have no finding that shows a part of them.
    pub fn let_go(&mut self) -> Option<String> {
        let as_on_disk = matches!(self.encoding, Encoding::Utf8 | Encoding::Utf8Bom);
        if self.written.is_some() && as_on_disk { self.text.take() } else { None }
    }

    /// Keeps no more memory than the text needs.
    pub fn shrink(&mut self) {
        if let Some(text) = self.text.get_mut() {
            text.shrink_to_fit();
        }
    }

    /// The text that was let go; empty when the file is another one by now.
    fn again(&self) -> String {
        let read = || {
            let mut file = File::open(&self.path).ok()?;
            let facts = file.metadata().ok()?;
            let same = facts.len() == u64::from(self.size) && facts.modified().ok() == self.written;
            let mut text = String::new();
            (same && file.read_to_string(&mut text).ok()? == self.size as usize).then_some(text)
        };
        read().unwrap_or_default()
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

    /// The whole text, the byte-order mark of UTF-8 included.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| self.again())
    }

    /// How the bytes became text.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The text under a span; empty when the span does not lie on character boundaries of this text.
    pub fn slice(&self, span: Span) -> &str {
        self.text().get(span.range()).unwrap_or_default()
    }

    /// Line, column and offset on disk of an offset in the text. Offsets beyond the end give the end.
    pub fn place(&self, offset: u32) -> Place {
        let offset = (offset as usize).min(self.text().len());
        let line = self.line_of(offset);
        let start = self.line_starts()[line] as usize;
        let before = self.text().get(start..offset).unwrap_or_default();
        let marks = usize::from(start == 0 && before.starts_with('\u{feff}'));
        let column = before.chars().count() - marks + 1;
        Place { line: line as u32 + 1, column: column as u32, offset: self.on_disk(line, before, offset) }
    }

    /// The offset in the file of an offset in the text, where `before` is what stands in front of it in its line.
    fn on_disk(&self, line: usize, before: &str, offset: usize) -> u32 {
        if self.encoding.keeps_offsets() {
            return offset as u32;
        }
        let start = self.disk_lines().get(line).copied().unwrap_or(self.size);
        (start + self.width(before)).min(self.size)
    }

    fn width(&self, text: &str) -> u32 {
        text.chars().map(|letter| self.encoding.width(letter) as u32).sum()
    }

    fn disk_lines(&self) -> &[u32] {
        self.disk_lines.get_or_init(|| {
            let mut at = self.encoding.head() as u32;
            let end_of = |line| {
                let start = at;
                at += self.width(line);
                start
            };
            let mut starts: Vec<u32> = self.text().split_inclusive('\n').map(end_of).collect();
            starts.push(at);
            starts
        })
    }

    /// Index (from 0) of the line that holds a byte offset.
    pub fn line_of(&self, offset: usize) -> usize {
        self.line_starts().partition_point(|&start| start as usize <= offset).saturating_sub(1)
    }

    /// Span of a line (index from 0) without its line end.
    pub fn line_span(&self, line: usize) -> Span {
        let starts = self.line_starts();
        let start = starts.get(line).copied().unwrap_or(self.text().len() as u32);
        let end = starts.get(line + 1).copied().unwrap_or(self.text().len() as u32);
        let kept = self.text().get(start as usize..end as usize).unwrap_or_default();
        Span::new(start, start + kept.trim_end_matches(['\r', '\n']).len() as u32)
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let after = memchr::memchr_iter(b'\n', self.text().as_bytes()).map(|at| at as u32 + 1);
            std::iter::once(0).chain(after).collect()
        })
    }
}

/// Reads until the memory is full or the file ends, and tells how much that was.
fn filled(file: &mut File, memory: &mut [u8]) -> std::io::Result<usize> {
    let mut at = 0;
    while at < memory.len() {
        match file.read(&mut memory[at..]) {
            Ok(0) => break,
            Ok(count) => at += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(at)
}

/// The text of a small plain file; `None` for a larger one, for one that is no UTF-8, and for a pipe, which would never end.
pub fn small_text(path: &Path, limit: u64) -> Option<String> {
    let facts = std::fs::metadata(path).ok()?;
    (facts.is_file() && facts.len() <= limit).then(|| std::fs::read_to_string(path).ok()).flatten()
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
    fn a_text_that_was_let_go_comes_back_while_the_file_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.json");
        for text in ["{}\n{\"a\": 1}", "\u{feff}{\"\u{e9}\": 1}"] {
            std::fs::write(&path, text).unwrap();
            let mut source = Source::read(&path).unwrap();
            let memory = source.let_go().unwrap();
            assert_eq!(memory, text);
            assert_eq!(source.text(), text);
            assert!(source.let_go().is_some());
            std::fs::write(&path, "{\"another\": [1, 2, 3, 4]}").unwrap();
            assert_eq!(source.text(), "");
            assert_eq!(source.place(5).line, 1);
        }
        assert!(Source::from_text("a.json", "{}").let_go().is_none());
        std::fs::write(&path, b"\xff{}").unwrap();
        assert!(Source::read(&path).unwrap().let_go().is_none());
    }

    #[test]
    fn offsets_are_those_of_the_file() {
        let text = "echo \u{e9}\u{1f389}\r\nrem \u{4e2d}\r\npython main.py";
        let at = text.find("main").unwrap() as u32;
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let source = Source::from_bytes("a.ps1", [&b"\xff\xfe"[..], &little].concat());
        let units = text[..at as usize].encode_utf16().count() as u32;
        assert_eq!(source.place(at), Place { line: 3, column: 8, offset: 2 + 2 * units });
        assert_eq!(source.place(9999).offset, 2 + 2 * text.encode_utf16().count() as u32);

        let bytes = b"chcp 932\r\nrem \x83\x5c\xb1\r\npython main.py";
        let source = Source::from_bytes("a.bat", bytes.to_vec());
        let at = source.text().find("main").unwrap() as u32;
        let on_disk = bytes.windows(4).position(|four| four == b"main").unwrap() as u32;
        assert_eq!(source.place(at), Place { line: 3, column: 8, offset: on_disk });
        assert!(at > on_disk);
    }
}
