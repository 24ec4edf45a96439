//! Line ends within a word. A backslash and the line end behind it vanish without a trace, so `--a\` above `--b` is one word;
//! the grammar takes them for a blank.

use tree_sitter::Tree;

use crate::span::Span;

/// What stands on both sides of a word.
const BOUNDS: &[u8] = b" \t\r\n;&|<>()";

/// The backslashes with their line ends that are nothing but parts of a word, in order.
pub(super) fn line_ends(text: &str, tree: &Tree) -> Vec<Span> {
    let bytes = text.as_bytes();
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = memchr::memmem::find(&bytes[from..], b"\\\n").map(|at| from + at) {
        from = at + 2;
        while bytes[from..].starts_with(b"\\\n") {
            from += 2;
        }
        if in_word(bytes, at, from) && between_tokens(tree, at) {
            found.push(Span::new(at as u32, from as u32));
        }
    }
    found
}

/// Letters of words stand on both sides, and the first backslash is not escaped itself.
fn in_word(bytes: &[u8], start: usize, end: usize) -> bool {
    let letter = |byte: Option<&u8>| byte.is_some_and(|byte| !BOUNDS.contains(byte));
    let escapes = bytes[..start].iter().rev().take_while(|byte| **byte == b'\\').count();
    letter(bytes[..start].last()) && letter(bytes.get(end)) && escapes % 2 == 0
}

/// The grammar sees two tokens there; not a comment, nor a text in quotes or in a here-document.
fn between_tokens(tree: &Tree, at: usize) -> bool {
    let node = tree.root_node().descendant_for_byte_range(at, at + 1);
    node.is_some_and(|node| node.child_count() > 0 && !matches!(node.kind(), "string" | "heredoc_body"))
}
