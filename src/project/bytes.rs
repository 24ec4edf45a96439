//! What the encoding of a file means to the program that reads it.

use super::{Content, Trouble, TroubleKind, character};
use crate::discover::Kind;
use crate::encoding::Page;
use crate::read::script::{Dialect, Step, Word, base_name};
use crate::source::{Encoding, Source};
use crate::span::Span;

/// Commands that only show text: an accented letter in it starts nothing.
const SHOWING: [&str; 9] = ["echo", "title", "rem", "msg", "color", "prompt", "printf", "write-host", "write-output"];

/// What the bytes of a file mean to the program that reads it, where that is a fault.
pub(super) fn trouble(source: &Source, kind: Kind, content: &Content) -> Option<Trouble> {
    let (span, message) = match (source.encoding(), kind) {
        (Encoding::Utf8Bom, Kind::Script(Dialect::Batch | Dialect::Shell)) => (
            Span::new(0, 3),
            "the byte-order mark in front becomes part of the first command: save the file without it".to_owned(),
        ),
        (Encoding::Utf16 { mark }, _) => (Span::default(), utf16_trouble(kind, mark)?),
        (Encoding::Page { page, stated: false }, Kind::Script(dialect)) => {
            page_trouble(page, dialect, content, source.text())?
        }
        (Encoding::Unknown(at), _) => {
            (Span::new(at, at + 1), "this byte is not UTF-8, and ComfyUI reads workflows as UTF-8 only".to_owned())
        }
        _ => return None,
    };
    Some(Trouble { kind: TroubleKind::Encoding, span, message })
}

/// Who does not read UTF-16. PowerShell does, and so do the readers of YAML, if it begins with the mark.
fn utf16_trouble(kind: Kind, mark: bool) -> Option<String> {
    let reader = match kind {
        Kind::Json => "ComfyUI reads workflows as UTF-8 only",
        Kind::Script(Dialect::PowerShell | Dialect::Compose) if mark => return None,
        Kind::Script(Dialect::PowerShell) => "PowerShell takes it for that only behind a byte-order mark",
        Kind::Script(Dialect::Batch) => "cmd does not run such a batch file",
        Kind::Script(Dialect::Shell) => "no shell runs such a script",
        Kind::Script(_) => "its reader expects UTF-8",
        Kind::Settings => "its reader expects UTF-8",
        Kind::Config | Kind::Media | Kind::Model | Kind::Log => return None,
    };
    Some(format!("the file is UTF-16, and {reader}: save it as UTF-8"))
}

/// A page that was only assumed is a fault where the command that starts ComfyUI, or a folder, depends on it.
fn page_trouble(page: Page, dialect: Dialect, content: &Content, text: &str) -> Option<(Span, String)> {
    let Content::Script(file) = content else { return None };
    if file.launches.is_empty() {
        return None;
    }
    if dialect == Dialect::Python {
        let first = text.bytes().position(|byte| !byte.is_ascii())?;
        let message = "Python does not run this file: it is not UTF-8 and has no coding line".to_owned();
        return Some((character(text, first as u32), message));
    }
    let span = character(text, file.script.steps.iter().find_map(outside_ascii)?);
    let page = page.number();
    let remedy = match dialect {
        Dialect::Batch => format!("put `chcp {page} >nul` in front, or save it as UTF-8 behind `chcp 65001 >nul`"),
        Dialect::PowerShell => "save it as UTF-8 with a byte-order mark".to_owned(),
        _ => "save it as UTF-8".to_owned(),
    };
    let what = "the file is not UTF-8 and names no code page, so what this letter means depends on the machine";
    Some((span, format!("{what} (read as code page {page}, which is assumed): {remedy}")))
}

/// The first letter outside ASCII in a command that does more than show text.
fn outside_ascii(step: &Step) -> Option<u32> {
    let Step::Command(command) = step else { return None };
    let first = command.words.first()?;
    let name = base_name(&first.text).to_ascii_lowercase();
    if SHOWING.contains(&name.trim_start_matches('@')) || name.starts_with("echo") {
        return None;
    }
    let letter = |word: &Word| word.text.bytes().zip(&word.at).find(|(byte, _)| !byte.is_ascii()).map(|(_, at)| *at);
    command.words.iter().find_map(letter)
}
