//! The files of a run, and places in them.

use std::collections::HashMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::BASE;
use crate::encoding::Encoding;
use crate::finding::Location;
use crate::outcome::Outcome;
use crate::project::File;
use crate::report::root::Root;
use crate::report::safe;
use crate::source::Source;

/// What stays in an address: unreserved characters (RFC 3986, 2.3) and the parting of folders.
const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The files that a report names, in the order in which it does.
pub(super) struct Artifacts<'a> {
    root: &'a Root,
    index: HashMap<String, usize>,
    values: Vec<Value>,
}

impl<'a> Artifacts<'a> {
    pub(super) fn new(root: &'a Root) -> Self {
        Self { root, index: HashMap::new(), values: Vec::new() }
    }

    pub(super) fn values(self) -> Vec<Value> {
        self.values
    }

    /// The place of a file, which is listed if it is not yet.
    pub(super) fn location(&mut self, file: &File) -> Value {
        let (uri, below) = match self.root.below(file.source.path()) {
            Ok(path) => (encoded(&path), true),
            Err(path) => (format!("file:///{}", encoded(path.trim_start_matches('/'))), false),
        };
        let mut location = json!({ "uri": uri });
        if below {
            location["uriBaseId"] = json!(BASE);
        }
        let values = &mut self.values;
        let index = *self.index.entry(uri).or_insert_with(|| {
            values.push(artifact(&location, file));
            values.len() - 1
        });
        location["index"] = json!(index);
        location
    }

    /// A place in a file. A text inside an image has no lines of the file, and a model file has none at all.
    pub(super) fn place(&mut self, location: Location, outcome: &Outcome) -> Value {
        let file = &outcome.files[location.file];
        let mut value = json!({ "artifactLocation": self.location(file) });
        if file.embedded.is_none() && !file.source.text().is_empty() {
            value["region"] = region(&file.source, location);
        }
        value
    }
}

fn encoded(path: &str) -> String {
    utf8_percent_encode(path, &PLAIN).to_string()
}

fn artifact(location: &Value, file: &File) -> Value {
    let mut artifact = json!({ "location": location });
    if file.checked {
        artifact["roles"] = json!(["analysisTarget"]);
    }
    let encoding = match file.source.encoding() {
        _ if file.embedded.is_some() => None,
        Encoding::Utf8 | Encoding::Utf8Bom => Some("UTF-8".to_owned()),
        Encoding::Utf16 { .. } => Some("UTF-16".to_owned()),
        Encoding::Page { page, .. } if (1250..=1258).contains(&page.number()) => {
            Some(format!("windows-{}", page.number()))
        }
        Encoding::Page { page, .. } => Some(format!("cp{}", page.number())),
        Encoding::Unknown(_) => None,
    };
    if let Some(encoding) = encoding {
        artifact["encoding"] = json!(encoding);
    }
    artifact
}

/// The same bytes twice: by lines and columns, and by offsets in the file on disk. Ends are one past the last.
pub(super) fn region(source: &Source, location: Location) -> Value {
    let [start, end] = [location.span.start, location.span.end.max(location.span.start)].map(|at| source.place(at));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "byteOffset": start.offset,
        "byteLength": end.offset - start.offset,
    })
}

/// How a text inside another file is named in words: ` (prompt in PNG, line 3)`.
pub(super) fn within(location: Location, outcome: &Outcome) -> String {
    let file = &outcome.files[location.file];
    let place = file.source.place(location.span.start);
    let text = |embedded| format!(" ({embedded}, {}:{})", place.line, place.column);
    let run = file.run.as_ref().map(|run| format!(" (run {})", safe::line(&run.id))).unwrap_or_default();
    run + &file.embedded.map(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    #[test]
    fn addresses_are_encoded() {
        assert_eq!(encoded("a b/50%/\u{e9}:[x]?#.json"), "a%20b/50%25/%C3%A9%3A%5Bx%5D%3F%23.json");
    }

    #[test]
    fn both_regions_are_the_same_bytes() {
        let text = "echo \u{1f389}\r\npython main.py";
        let at = text.find("main").unwrap() as u32;
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let location = Location { file: 0, span: Span::new(5, at + 4) };
        for (bytes, offset, length) in [
            (text.as_bytes().to_vec(), 5, at + 4 - 5),
            ([&b"\xff\xfe"[..], &units].concat(), 2 + 10, 2 * (2 + 2 + 7 + 4)),
        ] {
            let region = region(&Source::from_bytes("a.ps1", bytes), location);
            assert_eq!(
                region,
                json!({"startLine": 1, "startColumn": 6, "endLine": 2, "endColumn": 12, "byteOffset": offset, "byteLength": length})
            );
        }
    }
}
