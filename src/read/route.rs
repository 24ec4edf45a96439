//! The branches of a script, and which of them a reading takes.

use std::collections::BTreeSet;

use crate::span::Span;

/// Most branches of one script that are told apart.
pub const MAX_BRANCHES: usize = 200;

/// Longest condition that is kept as text, in bytes.
const MAX_TEXT: usize = 80;

/// A part of a script that not every run takes: what an `if`, `elif`, `else`, a case or a test before `&&` guards. Loops and
/// functions are none: how often they run is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Where its condition is written; for `else` that word. The start tells it from other branches.
    pub at: Span,
    /// The same for all branches of one `if` or `case`, of which a run takes one at most.
    pub fork: u32,
    /// The start of the branch around it.
    pub inside: Option<u32>,
    /// The condition as written, on one line; empty for `else`, and when it is long.
    pub text: String,
    /// It is taken when the condition does not hold, or no other branch of its fork is taken.
    pub otherwise: bool,
}

impl Branch {
    /// A branch with the condition written at `at`.
    pub fn on(at: Span, text: &str, fork: u32, inside: Option<u32>) -> Self {
        Self { at, fork, inside, text: one_line(text), otherwise: false }
    }

    /// The branch that is taken otherwise.
    pub fn otherwise(at: Span, text: &str, fork: u32, inside: Option<u32>) -> Self {
        Self { otherwise: true, ..Self::on(at, text, fork, inside) }
    }
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.len() > MAX_TEXT { String::new() } else { line }
}

/// The entry to a part of a script that not every run takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Door {
    /// The start of the branch, when it is one that a route may choose.
    pub branch: Option<u32>,
    /// The route takes it.
    pub sure: bool,
}

impl Door {
    /// The entry to a part that some runs take, and nobody asks which.
    pub const UNASKED: Self = Self { branch: None, sure: false };
}

/// Which branches a reading takes.
#[derive(Clone, Debug, Default)]
pub struct Route(Option<BTreeSet<u32>>);

impl Route {
    /// Every branch may be taken or not: what stands in one is only possible.
    pub fn open() -> Self {
        Self(None)
    }

    /// Exactly the branches with these starts are taken; the others are left out as if they were not written.
    pub fn taking(branches: BTreeSet<u32>) -> Self {
        Self(Some(branches))
    }

    /// True when it is decided which branches are taken.
    pub(super) fn decided(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the branch that starts there is taken; `None` on the open route.
    pub(super) fn takes(&self, branch: u32) -> Option<bool> {
        self.0.as_ref().map(|taken| taken.contains(&branch))
    }
}
