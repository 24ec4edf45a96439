//! wanlint does not cry wolf: it is run on files that other people made and that are known to be good, or to hold one known
//! bug. Recorded data is read from `WANLINT_SHARED` or `../shared`, the official templates from `WANLINT_TEMPLATES` or
//! `target/templates`; what is absent is skipped with a line that says so.

// Helpers of tests may fail and print as tests do; clippy knows only functions marked #[test].
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "corpus/beside.rs"]
mod beside;
#[path = "fixes/changes.rs"]
mod changes;
#[path = "corpus/edits.rs"]
mod edits;
#[path = "corpus/faults.rs"]
mod faults;
#[path = "models/files.rs"]
mod files;
#[path = "corpus/golden.rs"]
mod golden;
#[path = "corpus/judged.rs"]
mod judged;
#[path = "corpus/launchers.rs"]
mod launchers;
#[path = "models/made.rs"]
mod made;
#[path = "corpus/mended.rs"]
mod mended;
#[path = "workflow/official.rs"]
mod official;
#[path = "corpus/peers.rs"]
mod peers;
#[path = "corpus/promised.rs"]
mod promised;
#[path = "corpus/promoted.rs"]
mod promoted;
#[path = "corpus/refused.rs"]
mod refused;
#[path = "corpus/rewired.rs"]
mod rewired;
#[path = "fixes/settled.rs"]
mod run_of_fixes;
#[path = "corpus/scripts.rs"]
mod scripts;
#[path = "corpus/seeded.rs"]
mod seeded;
#[cfg(feature = "network")]
#[path = "corpus/sent.rs"]
mod sent;
#[path = "corpus/several.rs"]
mod several;
#[path = "corpus/templates.rs"]
mod templates;
#[path = "corpus/written.rs"]
mod written;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wanlint::catalog::nodes::{Catalog, Stated};
use wanlint::config::Config;
use wanlint::facts::machine::{Machine, Stated as StatedFacts};
use wanlint::finding::{Finding, Severity};
use wanlint::outcome::Outcome;
use wanlint::{Options, check};

/// What is stated about a machine; empty texts are not stated.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) gpu: &'static str,
    pub(crate) vram: &'static str,
    pub(crate) os: &'static str,
    pub(crate) comfyui: &'static str,
    pub(crate) torch: &'static str,
    /// 64 GiB beside a GPU.
    pub(crate) ram: &'static str,
}

pub(crate) const NOTHING: Facts = Facts { gpu: "", vram: "", os: "", comfyui: "", torch: "", ram: "" };
pub(crate) const RTX_5090: Facts =
    Facts { gpu: "NVIDIA GeForce RTX 5090", os: "windows", comfyui: "0.33.0", torch: "2.9.1", ..NOTHING };
pub(crate) const RTX_4090: Facts =
    Facts { gpu: "NVIDIA GeForce RTX 4090", os: "linux", comfyui: "0.3.70", torch: "2.9.1", ..NOTHING };

impl Facts {
    /// What is stated when the command line states the same.
    pub(crate) fn args(self) -> Vec<String> {
        let of = |(flag, value): &(&str, &str)| [format!("--{flag}"), (*value).to_owned()];
        let all = [("gpu", self.gpu), ("vram", self.vram), ("os", self.os), ("comfyui", self.comfyui)];
        let more = [("torch", self.torch), ("ram", self.ram())];
        all.iter().chain(&more).filter(|(_, value)| !value.is_empty()).flat_map(of).collect()
    }

    fn ram(self) -> &'static str {
        if self.ram.is_empty() && !self.gpu.is_empty() { "64GiB" } else { self.ram }
    }

    pub(crate) fn machine(self) -> Machine {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let stated = StatedFacts {
            gpu: text(self.gpu),
            vram: text(self.vram),
            vram_used: None,
            ram: text(self.ram()),
            os: text(self.os),
            comfyui: text(self.comfyui),
            torch: text(self.torch),
            ..StatedFacts::default()
        };
        Machine::new(&stated, |_| None).unwrap()
    }
}

