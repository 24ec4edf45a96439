//! PowerShell scripts, read as PowerShell reads them.
//!
//! Followed: `$env:X`, variables, arrays and `+=`, splatting, the call operator, strings of every kind, backticks,
//! `[Environment]::SetEnvironmentVariable`, `Set-Item Env:X`, `Start-Process`, `cmd /c`, `Invoke-Expression`; functions, each
//! call with its arguments. Commands in `if`, loops, script blocks and functions that nothing calls are uncertain, those in `try`
//! are not; conditions are not evaluated. Members, operators beside `+` and `,`, and what commands return (but for `Join-Path`)
//! are not known. Hand-written: tree-sitter-powershell loses what follows a backtick with a blank behind it, the commonest fault
//! of all.

mod cmdlets;
mod command;
mod expand;
mod expression;
mod function;
mod scan;
mod statement;

use super::route::{Branch, Route};
use super::script::{Assign, Dialect, Script, Step, Word};
use super::value::{Names, Text, Value};
use crate::span::Span;

/// Reads a PowerShell script. Every text gives a script; places that could not be followed are listed in it.
pub fn read(text: &str) -> Script {
    nested(text, 0)
}

/// True when a comment begins at an offset, and not a text that begins like one.
pub(super) fn comment_at(text: &str, at: u32) -> bool {
    let (bytes, end) = (text.as_bytes(), at as usize);
    let mut at = 0;
    while at < end {
        at = match bytes[at] {
            b'`' => at + 2,
            b'"' | b'\'' => scan::skip(bytes, at),
            _ => scan::here(bytes, at).map(|(_, _, end)| end).or_else(|| scan::comment(bytes, at)).unwrap_or(at + 1),
        };
    }
    at == end && scan::comment(bytes, at).is_some()
}

/// Reads a script on a route.
pub(super) fn read_on(text: &str, route: Route) -> Script {
    start(text, 0, route)
}

/// Reads the text of an `Invoke-Expression`.
fn nested(text: &str, depth: usize) -> Script {
    start(text, depth, Route::open())
}

fn start(text: &str, depth: usize, route: Route) -> Script {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        depth,
        names: Names::default(),
        blocks: Vec::new(),
        route,
        before: None,
        pattern: 0,
        functions: function::Functions::new(text),
        bound: None,
        calls: 0,
        script: Script::new(Dialect::PowerShell),
    };
    while reader.at < reader.bytes.len() {
        reader.statement();
    }
    reader.close_blocks();
    reader.uncalled();
    reader.script
}

/// A block in braces.
struct Block {
    opened: usize,
    /// Not every run takes it.
    conditional: bool,
    /// The branch that it is: its start and its fork.
    branch: Option<(u32, u32)>,
    /// The body of a `switch` on this value: words in front of braces are patterns.
    patterns: Option<Span>,
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// How many `Invoke-Expression` are around this text.
    depth: usize,
    names: Names,
    blocks: Vec<Block>,
    route: Route,
    /// The fork of the block that was just closed: `else` may follow.
    before: Option<u32>,
    /// Where the last statement began: in a `switch` that is the pattern of the block that follows.
    pattern: usize,
    functions: function::Functions,
    /// Arguments of the function whose parameters are read next; `None`: they are not known.
    bound: Option<function::Bound>,
    /// Calls around the place that is read.
    calls: usize,
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

    fn open(&mut self, conditional: bool, patterns: Option<Span>) {
        self.blocks.push(Block { opened: self.at, conditional, branch: None, patterns });
        self.at += 1;
        if conditional {
            self.names.open();
        }
    }

    /// The block of an `if`, `elseif` or `else`, which the route may leave out.
    fn arm(&mut self, branch: Branch) {
        let fork = branch.fork;
        let Some(door) = self.script.door(branch, &self.route) else {
            self.at = scan::skip(self.bytes, self.at);
            self.before = Some(fork);
            return;
        };
        self.open(!door.sure, None);
        if let Some(block) = self.blocks.last_mut() {
            block.branch = door.branch.map(|start| (start, fork));
        }
    }

    /// A block that no keyword introduces: one of a `switch`, or a script block.
    fn block(&mut self) {
        let Some((fork, subject)) = self.blocks.last().and_then(|block| Some((block.opened, block.patterns?))) else {
            return self.open(true, None);
        };
        let pattern = self.text.get(self.pattern..self.at).unwrap_or_default().trim_end();
        let at = self.span(self.pattern, self.pattern + pattern.len());
        let subject = self.text.get(subject.range()).unwrap_or_default();
        let inside = self.inside();
        self.arm(match pattern.eq_ignore_ascii_case("default") {
            true => Branch::otherwise(at, "", fork as u32, inside),
            false => Branch::on(at, &format!("{subject} is {pattern}"), fork as u32, inside),
        });
    }

    /// The branch around this place.
    fn inside(&self) -> Option<u32> {
        self.blocks.iter().rev().find_map(|block| block.branch).map(|(start, _)| start)
    }

    fn close(&mut self) {
        self.at += 1;
        let Some(block) = self.blocks.pop() else { return };
        self.before = block.branch.map(|(_, fork)| fork);
        if block.conditional {
            self.names.close();
        }
    }

    fn close_blocks(&mut self) {
        for block in std::mem::take(&mut self.blocks) {
            let place = Span::new(block.opened as u32, block.opened as u32 + 1);
            self.script.not_read(place, "this block is not closed");
            if block.conditional {
                self.names.close();
            }
        }
    }
}
