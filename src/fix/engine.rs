//! Passes: mend what may be mended, read everything again, until nothing is left to do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Edit, Fix, Grade, bytes, edits};
use crate::finding::{Finding, Severity};
use crate::outcome::Outcome;
use crate::project::{Drafts, File, TroubleKind};
use crate::rules::Rule;
use crate::rules::select::Selection;
use crate::{Options, check};

/// Most passes over the files. Fixes that still find work then undo each other.
const MAX_PASSES: usize = 10;

/// What may be mended.
#[derive(Debug)]
pub struct Permit {
    /// Fixes that change the result are made too.
    pub unsafe_too: bool,
    /// The rules whose fixes count.
    pub rules: Selection,
}

impl Permit {
    fn allows(&self, grade: Grade) -> bool {
        grade == Grade::Safe || (grade == Grade::Unsafe && self.unsafe_too)
    }
}

/// A fix that was made, or one that was held back.
#[derive(Clone, Debug)]
pub struct Note {
    /// The rule.
    pub rule: &'static Rule,
    /// What the fix does.
    pub title: String,
    /// The file, as reports show it, and the line of the finding when it was found.
    pub place: (String, u32),
    /// Why it was held back; `None` for one that was made.
    pub reason: Option<String>,
}

/// What fixing came to. Nothing is written yet.
#[derive(Debug)]
pub struct Fixed {
    /// The check of the files as they are with all fixes.
    pub outcome: Outcome,
    /// The new bytes of every file that changes.
    pub drafts: Drafts,
    /// The old bytes of the same files: those that were read.
    pub before: BTreeMap<PathBuf, Vec<u8>>,
    /// The fixes that were made, in their order.
    pub made: Vec<Note>,
    /// The fixes that were not.
    pub held_back: Vec<Note>,
    /// False when there was still something to do after the last pass.
    pub settled: bool,
}

/// A fix of a finding that is about to be made.
struct Choice<'a> {
    finding: &'a Finding,
    fix: &'a Fix,
    edits: Vec<Edit>,
}

/// What was thrown away: the rule, the file and the message of its finding.
type Rejected = BTreeMap<(&'static str, PathBuf, String), String>;

/// Checks, and mends what may be mended.
///
/// # Errors
/// As [`check`].
pub fn run(mut options: Options, permit: &Permit) -> Result<Fixed, String> {
    let mut state = Fixed {
        outcome: check(&options)?,
        drafts: Drafts::new(),
        before: BTreeMap::new(),
        made: Vec::new(),
        held_back: Vec::new(),
        settled: true,
    };
    let mut rejected = Rejected::new();
    for pass in 0.. {
        let todo = choose(&state.outcome, permit, &rejected).len();
        if todo == 0 {
            break;
        }
        if pass == MAX_PASSES {
            state.settled = false;
            break;
        }
        if attempt(&mut state, &mut options, permit, &mut rejected, usize::MAX)? {
            continue;
        }
        // Together they made something worse: one after the other shows which.
        for _ in 0..todo {
            attempt(&mut state, &mut options, permit, &mut rejected, 1)?;
        }
    }
    state.held_back = held_back(&state.outcome, permit, &rejected);
    Ok(state)
}

/// Makes the first `most` fixes. False when that was taken back; the fix that is alone at fault is not tried again.
fn attempt(
    state: &mut Fixed,
    options: &mut Options,
    permit: &Permit,
    rejected: &mut Rejected,
    most: usize,
) -> Result<bool, String> {
    let mut chosen = choose(&state.outcome, permit, rejected);
    chosen.truncate(most);
    let Some(first) = chosen.first() else { return Ok(true) };
    let drafted = draft(&state.outcome.files, &chosen, &state.drafts, &mut state.before);
    let next = match drafted {
        Ok(drafts) => {
            let old = std::mem::replace(&mut options.drafts, drafts);
            let next = check(options);
            let fault =
                next.as_ref().map_or_else(|error| Some(error.clone()), |next| worse(&state.outcome, next, &chosen));
            match fault {
                None => next,
                Some(fault) => {
                    options.drafts = old;
                    Err(fault)
                }
            }
        }
        Err(fault) => Err(fault),
    };
    match next {
        Ok(next) => {
            let made: Vec<Note> =
                chosen.iter().map(|choice| note(choice.finding, choice.fix, &state.outcome, None)).collect();
            state.made.extend(made);
            state.drafts.clone_from(&options.drafts);
            state.outcome = next;
            Ok(true)
        }
        Err(fault) if chosen.len() == 1 => {
            rejected.insert(key(first.finding, &state.outcome), fault);
            Ok(false)
        }
        Err(_) => Ok(false),
    }
}

/// One fix for each finding that has one, as far as they leave each other's bytes alone.
fn choose<'a>(outcome: &'a Outcome, permit: &Permit, rejected: &Rejected) -> Vec<Choice<'a>> {
    let mut chosen: Vec<Choice> = Vec::new();
    for finding in outcome.findings.iter().filter(|finding| permit.rules.has(finding.rule) && !finding.fixes.is_empty())
    {
        if rejected.contains_key(&key(finding, outcome)) {
            continue;
        }
        let mut ways = finding.fixes.iter().filter(|fix| permit.allows(fix.grade));
        let way = ways.find_map(|fix| edits(fix, &outcome.files).ok().map(|edits| (fix, edits)));
        let free = |edits: &[Edit]| {
            !chosen.iter().flat_map(|choice| &choice.edits).any(|one| edits.iter().any(|two| one.touches(two)))
        };
        if let Some((fix, edits)) = way.filter(|(_, edits)| free(edits)) {
            chosen.push(Choice { finding, fix, edits });
        }
    }
    chosen
}

