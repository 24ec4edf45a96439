//! Model files among the facts that `--show-facts` prints.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::safe;
use crate::facts::models::{Lookup, Model, words};
use crate::forecast::sizes::MIB;

/// Format, family and storage in a line.
pub fn what(model: &Model) -> String {
    match &model.file {
        Ok(file) => safe::line(&words(file, &model.identity)),
        Err(error) => safe::line(error),
    }
}

/// Everything about a file that was named.
pub fn facts(out: &mut String, model: &Model) {
    let _ = writeln!(out, "model {}", safe::line(&model.shown_path()));
    let _ = writeln!(out, "  content = {}  (from its header)", what(model));
    let Ok(file) = &model.file else { return };
    let _ = writeln!(out, "  size = {} bytes", file.bytes);
    if let Some(fault) = &file.fault {
        let _ = writeln!(out, "  fault = {}", safe::line(&fault.to_string()));
    }
    let Some(weights) = &file.weights else { return };
    let _ = writeln!(out, "  tensors = {}, {:.2} MiB", weights.tensors.len(), weights.bytes() as f64 / MIB);
    let mut types: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for tensor in &weights.tensors {
        let entry = types.entry(tensor.dtype.name()).or_default();
        *entry = (entry.0 + 1, entry.1.saturating_add(tensor.bytes));
    }
    for (name, (count, bytes)) in types {
        let _ = writeln!(out, "  {name} = {count} tensors, {:.2} MiB", bytes as f64 / MIB);
    }
    if let Some(lora) = &model.identity.lora {
        let _ = writeln!(out, "  changes = {} modules", lora.count());
    }
}

/// The file of a loader: where it was found, or that it was not.
pub fn lookup(out: &mut String, lookup: &Lookup) {
    let _ = match lookup {
        Lookup::Found(model) => writeln!(out, "    file = {}: {}", safe::line(&model.shown_path()), what(model)),
        Lookup::Missing { folders } => writeln!(out, "    file = not found in {folders} folders"),
        Lookup::Unknown => Ok(()),
    };
}
