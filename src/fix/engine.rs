//! Passes: mend what may be mended, read everything again, until nothing is left to do.

mod permit;
#[cfg(test)]
mod tests;
mod worse;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::write::Change;
use super::{Edit, Fix, Grade, bytes};
use crate::finding::Finding;
use crate::outcome::Outcome;
use crate::project::{Drafts, File};
use crate::rules::Rule;
use crate::{Options, check};
pub use permit::{Gate, Permit};
use worse::worse;

/// Most passes over the files. Fixes that still find work then undo each other.
pub const MAX_PASSES: usize = 10;

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
    /// The files that it changes; empty for one that was held back.
    pub files: Vec<PathBuf>,
}

impl Note {
    /// True for a line that is the reason why it was held back.
    pub fn says(&self, line: &str) -> bool {
        self.reason.as_deref() == Some(line)
    }
}

/// What fixing came to. Nothing is written yet.
#[derive(Debug)]
pub struct Fixed {
    /// The check of the files as they are with all fixes.
    pub outcome: Outcome,
    /// The check of the files as they were; `None` when nothing was made and it is the same.
    pub first: Option<Outcome>,
    /// The new bytes of every file that changes.
    pub drafts: Drafts,
    /// The old bytes of the same files: those that were read. A file that is new has none.
    pub before: BTreeMap<PathBuf, Vec<u8>>,
    /// The fixes that were made, in their order.
    pub made: Vec<Note>,
    /// The fixes that were not.
    pub held_back: Vec<Note>,
    /// False when there was still something to do after the last pass.
    pub settled: bool,
}

impl Fixed {
    /// What was checked, before anything is made.
    pub fn untouched(outcome: Outcome) -> Self {
        let (first, drafts, before, made, held_back) = Default::default();
        Self { outcome, first, drafts, before, made, held_back, settled: true }
    }

    /// Every file that changes, by path.
    pub fn changes(&self) -> impl Iterator<Item = Change<'_>> {
        let before = |path| self.before.get(path).map(Vec::as_slice);
        self.drafts.iter().map(move |(path, after)| Change { path, before: before(path), after })
    }
}

/// A fix of a finding that is about to be made.
struct Choice<'a> {
    finding: &'a Finding,
    fix: &'a Fix,
    edits: Vec<Edit>,
}

/// What was thrown away and why, by [`key`].
type Rejected = BTreeMap<Key, String>;

/// The rule, the file, the message and the line of a finding.
type Key = (&'static str, PathBuf, String, String);

/// Checks, and mends what may be mended. Nothing is written: the new bytes are in the result and in the drafts of the options.
///
/// # Errors
/// As [`check`].
pub fn run(options: &mut Options, permit: &Permit) -> Result<Fixed, String> {
    Passes { check: &check, permit, options, rejected: Rejected::new() }.run()
}

/// The state of a run.
struct Passes<'a> {
    check: &'a dyn Fn(&Options) -> Result<Outcome, String>,
    permit: &'a Permit,
    options: &'a mut Options,
    rejected: Rejected,
}

impl Passes<'_> {
    fn run(mut self) -> Result<Fixed, String> {
        let mut state = Fixed::untouched((self.check)(self.options)?);
        for pass in 0.. {
            let todo = self.chosen(&state).len();
            if todo == 0 {
                break;
            }
            if pass == MAX_PASSES {
                state.settled = false;
                break;
            }
            self.pass(&mut state, todo);
        }
        state.held_back = held_back(&state.outcome, self.permit, &self.rejected);
        state.drafts.retain(|path, bytes| state.before.get(path) != Some(bytes));
        self.options.drafts.clone_from(&state.drafts);
        Ok(state)
    }

    fn chosen<'a>(&self, state: &'a Fixed) -> Vec<Choice<'a>> {
        choose(&state.outcome, self.permit, &self.rejected)
    }

    /// Makes fixes together; where that makes something worse, half as many, down to the one that is at fault.
    fn pass(&mut self, state: &mut Fixed, todo: usize) {
        let (mut left, mut most) = (todo, todo);
        while left > 0 {
            match self.attempt(state, most.min(left)) {
                Ok(0) => break,
                Ok(made) => {
                    left -= made;
                    most = most.saturating_mul(2);
                }
                Err(1) => left -= 1,
                Err(tried) => most = tried / 2,
            }
        }
    }

    /// Makes the first `most` fixes; how many that were. An error tells how many were taken back; one that is alone at fault is not
    /// tried again.
    fn attempt(&mut self, state: &mut Fixed, most: usize) -> Result<usize, usize> {
        let mut chosen = self.chosen(state);
        chosen.truncate(most);
        let Some(first) = chosen.first() else { return Ok(0) };
        match self.next(state, &chosen) {
            Ok((drafts, before, next)) => {
                let made = chosen.iter().map(|choice| choice.note(&state.outcome)).collect::<Vec<_>>();
                let count = made.len();
                let old = std::mem::replace(&mut state.outcome, next);
                state.first.get_or_insert(old);
                state.made.extend(made);
                state.drafts = drafts;
                for (path, bytes) in before {
                    state.before.entry(path).or_insert(bytes);
                }
                Ok(count)
            }
            Err(fault) => {
                if chosen.len() == 1 {
                    self.rejected.insert(key(first.finding, &state.outcome), fault);
                }
                Err(chosen.len())
            }
        }
    }

    /// The files with some more fixes in them, and what a check says of them; an error when something is worse than before.
    fn next(&mut self, state: &Fixed, chosen: &[Choice]) -> Result<(Drafts, Drafts, Outcome), String> {
        let (drafts, before) = draft(&state.outcome.files, chosen, &state.drafts, self.options)?;
        self.options.drafts.clone_from(&drafts);
        let next = (self.check)(self.options)?;
        worse(&state.outcome, &next, chosen).map_or(Ok((drafts, before, next)), Err)
    }
}