/// The whole pipeline on one file or folder.
pub(crate) fn lint(path: &Path, facts: Facts) -> Outcome {
    let options = Options::new(vec![path.to_path_buf()], Config::default(), facts.machine());
    check(&options).unwrap()
}

/// The whole pipeline by the schemas of a server's answer; files lie in the folder of recorded data.
pub(crate) fn lint_stated(path: &Path, answer: &str, comfyui: &'static str) -> Outcome {
    let mut machine = Facts { comfyui, ..NOTHING }.machine();
    let text = std::fs::read_to_string(answer).unwrap();
    machine.catalog = Catalog::with(Stated::read(text).unwrap());
    check(&Options::new(vec![path.to_path_buf()], Config::default(), machine)).unwrap()
}

/// The pipeline on one text, as a file of this name.
pub(crate) fn lint_text(name: &str, text: &str, facts: Facts) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    lint(folder.path(), facts)
}

/// Codes of the findings, each once.
pub(crate) fn codes(outcome: &Outcome) -> Vec<&'static str> {
    let mut codes: Vec<&str> = outcome.findings.iter().map(|finding| finding.rule.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// Copies the files with this ending into a folder of their own: beside a repository's launchers they would be paired with them.
pub(crate) fn staged(folder: &Path, ending: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in files(folder, ending) {
        std::fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    copy
}

/// The files of a folder with this ending, sorted.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.is_file() && path.to_string_lossy().ends_with(ending)).collect();
    files.sort();
    files
}

/// A folder of the recorded data; `None` (and a line that says so) where it is absent.
pub(crate) fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("WANLINT_SHARED").map(PathBuf::from);
    let path = root.unwrap_or_else(|| repository().join("../shared")).join("data").join(folder);
    if !path.is_dir() {
        println!("skipped: {folder} is not there, set WANLINT_SHARED");
        return None;
    }
    Some(path)
}

pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The last component of the path of a finding's file.
pub(crate) fn file_name(outcome: &Outcome, finding: &Finding) -> String {
    let path = outcome.files[finding.primary.file].source.path();
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// The name of the template that a finding's file is or was made of.
pub(crate) fn template_name(outcome: &Outcome, finding: &Finding) -> String {
    let name = file_name(outcome, finding);
    let stem = name.strip_suffix(".json").unwrap_or(&name);
    stem.strip_suffix(".api").unwrap_or(stem).to_owned()
}

/// `path CODE severity: message`, for failures.
pub(crate) fn told(outcome: &Outcome, finding: &Finding) -> String {
    let (code, severity) = (finding.rule.code, finding.severity);
    format!("{} {code} {severity}: {}", file_name(outcome, finding), finding.message)
}

/// A finding that would annoy the author of a good file: anything loud about what is written, or a forecast of failure.
pub(crate) fn is_loud(finding: &Finding) -> bool {
    let limit = if finding.rule.family() == "MEM" { Severity::Error } else { Severity::Warning };
    finding.severity >= limit
}

/// A finding on a good file that is true all the same: file, code, why it is true.
pub(crate) type Allowed = (String, String, String);

/// Loud findings that are not on the list.
pub(crate) fn alarms(outcome: &Outcome, allowed: &[Allowed]) -> Vec<String> {
    let listed = |finding: &Finding| {
        allowed.iter().any(|(file, code, _)| *file == template_name(outcome, finding) && *code == finding.rule.code)
    };
    let loud = outcome.findings.iter().filter(|finding| is_loud(finding) && !listed(finding));
    loud.map(|finding| told(outcome, finding)).collect()
}

/// Prints how often each code fired at each severity.
pub(crate) fn print_counts(title: &str, outcome: &Outcome) {
    let mut counts: BTreeMap<(&str, Severity), u32> = BTreeMap::new();
    for finding in &outcome.findings {
        *counts.entry((finding.rule.code, finding.severity)).or_default() += 1;
    }
    println!("{title}: {} files", outcome.files.len());
    for ((code, severity), count) in counts {
        println!("  {count:4} {code} {severity}");
    }
    for (need, codes) in &outcome.not_checked {
        println!("  not checked for want of {}: {}", need.name(), codes.iter().copied().collect::<Vec<_>>().join(", "));
    }
}
