//! Windows batch files, read as cmd reads them.
//!
//! Followed: percent expansion with the values from before the statement (a whole block is one statement), delayed expansion,
//! `%X:a=b%` and `%X:~n,m%`, `set /a`, carets and continuation lines, quotes, operators, redirections, blocks, labels and forward
//! jumps, `call :label` with its arguments, `setlocal` and `endlocal`, `for` over a list that is written out, `if` where both
//! sides are known, `call`, `start`, one level of `cmd /c`. `&&` is the normal path; what follows `||` is uncertain. Jumps back
//! are not followed: what a loop changes is unknown at its label. Not followed: the arguments of the script, modifiers of names
//! that ask the file system (`%~dp0`), `for` over files or output. They stay as written.

mod arithmetic;
mod command;
mod flow;
mod guards;
mod header;
mod labels;
mod lexer;
mod lookup;
mod modify;
mod repeat;
mod scope;
mod set;
mod subroutine;
mod words;

use std::collections::HashSet;
use std::rc::Rc;

use super::route::Route;
use super::script::{Dialect, Script, Step};
use super::traced::{Byte, text_of};
use crate::span::Span;
use flow::{Flow, Passed};
use guards::{Level, Mode};
use header::{loop_head, skip_separators};
use labels::{Changed, Labels, label_name};
use lexer::Lexer;

/// Reads a batch file. Every text gives a script; places that could not be followed are listed in it.
pub fn read(text: &str) -> Script {
    read_on(text, Route::open())
}

/// Reads a batch file on a route.
pub(super) fn read_on(text: &str, route: Route) -> Script {
    let decided = route.decided();
    let mut reader = Reader::new(text, route);
    reader.run();
    reader.close_blocks();
    if !decided {
        reader.read_uncalled();
    }
    reader.script
}

/// What a statement does to the variables once it has ended.
enum Pending {
    Set {
        name: String,
        bytes: Option<Rc<[Byte]>>,
        path: Option<u32>,
    },
    /// `endlocal`: the variables of the `setlocal` before it.
    Restore(Box<super::traced::Variables>),
}

struct Reader<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    flow: Flow,
    levels: Vec<Level>,
    loops: Vec<repeat::Loop>,
    scopes: scope::Scopes,
    pending: Vec<Pending>,
    /// A block was just closed: `else` may follow.
    after_block: bool,
    /// Counts conditional branches and paths.
    branches: u32,
    /// Bytes that loops and called labels may still read again.
    budget: usize,
    /// Calls around the place that is read.
    depth: usize,
    /// Calls that were followed.
    calls: usize,
    /// Labels that were read because something called them.
    executed: HashSet<String>,
    /// Labels that only calls reach, as they were passed.
    skipped: Vec<String>,
    /// Bytes of loops that were searched for what they change.
    searched: usize,
    route: Route,
    script: Script,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, route: Route) -> Self {
        Self {
            text,
            lexer: Lexer::new(text),
            flow: Flow::new(Rc::new(Labels::new(text)), route.decided()),
            levels: vec![Level::outer(Mode::default())],
            loops: Vec::new(),
            scopes: scope::Scopes::default(),
            pending: Vec::new(),
            after_block: false,
            branches: 0,
            budget: 4 * text.len() + 4096,
            depth: 0,
            calls: 0,
            executed: HashSet::new(),
            skipped: Vec::new(),
            searched: 0,
            route,
            script: Script::new(Dialect::Batch),
        }
    }

    /// Reads up to the end of the text.
    fn run(&mut self) {
        while self.lexer.peek().is_some() || self.repeats() {
            self.step();
        }
        self.end_statement();
    }

    fn close_blocks(&mut self) {
        while self.levels.len() > 1 {
            if let Some(level) = self.levels.pop() {
                self.script.not_read(level.opened, "this block has no closing ')'");
            }
        }
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
        if self.repeats() {
            return;
        }
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
        self.commit();
        self.lexer.names.path = self.flow.path;
        self.lexer.statement();
    }

    fn commit(&mut self) {
        let variables = &mut self.lexer.names.variables;
        for pending in self.pending.drain(..) {
            match pending {
                Pending::Set { name, bytes: Some(bytes), path } => variables.set(name, &bytes, path),
                Pending::Set { name, bytes: None, .. } => variables.forget(&name),
                Pending::Restore(old) => *variables = *old,
            }
        }
    }

    fn open(&mut self, byte: Byte) {
        self.lexer.next();
        self.after_block = false;
        let line = self.level().line;
        self.levels.push(Level { opened: Span::new(byte.from, byte.till), ..Level::outer(line) });
    }

    fn close(&mut self) {
        if self.repeats() {
            return;
        }
        if self.levels.len() == 1 {
            // cmd ignores such a line.
            self.lexer.skip_line();
            return;
        }
        self.lexer.next();
        self.levels.pop();
        self.after_block = true;
        let Level { line, other, .. } = self.level();
        self.set_line(line);
        if let Some(level) = self.levels.last_mut() {
            level.other = other;
        }
    }

    fn operator(&mut self, sign: u8) {
        self.lexer.next();
        let doubled = self.lexer.peek().is_some_and(|next| next.is_live(sign));
        if doubled {
            self.lexer.next();
        }
        if doubled && sign == b'|' {
            let line = self.doubted(self.level().line);
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
            self.pass(&label_name(line), start);
        }
    }

    fn pass(&mut self, label: &str, at: usize) {
        self.branches += 1;
        if self.flow.label(label, self.branches) == Passed::Called {
            self.skipped.push(label.to_owned());
            return;
        }
        if self.depth > 0 {
            self.executed.insert(label.to_owned());
        }
        let labels = Rc::clone(&self.flow.labels);
        match labels.repeated(self.text, label, at, &mut self.searched) {
            Changed::All => self.lexer.names.variables.clear(),
            Changed::Names(names) => names.iter().for_each(|name| self.lexer.names.variables.forget(name)),
        }
    }

    /// The first word of a command decides what follows.
    fn word(&mut self) {
        let head = self.head();
        let after_block = std::mem::take(&mut self.after_block);
        match text_of(&head).to_ascii_lowercase().as_str() {
            "rem" => self.lexer.skip_line(),
            "else" if after_block => {
                let line = self.level().other.unwrap_or_else(|| self.doubted(self.level().line));
                self.set_line(line);
            }
            "if" => self.decide(),
            "for" => self.repeat(&head),
            _ => self.simple(head),
        }
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

    fn push(&mut self, step: Step) {
        if self.alive() {
            self.script.steps.push(step);
        }
    }
}
