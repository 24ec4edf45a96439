//! The labels of a batch file, who calls them, and what the loops between them change.

use std::collections::{HashMap, HashSet};

/// Most bytes of loops that are searched for what they set.
const MAX_SEARCHED: usize = 1 << 20;

/// Found once, before the script is read.
pub(super) struct Labels {
    /// First and last offset of each label, in lower case.
    places: HashMap<String, (usize, usize)>,
    /// Last offset of a `goto` to each label.
    jumps: HashMap<String, usize>,
    called: HashSet<String>,
}

/// What may have another value when a loop comes round again.
pub(super) enum Changed {
    /// These variables, in lower case.
    Names(Vec<String>),
    /// Any.
    All,
}

impl Labels {
    pub fn new(text: &str) -> Self {
        let mut found = Self { places: HashMap::new(), jumps: HashMap::new(), called: HashSet::new() };
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            if let Some(rest) = line.trim_start().strip_prefix(':')
                && !rest.starts_with(':')
            {
                found.places.entry(label_name(rest)).or_insert((offset, offset)).1 = offset;
            } else {
                found.jumps_of(line, offset);
            }
            offset += line.len();
        }
        found
    }

    fn jumps_of(&mut self, line: &str, offset: usize) {
        let lower = line.to_ascii_lowercase();
        for (word, call) in [("goto", false), ("call", true)] {
            for (at, _) in lower.match_indices(word).take(16) {
                let rest = &lower[at + word.len()..];
                if !call {
                    self.jumps.insert(label_name(rest), offset);
                } else if rest.trim_start().starts_with(':') {
                    self.called.insert(label_name(rest));
                }
            }
        }
    }

    /// Where a label is defined for the last time.
    pub fn last(&self, label: &str) -> Option<usize> {
        self.places.get(label).map(|&(_, last)| last)
    }

    /// Where a label is defined for the first time.
    pub fn first(&self, label: &str) -> Option<usize> {
        self.places.get(label).map(|&(first, _)| first)
    }

    /// True when some `call` names the label.
    pub fn is_called(&self, label: &str) -> bool {
        self.called.contains(label)
    }

    /// What may have changed when the label at an offset is reached by a jump back.
    pub fn repeated(&self, text: &str, label: &str, at: usize, searched: &mut usize) -> Changed {
        let Some(&jump) = self.jumps.get(label).filter(|&&jump| jump >= at) else { return Changed::Names(Vec::new()) };
        let Some(body) = text.get(at..jump).filter(|body| *searched + body.len() <= MAX_SEARCHED) else {
            return Changed::All;
        };
        *searched += body.len();
        let end = text[jump..].find('\n').map_or(text.len(), |end| jump + end);
        let lower = [body, text.get(jump..end).unwrap_or_default()].concat().to_lowercase();
        let mut names = Vec::new();
        for line in lower.lines() {
            if calls_label(line) {
                return Changed::All;
            }
            line.match_indices("set").for_each(|(at, _)| names_after(&line[at + 3..], &mut names));
        }
        Changed::Names(names)
    }
}

fn calls_label(line: &str) -> bool {
    line.match_indices("call").any(|(at, _)| line[at + 4..].trim_start().starts_with(':'))
}

/// The names that a `set` may give values to, with and without blanks around them.
fn names_after(rest: &str, names: &mut Vec<String>) {
    let rest = rest.trim_start().trim_start_matches('"');
    if let Some(expression) = rest.strip_prefix("/a") {
        let parts = expression.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        return names.extend(parts.filter(|part| !part.is_empty()).map(str::to_owned));
    }
    let rest = rest.strip_prefix("/p").unwrap_or(rest).trim_start().trim_start_matches('"');
    if let Some((name, _)) = rest.split_once('=') {
        names.push(name.to_owned());
    }
}

/// The name in `:name` as `goto` compares it.
pub(super) fn label_name(text: &str) -> String {
    let text = text.trim_start_matches([' ', '\t', ':', '=', ',', ';']);
    let end = text.find(|c: char| c.is_whitespace() || ":+,;=&|<>()".contains(c)).unwrap_or(text.len());
    text[..end].to_lowercase()
}
