//! What the names in a batch file stand for: variables, arguments of a called label, variables of `for`.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::traced::{Byte, Variables};

/// A value that this statement has set.
struct Set {
    /// `None`: what it is cannot be known.
    bytes: Option<Rc<[Byte]>>,
    /// The conditional branch that set it; 0 outside of any.
    branch: u32,
}

/// Arguments of a called label.
#[derive(Clone, Default)]
pub(super) struct Arguments {
    /// `%1` and so on.
    pub items: Vec<Rc<[Byte]>>,
    /// `%*`.
    pub all: Rc<[Byte]>,
    /// How often `shift` moved them.
    pub shifted: usize,
}

/// All names and what they stand for at this place.
#[derive(Default)]
pub(super) struct Names {
    /// Variables as the last statement left them, or as a label that was called meanwhile did.
    pub variables: Variables,
    /// Variables from before the statement, where a called label has changed them meanwhile.
    pub frozen: Option<Variables>,
    /// What the statement has set so far.
    set: HashMap<String, Set>,
    /// The statement has given back all variables of a scope.
    restored: bool,
    /// Arguments of the label that is read; `None` when they are not known.
    pub arguments: Option<Arguments>,
    /// Variables of the loops around this place, innermost last.
    pub items: Vec<(u8, Rc<[Byte]>)>,
    /// The path that is read now (see [`Variables::get`]).
    pub path: u32,
    /// The conditional branch that is read; 0 outside of any.
    pub branch: u32,
    /// In a loop that runs nobody knows how often.
    pub lost: bool,
}

impl Names {
    /// A variable from before this statement, and whether its value is exact here.
    pub fn before(&mut self, key: &str) -> Option<(Rc<[Byte]>, bool)> {
        let path = self.path;
        self.frozen.as_mut().unwrap_or(&mut self.variables).get(key, |exact_on| exact_on == path)
    }

    /// A variable at this moment of the statement.
    pub fn now(&mut self, key: &str) -> Option<(Rc<[Byte]>, bool)> {
        if self.lost {
            return None;
        }
        if let Some(set) = self.set.get(key) {
            let here = set.branch == 0 || set.branch == self.branch;
            return set.bytes.clone().filter(|_| here).map(|bytes| (bytes, true));
        }
        let path = self.path;
        self.variables.get(key, |exact_on| exact_on == path).filter(|_| !self.restored)
    }

    /// The statement sets a variable.
    pub fn set(&mut self, key: String, bytes: Option<Rc<[Byte]>>) {
        let branch = self.branch;
        self.set.insert(key, Set { bytes, branch });
    }

    /// The statement gives back the variables of a scope: which values they have now is known only behind it.
    pub fn restore(&mut self) {
        self.set.clear();
        self.restored = true;
    }

    /// A new statement begins.
    pub fn statement(&mut self) {
        self.set.clear();
        self.restored = false;
        self.frozen = None;
    }

    /// `%1` to `%9` and `%*`, the former without their quotes if wanted.
    pub fn argument(&self, sign: u8, unquoted: bool) -> Option<Rc<[Byte]>> {
        let arguments = self.arguments.as_ref()?;
        match sign {
            b'*' => Some(Rc::clone(&arguments.all)),
            b'1'..=b'9' => {
                let index = usize::from(sign - b'1') + arguments.shifted;
                let found = arguments.items.get(index).map(Rc::clone).unwrap_or_default();
                Some(if unquoted { bare(&found) } else { found })
            }
            _ => None,
        }
    }

    /// The item that a loop is at.
    pub fn item(&self, letter: u8, unquoted: bool) -> Option<Rc<[Byte]>> {
        let (_, found) = self.items.iter().rev().find(|(name, _)| *name == letter)?;
        Some(if unquoted { bare(found) } else { Rc::clone(found) })
    }
}

/// Without the quotes around it.
fn bare(bytes: &Rc<[Byte]>) -> Rc<[Byte]> {
    match &bytes[..] {
        [first, inner @ .., last] if first.value == b'"' && last.value == b'"' => inner.into(),
        _ => Rc::clone(bytes),
    }
}
