//! What people may do themselves about a finding: fixes that are never made.

use super::safe;
use crate::finding::Finding;
use crate::fix::{Fix, Grade, edits};
use crate::outcome::Outcome;

/// Every way to mend a finding, where one of them is for people to choose: `by hand: Sample 53 frames, not 321: ...`.
pub fn of(finding: &Finding, outcome: &Outcome) -> Vec<String> {
    match finding.fixes.iter().any(|fix| fix.grade == Grade::Display) {
        true => finding.fixes.iter().map(|fix| format!("{}: {}", word(fix, outcome), safe::line(&fix.title))).collect(),
        false => Vec::new(),
    }
}

/// What makes it; what cannot be written is for people, too.
pub fn word(fix: &Fix, outcome: &Outcome) -> &'static str {
    match fix.grade {
        Grade::Safe | Grade::Unsafe if edits(fix, &outcome.files).is_err() => "by hand",
        Grade::Safe => "with --fix",
        Grade::Unsafe => "with --fix --unsafe-fixes",
        Grade::Display => "by hand",
    }
}

/// The fixes that nobody makes, with their places: `by hand: launch.bat:6 MEM001: Sample 53 frames, not 321: ...`.
pub fn by_hand(outcome: &Outcome) -> impl Iterator<Item = String> {
    let covered = |finding: &&Finding| outcome.repair.rules.covers(finding.rule);
    outcome.findings.iter().filter(covered).flat_map(|finding| {
        let source = &outcome.files[finding.primary.file].source;
        let line = source.place(finding.primary.span.start).line;
        let place = format!("{}:{line} {}", safe::line(&source.shown_path()), finding.rule.code);
        let shown = finding.fixes.iter().filter(|fix| fix.grade == Grade::Display);
        shown.map(move |fix| format!("by hand: {place}: {}", safe::line(&fix.title)))
    })
}
