//! Which steps every run of a batch file takes: labels, `goto`, `exit`.
//!
//! Paths split at a conditional `goto` and wait at their label. A step is certain while no path waits elsewhere. Jumps back are
//! loops and change nothing (but see [`Labels::repeated`]), and a conditional `exit` (or `goto :eof`) is an error exit: what
//! follows is the normal path.

use std::collections::HashSet;
use std::rc::Rc;

use super::labels::{Labels, label_name};

/// Follows the jumps of one script, or of one called label, from top to bottom.
pub(super) struct Flow {
    pub labels: Rc<Labels>,
    /// Labels further down at which paths wait.
    waiting: HashSet<String>,
    reachable: bool,
    /// In code that only something unknown reaches.
    aside: bool,
    /// A jump went to a computed label: every later label may be reached by it.
    lost: bool,
    /// It is decided which jumps are taken.
    decided: bool,
    /// The call that led here is not taken by every run.
    outer: bool,
    /// `exit` ended the script, not only the label.
    pub ended: bool,
    /// Values set on an uncertain path are exact as long as this number stays.
    pub path: u32,
}

/// What a label means for the code behind it.
#[derive(PartialEq, Eq)]
pub(super) enum Passed {
    /// It is read on.
    Open,
    /// Only `call` reaches it, or nothing on this route: it is read where it is called.
    Called,
}

impl Flow {
    pub fn new(labels: Rc<Labels>, decided: bool) -> Self {
        Self {
            labels,
            waiting: HashSet::new(),
            reachable: true,
            aside: false,
            lost: false,
            decided,
            outer: false,
            ended: false,
            path: 0,
        }
    }

    /// The flow of a label that is called here. A conditional call is a path of its own.
    pub fn inner(&self, path: u32) -> Self {
        Self { outer: !self.certain() || path != self.path, path, ..Self::new(Rc::clone(&self.labels), self.decided) }
    }

    /// False between a jump that is always taken and the next label.
    pub fn reachable(&self) -> bool {
        self.reachable
    }

    /// True when nothing that follows can be reached.
    pub fn over(&self) -> bool {
        !self.reachable && self.waiting.is_empty() && !self.lost
    }

    /// True when every run that gets this far takes this step.
    pub fn certain(&self) -> bool {
        self.waiting.is_empty() && !self.aside && !self.lost && !self.outer
    }

    /// `goto target`; `None` for a computed target.
    pub fn goto(&mut self, target: Option<&str>, at: usize, conditional: bool) {
        if !self.reachable {
            return;
        }
        match target.map(label_name) {
            Some(label) if label == "eof" => {}
            Some(label) if self.labels.last(&label).is_some_and(|place| place > at) => {
                self.waiting.insert(label);
            }
            Some(_) => {}
            None => self.lost = true,
        }
        self.reachable = conditional;
    }

    /// `exit /b` or `exit`.
    pub fn exit(&mut self, conditional: bool) {
        self.reachable &= conditional;
    }

    /// `exit` without `/b`: nothing behind the call runs either.
    pub fn end(&mut self, conditional: bool) {
        self.ended |= self.reachable && !conditional && self.waiting.is_empty();
        self.exit(conditional);
    }

    /// A label is passed; `path` is a number that was not used yet.
    pub fn label(&mut self, label: &str, path: u32) -> Passed {
        let awaited = self.waiting.remove(label);
        if awaited {
            self.aside = false;
        } else if !self.reachable && !self.lost && (self.decided || self.labels.is_called(label)) {
            return Passed::Called;
        } else if !self.reachable {
            self.aside = true;
        }
        self.path = path;
        self.reachable = true;
        Passed::Open
    }
}
