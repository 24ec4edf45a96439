//! Values of a compose file after interpolation.

use super::super::piece;
use super::super::script::Word;
use super::super::traced::{Byte, closing, name_length, text_of, word_of};
use super::tree::{Id, Node, Tree};

/// Deepest nesting of `${X:-${Y:-z}}` that is followed.
const MAX_DEPTH: usize = 8;

/// `$$` is a dollar sign, `${X:-default}` the default; other variables come from the host and stay as written.
pub(super) fn interpolated(bytes: &[Byte]) -> Vec<Byte> {
    let mut found = Vec::with_capacity(bytes.len());
    interpolate(bytes, &mut found, 0);
    found
}

fn interpolate(bytes: &[Byte], found: &mut Vec<Byte>, depth: usize) {
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let next = bytes.get(index + 1).map_or(0, |next| next.value);
        let end = match next {
            _ if byte.value != b'$' => index,
            b'{' => closing(bytes, index + 1),
            _ => index + 1 + name_length(&bytes[index + 1..]),
        };
        if byte.value == b'$' && next == b'$' {
            found.push(byte);
            index += 2;
        } else if end > index + 1 {
            variable(&bytes[index..end], found, depth);
            index = end;
        } else {
            found.push(byte);
            index += 1;
        }
    }
}

fn variable(written: &[Byte], found: &mut Vec<Byte>, depth: usize) {
    let from = found.len();
    match default(written).filter(|_| depth < MAX_DEPTH) {
        Some(default) => interpolate(default, found, depth + 1),
        None => found.extend_from_slice(written),
    }
    found[from..].iter_mut().for_each(|byte| byte.unknown = true);
}

/// The default in `${X:-default}`, `${X-default}`.
fn default(written: &[Byte]) -> Option<&[Byte]> {
    let closed = written[1].value == b'{' && written.last()?.value == b'}';
    let body = written.get(2..written.len() - 1).filter(|_| closed)?;
    let rest = &body[name_length(body)..];
    let rest = if rest.first()?.value == b':' { &rest[1..] } else { rest };
    (rest.first()?.value == b'-').then_some(&rest[1..])
}

/// A scalar as a word.
pub(super) fn word(tree: &Tree, id: Id) -> Option<Word> {
    let (bytes, span) = tree.scalar(id)?;
    Some(word_of(&interpolated(bytes), span.start))
}

/// The text of a scalar for comparisons.
pub(super) fn text(tree: &Tree, id: Id) -> String {
    tree.scalar(id).map(|(bytes, _)| text_of(bytes)).unwrap_or_default()
}

/// Arguments given as a list or as text.
pub(super) fn arguments(tree: &Tree, id: Id) -> Vec<Vec<Byte>> {
    match tree.node(id) {
        Some(Node::List(list)) => {
            list.iter().filter_map(|&item| tree.scalar(item)).map(|(bytes, _)| interpolated(bytes)).collect()
        }
        _ => tree.scalar(id).map(|(bytes, _)| piece::split(&interpolated(bytes))).unwrap_or_default(),
    }
}
