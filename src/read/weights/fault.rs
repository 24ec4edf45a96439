//! What can be wrong with a model file.

use std::fmt;

/// How much of a file's beginning is looked at to tell what it is.
pub(super) const HEAD: u64 = 512;

/// A fault of a model file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing in it.
    Empty,
    /// A Git LFS pointer, with the size of the file that it stands for.
    LfsPointer {
        /// Bytes of the real file, when the pointer says so.
        size: Option<u64>,
    },
    /// A web page, or the message of a server, in place of the file.
    WebPage,
    /// The end is missing.
    Truncated {
        /// Bytes that the header promises.
        expected: u64,
    },
    /// There is more than the header promises.
    TooLong {
        /// Bytes that the header promises.
        expected: u64,
    },
    /// The header is no header, or contradicts itself.
    Broken(String),
    /// Larger than what is read here; the file may be in order.
    Limit(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(out, "it is empty"),
            Self::LfsPointer { size: Some(size) } => write!(out, "it is a Git LFS pointer to a file of {size} bytes"),
            Self::LfsPointer { size: None } => write!(out, "it is a Git LFS pointer"),
            Self::WebPage => write!(out, "it is a web page or the answer of a server"),
            Self::Truncated { expected } => write!(out, "its end is missing: the header promises {expected} bytes"),
            Self::TooLong { expected } => write!(out, "it goes on behind the {expected} bytes of its header's tensors"),
            Self::Broken(words) | Self::Limit(words) => write!(out, "{words}"),
        }
    }
}

/// Files that are no weights at all, by how they begin.
pub(super) fn impostor(head: &[u8], bytes: u64) -> Option<Fault> {
    if bytes == 0 {
        return Some(Fault::Empty);
    }
    if head.starts_with(b"version https://git-lfs.github.com/spec/") {
        let text = String::from_utf8_lossy(head);
        let size = text.lines().find_map(|line| line.strip_prefix("size ")?.trim().parse().ok());
        return Some(Fault::LfsPointer { size });
    }
    is_page(head).then_some(Fault::WebPage)
}

/// Markup, or a JSON answer such as `{"error":...}`: neither format begins so (safetensors has eight bytes of length first).
fn is_page(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    [&b"<!doctype"[..], b"<html", b"<?xml", b"<head", b"{\"error", b"{\"message", b"{\"detail", b"Invalid username or"]
        .iter()
        .any(|word| begins(word))
}

/// A zip as torch writes it, or a pickle stream of protocol 2 and later.
pub(super) fn is_pickle(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || matches!(head, [0x80, 2..=5, b'}' | b']' | b'c' | b'(' | b'.' | 0x8a | 0x95, ..])
}
