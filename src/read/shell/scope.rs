//! The variables of a script on the path that is read.

use super::super::traced::{Byte, Variables};

/// Ends each element in the stored value of an array; a script cannot hold this byte in a word.
pub(super) const ELEMENT_END: u8 = 0;

/// The name under which all arguments are kept, each as an element.
pub(super) const ALL: &str = "@[@]";

/// Where variables live and which conditional paths are being read.
pub(super) struct Scope {
    pub variables: Variables,
    /// The branches around the place that is read, outermost first.
    pub paths: Vec<u32>,
}

impl Scope {
    /// Bytes of a variable's value; those that are not exact here are marked.
    pub fn value(&mut self, name: &str) -> Option<Vec<Byte>> {
        let paths = &self.paths;
        let (bytes, exact) = self.variables.get(name, |path| paths.binary_search(&path).is_ok())?;
        Some(bytes.iter().map(|&byte| Byte { unknown: byte.unknown || !exact, ..byte }).collect())
    }

    /// Sets a variable on the path that is read.
    pub fn set(&mut self, name: &str, bytes: &[Byte]) {
        self.variables.set(name.to_owned(), bytes, self.paths.last().copied());
    }
}

/// The name under which an array's elements are kept.
pub(super) fn array_key(name: &str) -> String {
    format!("{name}[@]")
}