/// The drafts with some more fixes in them.
fn draft(
    files: &[File],
    chosen: &[Choice],
    drafts: &Drafts,
    before: &mut BTreeMap<PathBuf, Vec<u8>>,
) -> Result<Drafts, String> {
    let mut by_file: BTreeMap<usize, Vec<&Edit>> = BTreeMap::new();
    chosen.iter().flat_map(|choice| &choice.edits).for_each(|edit| by_file.entry(edit.file).or_default().push(edit));
    let mut drafts = drafts.clone();
    for (index, mut edits) in by_file {
        edits.sort();
        let source = &files[index].source;
        let old = match drafts.get(source.path()) {
            Some(bytes) => bytes.clone(),
            None => bytes::on_disk(source)?,
        };
        let new = bytes::edited(source, &old, &edits)?;
        before.entry(source.path().to_path_buf()).or_insert(old);
        drafts.insert(source.path().to_path_buf(), new);
    }
    Ok(drafts)
}

/// What is worse than before: a file that no longer can be read, an error that was not there, a finding that is still there although
/// it was mended.
fn worse(before: &Outcome, after: &Outcome, chosen: &[Choice]) -> Option<String> {
    let edited: BTreeSet<&Path> =
        chosen.iter().flat_map(|choice| &choice.edits).map(|edit| before.files[edit.file].source.path()).collect();
    let unreadable = edited.iter().find(|path| broken(after, path) > broken(before, path));
    if let Some(path) = unreadable {
        return Some(format!("{} could no longer be read", path.display()));
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

fn key(finding: &Finding, outcome: &Outcome) -> (&'static str, PathBuf, String) {
    let path = outcome.files[finding.primary.file].source.path();
    (finding.rule.code, path.to_path_buf(), finding.message.clone())
}

/// The fixes of what is still found, each with the reason why it was not made.
fn held_back(outcome: &Outcome, permit: &Permit, rejected: &Rejected) -> Vec<Note> {
    let mut held = Vec::new();
    for finding in outcome.findings.iter().filter(|finding| permit.rules.has(finding.rule)) {
        let reason = |fix: &Fix| match rejected.get(&key(finding, outcome)) {
            _ if fix.grade == Grade::Display => None,
            Some(fault) if permit.allows(fix.grade) => Some(format!("taken back: {fault}")),
            _ => match edits(fix, &outcome.files) {
                Err(refusal) => Some(refusal),
                Ok(_) if !permit.allows(fix.grade) => Some("unsafe: --unsafe-fixes makes it".to_owned()),
                Ok(_) => Some("another fix changes the same place".to_owned()),
            },
        };
        let first = finding.fixes.iter().find_map(|fix| Some((fix, reason(fix)?)));
        held.extend(first.map(|(fix, reason)| note(finding, fix, outcome, Some(reason))));
    }
    held
}

fn note(finding: &Finding, fix: &Fix, outcome: &Outcome, reason: Option<String>) -> Note {
    let source = &outcome.files[finding.primary.file].source;
    let line = source.place(finding.primary.span.start).line;
    Note { rule: finding.rule, title: fix.title.clone(), place: (source.shown_path(), line), reason }
}
