//! Jupyter notebooks: their code cells as one Python text, in which `pass` stands for each line of IPython (`!`, `%`).
//!
//! Followed: `!command` and `x = !command`, `%%bash` cells, `%env`, `%set_env`, `%cd`, `%run`, `{name}` and `$name` in them;
//! everything else is Python. A `!` line is a process of its own. Cells are taken to run once and in order.

mod compose;
pub(super) mod decode;

use super::json::{JsonDoc, JsonRef};
use super::script::{Dialect, Script};
use super::traced::Byte;
use super::{embedded, python};
use crate::span::Span;

/// Reads a notebook that has to do with ComfyUI; any other gives an empty script.
pub fn read(text: &str) -> Script {
    if !python::mentions_comfy(text) {
        return Script::new(Dialect::Notebook);
    }
    match JsonDoc::parse(text) {
        Ok(doc) => doc.root(text).map_or_else(|| Script::new(Dialect::Notebook), |root| cells(text, root)),
        Err(error) => {
            let unread = vec![(letter(text, error.offset), format!("this notebook is not JSON: {}", error.message))];
            Script { unread, ..Script::new(Dialect::Notebook) }
        }
    }
}

/// The character at an offset; nothing at the end of the text.
fn letter(text: &str, offset: u32) -> Span {
    let length = text.get(offset as usize..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    Span::new(offset, offset + length as u32)
}

fn cells(text: &str, root: JsonRef<'_>) -> Script {
    let mut composer = compose::Composer::default();
    for cell in root.get("cells").into_iter().flat_map(|cells| cells.items().collect::<Vec<_>>()) {
        if cell.get("cell_type").is_some_and(|kind| kind.is_text("code"))
            && let Some(source) = cell.get("source")
        {
            composer.cell(&decode::source(source));
        }
    }
    let (bytes, magics) = composer.finish();
    let Ok(code) = String::from_utf8(bytes.iter().map(|byte| byte.value).collect()) else {
        return Script::new(Dialect::Notebook);
    };
    let script = python::read_with(&code, &magics, Dialect::Notebook);
    moved(script, &bytes, Span::new(0, text.len() as u32))
}

/// The script with the places of the notebook's own text.
fn moved(script: Script, bytes: &[Byte], whole: Span) -> Script {
    let unread = script.unread.into_iter().map(|(span, why)| (embedded::place(span, bytes, whole), why)).collect();
    Script { steps: embedded::moved(script.steps, bytes, whole), unread, ..Script::new(Dialect::Notebook) }
}
