//! Suppressions in `wanlint.toml`: `[[allow]]` with rule, path, node and reason.

use std::path::{Path, PathBuf};

use toml_edit::{Array, ArrayOfTables, Document, DocumentMut, InlineTable, Item, Table, Value, value};

use crate::Options;
use crate::config::{AllowConfig, Config, FILE_NAME, project_folders};
use crate::fix::engine::Gate;

/// The file of the configuration and its text; no text where it is to be made.
pub(super) fn configuration(options: &Options, gate: &Gate) -> Result<(PathBuf, Option<String>), String> {
    if let Some(path) = &options.config.file {
        return match gate.refusal(path) {
            Some(why) => Err(format!("{} is not written: {why}", path.display())),
            None => std::fs::read_to_string(path)
                .map(|text| (path.clone(), Some(text)))
                .map_err(|error| format!("{}: {error}", path.display())),
        };
    }
    let first = options.paths.first().map(PathBuf::as_path).unwrap_or(Path::new(""));
    let folder = if first.is_dir() { first } else { first.parent().unwrap_or(Path::new("")) };
    let path = project_folders(folder).pop().unwrap_or_default().join(FILE_NAME);
    match path.symlink_metadata().is_ok() {
        true => Err(format!("{} is there and is not read", path.display())),
        false => Ok((path, None)),
    }
}

/// The pattern that names a file from the folder of the configuration on, and no other file.
pub(super) fn pattern(file: &Path, folder: &Path) -> Result<String, String> {
    let outside = || format!("{} does not lie in the folder of the configuration", file.display());
    let [file_at, folder_at] = [file, folder].map(crate::discover::absolute);
    let inside = file_at.strip_prefix(folder_at).map_err(|_| outside())?;
    let parts = inside.components().map(|part| part.as_os_str().to_str());
    let parts: Vec<&str> = parts.collect::<Option<_>>().ok_or_else(|| format!("{} is no text", file.display()))?;
    let mut pattern = String::new();
    for letter in parts.iter().flat_map(|part| std::iter::once('/').chain(part.chars())) {
        if matches!(letter, '\\' | '*' | '?' | '[' | ']' | '{' | '}' | ' ') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    Ok(pattern)
}

/// The text of a configuration with more entries; everything else in it stays as it is written.
///
/// # Errors
/// When the file could not be read with them.
pub(super) fn added(path: &Path, old: &str, entries: &[AllowConfig]) -> Result<(String, Config), String> {
    let before = Config::parse(path, old).map_err(|error| error.to_string())?;
    let document = Document::parse(old).map_err(|error| error.to_string())?;
    let list = document.get("allow").and_then(Item::as_array);
    let new = list.map_or_else(|| Some(behind(old, entries)), |list| in_list(list, old, entries));
    let new = new.ok_or("its list of suppressions is not found")?;
    let after = Config::parse(path, &new).map_err(|error| error.to_string())?;
    match after.allow.len() == before.allow.len() + entries.len() {
        true => Ok((new, after)),
        false => Err("the entries would not be read again".to_owned()),
    }
}

/// Tables behind the last line.
fn behind(old: &str, entries: &[AllowConfig]) -> String {
    let mut tables = ArrayOfTables::new();
    entries.iter().for_each(|entry| tables.push(table(entry)));
    let mut document = DocumentMut::new();
    document.insert("allow", Item::ArrayOfTables(tables));
    let end = if old.contains("\r\n") { "\r\n" } else { "\n" };
    let text = document.to_string().replace('\n', end);
    let gap = match old {
        "" => String::new(),
        old if old.ends_with('\n') => end.to_owned(),
        _ => end.repeat(2),
    };
    format!("{old}{gap}{text}")
}

fn table(entry: &AllowConfig) -> Table {
    fields(entry).map(|(key, text)| (key, value(text))).collect()
}

fn fields(entry: &AllowConfig) -> impl Iterator<Item = (&'static str, &str)> {
    let some = [("path", &entry.path), ("node", &entry.node), ("reason", &entry.reason)];
    let some = some.into_iter().filter_map(|(key, text)| Some((key, text.as_deref()?)));
    std::iter::once(("rule", entry.rule.as_str())).chain(some)
}

/// Inline tables at the end of `allow = [...]`; where the last one stands on a line of its own, so do they.
fn in_list(list: &Array, old: &str, entries: &[AllowConfig]) -> Option<String> {
    let close = list.span()?.end.checked_sub(1)?;
    let last = list.iter().last().and_then(Value::span).unwrap_or(close..close);
    let (head, tail) = (old.get(..last.end)?, old.get(last.end..close)?);
    let lead = &head[..last.start][head[..last.start].trim_end().len()..];
    let comma = if list.is_empty() || list.trailing_comma() { "" } else { "," };
    let one = |entry| format!("{lead}{}", Value::from(fields(entry).collect::<InlineTable>()).to_string().trim());
    let new: Vec<String> = entries.iter().map(one).collect();
    let (kept, blanks) = tail.split_at(tail.trim_end().len());
    let end = if list.trailing_comma() { "," } else { "" };
    Some(format!("{head}{comma}{kept}{}{end}{blanks}{}", new.join(","), old.get(close..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> AllowConfig {
        let text = |text: &str| Some(text.to_owned());
        AllowConfig { rule: "SEC001".to_owned(), path: text(path), node: None, reason: text("at \"home\"") }
    }

    fn add(old: &str) -> String {
        added(Path::new("wanlint.toml"), old, &[entry("/a.bat"), entry("/b.bat")]).unwrap().0
    }

    #[test]
    fn entries_come_behind_what_is_there() {
        let one =
            |name: &str| format!("[[allow]]\nrule = \"SEC001\"\npath = \"/{name}.bat\"\nreason = 'at \"home\"'\n");
        let both = format!("{}\n{}", one("a"), one("b"));
        assert_eq!(add(""), both);
        let old = "# ours\n[machine]\ngpu = 'RTX 5090' # big";
        assert_eq!(add(old), format!("{old}\n\n{both}"));
        let old = "[[allow]]\r\nrule = \"WF010\"\r\n";
        assert_eq!(add(old), format!("{old}\r\n{both}", both = both.replace('\n', "\r\n")));
    }

    #[test]
    fn a_list_gets_them_inside() {
        let one = |name: &str| format!("{{ rule = \"SEC001\", path = \"/{name}.bat\", reason = 'at \"home\"' }}");
        let (a, b) = (one("a"), one("b"));
        let rest = "\r\n]\r\n[check]\r\nignore = [\"WF011\"]\r\n";
        let old = "allow = [\r\n    { rule = \"WF010\" }, # old";
        assert_eq!(add(&format!("{old}{rest}")), format!("{old}\r\n    {a},\r\n    {b},{rest}"));
        assert_eq!(add("allow = [{ rule = \"WF010\" }]"), format!("allow = [{{ rule = \"WF010\" }},{a},{b}]"));
        assert_eq!(add("allow = []\n"), format!("allow = [{a},{b}]\n"));
        assert!(added(Path::new("x"), "allow = 3\n", &[entry("/a")]).is_err());
    }
}
