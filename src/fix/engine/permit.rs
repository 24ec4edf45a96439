//! What may be mended, and which files may be written.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::fix::{Edit, Fix, Grade, edits};
use crate::project::File;
use crate::rules::select::Selection;

/// What may be mended.
#[derive(Debug)]
pub struct Permit {
    /// Fixes that change the result are made too.
    pub unsafe_too: bool,
    /// The rules whose fixes count.
    pub rules: Selection,
    /// Why a file must not be written; asked once for each file that a fix is about.
    pub gate: Gate,
}

/// Tells the files that may be written from others, and remembers what it told.
pub struct Gate {
    ask: Ask,
    known: RefCell<BTreeMap<PathBuf, Option<String>>>,
}

/// Why a file is not written, as an error.
type Ask = Box<dyn Fn(&Path) -> Result<(), String>>;

impl Gate {
    /// A gate that asks.
    pub fn new(ask: impl Fn(&Path) -> Result<(), String> + 'static) -> Self {
        Self { ask: Box::new(ask), known: RefCell::default() }
    }

    /// Why a file is not written; half a sentence.
    pub(in crate::fix) fn refusal(&self, path: &Path) -> Option<String> {
        let known = self.known.borrow().get(path).cloned();
        known.unwrap_or_else(|| {
            let why = (self.ask)(path).err();
            self.known.borrow_mut().insert(path.to_path_buf(), why.clone());
            why
        })
    }

    /// The files that were asked about and must not be written, with the reasons.
    pub fn refused(&self) -> Vec<(PathBuf, String)> {
        let known = self.known.borrow();
        known.iter().filter_map(|(path, why)| Some((path.clone(), why.clone()?))).collect()
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Gate").field(&self.known).finish()
    }
}

impl Permit {
    pub(super) fn allows(&self, grade: Grade) -> bool {
        grade == Grade::Safe || (grade == Grade::Unsafe && self.unsafe_too)
    }

    /// What a fix changes, when all of its files may be written.
    pub(super) fn edits(&self, fix: &Fix, files: &[File]) -> Result<Vec<Edit>, String> {
        let edits = edits(fix, files)?;
        let paths: BTreeSet<&Path> = edits.iter().map(|edit| files[edit.file].source.path()).collect();
        let refused = paths.into_iter().find_map(|path| Some((path, self.gate.refusal(path)?)));
        refused.map_or(Ok(edits), |(path, why)| Err(format!("{} is not written: {why}", path.display())))
    }
}
