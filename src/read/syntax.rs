//! Syntax trees of shell and Python, by tree-sitter.

use std::cell::Cell;
use std::ops::ControlFlow;

use tree_sitter::{Language, Node, ParseOptions, ParseState, Parser, Tree};

use crate::span::Span;

/// Largest text that is parsed, in bytes.
const MAX_BYTES: usize = 2 << 20;

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

/// Parses a text with limited effort.
///
/// # Errors
///
/// Why there is no tree: the text is longer than 2 MiB or the effort does not suffice.
pub(super) fn parse(text: &str, language: &Language) -> Result<Tree, &'static str> {
    parse_with(text, &[], language)
}

/// As [`parse`], with `letters` (in order) taken for parts of words, whatever stands there.
///
/// # Errors
///
/// As [`parse`].
pub(super) fn parse_with(text: &str, letters: &[Span], language: &Language) -> Result<Tree, &'static str> {
    if text.len() > MAX_BYTES {
        return Err("scripts beyond 2 MiB are not read");
    }
    let mut bytes = plain(text);
    for span in letters {
        bytes[span.range()].fill(b'x');
    }
    grow(&bytes, language).ok_or("this script is too tangled to be read")
}

fn grow(bytes: &[u8], language: &Language) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let effort = Effort::new(bytes.len());
    let mut progress = |_: &ParseState| effort.call();
    let options = ParseOptions::new().progress_callback(&mut progress);
    parser.parse_with_options(&mut |at, _| effort.chunk(bytes, at), None, Some(options))
}

/// A node's place.
pub(super) fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte() as u32, node.end_byte() as u32)
}

/// The kind of the smallest node that begins at an offset and holds the byte there.
pub(super) fn kind_at(tree: &Tree, at: u32) -> Option<&'static str> {
    let at = at as usize;
    let node = tree.root_node().descendant_for_byte_range(at, at + 1)?;
    (node.start_byte() == at).then(|| node.kind())
}

/// The text of a node.
pub(super) fn slice<'t>(text: &'t str, node: Node<'_>) -> &'t str {
    text.get(node.byte_range()).unwrap_or_default()
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
