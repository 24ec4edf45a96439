//! The environment that a script builds up for the programs it starts.

use std::collections::BTreeMap;

use crate::read::script::{Assign, Command, Dialect, Step, Word};
use crate::span::Span;

/// Scopes that cmd opens inside each other.
const MAX_SCOPES: usize = 32;

/// A variable as a process sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// Its name, in batch with any blank that belongs to it.
    pub name: Word,
    /// Its value.
    pub value: Word,
    /// The assignment that gave it.
    pub span: Span,
    /// False when only some runs set it so.
    pub certain: bool,
}

impl From<&Assign> for EnvVar {
    fn from(assign: &Assign) -> Self {
        let Assign { name, value, span, certain, .. } = assign.clone();
        Self { name, value, span, certain }
    }
}

/// Follows the assignments of a script. Sorted by name, so that facts come in the same order on every run.
pub(super) struct Environment {
    dialect: Dialect,
    vars: BTreeMap<String, EnvVar>,
    /// Batch: what each open `setlocal` gives back, in the order in which it was changed.
    scopes: Vec<Vec<(String, Option<EnvVar>)>>,
}

impl Environment {
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, vars: BTreeMap::new(), scopes: Vec::new() }
    }

    /// Takes in one step.
    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Assign(assign) => self.assign(assign),
            Step::Command(command) if command.certain && !self.windows() => {
                if let [first, names @ ..] = command.words.as_slice()
                    && first.text == "unset"
                {
                    names.iter().for_each(|name| drop(self.vars.remove(&name.text)));
                }
            }
            Step::Command(command) if self.dialect == Dialect::Batch => self.scope(command),
            Step::Command(_) => {}
        }
    }

    /// `setlocal` and `endlocal`.
    fn scope(&mut self, command: &Command) {
        let name = command.words.first().map_or("", |word| word.text.as_str());
        if name.eq_ignore_ascii_case("setlocal") && self.scopes.len() < MAX_SCOPES {
            self.scopes.push(Vec::new());
        } else if name.eq_ignore_ascii_case("endlocal") {
            for (key, old) in self.scopes.pop().unwrap_or_default().into_iter().rev() {
                match old {
                    Some(var) => drop(self.vars.insert(key, var)),
                    None => drop(self.vars.remove(&key)),
                }
            }
        }
    }

    /// The variables, with a command's own assignments on top.
    pub fn with(&self, own: &[Assign]) -> Vec<EnvVar> {
        let covered = |key: &str| own.iter().any(|assign| self.key(&assign.name.text) == key);
        let outer = self.vars.iter().filter(|(key, _)| !covered(key)).map(|(_, var)| var.clone());
        outer.chain(own.iter().map(EnvVar::from)).collect()
    }

    fn assign(&mut self, assign: &Assign) {
        let key = self.key(&assign.name.text);
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((key.clone(), self.vars.get(&key).cloned()));
        }
        // In batch and PowerShell an empty value deletes the variable.
        if self.windows() && assign.value.text.is_empty() && assign.value.known && assign.certain {
            self.vars.remove(&key);
        } else if assign.exported {
            self.vars.insert(key, EnvVar::from(assign));
        }
    }

    fn key(&self, name: &str) -> String {
        if self.windows() { name.to_uppercase() } else { name.to_owned() }
    }

    fn windows(&self) -> bool {
        matches!(self.dialect, Dialect::Batch | Dialect::PowerShell)
    }
}
