//! `%Node.widget%` in the names of files that are saved: ComfyUI_frontend's `applyTextReplacements`.
//!
//! `%date:...%` stays as it is written: the same file must give the same prompt on every day.

use super::super::content::Content;
use super::super::graph::{Specs, Value};
use super::super::ui::{self, Flat};
use super::js;

/// Classes whose `filename_prefix` is rewritten (`saveImageExtraOutput.ts`), sorted.
const SAVERS: [&str; 17] = [
    "CLIPSave",
    "LoraSave",
    "ModelSave",
    "SaveAnimatedPNG",
    "SaveAnimatedWEBP",
    "SaveAudio",
    "SaveAudioAdvanced",
    "SaveAudioMP3",
    "SaveAudioOpus",
    "SaveGLB",
    "SaveImage",
    "SaveImageAdvanced",
    "SaveLatent",
    "SaveSVGNode",
    "SaveVideo",
    "SaveWEBM",
    "VAESave",
];

/// True when this input of a class is the name of a file that is saved.
pub(super) fn is_file_name(class: &str, input: &str) -> bool {
    input == "filename_prefix" && SAVERS.binary_search(&class).is_ok()
}

/// The name with what can be looked up filled in.
pub(super) fn filled(flat: &Flat<'_>, specs: &mut Specs, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        match after.split_once('%') {
            Some((inner, behind)) if !inner.is_empty() => {
                match looked_up(flat, specs, inner) {
                    Some(value) => out.push_str(&value.replace(is_forbidden, "_")),
                    None => out.push_str(&format!("%{inner}%")),
                }
                rest = behind;
            }
            _ => {
                out.push('%');
                rest = after;
            }
        }
    }
    out + rest
}

fn is_forbidden(letter: char) -> bool {
    "/?<>\\:*|\"\u{7f}".contains(letter) || letter < '\u{20}'
}

/// The value of `Node.widget`: the node is found by its "Node name for S&R", else by its title.
fn looked_up(flat: &Flat<'_>, specs: &mut Specs, text: &str) -> Option<String> {
    let (name, widget) = text.split_once('.').filter(|(_, widget)| !widget.contains('.'))?;
    let node = ui::by_name(flat, name)?;
    let given = ui::own_values(flat, node, specs);
    given.into_iter().find(|given| given.name == widget).map(|given| as_text(&given.content))
}

/// As JavaScript turns a value into text.
fn as_text(content: &Content<'_>) -> String {
    let mut out = String::new();
    match content.value() {
        Value::Text(text) => out = text,
        Value::Null => {}
        _ => match content {
            Content::Json(json) => js::value(&mut out, *json),
            Content::Number(number) => js::number(&mut out, *number),
            Content::Text(text) => out.clone_from(text),
            Content::Default(text) => out.push_str(text),
        },
    }
    out
}
