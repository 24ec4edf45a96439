//! Windows batch files, read as cmd reads them.
//!
//! Followed: percent expansion with the values from before the statement (a whole block is one statement), carets and
//! continuation lines, quotes, operators, redirections, blocks, `if`, `for`, labels and forward jumps, `call`, `start`, one
//! level of `cmd /c`. `&&` is the normal path; what follows `||` is uncertain. Conditions are not evaluated. Not followed:
//! `endlocal` giving back old values, arithmetic, substrings (`%X:~1%`), and `!X!` in a loop or once its statement has set it:
//! they stay as written.

mod command;
mod flow;
mod header;
mod lexer;
mod set;
mod words;

use super::script::{Dialect, Script, Step};
use super::traced::{Byte, text_of};
use crate::span::Span;
use flow::Flow;
use header::{skip_condition, skip_loop, skip_separators};
use lexer::Lexer;

/// Reads a batch file. Every text gives a script; places that could not be followed are listed in it.
pub fn read(text: &str) -> Script {
    let mut reader = Reader::new(text);
    while reader.lexer.peek().is_some() {
        reader.step();
    }
    reader.finish()
}

/// How the commands being read are guarded.
#[derive(Clone, Copy, Debug, Default)]
struct Mode {
    uncertain: bool,
    looping: bool,
}

/// One level of parentheses.
#[derive(Clone, Copy, Debug)]
struct Level {
    opened: Span,
    /// Guards of the whole level.
    base: Mode,
    /// Guards of the rest of the line.
    line: Mode,
}

/// A variable that is set once the statement has ended.
struct Pending {
    name: String,
    bytes: Option<Vec<Byte>>,
    path: Option<u32>,
}

struct Reader<'a> {
    lexer: Lexer<'a>,
    flow: Flow,
    levels: Vec<Level>,
    pending: Vec<Pending>,
    /// A block was just closed: `else` may follow.
    after_block: bool,
    script: Script,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let outer = Level { opened: Span::default(), base: Mode::default(), line: Mode::default() };
        Self {
            lexer: Lexer::new(text),
            flow: Flow::new(text),
            levels: vec![outer],
            pending: Vec::new(),
            after_block: false,
            script: Script::new(Dialect::Batch),
        }
    }

    fn finish(mut self) -> Script {
        while self.levels.len() > 1 {
            if let Some(level) = self.levels.pop() {
                self.script.not_read(level.opened, "this block has no closing ')'");
            }
        }
        self.script
    }

    /// Reads one thing at the start of a command.
    fn step(&mut self) {
        skip_separators(&mut self.lexer, b" \t,;=@");
        let Some(byte) = self.lexer.peek() else { return };
        match byte.value {
            b'\n' => self.end_line(),
            b'(' if byte.live => self.open(byte),
            b')' if byte.live => self.close(),
            b'&' | b'|' if byte.live => self.operator(byte.value),
            b':' if byte.live => self.label(),
            _ => self.word(),
        }
    }

    fn end_line(&mut self) {
        self.lexer.next();
        self.after_block = false;
        let base = self.level().base;
        self.set_line(base);
        if self.levels.len() == 1 {
            self.end_statement();
        }
    }

    /// Only now does cmd expand anew, so only now do the assignments count.
    fn end_statement(&mut self) {
        for Pending { name, bytes, path } in self.pending.drain(..) {
            match bytes {
                Some(bytes) => self.lexer.variables.set(name, &bytes, path),
                None => self.lexer.variables.forget(&name),
            }
        }
        self.lexer.path = self.flow.path;
        self.lexer.statement();
    }

    fn open(&mut self, byte: Byte) {
        self.lexer.next();
        self.after_block = false;
        let line = self.level().line;
        self.levels.push(Level { opened: Span::new(byte.from, byte.till), base: line, line });
    }

    fn close(&mut self) {
        if self.levels.len() == 1 {
            // cmd ignores such a line.
            self.lexer.skip_line();
            return;
        }
        self.lexer.next();
        self.levels.pop();
        self.after_block = true;
        let line = self.level().line;
        self.set_line(line);
    }

    fn operator(&mut self, sign: u8) {
        self.lexer.next();
        let doubled = self.lexer.peek().is_some_and(|next| next.is_live(sign));
        if doubled {
            self.lexer.next();
        }
        if doubled && sign == b'|' {
            let line = Mode { uncertain: true, ..self.level().line };
            self.set_line(line);
        }
        self.after_block = false;
    }

    /// A label, or a comment written as one.
    fn label(&mut self) {
        let start = self.lexer.offset() as usize;
        self.lexer.skip_line();
        let line = self.lexer.written(start);
        if !line.starts_with("::") && self.levels.len() == 1 {
            self.flow.label(line);
        }
    }

    /// The first word of a command decides what follows.
    fn word(&mut self) {
        let head = self.head();
        let after_block = std::mem::take(&mut self.after_block);
        match text_of(&head).to_ascii_lowercase().as_str() {
            "rem" => self.lexer.skip_line(),
            "else" if after_block => {}
            "if" => {
                skip_condition(&mut self.lexer);
                let line = Mode { uncertain: true, ..self.level().line };
                self.set_line(line);
            }
            "for" => self.loop_head(&head),
            _ => self.simple(head),
        }
    }

    fn loop_head(&mut self, head: &[Byte]) {
        if !skip_loop(&mut self.lexer)
            && let Some(first) = head.first()
        {
            self.script.not_read(Span::new(first.from, first.till), "this 'for' has no 'do'");
        }
        self.set_line(Mode { uncertain: true, looping: true });
    }

    /// The bytes up to the end of the first word.
    fn head(&mut self) -> Vec<Byte> {
        let mut head = Vec::new();
        while let Some(byte) = self.lexer.peek() {
            let separates = byte.live && (byte.is_blank() || b",;=&|<>()\n".contains(&byte.value));
            if separates {
                break;
            }
            head.push(byte);
            self.lexer.next();
        }
        head
    }

    fn level(&self) -> Level {
        self.levels.last().copied().unwrap_or(Level {
            opened: Span::default(),
            base: Mode::default(),
            line: Mode::default(),
        })
    }

    fn set_line(&mut self, line: Mode) {
        self.lexer.looping = line.looping;
        if let Some(level) = self.levels.last_mut() {
            level.line = line;
        }
    }

    fn conditional(&self) -> bool {
        self.level().line.uncertain
    }

    fn certain(&self) -> bool {
        !self.conditional() && self.flow.certain()
    }

    fn push(&mut self, step: Step) {
        if self.flow.reachable() {
            self.script.steps.push(step);
        }
    }
}
