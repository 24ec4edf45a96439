//! Which steps every run of a batch file takes: labels, `goto`, `exit`.
//!
//! Paths split at a conditional `goto` and wait at their label. A step is certain while no path waits elsewhere. Jumps back are
//! loops and change nothing, and a conditional `exit` (or `goto :eof`) is an error exit: what follows is the normal path.

use std::collections::{HashMap, HashSet};

/// Follows the jumps of one script from top to bottom.
pub(super) struct Flow {
    /// Last offset of each label, in lower case.
    labels: HashMap<String, usize>,
    /// Labels further down at which paths wait.
    waiting: HashSet<String>,
    called: HashSet<String>,
    reachable: bool,
    /// In code that only `call` (or something unknown) reaches.
    aside: bool,
    /// A jump went to a computed label: every later label may be reached by it.
    lost: bool,
    /// Counts labels: values set on an uncertain path are exact up to the next label.
    pub path: u32,
}

impl Flow {
    pub fn new(text: &str) -> Self {
        let mut labels = HashMap::new();
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            if let Some(rest) = line.trim_start().strip_prefix(':')
                && !rest.starts_with(':')
            {
                labels.insert(label_name(rest), offset);
            }
            offset += line.len();
        }
        Self {
            labels,
            waiting: HashSet::new(),
            called: HashSet::new(),
            reachable: true,
            aside: false,
            lost: false,
            path: 0,
        }
    }

    /// False between a jump that is always taken and the next label.
    pub fn reachable(&self) -> bool {
        self.reachable
    }

    /// True when every run that gets this far takes this step.
    pub fn certain(&self) -> bool {
        self.waiting.is_empty() && !self.aside && !self.lost
    }

    /// `goto target`; `None` for a computed target.
    pub fn goto(&mut self, target: Option<&str>, at: usize, conditional: bool) {
        if !self.reachable {
            return;
        }
        match target.map(label_name) {
            Some(label) if label == "eof" => {}
            Some(label) if self.labels.get(&label).is_some_and(|&place| place > at) => {
                self.waiting.insert(label);
            }
            Some(_) => {}
            None => self.lost = true,
        }
        self.reachable = conditional;
    }

    /// `exit`.
    pub fn exit(&mut self, conditional: bool) {
        self.reachable &= conditional;
    }

    /// `call :label`.
    pub fn call(&mut self, label: &str, conditional: bool) {
        if self.reachable && !conditional && self.certain() {
            self.called.insert(label_name(label));
        }
    }

    /// A label is passed.
    pub fn label(&mut self, text: &str) {
        let label = label_name(text);
        self.path += 1;
        if self.waiting.remove(&label) {
            self.aside = false;
        } else if !self.reachable {
            self.aside = !self.called.contains(&label);
        }
        self.reachable = true;
    }
}

/// The name in `:name` as `goto` compares it.
fn label_name(text: &str) -> String {
    let text = text.trim_start_matches([' ', '\t', ':', '=', ',', ';']);
    let end = text.find(|c: char| c.is_whitespace() || ":+,;=&|<>()".contains(c)).unwrap_or(text.len());
    text[..end].to_lowercase()
}
