//! Suppressions for what is still found: a comment above the command, an entry in the workflow, else an `[[allow]]` in `wanlint.toml`.
//! Everything is checked again with them in place; where one does not silence its finding, or says more than that, it is taken back.

mod entries;
mod layout;
mod script;
mod workflow;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::engine::{Fixed, Gate, Note};
use super::{Edit, bytes};
use crate::config::{AllowConfig, Config};
use crate::discover::Kind;
use crate::outcome::Outcome;
use crate::project::{Drafts, File};
use crate::{Options, check};

/// The reason that is written where none is given: a true one.
pub const REASON: &str = "left as it is by --add-allow, not looked into yet";

/// Most times that suppressions are taken back from a place.
const ROUNDS: usize = 4;

/// What is asked for.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// Why the findings are allowed.
    pub reason: &'a str,
    /// Why a file must not be written.
    pub gate: &'a Gate,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Allowed {
    /// The findings that are allowed now; the title tells where.
    pub made: Vec<Note>,
    /// Those that are not, with the reason.
    pub left: Vec<Note>,
}

/// Where a finding is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// In its own file.
    Here,
    /// In `wanlint.toml`.
    Config,
    /// Nowhere, and why.
    Nowhere(String),
}

/// What a round of suppressions comes to before it is checked.
struct Round {
    drafts: Drafts,
    before: BTreeMap<PathBuf, Vec<u8>>,
    config: Config,
}

/// Allows what is still found after fixes. Nothing is written: the new bytes are among those of the fixes and in the drafts of the
/// options, whose configuration is the new one.
///
/// # Errors
/// As [`check`].
pub fn add(options: &mut Options, fixed: &mut Fixed, wanted: &Wanted) -> Result<Allowed, String> {
    let old = (options.config.clone(), options.drafts.clone());
    let mut places: Vec<Place> = first_places(&fixed.outcome, options, wanted);
    for _ in 0..ROUNDS {
        let round = round(&mut places, options, fixed, wanted);
        (options.config, options.drafts) = (round.config.clone(), round.drafts.clone());
        let next = check(options)?;
        if !take_back(&mut places, &fixed.outcome, &next, &round.config) {
            return Ok(done(places, fixed, round, next));
        }
        (options.config, options.drafts) = old.clone();
    }
    places.iter_mut().for_each(|place| *place = Place::Nowhere("no place for it was found".to_owned()));
    Ok(notes(&places, &fixed.outcome, &options.config))
}

fn first_places(outcome: &Outcome, options: &Options, wanted: &Wanted) -> Vec<Place> {
    let place = |finding: &crate::finding::Finding| {
        let file = &outcome.files[finding.primary.file];
        let nowhere = |why: &str| Place::Nowhere(why.to_owned());
        match (&file.embedded, file.kind) {
            _ if finding.rule.code.starts_with("CONF") => nowhere("it is about a suppression or the configuration"),
            (Some(_), _) | (_, Kind::Media | Kind::Model) => nowhere("no suppression can be written into such a file"),
            _ if options.stdin.is_none() => match wanted.gate.refusal(file.source.path()) {
                Some(why) => Place::Nowhere(format!("{} is not written: {why}", file.source.path().display())),
                None if file.run.is_some() => Place::Config,
                None => Place::Here,
            },
            _ => Place::Here,
        }
    };
    outcome.findings.iter().map(place).collect()
}

/// Writes what can be written in the files themselves, and the rest into the configuration.
fn round(places: &mut [Place], options: &Options, fixed: &Fixed, wanted: &Wanted) -> Round {
    let mut round = Round { drafts: fixed.drafts.clone(), before: BTreeMap::new(), config: options.config.clone() };
    let files: BTreeSet<usize> = fixed.outcome.findings.iter().map(|finding| finding.primary.file).collect();
    for file in files {
        in_file(file, places, options, fixed, wanted, &mut round);
    }
    if let Err(why) = in_config(places, options, &fixed.outcome, wanted, &mut round) {
        let all = places.iter_mut().filter(|place| **place == Place::Config);
        all.for_each(|place| *place = Place::Nowhere(why.clone()));
    }
    round
}

fn in_file(index: usize, places: &mut [Place], options: &Options, fixed: &Fixed, wanted: &Wanted, round: &mut Round) {
    let file = &fixed.outcome.files[index];
    let findings = fixed.outcome.findings.iter().enumerate();
    let mine = findings.filter(|(at, finding)| finding.primary.file == index && places[*at] == Place::Here);
    let (at, found): (Vec<usize>, Vec<_>) = mine.unzip();
    let edits = match file.workflow() {
        Some(_) => {
            let found: Vec<workflow::Found> = found
                .iter()
                .map(|finding| (finding.rule.code, finding.node.as_ref().map(|node| node.id.as_str())))
                .collect();
            workflow::entries(file, index, &found, wanted.reason)
        }
        None => {
            let found: Vec<script::Found> =
                found.iter().map(|finding| (finding.rule.code, finding.primary.span.start)).collect();
            script::comments(file, index, &found, wanted.reason)
        }
    };
    let all: BTreeSet<&Edit> = edits.iter().flatten().collect();
    let written = written(file, &all, options, fixed, round);
    for (at, edit) in at.into_iter().zip(&edits) {
        if edit.is_none() || !written {
            places[at] = Place::Config;
        }
    }
}

