//! Settings of programs that start ComfyUI themselves, and the arguments they give it.
//!
//! Sources: Stability Matrix, `InstalledPackage.cs` and `LaunchOption.cs` (what `ToArgString` makes of an option); SwarmUI,
//! `ComfyUISelfStartBackend.cs`; ComfyUI Desktop, `comfyServer.ts` (`buildLaunchArgs`); comfy-cli, `command/launch.py`; VS Code,
//! its page on debugging Python. What such a program adds on its own is not written in its settings and not known here.

mod debug;
mod installed;
mod lines;

use super::embedded;
use super::json::{JsonDoc, JsonRef};
use super::notebook::decode;
use super::script::{Assign, Command, Dialect, Script, Step, Word};
use super::traced::{Byte, word_of};
use crate::span::Span;

/// A program that starts ComfyUI from its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Launcher {
    /// Stability Matrix: `settings.json`.
    StabilityMatrix,
    /// SwarmUI: `Data/Backends.fds`.
    SwarmUi,
    /// ComfyUI Desktop: `comfy.settings.json`.
    Desktop,
    /// comfy-cli: `config.ini`.
    ComfyCli,
    /// VS Code: `launch.json`.
    VsCode,
}

impl Launcher {
    /// The word for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StabilityMatrix => "settings of Stability Matrix",
            Self::SwarmUi => "backends of SwarmUI",
            Self::Desktop => "settings of ComfyUI Desktop",
            Self::ComfyCli => "configuration of comfy-cli",
            Self::VsCode => "launch configuration of VS Code",
        }
    }

    /// The program whose settings a JSON file holds: many programs have a `settings.json`, so the content decides.
    pub fn of_json(name: &str, text: &str) -> Option<Self> {
        let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
        match name {
            "settings.json" if has("\"InstalledPackages\"") && has("\"LaunchArgs\"") => Some(Self::StabilityMatrix),
            "comfy.settings.json" if has("\"Comfy.Server.LaunchArgs\"") => Some(Self::Desktop),
            "launch.json" if has("\"configurations\"") && has("main.py") => Some(Self::VsCode),
            _ => None,
        }
    }
}

/// Reads settings. What belongs to other programs, or starts nothing, gives an empty script.
pub fn read(launcher: Launcher, text: &str) -> Script {
    let mut script = Script::new(Dialect::Settings(launcher));
    match launcher {
        Launcher::SwarmUi => lines::backends(text, &mut script),
        Launcher::ComfyCli => lines::extras(text, &mut script),
        Launcher::VsCode => json(&debug::without_comments(text), &mut script, debug::configurations),
        Launcher::StabilityMatrix => json(text, &mut script, installed::packages),
        Launcher::Desktop => json(text, &mut script, installed::desktop),
    }
    script.steps.iter_mut().for_each(|step| embedded::settle(step, text));
    script
}

/// Reads JSON; one that is broken starts nothing.
fn json(text: &str, script: &mut Script, read: fn(JsonRef<'_>, &mut Script)) {
    let doc = JsonDoc::parse(text);
    if let Some(root) = doc.as_ref().ok().and_then(|doc| doc.root(text)) {
        read(root, script);
    }
}

/// Records a start.
fn start(script: &mut Script, words: Vec<Word>, env: Vec<Assign>, span: Span) {
    script.steps.push(Step::Command(Command { env, words, span, certain: true }));
}

/// The bytes of a JSON text with their places.
fn bytes(node: JsonRef<'_>) -> Vec<Byte> {
    if node.as_str().is_some() { decode::source(node) } else { Vec::new() }
}

/// A JSON text as one word. References to variables of the program make it unknown.
fn word(node: JsonRef<'_>) -> Word {
    let word = word_of(&bytes(node), node.span().start);
    Word { known: !word.text.contains("${"), ..word }
}

/// Words that stand for a place without being written there.
fn named(text: &str, place: Span) -> Word {
    Word { text: text.to_owned(), span: place, known: true, at: vec![place.start; text.len()] }
}

/// The words of a command line: blanks separate, double quotes hold together.
fn split(bytes: &[Byte]) -> Vec<Word> {
    let (mut words, mut open, mut quoted, mut begun) = (Vec::new(), Vec::new(), false, None);
    for &byte in bytes {
        let blank = byte.value.is_ascii_whitespace() && !quoted;
        if !blank {
            begun = begun.or(Some(byte.at));
        }
        match byte.value {
            b'"' => quoted = !quoted,
            _ if !blank => open.push(byte),
            _ => words.extend(begun.take().map(|at| word_of(&std::mem::take(&mut open), at))),
        }
    }
    words.extend(begun.map(|at| word_of(&open, at)));
    words
}
