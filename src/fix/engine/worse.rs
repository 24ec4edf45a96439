//! Whether a check found more amiss after some fixes than before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Choice;
use crate::finding::{Finding, Severity};
use crate::outcome::Outcome;
use crate::project::{File, TroubleKind};

/// What is worse than before: a file that no longer can be read, an error that was not there, a finding that is still there although
/// it was mended.
pub(super) fn worse(before: &Outcome, after: &Outcome, chosen: &[Choice]) -> Option<String> {
    let edited: BTreeSet<&Path> =
        chosen.iter().flat_map(|choice| &choice.edits).map(|edit| before.files[edit.file].source.path()).collect();
    let unreadable = edited.iter().find(|path| broken(after, path) > broken(before, path));
    if let Some(path) = unreadable {
        return Some(format!("{} could no longer be read", path.display()));
    }
    let starts = |outcome: &Outcome, path: &Path| {
        let file = outcome.files.iter().find(|file| file.source.path() == path);
        file.and_then(File::script).map_or(0, |script| script.starts().count())
    };
    if let Some(path) = edited.iter().find(|path| starts(after, path) < starts(before, path)) {
        return Some(format!("{} would start ComfyUI no longer", path.display()));
    }
    let (old, new) = (counts(before), counts(after));
    let count = |of: &BTreeMap<_, usize>, key| of.get(key).copied().unwrap_or_default();
    let error = new.keys().find(|key| key.2 == Severity::Error && count(&new, key) > count(&old, key));
    if let Some((path, code, _)) = error {
        return Some(format!("it brings {code} into {}", path.display()));
    }
    let mut mended: BTreeMap<_, usize> = BTreeMap::new();
    chosen.iter().for_each(|choice| *mended.entry(class(choice.finding, before)).or_default() += 1);
    let idle = mended.iter().find(|(key, mended)| count(&new, key) + **mended > count(&old, key));
    idle.map(|((_, code, _), _)| format!("{code} still finds the same"))
}

type Class = (PathBuf, &'static str, Severity);

fn class(finding: &Finding, outcome: &Outcome) -> Class {
    (outcome.files[finding.primary.file].source.path().to_path_buf(), finding.rule.code, finding.severity)
}

fn counts(outcome: &Outcome) -> BTreeMap<Class, usize> {
    let mut counts = BTreeMap::new();
    outcome.findings.iter().for_each(|finding| *counts.entry(class(finding, outcome)).or_default() += 1);
    counts
}

/// How many places of a file cannot be read; one that is gone altogether counts as the worst.
fn broken(outcome: &Outcome, path: &Path) -> usize {
    let file = outcome.files.iter().find(|file| file.source.path() == path);
    let bad = |kind: TroubleKind| matches!(kind, TroubleKind::Broken | TroubleKind::Limit);
    file.map_or(usize::MAX, |file| file.trouble.iter().filter(|trouble| bad(trouble.kind)).count())
}
