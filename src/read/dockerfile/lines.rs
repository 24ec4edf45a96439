//! Instructions of a Dockerfile: continuation lines joined, comments between them and here-documents taken out.

use super::super::piece;
use super::super::traced::{Byte, text_of};
use crate::span::Span;

/// One instruction.
pub(super) struct Instruction {
    /// The keyword in capitals.
    pub name: String,
    /// Everything behind the keyword.
    pub rest: Vec<Byte>,
    /// From the keyword to the last byte, continuation lines included.
    pub span: Span,
}

/// The escape sign and all instructions of a file.
pub(super) fn instructions(text: &str) -> (u8, Vec<Instruction>) {
    let escape = escape(text);
    let (mut found, mut open, mut heredocs) = (Vec::new(), Vec::new(), Vec::<String>::new());
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let (from, end) = (start, start + line.trim_end().len());
        start += line.len();
        if let Some(mark) = heredocs.first() {
            if line.trim() == mark {
                heredocs.remove(0);
            }
            continue;
        }
        let blank = line.trim().trim_start_matches('\u{feff}');
        if blank.starts_with('#') || (blank.is_empty() && !open.is_empty()) {
            continue;
        }
        let continued = text.as_bytes()[from..end].last() == Some(&escape);
        open.extend(piece::written(text, from, end - usize::from(continued)));
        if !continued {
            found.extend(instruction(&std::mem::take(&mut open), &mut heredocs));
        }
    }
    found.extend(instruction(&open, &mut heredocs));
    (escape, found)
}

/// The directive `# escape=` stands in the comments at the very top.
fn escape(text: &str) -> u8 {
    let directives = text.lines().map_while(|line| line.trim_start_matches('\u{feff}').trim().strip_prefix('#'));
    let values = directives.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.trim(), value.trim()));
    match values.filter(|(name, _)| name.eq_ignore_ascii_case("escape")).last() {
        Some((_, "`")) => b'`',
        _ => b'\\',
    }
}

fn instruction(bytes: &[Byte], heredocs: &mut Vec<String>) -> Option<Instruction> {
    let mark = ['\u{feff}'; 1].iter().collect::<String>();
    let skipped = if text_of(&bytes[..bytes.len().min(3)]) == mark { 3 } else { 0 };
    let bytes = piece::trim(&bytes[skipped..]);
    let length = bytes.iter().take_while(|byte| byte.value.is_ascii_alphabetic()).count();
    let (first, last) = (bytes.first()?, bytes.last()?);
    let name = text_of(&bytes[..length]).to_ascii_uppercase();
    let rest = piece::trim(&bytes[length..]).to_vec();
    if matches!(name.as_str(), "RUN" | "COPY" | "ADD") {
        *heredocs = marks(&text_of(&rest));
    }
    Some(Instruction { name, rest, span: Span::new(first.at, last.at + 1) })
}

/// The ends of the here-documents that a line opens: `<<EOF`, `<<-"EOF"`.
fn marks(line: &str) -> Vec<String> {
    let mark = |rest: &str| {
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        let rest = rest.trim_start_matches(['"', '\'']);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest.get(..end)
            .filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
            .map(str::to_owned)
    };
    // `<<<` is a here-string.
    let after = line.split("<<").skip(1).filter(|rest| !rest.starts_with('<'));
    after.take(16).filter_map(mark).collect()
}
