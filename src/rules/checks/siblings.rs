//! Files that a rule would load instead: their names, and whether they are there to be loaded.

use crate::catalog::names::{Stage, Task, stage, task};
use crate::catalog::official;
use crate::facts::models::folders::places;
use crate::facts::models::{Library, Lookup};
use crate::facts::os::Os;
use crate::facts::workflow::Loader;
use crate::finding::Finding;
use crate::fix::{Act, Verb};
use crate::read::script::base_name;
use crate::rules::sink::Fill;
use crate::rules::view::WorkflowView;
use crate::workflow::graph::Graph;

/// Offers the fix `name`: the loader's (first) file becomes another one.
pub(super) fn offer(view: &WorkflowView, finding: &mut Finding, name: &str, loader: &Loader, file: String) {
    let fill: Fill = &[("file", file.clone())];
    finding.offer(name, vec![Act::At(Verb::Replace, view.at(loader.file.span), file)], fill);
}

/// The name under which a loader can load a file: as it is given, in the folder of the one it loads now, or in another. Where it is not
/// known which files there are, official names are taken, as they are given.
pub(super) fn loadable(view: &WorkflowView, loader: &Loader, name: &str) -> Option<String> {
    found((view.of.models, view.of.machine.os), &view.workflow.graph, loader, name)
}

/// As [`loadable`], for a rule about targets.
pub(super) fn found(
    (models, os): (&Library, Option<Os>),
    graph: &Graph,
    loader: &Loader,
    name: &str,
) -> Option<String> {
    let kinds = places(loader.kind, graph.class(loader.node));
    let now = loader.file.value.as_deref().unwrap_or_default();
    let folder = now.strip_suffix(base_name(now)).unwrap_or_default();
    let beside = format!("{folder}{}", base_name(name));
    let is_there = |name: &str| matches!(models.find(kinds, name), Lookup::Found(_));
    let known = [name, &beside].into_iter().find(|name| is_there(name)).map(str::to_owned);
    let near = || models.near(kinds, name).and_then(|near| as_listed(os, near, now));
    let official = || {
        let unknown = official::folder(name).is_some() && models.find(kinds, name).is_unknown();
        // In a folder of their own the files of a pair lie together; where others lie is not known.
        (unknown && (folder.is_empty() || name != base_name(name))).then(|| name.to_owned())
    };
    known.or_else(near).or_else(official)
}

/// A name as the server lists it: Windows parts folders by a backslash. Where the system is not known, as the old name does.
pub(super) fn as_listed(os: Option<Os>, name: String, now: &str) -> Option<String> {
    let backslashes = match os {
        _ if !name.contains('/') => false,
        Some(os) => os == Os::Windows,
        None => match (now.contains('/'), now.contains('\\')) {
            (true, false) => false,
            (false, true) => true,
            _ => return None,
        },
    };
    Some(if backslashes { name.replace('/', "\\") } else { name })
}

/// The file of the other expert beside one: the one word that says which it is, exchanged.
pub(super) fn other_expert(file: &str) -> Option<String> {
    let (mine, other, wanted) = match stage(file)? {
        Stage::High => ("high", "low", Stage::Low),
        Stage::Low => ("low", "high", Stage::High),
    };
    exchanged(file, mine, other).filter(|name| stage(name) == Some(wanted))
}

/// The file for another task beside one.
pub(super) fn for_task(file: &str, wanted: Task) -> Option<String> {
    let (mine, other) = match wanted {
        Task::I2v => ("t2v", "i2v"),
        Task::T2v => ("i2v", "t2v"),
    };
    exchanged(file, mine, other).filter(|name| task(name) == Some(wanted))
}

/// A file in the same folder, with another word for the only place of one in its name, in the case of that place.
fn exchanged(file: &str, word: &str, other: &str) -> Option<String> {
    let name = base_name(file);
    let folder = file.strip_suffix(name)?;
    let lower = name.to_ascii_lowercase();
    let mut found = lower.match_indices(word).map(|(at, _)| at);
    let (at, None) = (found.next()?, found.next()) else { return None };
    let (written, end) = (&name[at..at + word.len()], at + word.len());
    let upper = |letters: &str| letters.bytes().all(|byte| !byte.is_ascii_lowercase());
    let other = match (upper(written), upper(&written[..1])) {
        (true, _) => other.to_ascii_uppercase(),
        (false, true) => other[..1].to_ascii_uppercase() + &other[1..],
        (false, false) => other.to_owned(),
    };
    Some(format!("{folder}{}{other}{}", &name[..at], &name[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_other_file() {
        for (file, other) in [
            ("wan2.2_i2v_high_noise_14B.safetensors", Some("wan2.2_i2v_low_noise_14B.safetensors")),
            ("Wan2.2-I2V-A14B-LowNoise-Q4_K_M.gguf", Some("Wan2.2-I2V-A14B-HighNoise-Q4_K_M.gguf")),
            ("Wan2_2-T2V-A14B-HIGH_fp8.safetensors", Some("Wan2_2-T2V-A14B-LOW_fp8.safetensors")),
            ("wan_low_flow_low.safetensors", None),
            ("merge.safetensors", None),
        ] {
            assert_eq!(other_expert(file).as_deref(), other, "{file}");
        }
        assert_eq!(for_task("a/Wan2_2-T2V-14B.gguf", Task::I2v).as_deref(), Some("a/Wan2_2-I2V-14B.gguf"));
        assert_eq!(for_task("wan_ti2v_5b.gguf", Task::T2v), None);
    }
}
