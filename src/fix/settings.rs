//! Verbs on files of settings: `key = value` under `[section]`.

use super::edit::spliced;
use super::{Edit, Refusal, Verb};
use crate::finding::Location;
use crate::project::{Content, File};
use crate::read::ini::{self, Entry, Ini};

/// What a verb does at a place of a file of settings.
///
/// # Errors
/// Why it cannot be done.
pub(super) fn at(verb: Verb, at: Location, text: &str, file: &File) -> Result<Edit, Refusal> {
    let (Content::Settings(old), Verb::Replace) = (&file.content, verb) else {
        return Err(format!("nothing is known about such a fix in a {}", file.kind.name()));
    };
    let changed = spliced(file.source.text(), [(at.span, text)]).map(|text| ini::read(&text));
    let place = |entry: &&Entry| entry.value.span == at.span;
    match changed.is_some_and(|new| old.entries.iter().any(|entry| place(&entry)) && same(old, &new, at, text)) {
        true => Ok(Edit::new(at, text)),
        false => Err("more than the setting would change".to_owned()),
    }
}

/// The same settings, but for the value at the place.
fn same(old: &Ini, new: &Ini, at: Location, text: &str) -> bool {
    let said = |entry: &Entry, value: &str| (entry.section.clone(), entry.key.clone(), value.to_owned());
    let value = |entry: &'_ Entry| if entry.value.span == at.span { text.to_owned() } else { entry.value.text.clone() };
    let old = old.entries.iter().map(|entry| said(entry, &value(entry)));
    old.eq(new.entries.iter().map(|entry| said(entry, &entry.value.text)))
}
