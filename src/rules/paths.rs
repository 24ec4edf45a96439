//! The one place that decides when a finding about a start holds: always, or on some paths of the script.
//!
//! A start that differs between paths comes as several launches, and rules are asked about each. Here their answers are put
//! together: what all of them say holds as it stands, what some say begins with the conditions of their paths.

use std::collections::BTreeSet;

use super::sink::Sink;
use crate::facts::launch::{Flag, Launch};
use crate::finding::Finding;
use crate::project::{File, ScriptFile};
use crate::span::Span;

/// For a start on some paths whose conditions are not followed.
const SOMETIMES: &str = "when the script comes here";

/// Asks about every way of starting ComfyUI from one place, and says when each finding holds.
pub fn on_start(script: &ScriptFile, ways: &[Launch], sink: &mut Sink, ask: impl Fn(&Launch, &mut Sink)) {
    let mut found: Vec<Found> = Vec::new();
    for launch in ways {
        let mut own = Sink::default();
        ask(launch, &mut own);
        let index = script.launches.iter().position(|one| std::ptr::eq(one, launch));
        for mut finding in std::mem::take(&mut own.findings) {
            index.into_iter().for_each(|index| finding.holds_in(index));
            match found.iter_mut().find(|known| known.is_about(&finding)) {
                Some(known) => known.also(&finding, launch),
                None => found.push(Found::new(finding, launch)),
            }
        }
        sink.join(own);
    }
    let start = paths_of(ways.iter());
    let certain = ways.iter().all(|launch| launch.certain);
    for Found { mut finding, held, same } in found {
        // Another path may have another partner for the flag: the sentence is that of the first one.
        let when = words(script, &held, &start, certain)
            .or_else(|| words(script, &same, &start, certain))
            .or_else(|| is_possible(ways, &finding).then(|| SOMETIMES.to_owned()));
        prefix(&mut finding, when);
        sink.findings.push(finding);
    }
}

/// True for a flag or variable that is only on some paths whose conditions are not followed: those of loops, say.
fn is_possible(ways: &[Launch], finding: &Finding) -> bool {
    let place = finding.primary.span;
    ways.iter().any(|launch| {
        let some = |flag: &Flag| !flag.known && !flag.with_equals;
        launch.flags.iter().any(|flag| flag.whole == place && some(flag))
            || launch.env.iter().any(|var| var.span == place && !var.certain)
    })
}

/// What a rule says about one place, and on which paths.
struct Found {
    finding: Finding,
    /// All paths on which it says something about the place.
    held: BTreeSet<usize>,
    /// Those on which it says just this.
    same: BTreeSet<usize>,
}

impl Found {
    fn new(finding: Finding, launch: &Launch) -> Self {
        let held: BTreeSet<usize> = launch.paths.iter().copied().collect();
        Self { finding, same: held.clone(), held }
    }

    fn is_about(&self, other: &Finding) -> bool {
        let known = &self.finding;
        known.rule.code == other.rule.code && known.primary == other.primary && known.severity == other.severity
    }

    fn also(&mut self, other: &Finding, launch: &Launch) {
        self.finding.take_starts(other);
        self.held.extend(&launch.paths);
        if self.finding.message == other.message {
            self.same.extend(&launch.paths);
        }
    }
}

/// Says when a variable that a rule about assignments found is set so for a start.
pub fn on_assignment(script: &ScriptFile, (span, certain): (Span, bool), finding: &mut Finding) {
    if !certain {
        let sees = |launch: &&Launch| launch.env.iter().any(|var| var.span == span);
        prefix(finding, among(script, sees));
    }
}

/// Says when the start is such that a rule about several files found something at one of its flags or variables.
pub fn on_project(files: &[File], finding: &mut Finding) {
    let Some(script) = files.get(finding.primary.file).and_then(File::script) else { return };
    let at = finding.primary.span.start;
    let covers = |span: Span| span.range().contains(&(at as usize));
    let has = |launch: &&Launch| {
        launch.flags.iter().any(|flag| covers(flag.whole)) || launch.env.iter().any(|var| covers(var.span))
    };
    if script.launches.iter().any(|launch| has(&launch)) {
        prefix(finding, among(script, has));
    }
}

/// When one of the launches for which something holds is the one that happens.
fn among(script: &ScriptFile, holds: impl Fn(&&Launch) -> bool) -> Option<String> {
    let (held, start) = (paths_of(script.launches.iter().filter(&holds)), paths_of(script.launches.iter()));
    let mut holding = script.launches.iter().filter(holds).peekable();
    let certain = holding.peek().is_some() && holding.all(|launch| launch.certain);
    words(script, &held, &start, certain)
}

fn paths_of<'a>(launches: impl Iterator<Item = &'a Launch>) -> BTreeSet<usize> {
    launches.flat_map(|launch| launch.paths.iter().copied()).collect()
}

fn words(script: &ScriptFile, held: &BTreeSet<usize>, start: &BTreeSet<usize>, certain: bool) -> Option<String> {
    match start.is_empty() || held.is_empty() {
        true => (!certain).then(|| SOMETIMES.to_owned()),
        false => script.paths.when(held, start, certain),
    }
}

fn prefix(finding: &mut Finding, when: Option<String>) {
    if let Some(when) = when {
        finding.message.insert_str(0, &format!("{when}: "));
    }
}
