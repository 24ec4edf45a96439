//! Model files among the facts that `--show-facts` prints.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::safe;
use crate::catalog::models::{ModelSpec, Storage};
use crate::facts::models::{Lookup, Model, words};
use crate::facts::versions::Version;
use crate::forecast::sizes::{Layout, MIB};
use crate::forecast::{ModelUse, Os, Setting, Tree};

/// Format, family and storage in a line.
pub fn what(model: &Model) -> String {
    match &model.file {
        Ok(file) => safe::line(&words(file, &model.identity)),
        Err(error) => safe::line(error),
    }
}

/// Everything about a file that was named.
pub fn facts(out: &mut String, model: &Model, version: Option<Version>) {
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
    if let Some(spec) = model.identity.spec.clone() {
        kept(out, model, spec, version);
    }
    if let Some(lora) = &model.identity.lora {
        let _ = writeln!(out, "  changes = {} modules", lora.count());
    }
}

/// Bytes that ComfyUI keeps of the weights, as its load lines count them: they change with the release.
fn kept(out: &mut String, model: &Model, spec: ModelSpec, version: Option<Version>) {
    let eras = version.map_or_else(|| vec![Version::new(0, 3, 70), Version::new(0, 4, 0)], |version| vec![version]);
    let tree = Tree::of(&spec.kind);
    if matches!(spec.storage, Storage::Other(_)) {
        return;
    }
    let usage = ModelUse::new(&model.shown_path(), spec);
    for version in eras {
        // On a card that keeps 8-bit weights as they are.
        let setting = Setting { compute: (8, 9), ..Setting::new(version, Os::Linux, 24_576.0, 0.0) };
        let mib = Layout::of(&usage, &setting).listed(&tree) as f64 / MIB;
        let _ = writeln!(out, "  loaded = {mib:.2} MiB  (as ComfyUI {version} logs it)");
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