/// One fix for each finding that has one, as far as they leave each other's bytes alone.
fn choose<'a>(outcome: &'a Outcome, permit: &Permit, rejected: &Rejected) -> Vec<Choice<'a>> {
    let mut chosen: Vec<Choice> = Vec::new();
    for finding in
        outcome.findings.iter().filter(|finding| permit.rules.covers(finding.rule) && !finding.fixes.is_empty())
    {
        if rejected.contains_key(&key(finding, outcome)) {
            continue;
        }
        let mut ways = finding.fixes.iter().filter(|fix| permit.allows(fix.grade));
        let way = ways.find_map(|fix| permit.edits(fix, &outcome.files).ok().map(|edits| (fix, edits)));
        let free = |edits: &[Edit]| {
            !chosen.iter().flat_map(|choice| &choice.edits).any(|one| edits.iter().any(|two| one.touches(two)))
        };
        if let Some((fix, edits)) = way.filter(|(_, edits)| free(edits)) {
            chosen.push(Choice { finding, fix, edits });
        }
    }
    chosen
}

/// The drafts with some more fixes in them, and the bytes on disk of the files that get their first one.
fn draft(files: &[File], chosen: &[Choice], drafts: &Drafts, options: &Options) -> Result<(Drafts, Drafts), String> {
    let mut by_file: BTreeMap<usize, Vec<&Edit>> = BTreeMap::new();
    chosen.iter().flat_map(|choice| &choice.edits).for_each(|edit| by_file.entry(edit.file).or_default().push(edit));
    let (mut drafts, mut before) = (drafts.clone(), Drafts::new());
    for (index, mut edits) in by_file {
        edits.sort();
        let source = &files[index].source;
        let old = bytes::read(source, &drafts, options)?;
        let new = bytes::edited(source, &old, &edits)?;
        before.insert(source.path().to_path_buf(), old);
        drafts.insert(source.path().to_path_buf(), new);
    }
    Ok((drafts, before))
}

impl Choice<'_> {
    fn note(&self, outcome: &Outcome) -> Note {
        let paths: BTreeSet<&Path> = self.edits.iter().map(|edit| outcome.files[edit.file].source.path()).collect();
        let files = paths.into_iter().map(Path::to_path_buf).collect();
        Note { files, ..note(self.finding, self.fix, outcome, None) }
    }
}

fn key(finding: &Finding, outcome: &Outcome) -> Key {
    let source = &outcome.files[finding.primary.file].source;
    let line = source.line_span(source.line_of(finding.primary.span.start as usize));
    // Of a minified workflow the line is the whole file: its beginning tells as much.
    let line = source.slice(line).chars().take(LINE).collect();
    (finding.rule.code, source.path().to_path_buf(), finding.message.clone(), line)
}

/// How many letters of a line tell findings apart that say the same.
const LINE: usize = 200;

/// The fixes of what is still found, each with the reason why it was not made.
fn held_back(outcome: &Outcome, permit: &Permit, rejected: &Rejected) -> Vec<Note> {
    let mut held = Vec::new();
    for finding in outcome.findings.iter().filter(|finding| permit.rules.covers(finding.rule)) {
        let reason = |fix: &Fix| match rejected.get(&key(finding, outcome)) {
            _ if fix.grade == Grade::Display => None,
            Some(fault) if permit.allows(fix.grade) => Some(format!("taken back: {fault}")),
            _ => match permit.edits(fix, &outcome.files) {
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
    Note { rule: finding.rule, title: fix.title.clone(), place: (source.shown_path(), line), reason, files: Vec::new() }
}
