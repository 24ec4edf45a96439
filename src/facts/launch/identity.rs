//! Many projects have a `main.py`: tells ComfyUI's from others.

use super::Flag;
use crate::catalog::flags;
use crate::read::script::{Script, Step, Word};

/// A word of the script names ComfyUI: a path, a folder that it changes to, a title, a variable.
pub(super) fn is_named(script: &Script) -> bool {
    script.steps.iter().any(|step| match step {
        Step::Assign(assign) => [&assign.name, &assign.value].into_iter().any(names_comfy),
        Step::Command(command) => command.words.iter().any(names_comfy),
    })
}

fn names_comfy(word: &Word) -> bool {
    word.text.as_bytes().windows(5).any(|part| part.eq_ignore_ascii_case(b"comfy"))
}

/// The flags are ComfyUI's: at least as many known ones (or slips of known ones) as strangers.
pub(super) fn has_its_flags(flags: &[Flag]) -> bool {
    let familiar =
        |flag: &&Flag| flag.name.is_some() || !flag.ambiguous.is_empty() || flags::nearest(&flag.written).is_some();
    let known = flags.iter().filter(familiar).count();
    known >= flags.len() - known
}
