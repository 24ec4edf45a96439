//! `for`: a loop over a list that is written out is read once for each item.

use std::rc::Rc;

use super::super::traced::Byte;
use super::{Mode, Reader, loop_head};
use crate::span::Span;

/// Most items of a loop that is followed.
pub(super) const MAX_ITEMS: usize = 32;

/// Most loops around each other that are followed.
const MAX_LOOPS: usize = 8;

/// A loop that is being read.
pub(super) struct Loop {
    /// Items that were not read yet, the next one last.
    rest: Vec<Rc<[Byte]>>,
    letter: u8,
    /// Where its body begins.
    body: usize,
    /// The level of parentheses that it stands in.
    level: usize,
    mode: Mode,
}

impl Reader<'_> {
    /// Reads the head of a `for`.
    pub(super) fn repeat(&mut self, word: &[Byte]) {
        let head = loop_head(&mut self.lexer);
        if !head.complete
            && let Some(first) = word.first()
        {
            self.script.not_read(Span::new(first.from, first.till), "this 'for' has no 'do'");
        }
        let line = self.level().line;
        let items = head.items().filter(|items| items.len() <= MAX_ITEMS && self.loops.len() < MAX_LOOPS && !line.lost);
        let Some((items, body)) = items.filter(|_| head.complete && self.alive()).zip(self.lexer.mark()) else {
            let mode = Mode { looping: true, lost: true, ..self.doubted(line) };
            return self.set_line(mode);
        };
        let mut rest: Vec<Rc<[Byte]>> = items.into_iter().rev().map(Rc::from).collect();
        let Some(first) = rest.pop() else { return self.set_line(Mode { looping: true, dead: true, ..line }) };
        let mode = Mode { looping: true, ..line };
        self.lexer.names.items.push((head.letter, first));
        self.loops.push(Loop { rest, letter: head.letter, body, level: self.levels.len(), mode });
        self.set_line(mode);
    }

    /// At the end of a loop's body: goes back to its beginning with the next item. False when no loop ends here.
    pub(super) fn repeats(&mut self) -> bool {
        while let Some(open) = self.loops.last_mut().filter(|open| open.level >= self.levels.len()) {
            self.lexer.names.items.pop();
            let cost = self.lexer.position().saturating_sub(open.body);
            let next = open.rest.pop();
            if let Some(item) = next.filter(|_| cost <= self.budget) {
                let (letter, body, mode) = (open.letter, open.body, open.mode);
                self.budget -= cost;
                self.lexer.names.items.push((letter, item));
                self.lexer.jump(body);
                self.after_block = false;
                self.set_line(mode);
                return true;
            }
            self.loops.pop();
        }
        false
    }
}
