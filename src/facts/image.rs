//! What Python packages an image holds, where its description leaves nothing open.

use super::packages::{self, normal};
use crate::read::script::{Command, Container, Dialect, Script, Step, Word, base_name};

/// Images that bring no packages for ComfyUI along, by the part of their name in front of the tag.
const PLAIN: [&str; 9] = [
    "alpine",
    "debian",
    "fedora",
    "nvidia/cuda",
    "nvcr.io/nvidia/cuda",
    "python",
    "pytorch/pytorch",
    "rockylinux",
    "ubuntu",
];

/// Programs of a build that install no Python package.
const HARMLESS: [&str; 38] = [
    ".",
    ":",
    "[",
    "add-apt-repository",
    "adduser",
    "apk",
    "apt",
    "apt-get",
    "cat",
    "cd",
    "chmod",
    "chown",
    "cp",
    "curl",
    "dnf",
    "echo",
    "export",
    "git",
    "groupadd",
    "ldconfig",
    "ln",
    "locale-gen",
    "ls",
    "mkdir",
    "mv",
    "printf",
    "rm",
    "sed",
    "set",
    "tar",
    "test",
    "touch",
    "true",
    "unzip",
    "update-alternatives",
    "useradd",
    "wget",
    "yum",
];

/// The names of all packages that pip installs into an image (as PyPI compares names, extras included: `huggingface-hub[hf-transfer]`),
/// beside what ComfyUI's own requirements bring. `None` when anything is left open: another base, a script, a file of requirements, a
/// program that is not known here.
///
/// The base of ComfyUI's requirements: they name neither sageattention, flash-attn, xformers nor hf_transfer (`requirements.txt` of 0.3.64
/// and 0.33.0).
pub fn packages(script: &Script) -> Option<Vec<String>> {
    let [container] = script.containers.as_slice() else { return None };
    let described = matches!(script.dialect, Dialect::Dockerfile | Dialect::Compose);
    if !described || container.not_followed.is_some() || !is_plain(container) {
        return None;
    }
    let mut names = Vec::new();
    for step in container.building.iter().chain(&script.steps) {
        if let Step::Command(command) = step {
            names.extend(installed(command)?);
        }
    }
    Some(names)
}

fn is_plain(container: &Container) -> bool {
    let image = container.image.as_ref().filter(|image| image.known && container.build.is_none());
    image.is_some_and(|image| {
        let name = image.text.split(['@', ':']).next().unwrap_or_default();
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        PLAIN.contains(&name.strip_prefix("library/").unwrap_or(name))
    })
}

/// What one command brings; `None` when it may bring anything.
fn installed(command: &Command) -> Option<Vec<String>> {
    if let Some(install) = packages::install(command) {
        let own = install.others.iter().all(is_comfys);
        let names = install.packages.into_iter().map(|package| package.name + &normal(&package.wanted));
        return own.then(|| names.collect());
    }
    let first = command.words.first()?;
    let program = base_name(&first.text);
    let python = program.starts_with("python") || program.starts_with("pip");
    let starts = command.words.iter().any(|word| base_name(&word.text) == "main.py" && word.known);
    // `python -m venv`, `pip config`, the start itself.
    let second = command.words.get(2).map_or("", |word| word.text.as_str());
    let known = HARMLESS.contains(&program) || (python && (starts || matches!(second, "venv" | "ensurepip")));
    (first.known && known).then(Vec::new)
}

/// `-r /app/ComfyUI/requirements.txt`.
fn is_comfys(word: &Word) -> bool {
    let path = word.text.to_ascii_lowercase().replace('\\', "/");
    let own = ["comfyui/requirements.txt", "comfyui/manager_requirements.txt"].iter().any(|end| path.ends_with(end));
    word.known && own && !path.contains("custom_nodes")
}
