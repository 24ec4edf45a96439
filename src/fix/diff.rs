//! What fixes change, as `git apply` takes it from the root of the repository.

use std::ops::Range;
use std::path::{Path, PathBuf};

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use super::write::Change;
use crate::config::project_folders;
use crate::redact;
use crate::report::safe;
use crate::source::{Encoding, Source};

/// Lines around a change.
const CONTEXT: usize = 3;

/// Spans of a file's old text and of its new one that nothing may show.
pub type Secrets = [Vec<Range<usize>>; 2];

/// A diff, and what keeps it from being applied.
#[derive(Debug, Default)]
pub struct Diff {
    /// The bytes for standard output.
    pub bytes: Vec<u8>,
    /// Sentences about what is not shown as it is.
    pub caveats: Vec<String>,
}

impl Diff {
    /// Adds one file. With `terminal` every line is shown as text; otherwise as the bytes that it has, so that it can be applied.
    pub fn add(&mut self, change: &Change, secrets: &Secrets, terminal: bool) {
        let sides = [change.before.unwrap_or_default(), change.after];
        let sources = sides.map(|bytes| Source::from_bytes(change.path, bytes.to_vec()));
        let shown = sources[0].shown_path();
        if matches!(sources[0].encoding(), Encoding::Utf16 { .. }) {
            self.caveats.push(format!("{shown} is UTF-16: its changes are not shown"));
            return;
        }
        let [old, new] = [0, 1].map(|side| lines(&sources[side], &secrets[side], terminal));
        let [old_raw, new_raw] = sides.map(raw_lines);
        let name = in_repository(change.path);
        let [from, to] = ["a/", "b/"].map(|side| quoted(&[side.as_bytes(), &name].concat()));
        let tab = if name.contains(&b' ') && !from.starts_with(b"\"") { "\t" } else { "" };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (from, to) = (text(&from), text(&to));
        let side = match change.before {
            Some(_) => format!("--- {from}{tab}"),
            None => "new file mode 100644\n--- /dev/null".to_owned(),
        };
        let head = format!("diff --git {from} {to}\n{side}\n+++ {to}{tab}\n");
        self.bytes.extend_from_slice(head.as_bytes());
        let mut altered = false;
        for group in group_diff_ops(capture_diff_slices(Algorithm::Myers, &old_raw, &new_raw), CONTEXT) {
            altered |= self.hunk(&group, &old, &new);
        }
        if altered {
            self.caveats.push(format!(
                "{shown}: secrets are masked, or characters that a terminal would obey are escaped: this diff cannot be applied"
            ));
        }
    }

    fn hunk(&mut self, group: &[DiffOp], old: &[Line], new: &[Line]) -> bool {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { return false };
        let from = side(first.old_range().start..last.old_range().end);
        let to = side(first.new_range().start..last.new_range().end);
        self.bytes.extend_from_slice(format!("@@ -{from} +{to} @@\n").as_bytes());
        let mut altered = false;
        for op in group {
            if op.tag() == DiffTag::Equal {
                altered |= self.put(b' ', &old[op.old_range()]);
            } else {
                altered |= self.put(b'-', &old[op.old_range()]);
                altered |= self.put(b'+', &new[op.new_range()]);
            }
        }
        altered
    }

    fn put(&mut self, sign: u8, lines: &[Line]) -> bool {
        let mut altered = false;
        for line in lines {
            self.bytes.push(sign);
            // A build log obeys a command at the start of a line, blanks before it or not.
            let obeyed = sign == b' ' && line.bytes.trim_ascii_start().starts_with(b"::");
            if obeyed && line.bytes.windows(2).filter(|two| two == b"::").count() > 1 {
                altered = true;
                self.bytes
                    .extend_from_slice(String::from_utf8_lossy(&line.bytes).replacen("::", ":\\u{3a}", 1).as_bytes());
            } else {
                self.bytes.extend_from_slice(&line.bytes);
            }
            if !line.bytes.ends_with(b"\n") {
                self.bytes.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
            altered |= line.altered;
        }
        altered
    }
}

/// `start,count` of a hunk: a side without lines begins at the line before it.
fn side(range: Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        count => format!("{},{count}", range.start + 1),
    }
}

/// A line for the output; altered when it is not what stands in the file.
struct Line {
    bytes: Vec<u8>,
    altered: bool,
}

fn raw_lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

fn lines(source: &Source, more: &[Range<usize>], terminal: bool) -> Vec<Line> {
    let mut hidden = redact::spans(source.text());
    hidden.extend_from_slice(more);
    hidden.sort_by_key(|span| (span.start, span.end));
    let mut at = 0;
    let each = source.text().split_inclusive('\n').map(|text| {
        let start = at;
        at += text.len();
        line(source.encoding(), text, start, &hidden, terminal)
    });
    each.collect()
}

fn line(encoding: Encoding, text: &str, start: usize, hidden: &[Range<usize>], terminal: bool) -> Line {
    let near: Vec<&Range<usize>> =
        hidden.iter().filter(|span| span.start < start + text.len() && span.end > start).collect();
    let body = text.trim_end_matches('\n');
    let body = body.strip_suffix('\r').unwrap_or(body);
    let mut shown = String::with_capacity(text.len());
    for (at, letter) in body.char_indices() {
        match near.iter().any(|span| span.contains(&(start + at))) {
            true => shown.push('*'),
            // The mark in front of a file is no trick, and it belongs to the bytes.
            false if start + at == 0 && letter == '\u{feff}' => shown.push(letter),
            false => safe::push(&mut shown, letter),
        }
    }
    let shown = shown.replace("##[", "#\\u{23}[").replace("##vso[", "#\\u{23}vso[");
    let altered = shown != body;
    let whole = shown + &text[body.len()..];
    let as_on_disk = encoding.bytes_of(&whole, b"").filter(|_| !terminal);
    let altered = altered || (as_on_disk.is_none() && encoding.is_odd() && !text.is_ascii());
    Line { bytes: as_on_disk.unwrap_or_else(|| whole.into_bytes()), altered }
}

/// The path from the root of the repository on, with `/`; as given where there is no repository.
fn in_repository(path: &Path) -> Vec<u8> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A file that is new is not there yet.
    let new = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    let real = path.canonicalize().ok().or_else(new);
    let root = project_folders(folder).pop().filter(|root| root.join(".git").exists());
    let root = root.and_then(|root| root.canonicalize().ok());
    let inside = real.zip(root).and_then(|(real, root)| Some(real.strip_prefix(root).ok()?.to_path_buf()));
    let path: PathBuf = inside.unwrap_or_else(|| path.to_path_buf());
    let parts = path.components().filter_map(|part| match part {
        std::path::Component::Normal(name) => Some(name.as_encoded_bytes()),
        std::path::Component::ParentDir => Some(&b".."[..]),
        _ => None,
    });
    parts.collect::<Vec<_>>().join(&b'/')
}

/// A name as git writes it: in quotes with octal bytes where it holds more than plain letters.
fn quoted(name: &[u8]) -> Vec<u8> {
    let odd = |byte: &u8| !(0x20..0x7f).contains(byte) || matches!(byte, b'"' | b'\\');
    if !name.iter().any(odd) {
        return name.to_vec();
    }
    let mut out = vec![b'"'];
    for byte in name {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            b'\t' => out.extend(b"\\t"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            byte if odd(byte) => out.extend(format!("\\{byte:03o}").bytes()),
            byte => out.push(*byte),
        }
    }
    out.push(b'"');
    out
}
