//! `call :label`: the label is read where it is called, with its arguments.

use std::rc::Rc;

use super::super::traced::{Byte, text_of};
use super::lookup::Arguments;
use super::{Level, Mode, Reader, label_name};
use crate::span::Span;

/// Most calls around each other that are followed.
const MAX_DEPTH: usize = 12;

/// Most calls of one script that are followed.
const MAX_CALLS: usize = 200;

impl Reader<'_> {
    /// Reads a label with `bytes` (everything behind its colon) as its arguments.
    pub(super) fn subroutine(&mut self, bytes: &[Byte], span: Span) {
        if !self.alive() {
            return;
        }
        let name: Vec<Byte> = bytes.iter().copied().take_while(|byte| !is_separator(byte)).collect();
        let label = label_name(&text_of(&name));
        let target = self.flow.labels.first(&label).filter(|_| name.iter().all(|byte| !byte.unknown));
        if name.iter().any(|byte| byte.unknown) {
            // Whatever is called may set anything.
            return self.forget_all();
        }
        let Some(target) = target else { return };
        if self.depth >= MAX_DEPTH || self.calls >= MAX_CALLS || self.budget == 0 {
            return self.forget_all();
        }
        let arguments = arguments(bytes.get(name.len()..).unwrap_or_default());
        self.enter(&label, target, arguments, span);
    }

    fn forget_all(&mut self) {
        self.lexer.names.restore();
        self.pending.push(super::Pending::Restore(Box::default()));
    }

    fn enter(&mut self, label: &str, target: usize, arguments: Option<Arguments>, span: Span) {
        self.executed.insert(label.to_owned());
        self.calls += 1;
        let before = self.lexer.names.frozen.take().unwrap_or_else(|| self.lexer.names.variables.clone());
        self.commit();
        let conditional = self.conditional();
        self.branches += u32::from(conditional);
        let path = if conditional { self.branches } else { self.flow.path };
        let inner = self.flow.inner(path);
        let mode = Mode { lost: self.level().line.lost, ..Mode::default() };
        let cursor = self.lexer.cursor.clone();
        let (looping, items) = (self.lexer.looping, std::mem::take(&mut self.lexer.names.items));
        let flow = std::mem::replace(&mut self.flow, inner);
        let levels = std::mem::replace(&mut self.levels, vec![Level::outer(mode)]);
        let loops = std::mem::take(&mut self.loops);
        let own = std::mem::replace(&mut self.lexer.names.arguments, arguments);
        let depth = self.scopes.depth();
        self.set_line(mode);
        let ended = self.body(target);
        self.end_scopes(depth, span);
        self.commit();
        (self.flow, self.levels, self.loops) = (flow, levels, loops);
        (self.lexer.cursor, self.lexer.names.items, self.lexer.names.arguments) = (cursor, items, own);
        let line = self.level().line;
        self.set_line(line);
        self.lexer.looping = looping;
        self.lexer.names.path = self.flow.path;
        self.lexer.statement();
        self.lexer.names.frozen = Some(before);
        if ended {
            self.flow.end(conditional);
        }
    }

    /// Reads from a label to the end of what it reaches. True when it ends the whole script.
    fn body(&mut self, target: usize) -> bool {
        self.depth += 1;
        self.lexer.jump(target);
        self.lexer.names.path = self.flow.path;
        self.lexer.statement();
        while !self.flow.over() && self.budget > 0 && (self.lexer.peek().is_some() || self.repeats()) {
            let before = self.lexer.position();
            self.step();
            self.budget = self.budget.saturating_sub(self.lexer.position().saturating_sub(before).max(1));
        }
        self.end_statement();
        self.depth -= 1;
        if self.budget == 0 {
            self.lexer.names.variables.clear();
        }
        self.flow.ended
    }

    /// Labels that some `call` names which itself was not reached: whoever reaches them, their values are not known.
    pub(super) fn read_uncalled(&mut self) {
        for label in std::mem::take(&mut self.skipped) {
            let Some(target) = self.flow.labels.first(&label).filter(|_| !self.executed.contains(&label)) else {
                continue;
            };
            self.executed.insert(label);
            self.lexer.names.variables.clear();
            self.branches += 1;
            self.flow = self.flow.inner(self.branches);
            self.levels = vec![Level::outer(Mode::default())];
            self.set_line(Mode::default());
            self.body(target);
        }
    }

    /// `shift`.
    pub(super) fn shift(&mut self, rest: &[Byte]) {
        let plain = rest.iter().all(|byte| byte.is_blank()) && !self.conditional();
        match &mut self.lexer.names.arguments {
            Some(arguments) if plain => arguments.shifted += 1,
            arguments => *arguments = None,
        }
    }
}

fn is_separator(byte: &Byte) -> bool {
    !byte.unknown && b" \t,;=".contains(&byte.value)
}

/// What stands behind the label. `call` expands it a second time, which is not followed: with signs that it would change,
/// and where blanks may come out of unknown values, nothing is known.
fn arguments(bytes: &[Byte]) -> Option<Arguments> {
    if bytes.iter().any(|byte| matches!(byte.value, b'%' | b'^') && !byte.unknown) {
        return None;
    }
    let blank = bytes.iter().take_while(|byte| is_separator(byte)).count();
    let (all, mut items, mut open, mut quoted) = (&bytes[blank..], Vec::new(), Vec::new(), false);
    for byte in all {
        quoted ^= byte.value == b'"' && !byte.unknown;
        if is_separator(byte) && !quoted {
            items.extend((!open.is_empty()).then(|| Rc::from(std::mem::take(&mut open))));
        } else {
            // One argument, or several: unless quotes keep it together.
            if byte.unknown && !quoted {
                return None;
            }
            open.push(*byte);
        }
    }
    items.extend((!open.is_empty()).then(|| Rc::from(open)));
    Some(Arguments { items, all: all.into(), shifted: 0 })
}