/// Puts changes of a file into its draft; false when there are none, or its bytes cannot hold them.
fn written(file: &File, edits: &BTreeSet<&Edit>, options: &Options, fixed: &Fixed, round: &mut Round) -> bool {
    let edits: Vec<&Edit> = edits.iter().copied().collect();
    let old = bytes::read(&file.source, &fixed.drafts, options);
    let new = old.and_then(|old| Ok((bytes::edited(&file.source, &old, &edits)?, old)));
    let Some((new, old)) = new.ok().filter(|_| !edits.is_empty()) else { return false };
    let path = file.source.path().to_path_buf();
    round.drafts.insert(path.clone(), new);
    if !fixed.before.contains_key(&path) {
        round.before.insert(path, old);
    }
    true
}

/// Adds entries to the configuration, which is made where there is none.
fn in_config(
    places: &[Place],
    options: &Options,
    outcome: &Outcome,
    wanted: &Wanted,
    round: &mut Round,
) -> Result<(), String> {
    let mut entries: Vec<AllowConfig> = Vec::new();
    if !places.contains(&Place::Config) {
        return Ok(());
    }
    if options.stdin.is_some() {
        return Err("standard input has no configuration that could be written".to_owned());
    }
    let (path, old) = entries::configuration(options, wanted.gate)?;
    for (finding, _) in outcome.findings.iter().zip(places).filter(|(_, place)| **place == Place::Config) {
        let file = outcome.files[finding.primary.file].source.path();
        let entry = AllowConfig {
            rule: finding.rule.code.to_owned(),
            path: Some(entries::pattern(file, path.parent().unwrap_or(Path::new("")))?),
            node: finding.node.as_ref().map(|node| node.id.clone()),
            reason: Some(wanted.reason.to_owned()),
        };
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    let text = old.as_deref().unwrap_or_default();
    let (text, config) = entries::added(&path, text, &entries).map_err(|why| format!("{}: {why}", path.display()))?;
    round.config = config;
    round.before.extend(old.map(|old| (path.clone(), old.into_bytes())));
    round.drafts.insert(path, text.into_bytes());
    Ok(())
}

/// Takes back what did not silence its finding, or made another one; true when there is something to take back.
fn take_back(places: &mut [Place], before: &Outcome, after: &Outcome, config: &Config) -> bool {
    let path = |outcome: &Outcome, file: usize| outcome.files[file].source.path().to_path_buf();
    let mut expected: BTreeMap<(PathBuf, &str), usize> = BTreeMap::new();
    for (finding, place) in before.findings.iter().zip(places.iter()) {
        let stays = matches!(place, Place::Nowhere(_));
        *expected.entry((path(before, finding.primary.file), finding.rule.code)).or_default() += usize::from(stays);
    }
    let mut wrong: BTreeSet<PathBuf> = BTreeSet::new();
    for finding in &after.findings {
        let path = path(after, finding.primary.file);
        match expected.get_mut(&(path.clone(), finding.rule.code)) {
            Some(count) if *count > 0 => *count -= 1,
            _ => drop(wrong.insert(path)),
        }
    }
    let ours = config.file.as_ref().is_some_and(|file| wrong.contains(file));
    let mut taken = false;
    for (finding, place) in before.findings.iter().zip(places.iter_mut()) {
        let bad = wrong.contains(&path(before, finding.primary.file)) || (ours && *place == Place::Config);
        let next = match place {
            Place::Here => Place::Config,
            Place::Config => Place::Nowhere("a suppression would not silence it, or do more than that".to_owned()),
            Place::Nowhere(_) => continue,
        };
        if bad {
            (*place, taken) = (next, true);
        }
    }
    taken
}

/// The fixes with the suppressions in them.
fn done(places: Vec<Place>, fixed: &mut Fixed, round: Round, next: Outcome) -> Allowed {
    let allowed = notes(&places, &fixed.outcome, &round.config);
    if !allowed.made.is_empty() {
        let old = std::mem::replace(&mut fixed.outcome, next);
        fixed.first.get_or_insert(old);
        fixed.drafts = round.drafts;
        fixed.before.extend(round.before);
    }
    allowed
}

fn notes(places: &[Place], outcome: &Outcome, config: &Config) -> Allowed {
    let mut allowed = Allowed::default();
    for (finding, place) in outcome.findings.iter().zip(places) {
        let file = &outcome.files[finding.primary.file];
        let line = file.source.place(finding.primary.span.start).line;
        let (title, files, reason) = match place {
            Place::Here if file.workflow().is_some() => ("in the workflow", Some(file.source.path()), None),
            Place::Here => ("in a comment", Some(file.source.path()), None),
            Place::Config => ("in wanlint.toml", config.file.as_deref(), None),
            Place::Nowhere(why) => ("", None, Some(why.clone())),
        };
        let files = files.into_iter().map(Path::to_path_buf).collect();
        let place = (file.source.shown_path(), line);
        let note = Note { rule: finding.rule, title: title.to_owned(), place, reason, files };
        if note.reason.is_none() { allowed.made.push(note) } else { allowed.left.push(note) }
    }
    allowed
}
