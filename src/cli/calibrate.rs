//! `wanlint log --calibrate`: what other programs held goes into wanlint.toml.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use toml_edit::{DocumentMut, Item, Table, value};

use super::output::to_file;
use crate::config::{Config, FILE_NAME};
use crate::logged::Logged;

/// What was written where.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    path: PathBuf,
    /// Key, old value, new value.
    changes: Vec<(&'static str, Option<String>, String)>,
}

impl fmt::Display for Written {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.changes.is_empty() {
            return writeln!(out, "{path} states this already: nothing was written");
        }
        writeln!(out, "written to {path}, under [machine]:")?;
        for (key, old, new) in &self.changes {
            let before = old.as_ref().map(|old| format!(" (was \"{old}\")")).unwrap_or_default();
            writeln!(out, "  {key} = \"{new}\"{before}")?;
        }
        Ok(())
    }
}

impl Written {
    /// The same for scripts.
    pub fn value(&self) -> Value {
        let changes = self.changes.iter().map(|(key, old, new)| json!({"key": key, "before": old, "after": new}));
        json!({"path": self.path.display().to_string(), "changes": changes.collect::<Vec<_>>()})
    }
}

/// Writes `vram-used`, and the card where the file names none: what others hold is told of a card.
///
/// # Errors
/// When the log does not tell the amount, the file is about another card, cannot be read as TOML or cannot be written.
pub fn write(logged: &Logged, config: &Config) -> Result<Written, String> {
    let refused =
        |why| format!("--calibrate: the log does not tell what other programs held: {why}; nothing was written");
    let held = logged.held_mib().map_err(refused)?;
    write_held(held, logged.outcome.machine.gpu.as_deref(), config)
}

/// As [`write`], an amount that is known.
///
/// # Errors
/// As [`write`].
pub fn write_held(held: f64, card: Option<&str>, config: &Config) -> Result<Written, String> {
    let path = config.file.clone().unwrap_or_else(|| PathBuf::from(FILE_NAME));
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(format!("--calibrate: cannot read {}: {error}", path.display())),
    };
    let (text, changes) = changed(&text, card, held)
        .map_err(|error| format!("--calibrate: {}: {error}; nothing was written", path.display()))?;
    if !changes.is_empty() {
        put(&path, &text)?;
    }
    Ok(Written { path, changes })
}

type Changes = Vec<(&'static str, Option<String>, String)>;

/// The file with the new values; everything else in it stays as it is written.
fn changed(text: &str, card: Option<&str>, held: f64) -> Result<(String, Changes), String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let machine = document.entry("machine").or_insert(Item::Table(Table::new()));
    let machine = machine.as_table_like_mut().ok_or("machine is not a table")?;
    let before =
        |machine: &dyn toml_edit::TableLike, key: &str| machine.get(key).and_then(Item::as_str).map(str::to_owned);
    let mut changes = Vec::new();
    match (before(machine, "gpu"), card) {
        (Some(stated), Some(card)) if !same_card(&stated, card) => {
            return Err(format!("it is about '{stated}', and the log about '{card}'"));
        }
        (None, Some(card)) if !machine.contains_key("gpu") => {
            machine.insert("gpu", value(card));
            changes.push(("gpu", None, card.to_owned()));
        }
        _ => {}
    }
    // Two decimals are what the log has.
    let new = format!("{held:.2}MiB");
    let old = before(machine, "vram-used");
    if old.as_deref() != Some(new.as_str()) {
        set(machine, "vram-used", &new);
        changes.push(("vram-used", old, new));
    }
    Ok((document.to_string(), changes))
}

/// Sets a value and keeps the comment behind the old one.
fn set(table: &mut dyn toml_edit::TableLike, key: &str, new: &str) {
    let decor = table.get(key).and_then(Item::as_value).map(|old| old.decor().clone());
    let mut item = value(new);
    if let (Some(decor), Some(value)) = (decor, item.as_value_mut()) {
        *value.decor_mut() = decor;
    }
    match table.get_mut(key) {
        Some(old) => *old = item,
        None => {
            table.insert(key, item);
        }
    }
}

/// Both name the same card of the catalogue; a word such as `auto` names none and fits all.
fn same_card(stated: &str, card: &str) -> bool {
    use crate::catalog::gpus::{Match, find};
    match find(stated) {
        Match::One(found) => found.name == card,
        _ => true,
    }
}

fn put(path: &Path, text: &str) -> Result<(), String> {
    to_file(path, |out| out.write_all(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_value_changes() {
        let text = "# ours\n[machine]\ngpu = \"RTX 5090\"   # the big one\nvram-used = \"1GiB\" # a guess\n\n[check]\nignore = [ \"small-margin\" ]\n";
        let (new, changes) = changed(text, Some("NVIDIA GeForce RTX 5090"), 1636.154).unwrap();
        assert_eq!(new, text.replace("1GiB", "1636.15MiB"));
        assert_eq!(changes, [("vram-used", Some("1GiB".to_owned()), "1636.15MiB".to_owned())]);
        assert_eq!(changed(&new, Some("NVIDIA GeForce RTX 5090"), 1636.154).unwrap(), (new.clone(), Vec::new()));
        assert!(toml::from_str::<Config>(&new).is_ok());
    }

    #[test]
    fn a_new_file_names_the_card() {
        let (new, changes) = changed("", Some("NVIDIA GeForce RTX 5090"), 1636.15).unwrap();
        assert_eq!(new, "[machine]\ngpu = \"NVIDIA GeForce RTX 5090\"\nvram-used = \"1636.15MiB\"\n");
        assert_eq!(changes.len(), 2);
    }

    #[test]
    fn what_cannot_be_changed_stays() {
        for (text, word) in
            [("[machine", "machine"), ("machine = 3\n", "not a table"), ("[machine]\ngpu = \"RTX 4090\"\n", "RTX 4090")]
        {
            let error = changed(text, Some("NVIDIA GeForce RTX 5090"), 1.0).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
