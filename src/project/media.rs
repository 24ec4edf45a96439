//! A workflow inside a media file becomes a file of the run like any other, with a word about where it lies.
//!
//! A generation leaves two texts: `prompt`, which is what the server executed, and `workflow`, which is what the browser
//! had open. They are one generation, so one of them is checked and its findings are reported once: `prompt`, because it is
//! what ran, with subgraphs, reroutes and bypassed nodes resolved by ComfyUI itself, and because API clients send no
//! `workflow` or an empty one. Where `prompt` is missing or no workflow, `workflow` is checked. Suppressions in either count.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use super::{File, Trouble, TroubleKind, interpret, unreadable};
use crate::catalog::nodes::Catalog;
use crate::discover::{Found, Kind};
use crate::facts::allow::{self, Allow};
use crate::read::json::JsonDoc;
use crate::read::media::{Container, Embedded, Fault, Key, Media};
use crate::source::{ReadError, Source};
use crate::span::Span;
use crate::workflow::format;

/// Reads a media file; `None` for one without a workflow that was only met while walking.
///
/// # Errors
/// The message for a *named* file that cannot be opened.
pub(super) fn read(found: &Found, checked: bool, catalog: &Catalog) -> Result<Option<File>, String> {
    match Media::open(&found.path) {
        Ok(media) => Ok(file(&found.path, media, (found.named, checked), catalog)),
        Err(error) => {
            let error = ReadError::Io { path: found.path.display().to_string(), error };
            match found.named {
                true => Err(error.to_string()),
                false => Ok(Some(unreadable(&found.path, found.kind, checked, &error))),
            }
        }
    }
}

/// As [`read`], from bytes that are already there (stdin, tests): always a file, as if it had been named.
pub fn from_bytes(path: &Path, bytes: &[u8], catalog: &Catalog) -> Option<File> {
    file(path, Media::read(&mut Cursor::new(bytes)).ok()?, (true, true), catalog)
}

/// The text that is checked, for those who need nothing else of a media file.
///
/// # Errors
/// Why there is none.
pub fn source(path: &Path, media: Media, catalog: &Catalog) -> Result<Arc<Source>, String> {
    let Some(file) = file(path, Some(media), (true, true), catalog) else { return Err(shown(path)) };
    match (file.embedded, file.trouble.first()) {
        (None, Some(trouble)) => Err(trouble.message.clone()),
        _ => Ok(file.source),
    }
}

fn file(path: &Path, media: Option<Media>, (named, checked): (bool, bool), catalog: &Catalog) -> Option<File> {
    let Some(mut media) = media else {
        return named.then(|| empty(path, checked, trouble(TroubleKind::NoWorkflow, not_media(path))));
    };
    let (file, text) = text(path, &mut media, checked, catalog);
    let fault = media.fault.as_ref().map(|fault| fault_in_words(path, fault));
    match (file, fault) {
        (Some(mut file), fault) => {
            // What was too large may be the other text: that it was not looked at is said.
            file.trouble.extend(fault.filter(|fault| fault.kind == TroubleKind::Limit));
            Some(file)
        }
        (None, Some(fault)) => Some(empty(path, checked, fault)),
        (None, None) if named => {
            Some(empty(path, checked, trouble(TroubleKind::NoWorkflow, no_workflow(path, media.container, text))))
        }
        (None, None) => None,
    }
}

/// The text that is checked, as a file; and a key under which there was a text that is no workflow.
fn text(path: &Path, media: &mut Media, checked: bool, catalog: &Catalog) -> (Option<File>, Option<Key>) {
    let (mut broken, mut other) = (None, None);
    for key in [Key::Prompt, Key::Workflow] {
        let Some(text) = media.take(key) else { continue };
        let Some(mut file) = interpret(Source::from_bytes(path, text), Kind::Json, false, checked, catalog) else {
            other = other.or(Some(key));
            continue;
        };
        file.kind = Kind::Media;
        file.embedded = Some(Embedded { container: media.container, key });
        if file.workflow().is_some() {
            file.allows_beside = media.workflow.as_deref().map(allows).unwrap_or_default();
            return (Some(file), None);
        }
        broken = broken.or(Some(file));
    }
    (broken, other)
}

/// Suppressions in the text that is not checked itself: a browser sends them in the workflow only.
fn allows(text: &[u8]) -> Vec<Allow> {
    if memchr::memmem::find(text, b"\"wanlint\"").is_none() {
        return Vec::new();
    }
    let Ok(text) = std::str::from_utf8(text) else { return Vec::new() };
    let Ok(doc) = JsonDoc::parse(text) else { return Vec::new() };
    doc.root(text).map(|root| allow::in_workflow(format::detect(root).root)).unwrap_or_default()
}

fn empty(path: &Path, checked: bool, trouble: Trouble) -> File {
    File { trouble: vec![trouble], ..File::nothing(Source::from_text(path, ""), Kind::Media, checked) }
}

fn trouble(kind: TroubleKind, message: String) -> Trouble {
    Trouble { kind, span: Span::default(), message }
}

fn fault_in_words(path: &Path, fault: &Fault) -> Trouble {
    let kind = if matches!(fault, Fault::Limit { .. }) { TroubleKind::Limit } else { TroubleKind::Broken };
    trouble(kind, format!("{}, {fault}", shown(path)))
}

fn no_workflow(path: &Path, container: Container, text: Option<Key>) -> String {
    let (path, title) = (shown(path), container.title());
    match text {
        Some(key) => format!("{path} holds no workflow: the text '{}' in this {title} is none", key.name()),
        None => format!("{path} holds no workflow: neither 'prompt' nor 'workflow' is in this {title}"),
    }
}

/// What a file is that has the ending of a media file and not its content.
fn not_media(path: &Path) -> String {
    let mut head = Vec::new();
    let read = std::fs::File::open(path)
        .and_then(|file| std::io::Read::read_to_end(&mut std::io::Read::take(file, 64), &mut head));
    let why = match read {
        Ok(0) => "the file is empty",
        _ if head.starts_with(b"version https://git-lfs") => {
            "this is a pointer of Git LFS; 'git lfs pull' fetches the file itself"
        }
        _ => "it does not begin like any kind of media file that is read",
    };
    format!("{} holds no workflow: {why}", shown(path))
}

fn shown(path: &Path) -> String {
    Source::from_text(path, "").shown_path()
}
