//! Cells become one Python text; lines of IPython become `pass` with the line as its comment.

use std::collections::HashMap;

use crate::read::python::{Magic, MagicKind};
use crate::read::traced::Byte;
use crate::span::Span;

/// Cell magics that run the cell as Python all the same.
const TRANSPARENT: [&str; 5] = ["time", "timeit", "capture", "prun", "memit"];

/// Cell magics that hand the cell to a shell.
const SHELLS: [&str; 5] = ["bash", "sh", "shell", "script bash", "script sh"];

#[derive(Default)]
pub(super) struct Composer {
    out: Vec<Byte>,
    magics: HashMap<usize, Magic>,
}

impl Composer {
    /// The Python text with the origin of its bytes, and what its `pass` lines stand for.
    pub fn finish(self) -> (Vec<Byte>, HashMap<usize, Magic>) {
        (self.out, self.magics)
    }

    /// Adds a cell.
    pub fn cell(&mut self, source: &[Byte]) {
        let mut lines: Vec<&[Byte]> = source.split_inclusive(|byte| byte.value == b'\n').collect();
        let first = lines.iter().position(|line| !letters(line).trim().is_empty()).unwrap_or(lines.len());
        let head = lines.get(first).map(|line| letters(line)).unwrap_or_default();
        if let Some(magic) = head.strip_prefix("%%") {
            let magic = magic.trim();
            if SHELLS.iter().any(|shell| magic == *shell || magic.starts_with(&format!("{shell} "))) {
                return self.magic(&[], &lines[first + 1..], 0, MagicKind::Shell);
            }
            if !TRANSPARENT.iter().any(|name| magic == *name || magic.starts_with(&format!("{name} "))) {
                return;
            }
            lines.drain(..=first);
        }
        self.lines(&lines);
    }

    fn lines(&mut self, lines: &[&[Byte]]) {
        let mut index = 0;
        while let Some(line) = lines.get(index) {
            let Some((indent, from, kind)) = magic(line) else {
                self.out.extend_from_slice(line);
                index += 1;
                continue;
            };
            let continued =
                lines[index..].iter().take_while(|line| letters(line).trim_end_matches(['\n', '\r']).ends_with('\\'));
            let end = (index + continued.count() + 1).min(lines.len());
            self.magic(&line[..indent], &lines[index..end], from, kind);
            index = end;
        }
        self.end_line();
    }

    fn end_line(&mut self) {
        let last = self.out.last().copied();
        if let Some(last) = last.filter(|last| last.value != b'\n') {
            self.out.push(Byte { value: b'\n', ..last });
        }
    }

    /// `pass#` and the lines as comments; the magic's own text begins at `from` in the first one.
    fn magic(&mut self, indent: &[Byte], lines: &[&[Byte]], from: usize, kind: MagicKind) {
        let Some(origin) = lines.first().and_then(|line| line.first()).copied() else { return };
        self.end_line();
        self.out.extend_from_slice(indent);
        let at = self.out.len();
        let made = |value: u8| Byte { value, ..origin };
        self.out.extend(b"pass".iter().map(|&value| made(value)));
        let mut bytes = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            self.out.push(made(b'#'));
            for byte in line.iter().skip(if index == 0 { from } else { 0 }) {
                bytes.push(Byte::written(byte.value, self.out.len()));
                self.out.push(*byte);
            }
        }
        self.end_line();
        let end = bytes.iter().rposition(|byte| !byte.value.is_ascii_whitespace()).map_or(0, |last| last + 1);
        bytes.truncate(end);
        if let (Some(first), Some(last)) = (bytes.first(), bytes.last()) {
            let span = Span::new(first.at, last.at + 1);
            self.magics.insert(at, Magic { bytes, kind, span });
        }
    }
}

/// Indent, start of the text behind the sign, and kind of a line of IPython. Magics that mean nothing here keep nothing.
fn magic(line: &[Byte]) -> Option<(usize, usize, MagicKind)> {
    let text = letters(line);
    let body = text.trim_start_matches([' ', '\t']);
    let indent = text.len() - body.len();
    if body.starts_with('!') {
        return Some((indent, text.len() - body.trim_start_matches('!').len(), MagicKind::Shell));
    }
    if let Some(name) =
        body.strip_prefix('%').filter(|rest| rest.starts_with(|first: char| first.is_ascii_alphabetic()))
    {
        let (word, rest) = name.split_once([' ', '\t']).unwrap_or((name.trim_end(), ""));
        let value = text.len() - rest.trim_start().len();
        return Some(match word {
            "env" | "set_env" => (indent, value, MagicKind::Env),
            "cd" => (indent, indent + 1, MagicKind::Command),
            "run" => (indent, value, MagicKind::Command),
            "sx" | "system" => (indent, value, MagicKind::Shell),
            _ => (indent, text.len(), MagicKind::Command),
        });
    }
    let (name, _) = body.split_once("= !")?;
    let plain = name.trim().chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    (plain && !name.trim().is_empty()).then_some((indent, indent + name.len() + 3, MagicKind::Shell))
}

/// The line as text, one letter for each byte.
fn letters(line: &[Byte]) -> String {
    line.iter().map(|byte| if byte.value.is_ascii() { byte.value as char } else { 'x' }).collect()
}
