//! `setlocal` and `endlocal`: variables that are given back.

use super::super::script::{Command, Step, Word};
use super::super::traced::Variables;
use super::{Pending, Reader};
use crate::span::Span;

/// Most scopes around each other: cmd allows as many.
const MAX_SCOPES: usize = 32;

/// Most scopes of one script whose variables are kept.
const MAX_KEPT: usize = 256;

/// What `setlocal` has put aside.
#[derive(Default)]
pub(super) struct Scopes {
    /// Variables (`None`: too many scopes to keep them all) and whether delayed expansion was on.
    open: Vec<(Option<Variables>, bool)>,
    kept: usize,
    /// Some run does not take a `setlocal` or `endlocal`: nobody knows which scope is open.
    lost: bool,
}

impl Scopes {
    pub fn depth(&self) -> usize {
        self.open.len()
    }
}

impl Reader<'_> {
    /// `setlocal`.
    pub(super) fn set_local(&mut self, options: &str) {
        let delayed = self.lexer.delayed;
        if options.contains("enabledelayedexpansion") {
            self.lexer.delayed = true;
        } else if options.contains("disabledelayedexpansion") {
            self.lexer.delayed = false;
        }
        self.scopes.lost |= self.conditional();
        if self.scopes.lost || self.scopes.depth() >= MAX_SCOPES {
            return;
        }
        // What this statement has set is set when it ends; a scope that begins behind it would lose it.
        let keep = self.pending.is_empty() && self.scopes.kept < MAX_KEPT;
        self.scopes.kept += 1;
        self.scopes.open.push((keep.then(|| self.lexer.names.variables.clone()), delayed));
    }

    /// `endlocal`.
    pub(super) fn end_local(&mut self) {
        self.scopes.lost |= self.conditional();
        if self.scopes.lost {
            self.restore(None);
        } else if let Some(scope) = self.scopes.open.pop() {
            self.leave(scope);
        }
    }

    fn leave(&mut self, (variables, delayed): (Option<Variables>, bool)) {
        self.lexer.delayed = delayed;
        self.restore(variables.filter(|_| !self.scopes.lost));
    }

    fn restore(&mut self, variables: Option<Variables>) {
        self.lexer.names.restore();
        self.pending.push(Pending::Restore(Box::new(variables.unwrap_or_default())));
    }

    /// The end of a called label closes the scopes that it has opened. The facts see it as the command it stands for.
    pub(super) fn end_scopes(&mut self, depth: usize, place: Span) {
        while self.scopes.depth() > depth
            && let Some(scope) = self.scopes.open.pop()
        {
            self.leave(scope);
            let text = "endlocal".to_owned();
            let word = Word { at: vec![place.start; text.len()], text, span: place, known: true };
            let certain = self.certain();
            self.push(Step::Command(Command { env: Vec::new(), words: vec![word], span: place, certain }));
        }
    }
}
