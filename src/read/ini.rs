//! Settings in the form of `key = value` under `[section]`: ComfyUI-Manager's `config.ini`, WSL's `.wslconfig`.
//!
//! Read as Python's configparser reads them: `=` or `:`, comments on lines of their own (`#`, `;`), keys in lower case. A line that
//! is indented goes on with the value above it; such lines are passed over, since no setting of interest has several.

use super::piece::{trim, written};
use super::script::Word;
use super::traced::{Byte, text_of, word_of};

/// Most settings that are taken from one file.
const MAX_ENTRIES: usize = 10_000;

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The section it stands in, as written; empty in front of the first.
    pub section: String,
    /// Its key in lower case.
    pub key: String,
    /// Its value; empty when nothing follows the sign.
    pub value: Word,
    /// From the key to the end of the value.
    pub span: crate::span::Span,
}

/// All settings of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ini {
    /// In the order in which they are written.
    pub entries: Vec<Entry>,
}

impl Ini {
    /// The setting of a section that counts: the last one.
    pub fn get(&self, section: &str, key: &str) -> Option<&Entry> {
        self.entries.iter().rfind(|entry| entry.section == section && entry.key == key)
    }
}

/// Reads a file of settings. Every text gives one; what is no setting is passed over.
pub fn read(text: &str) -> Ini {
    let (mut ini, mut section, mut start) = (Ini::default(), String::new(), 0);
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let skipped = if start == 0 && line.starts_with('\u{feff}') { 3 } else { 0 };
        let bytes = written(text, start + skipped, end);
        start = end;
        match trim(&bytes) {
            [open, inner @ .., close] if open.value == b'[' && close.value == b']' => section = text_of(inner),
            _ if ini.entries.len() >= MAX_ENTRIES => break,
            _ => ini.entries.extend(entry(&bytes, &section)),
        }
    }
    ini
}

fn entry(line: &[Byte], section: &str) -> Option<Entry> {
    let first = line.first()?;
    if matches!(first.value, b' ' | b'\t' | b'#' | b';') {
        return None;
    }
    let line = trim(line);
    let sign = line.iter().position(|byte| matches!(byte.value, b'=' | b':')).filter(|&at| at > 0)?;
    let last = line.last()?;
    let value = word_of(trim(&line[sign + 1..]), last.till);
    Some(Entry {
        section: section.to_owned(),
        key: text_of(trim(&line[..sign])).to_lowercase(),
        value,
        span: crate::span::Span::new(first.at, last.till),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_as_configparser_sees_them() {
        let text = "\u{feff}a=0\n[default]\r\nSecurity_Level = weak\r\n# bypass_ssl = True\n  indented = 1\nempty =\n[x]\na: b = c\n";
        let ini = read(text);
        let level = ini.get("default", "security_level").unwrap();
        assert_eq!((level.value.text.as_str(), &text[level.span.range()]), ("weak", "Security_Level = weak"));
        assert_eq!(ini.get("x", "a").map(|entry| entry.value.text.as_str()), Some("b = c"));
        assert_eq!(ini.get("default", "empty").map(|entry| entry.value.text.as_str()), Some(""));
        assert!(ini.get("default", "bypass_ssl").is_none() && ini.get("default", "indented").is_none());
        assert_eq!(ini.entries.len(), 4);
        assert_eq!(read("= 1\n[\n]\n\0"), Ini::default());
    }
}
