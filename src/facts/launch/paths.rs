//! The paths of a script: each choice of branches that changes how ComfyUI is started is read as a script of its own, so that
//! rules see exactly the flags and variables that meet on one path.

use std::collections::BTreeSet;

use super::{Launch, choices, launches};
use crate::read::Reading;
use crate::read::route::{MAX_BRANCHES, Route};
use crate::read::script::{Dialect, Script};
use choices::Choices;

/// Most choices of one script that are tried, each by reading the script once more.
const MAX_TRIED: usize = 40;

/// Most choices whose pairs are tried too.
const MAX_PAIRED: usize = 6;

/// The paths on which a script starts ComfyUI differently.
#[derive(Debug, Default)]
pub struct Paths {
    choices: Choices,
    /// The choices of each path; the first is the plain path, on which no condition holds.
    paths: Vec<BTreeSet<usize>>,
    /// On some paths nothing is started.
    gaps: bool,
}

/// The starts of a script. One that differs between paths comes once for every way in which it is started, with the indices of
/// its paths in [`Launch::paths`].
pub fn on_paths(text: &str, script: &Script) -> (Vec<Launch>, Paths) {
    let plain = launches(script);
    let full = script.branches.len() >= MAX_BRANCHES;
    if full || !plain.iter().any(is_doubtful) {
        return (plain, Paths::default());
    }
    let last = plain.iter().map(|launch| launch.span.end).max().unwrap_or_default();
    let choices = Choices::of(&script.branches, (text, script.dialect), last);
    if choices.is_empty() || choices.len() > MAX_TRIED {
        return (plain, Paths::default());
    }
    let Some(reading) = Reading::new(script.dialect, text) else { return (plain, Paths::default()) };
    let tried = explore(&choices, |chosen| launches(&reading.on(&Route::taking(choices.taken(chosen)))));
    if tried.len() < 2 {
        return (plain, Paths::default());
    }
    collect(&plain, choices, tried)
}

/// Something about the start differs between runs, or is not known at all.
fn is_doubtful(launch: &Launch) -> bool {
    let vague = |var: &super::EnvVar| !var.certain || !var.value.known;
    !launch.certain || launch.args.iter().any(|word| !word.known) || launch.env.iter().any(vague)
}

type Tried = Vec<(BTreeSet<usize>, Vec<Launch>)>;

/// The plain path, every choice that changes something, and their pairs.
fn explore(choices: &Choices, read: impl Fn(&BTreeSet<usize>) -> Vec<Launch>) -> Tried {
    let plain = read(&BTreeSet::new());
    let single = |choice| choices.joined(&[choice]).map(|chosen| (read(&chosen), chosen));
    let singles = (0..choices.len()).filter_map(single);
    let mut tried: Tried = Vec::new();
    for (found, chosen) in singles {
        if !found.is_empty() && !alike(&found, &plain) && tried.iter().all(|(known, _)| *known != chosen) {
            tried.push((chosen, found));
        }
    }
    let relevant: Vec<usize> = (0..tried.len().min(MAX_PAIRED)).collect();
    for (index, first) in relevant.iter().enumerate() {
        for second in &relevant[index + 1..] {
            let both: Vec<usize> = tried[*first].0.union(&tried[*second].0).copied().collect();
            if let Some(chosen) = choices.joined(&both).filter(|both| tried.iter().all(|(known, _)| known != both)) {
                let found = read(&chosen);
                tried.push((chosen, found));
            }
        }
    }
    tried.insert(0, (BTreeSet::new(), plain));
    tried
}

fn alike(left: &[Launch], right: &[Launch]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
}

/// Started from the same place in the same way.
fn same(left: &Launch, right: &Launch) -> bool {
    left.span == right.span && left.args == right.args && left.interpreter == right.interpreter && left.env == right.env
}

fn collect(plain: &[Launch], choices: Choices, tried: Tried) -> (Vec<Launch>, Paths) {
    let gaps = tried.iter().any(|(_, found)| found.is_empty());
    let tried: Tried = tried.into_iter().filter(|(_, found)| !found.is_empty()).collect();
    let mut starts: Vec<Launch> = Vec::new();
    let mut paths = Vec::new();
    for (path, (chosen, found)) in tried.into_iter().enumerate() {
        paths.push(chosen);
        for launch in found {
            match starts.iter_mut().find(|known| same(known, &launch)) {
                Some(known) => known.paths.push(path),
                None => starts.push(Launch { paths: vec![path], ..launch }),
            }
        }
    }
    // What is not followed on any route (code that only something unknown reaches) is as it was.
    let missed = plain.iter().filter(|written| starts.iter().all(|start| start.span != written.span));
    let missed: Vec<Launch> = missed.cloned().collect();
    starts.extend(missed);
    starts.sort_by_key(|launch| (launch.span.start, launch.paths.first().copied()));
    starts.truncate(super::MAX_LAUNCHES);
    for launch in &mut starts {
        // Without its branch nothing says any more that the start itself is not on every path.
        let written = plain.iter().find(|written| written.span == launch.span);
        launch.certain = written.is_some_and(|written| written.certain);
        launch.assignments = plain.first().map_or_else(|| launch.assignments.clone(), |one| one.assignments.clone());
    }
    (starts, Paths { choices, paths, gaps })
}

impl Paths {
    /// In words when something holds that was found on the paths `held`, of a start that is on the paths `start`; `None` when it
    /// holds whenever the script starts ComfyUI there.
    pub fn when(&self, held: &BTreeSet<usize>, start: &BTreeSet<usize>, certain: bool) -> Option<String> {
        let everywhere = held.len() == self.paths.len() && !self.gaps;
        if held.is_superset(start) && (certain || everywhere) {
            return None;
        }
        let simplest = held.iter().filter_map(|&path| self.paths.get(path)).min_by_key(|chosen| chosen.len())?;
        if !simplest.is_empty() {
            return Some(format!("when {}", self.choices.all_of(simplest)));
        }
        let missing = self.paths.iter().enumerate().filter(|(path, _)| !held.contains(path));
        let fewest = missing.clone().map(|(_, chosen)| chosen.len()).min()?;
        let but: Vec<String> = missing
            .filter(|(_, chosen)| chosen.len() == fewest)
            .map(|(_, chosen)| self.choices.all_of(chosen))
            .collect();
        Some(format!("unless {}", but.join(" or ")))
    }

    /// The path that a run takes when `holds` tells whether a condition, as written, holds; `None` where it does not tell enough.
    pub fn taken(&self, holds: impl Fn(&str) -> Option<bool>) -> Option<usize> {
        let asked: BTreeSet<usize> = self.paths.iter().flatten().copied().collect();
        let made = self.choices.made(&asked, holds)?;
        self.paths.iter().position(|chosen| *chosen == made)
    }

    /// The script as it is read on a path.
    pub fn script_on(&self, path: usize, dialect: Dialect, text: &str) -> Option<Script> {
        let route = Route::taking(self.choices.taken(self.paths.get(path)?));
        Some(Reading::new(dialect, text)?.on(&route))
    }

    /// As [`Paths::when`], for one way of starting among all starts of the script.
    pub fn of(&self, launch: &Launch, all: &[Launch]) -> Option<String> {
        let held = launch.paths.iter().copied().collect();
        let same = all.iter().filter(|other| other.span == launch.span);
        let start = same.flat_map(|other| other.paths.iter().copied()).collect();
        if self.paths.is_empty() { None } else { self.when(&held, &start, launch.certain) }
    }
}
