//! PowerShell scripts, read as PowerShell reads them.
//!
//! Followed: `$env:X`, variables, arrays and `+=`, splatting, the call operator, strings of every kind, backticks,
//! `[Environment]::SetEnvironmentVariable`, `Set-Item Env:X`, `Start-Process`, `cmd /c`, `Invoke-Expression`. Commands in `if`,
//! loops, functions and script blocks are uncertain, those in `try` are not; conditions are not evaluated. Members, operators
//! beside `+` and `,`, and what commands return are not known. Hand-written: tree-sitter-powershell loses what follows a
//! backtick with a blank behind it, the commonest fault of all.

mod cmdlets;
mod command;
mod expand;
mod expression;
mod scan;
mod statement;

use super::script::{Assign, Dialect, Script, Step, Word};
use super::value::{Names, Text, Value};
use crate::span::Span;

/// Reads a PowerShell script. Every text gives a script; places that could not be followed are listed in it.
pub fn read(text: &str) -> Script {
    nested(text, 0)
}

/// Reads the text of an `Invoke-Expression`.
fn nested(text: &str, depth: usize) -> Script {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        depth,
        names: Names::default(),
        blocks: Vec::new(),
        script: Script::new(Dialect::PowerShell),
    };
    while reader.at < reader.bytes.len() {
        reader.statement();
    }
    reader.finish()
}

/// A block in braces.
struct Block {
    opened: usize,
    /// Not every run takes it.
    conditional: bool,
    /// The body of a `switch`: words in front of braces are patterns.
    patterns: bool,
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// How many `Invoke-Expression` are around this text.
    depth: usize,
    names: Names,
    blocks: Vec<Block>,
    script: Script,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Skips blanks, comments and continued line ends.
    fn blanks(&mut self) {
        loop {
            if let Some(end) = scan::comment(self.bytes, self.at) {
                self.at = end;
            } else if let Some(length) = scan::continuation(self.bytes, self.at) {
                self.at += length;
            } else if matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Skips line ends as well.
    fn space(&mut self) {
        self.blanks();
        while self.peek() == Some(b'\n') {
            self.at += 1;
            self.blanks();
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(start as u32, end.max(start) as u32)
    }

    /// The text from `start` to here without blanks at its end.
    fn since(&self, start: usize) -> Span {
        let piece = self.text.get(start..self.at).unwrap_or_default();
        self.span(start, start + piece.trim_end().len())
    }

    /// Records an assignment and keeps its value; `name` is where its name is written.
    fn assign(&mut self, name: Word, value: Value, span: Span, environment: bool) {
        let key = if environment { format!("env:{}", name.text) } else { name.text.clone() }.to_lowercase();
        let word = value.clone().joined(span).word();
        self.names.set(&key, value);
        self.push_assign(name, word, span, environment);
    }

    fn push_assign(&mut self, name: Word, value: Word, span: Span, exported: bool) {
        let certain = self.names.certain();
        self.script.steps.push(Step::Assign(Assign { name, value, span, certain, exported, quoted: false }));
    }

    /// The value of a variable; unknown text when the script has not set it.
    fn variable(&mut self, key: &str, place: Span) -> Value {
        let unknown = || Value::text(Text::unknown(self.text, place));
        self.names.get(key).unwrap_or_else(unknown)
    }

    fn open(&mut self, conditional: bool, patterns: bool) {
        self.blocks.push(Block { opened: self.at, conditional, patterns });
        self.at += 1;
        if conditional {
            self.names.open();
        }
    }

    fn close(&mut self) {
        self.at += 1;
        if self.blocks.pop().is_some_and(|block| block.conditional) {
            self.names.close();
        }
    }

    fn finish(mut self) -> Script {
        for block in &self.blocks {
            let place = Span::new(block.opened as u32, block.opened as u32 + 1);
            self.script.not_read(place, "this block is not closed");
        }
        self.script
    }
}
