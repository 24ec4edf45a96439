//! What guards the commands of a batch file: conditions, blocks, loops.

use super::super::route::Branch;
use super::Reader;
use super::header::condition;
use crate::span::Span;

/// How the commands being read are guarded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mode {
    pub uncertain: bool,
    pub looping: bool,
    /// In a loop that runs nobody knows how often.
    pub lost: bool,
    /// No run takes them.
    pub dead: bool,
    /// The conditional branch; 0 outside of any.
    pub branch: u32,
    /// The condition that holds here.
    pub inside: Option<u32>,
}

/// One level of parentheses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    pub opened: Span,
    /// Guards of the whole level.
    pub base: Mode,
    /// Guards of the rest of the line.
    pub line: Mode,
    /// Guards of an `else`.
    pub other: Option<Mode>,
}

impl Reader<'_> {
    /// An `if`: what is guarded by a condition that is known is taken always or never.
    pub(super) fn decide(&mut self) {
        let start = self.lexer.offset();
        let found = condition(&mut self.lexer);
        let (inside, found) = self.chosen(start, found);
        let (line, dead) = (self.level().line, Mode { dead: true, ..self.level().line });
        let (then, other) = match found {
            Some(true) => (Mode { inside, ..line }, dead),
            Some(false) => (dead, line),
            None => (Mode { inside, ..self.doubted(line) }, self.doubted(line)),
        };
        self.set_line(then);
        if let Some(level) = self.levels.last_mut() {
            level.other = Some(other);
        }
    }

    /// Where the script does not say whether a condition holds, the route may. With the start of the branch.
    pub(super) fn chosen(&mut self, start: u32, found: Option<bool>) -> (Option<u32>, Option<bool>) {
        let outer = self.level().line.inside;
        let written = self.lexer.between(start, self.lexer.offset());
        let (from, text) = (start + (written.len() - written.trim_start().len()) as u32, written.trim());
        let at = Span::new(from, from + text.len() as u32);
        if found.is_some() || !self.alive() || !self.script.branch(Branch::on(at, text, from, outer)) {
            return (outer, found);
        }
        (Some(from), self.route.takes(from))
    }

    /// The mode of a branch of its own that not every run takes.
    pub(super) fn doubted(&mut self, line: Mode) -> Mode {
        self.branches += 1;
        Mode { uncertain: true, branch: self.branches, ..line }
    }

    pub(super) fn level(&self) -> Level {
        self.levels.last().copied().unwrap_or(Level::outer(Mode::default()))
    }

    pub(super) fn set_line(&mut self, line: Mode) {
        self.lexer.looping = line.looping;
        (self.lexer.names.lost, self.lexer.names.branch) = (line.lost, line.branch);
        if let Some(level) = self.levels.last_mut() {
            (level.line, level.other) = (line, None);
        }
    }

    /// True when some run takes the command that is read.
    pub(super) fn alive(&self) -> bool {
        self.flow.reachable() && !self.level().line.dead
    }

    pub(super) fn conditional(&self) -> bool {
        self.level().line.uncertain
    }

    pub(super) fn certain(&self) -> bool {
        !self.conditional() && self.flow.certain()
    }
}

impl Level {
    /// A level whose guards are those around it.
    pub fn outer(base: Mode) -> Self {
        Self { opened: Span::default(), base, line: base, other: None }
    }
}
