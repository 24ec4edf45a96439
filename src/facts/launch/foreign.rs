//! A `main.py` that is not ComfyUI's: many Python projects have one.

use super::Flag;
use crate::catalog::flags::nearest;
use crate::read::script::{Container, Script, Step, Word};

/// Flags of ComfyUI that other programs have as well.
const COMMON: [&str; 10] = [
    "--cpu",
    "--deterministic",
    "--fast",
    "--help",
    "--input-directory",
    "--listen",
    "--offline",
    "--output-directory",
    "--port",
    "--verbose",
];

/// True when a flag is no flag of ComfyUI nor a slip for one, and nothing else says that ComfyUI is meant: neither the word
/// anywhere in the script nor a flag that is ComfyUI's own.
pub(super) fn is_foreign(flags: &[Flag], script: &Script) -> bool {
    let strange = |flag: &Flag| flag.name.is_none() && flag.ambiguous.is_empty() && nearest(&flag.written).is_none();
    let own = |flag: &Flag| !flag.abbreviated && flag.name.is_some_and(|name| !COMMON.contains(&name));
    flags.iter().any(strange) && !flags.iter().any(own) && !script.steps.iter().any(names_comfy)
}

fn names_comfy(step: &Step) -> bool {
    let comfy = |word: &Word| word.text.to_ascii_lowercase().contains("comfy");
    match step {
        Step::Assign(assign) => comfy(&assign.name) || comfy(&assign.value),
        Step::Command(command) => command.words.iter().any(comfy),
    }
}

/// True for a Dockerfile or compose file that speaks of ComfyUI although the start itself lies in an image.
pub fn is_container_of_comfy(script: &Script) -> bool {
    let comfy = |text: &str| text.to_ascii_lowercase().contains("comfy");
    let named = |container: &Container| {
        comfy(&container.name) || container.image.as_ref().is_some_and(|image| comfy(&image.text))
    };
    script.containers.iter().any(named) || (!script.containers.is_empty() && script.steps.iter().any(names_comfy))
}
