//! What a script says without where it says it, so that two readings can be compared.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Text, changed};
use crate::facts::launch::{self, Launch};
use crate::read::script::{Assign, Command, Script, Step, Word, base_name};
use crate::span::Span;

/// A word as a program sees it, and whether it is known.
pub(super) type Said = (String, bool);

/// One way of starting ComfyUI.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    pub program: Vec<String>,
    pub args: Vec<Said>,
    pub env: BTreeMap<String, Said>,
    pub certain: bool,
}

/// A word without its place.
pub(super) fn said(word: &Word) -> Said {
    (word.text.clone(), word.known)
}

impl Way {
    pub fn of(launch: &Launch) -> Self {
        let program = launch.interpreter.iter().chain([&launch.main]).map(|word| word.text.clone()).collect();
        let env = launch.env.iter().map(|var| (var.name.text.clone(), said(&var.value))).collect();
        Self { program, args: launch.args.iter().map(said).collect(), env, certain: launch.certain }
    }
}

/// What must come out of the changed text.
pub(super) struct Wanted<'a> {
    /// What becomes of a start, by its index.
    pub way: &'a dyn Fn(usize, &mut Way),
    /// Variables that are the verb's business: they are not compared.
    pub names: &'a [String],
    /// What the starts see of these variables is compared nevertheless.
    pub env: bool,
    /// What becomes of another command; `None` for one that goes.
    pub command: &'a dyn Fn(Span, Vec<Said>) -> Option<Vec<Said>>,
    /// A variable that some start must see with this value.
    pub seen: Option<(&'a str, &'a str)>,
}

impl Wanted<'_> {
    /// Everything stays.
    pub const SAME: Wanted<'static> =
        Wanted { way: &|_, _| {}, names: &[], env: false, command: &|_, words| Some(words), seen: None };
}

/// True when the changed text says the same but for what is wanted.
pub(super) fn holds(of: &Text, changes: &[Change], wanted: &Wanted) -> bool {
    let Some(text) = changed(of.text, changes) else { return false };
    let script = crate::read::read(of.dialect, &text);
    let (launches, _) = launch::on_paths(&text, &script);
    let names = free_names(of, changes, wanted);
    let old = of.script.launches.iter().enumerate().map(|(index, launch)| {
        let mut way = Way::of(launch);
        (wanted.way)(index, &mut way);
        (launch.span, way)
    });
    let new = launches.iter().map(|launch| (launch.span, Way::of(launch)));
    let kept = |(span, words)| (wanted.command)(span, words);
    let free = if wanted.env { BTreeSet::new() } else { names.clone() };
    starts(old, &free) == starts(new, &free)
        && script.unread.len() <= of.script.script.unread.len()
        && others(&of.script.script, &of.script.launches)
            .filter_map(kept)
            .eq(others(&script, &launches).map(|one| one.1))
        && variables(&of.script.script, &names) == variables(&script, &names)
        && wanted.seen.is_none_or(|seen| launches.iter().any(|launch| sees(launch, seen)))
}

fn sees(launch: &Launch, (name, value): (&str, &str)) -> bool {
    launch.env(name).is_some_and(|var| var.value.known && var.value.text == value)
}

/// The variables that may differ: those the verb is about, and those whose assignment is changed or holds what is.
fn free_names(of: &Text, changes: &[Change], wanted: &Wanted) -> BTreeSet<String> {
    let touched = |span: Span| changes.iter().any(|(change, _)| span.start <= change.end && change.start <= span.end);
    let byte = |at: &u32| changes.iter().any(|(change, _)| change.range().contains(&(*at as usize)));
    let mine = |assign: &&Assign| touched(assign.value.span) || assign.value.at.iter().any(byte);
    let changed = assigns(&of.script.script).filter(mine).map(|assign| assign.name.text.clone());
    let env = of.script.launches.iter().flat_map(|launch| &launch.env);
    let handed = env.filter(|var| touched(var.value.span)).map(|var| var.name.text.clone());
    changed.chain(handed).chain(wanted.names.iter().cloned()).collect()
}

/// The ways of every start. Ways that became the same are one.
fn starts(ways: impl Iterator<Item = (Span, Way)>, free: &BTreeSet<String>) -> Vec<BTreeSet<Way>> {
    let mut starts: Vec<(Span, BTreeSet<Way>)> = Vec::new();
    for (span, mut way) in ways {
        way.env.retain(|name, _| !free.contains(name));
        match starts.last_mut().filter(|(last, _)| *last == span) {
            Some((_, known)) => drop(known.insert(way)),
            None => starts.push((span, BTreeSet::from([way]))),
        }
    }
    starts.into_iter().map(|(_, ways)| ways).collect()
}

pub(super) fn steps(script: &Script) -> impl Iterator<Item = &Step> {
    let written = script.written.iter().flat_map(|inner| &inner.steps);
    script.steps.iter().chain(written).chain(script.containers.iter().flat_map(|container| &container.building))
}

/// Every word of a script in its order.
pub(super) fn words(script: &Script) -> impl Iterator<Item = String> + '_ {
    steps(script).flat_map(|step| match step {
        Step::Assign(assign) => vec![assign.name.text.clone(), assign.value.text.clone()],
        Step::Command(command) => {
            let env = command.env.iter().flat_map(|own| [&own.name, &own.value]);
            env.chain(&command.words).map(|word| word.text.clone()).collect()
        }
    })
}

fn assigns(script: &Script) -> impl Iterator<Item = &Assign> {
    steps(script).filter_map(|step| match step {
        Step::Assign(assign) => Some(assign),
        Step::Command(_) => None,
    })
}

fn variables(script: &Script, free: &BTreeSet<String>) -> Vec<(String, Said, bool)> {
    let fixed = assigns(script).filter(|assign| !free.contains(&assign.name.text));
    fixed.map(|assign| (assign.name.text.clone(), said(&assign.value), assign.exported)).collect()
}

/// The commands that start something else. One that only shows text may show another one.
fn others<'a>(script: &'a Script, launches: &'a [Launch]) -> impl Iterator<Item = (Span, Vec<Said>)> + 'a {
    let shows = |command: &Command| {
        let name = command.words.first().map(|word| base_name(&word.text).to_ascii_lowercase()).unwrap_or_default();
        ["echo", "rem", "title", "printf", "write-host"].contains(&name.as_str())
    };
    steps(script).filter_map(move |step| match step {
        Step::Command(command) if !launches.iter().any(|launch| launch.span == command.span) && !shows(command) => {
            Some((command.span, command.words.iter().map(said).collect()))
        }
        _ => None,
    })
}
