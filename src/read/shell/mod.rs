//! Shell scripts (POSIX and bash), structured by tree-sitter, expanded here.
//!
//! Followed: assignments, `export`, arrays, `${X:-default}`, word splitting, prefix assignments and `env`, `exec`, `nohup`,
//! lists, pipelines, redirections. Commands in `if`, loops, `case`, functions and behind `||` (or `&&` after a test) are
//! uncertain; conditions are not evaluated and functions not called. Assignments in a subshell are taken as lasting.

mod command;
mod expand;
mod walk;

use std::cell::Cell;
use std::ops::ControlFlow;

use tree_sitter::{Language, ParseOptions, ParseState, Parser, Tree};

use super::embedded;
use super::script::{Dialect, Script, Step};
use super::traced::Byte;
use crate::span::Span;

/// Largest script that is read, in bytes.
pub(super) const MAX_BYTES: usize = 2 << 20;

/// Bytes that the parser gets at a time. Its scanner may look ahead to the end of the text from every place (`a=(a=(a=(`), which
/// only the number of chunks tells.
const CHUNK: usize = 512;

/// What the parser may do: a fixed effort per byte, so that no text takes for ever and the answer does not depend on the machine.
/// Ordinary scripts need one call of the progress function for 100 bytes and read each chunk a few times.
struct Effort {
    calls: Cell<usize>,
    chunks: Cell<usize>,
}

impl Effort {
    fn new(length: usize) -> Self {
        Self { calls: Cell::new(length / 40 + 2_000), chunks: Cell::new(32 * (length / CHUNK) + 2_000) }
    }

    fn call(&self) -> ControlFlow<()> {
        self.calls.set(self.calls.get().saturating_sub(1));
        if self.calls.get() == 0 || self.chunks.get() == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn chunk<'t>(&self, bytes: &'t [u8], at: usize) -> &'t [u8] {
        self.chunks.set(self.chunks.get().saturating_sub(1));
        bytes.get(at..bytes.len().min(at + CHUNK)).unwrap_or_default()
    }
}

/// Reads a shell script. Every text gives a script; places that could not be followed are listed in it.
pub fn read(text: &str) -> Script {
    let whole = Span::new(0, text.len() as u32);
    let empty = |reason: &str| Script { unread: vec![(whole, reason.to_owned())], ..Script::new(Dialect::Shell) };
    if text.len() > MAX_BYTES {
        return empty("scripts beyond 2 MiB are not read");
    }
    match parse(text, &tree_sitter_bash::LANGUAGE.into()) {
        Some(tree) => walk::script(text, &tree),
        None => empty("this script is too tangled to be read"),
    }
}

/// Parses a text with limited effort; `None` when that does not suffice.
pub(super) fn parse(text: &str, language: &Language) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let effort = Effort::new(text.len());
    let mut progress = |_: &ParseState| effort.call();
    let options = ParseOptions::new().progress_callback(&mut progress);
    let bytes = plain(text);
    parser.parse_with_options(&mut |at, _| effort.chunk(&bytes, at), None, Some(options))
}

/// Reads a command line that another script holds; its steps lie where the bytes were written.
pub(super) fn read_traced(bytes: &[Byte], whole: Span) -> Vec<Step> {
    embedded::read(bytes, whole, read)
}

/// The text as the grammar gets it, byte for byte as long. Its scanner reads outside its tables on characters beyond ASCII (seen
/// as crashes with `{` and an emoji) and takes NUL for the end; to the shell the former are letters and the latter is nothing.
/// A carriage return that ends no line makes it skip a byte.
fn plain(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let mut next = b'\n';
    for byte in bytes.iter_mut().rev() {
        let written = *byte;
        *byte = match written {
            0 => b' ',
            b'\r' if next != b'\n' => b' ',
            0x80.. => b'x',
            _ => written,
        };
        next = written;
    }
    bytes
}
