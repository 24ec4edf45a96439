//! A bench before it runs: each variant applied to the start and the workflow in memory, checked and forecast.

use std::path::PathBuf;

use serde_json::Value;

use super::change::{self, Change, Stated};
use super::variant::{Alone, Limit, Variant};
use crate::Options;
use crate::catalog::gpus::{self, Match};
use crate::facts::launch::Launch;
use crate::facts::os::Os;
use crate::finding::Severity;
use crate::forecast::Step;
use crate::forecast::time::{limits, step_time};
use crate::outcome::Outcome;
use crate::read::script::Dialect;
use crate::report::vram::{Extras, values};
use crate::run::command::Command;
use crate::run::gate::{self, Limits};
use crate::run::inputs::Wish;
use crate::run::live;
use crate::run::verify::{Question, Verified, again, verify};

/// A variant that is ready to run, or the reason why it is not.
#[derive(Debug)]
pub struct Planned {
    /// For the record.
    pub variant: Variant,
    /// What changes, against the baseline.
    pub changes: Vec<Change>,
    /// What would be sent; `None` where that cannot be made.
    pub verified: Option<Verified>,
}

impl Planned {
    /// It needs a server of its own.
    pub fn needs_restart(&self) -> bool {
        self.changes.iter().any(Change::needs_restart)
    }
}

/// What all variants have in common.
#[derive(Debug)]
pub struct Bench<'a> {
    /// The check: its first path is the workflow.
    pub options: &'a Options,
    /// Values that go into all variants.
    pub wishes: &'a [Wish],
    /// Chooses among `{a|b}` in prompts.
    pub seed: Option<u64>,
    /// What may pass.
    pub limits: Limits,
}

/// The name of the variant that nothing is changed in.
pub const BASELINE: &str = "baseline";

/// The baseline and the variants, each checked and forecast.
///
/// # Errors
/// When the baseline cannot be made: a file that cannot be read, a start that is not known, two variants of one name.
pub fn plan(bench: &Bench, stated: &[Stated]) -> Result<Vec<Planned>, String> {
    for (at, one) in stated.iter().enumerate() {
        if one.name == BASELINE || stated.iter().take(at).any(|other| other.name == one.name) {
            return Err(format!("two variants are called '{}'", one.name));
        }
    }
    let verified = bench.verify(bench.options, &[])?;
    let start = Start::of(&verified.outcome)?;
    let mut all = vec![bench.planned(BASELINE, &[], Ok(verified))];
    all.extend(stated.iter().map(|one| bench.variant(one, &start)));
    Ok(all)
}

impl Bench<'_> {
    fn variant(&self, stated: &Stated, start: &Start) -> Planned {
        let mut planned = self.planned(&stated.name, &stated.changes, self.changed(&stated.changes, start));
        let alone = |change: &Change| {
            let verified = self.changed(std::slice::from_ref(change), start).ok();
            let forecast = verified.map_or(Value::Null, |verified| forecast(&verified.outcome));
            Alone { change: Some(change.clone()), forecast: loads_of(&forecast) }
        };
        planned.variant.alone = stated.changes.iter().map(alone).collect();
        planned
    }

    /// The generation with some changes, verified.
    fn changed(&self, changes: &[Change], start: &Start) -> Result<Verified, String> {
        let mut start = start.clone();
        for change in changes.iter().filter(|change| change.needs_restart()) {
            start.apply(change)?;
        }
        let restarts = changes.iter().any(Change::needs_restart);
        let mut options = again(self.options);
        if restarts {
            let (name, text) = start.script();
            options.launch = Some(name.clone());
            options.more.push((name, text));
        }
        self.verify(&options, changes)
    }

    fn verify(&self, options: &Options, changes: &[Change]) -> Result<Verified, String> {
        let mut wishes = self.wishes.to_vec();
        wishes.extend(changes.iter().filter_map(|change| match change {
            Change::Input { set } => Some(Wish::Set(set.clone())),
            _ => None,
        }));
        verify(&Question { options, wishes: &wishes, seed: self.seed })
    }

    fn planned(&self, name: &str, changes: &[Change], verified: Result<Verified, String>) -> Planned {
        let mut variant = Variant { name: name.to_owned(), changes: changes.to_vec(), ..Variant::default() };
        match &verified {
            Ok(verified) => {
                variant.skipped = self.stopped(&verified.outcome);
                variant.forecast = forecast(&verified.outcome);
                variant.limits = bounds(&verified.outcome);
            }
            Err(why) => variant.skipped = Some(why.clone()),
        }
        Planned { variant, changes: changes.to_vec(), verified: verified.ok() }
    }

    /// Why it must not run, in words: the findings that stop it, and the forecast.
    fn stopped(&self, outcome: &Outcome) -> Option<String> {
        let stops = gate::stops(outcome, self.limits);
        if stops.is_empty() {
            return None;
        }
        let counts = |severity: Severity| severity >= self.limits.fail_on;
        let bad = outcome.findings.iter().filter(|finding| counts(finding.severity));
        let mut all: Vec<String> = bad.map(|finding| format!("{}: {}", finding.rule.code, finding.message)).collect();
        all.truncate(3);
        all.extend(stops.into_iter().filter(|stop| all_but_count(stop)));
        Some(all.join("; "))
    }
}

/// The findings themselves say more than how many there are.
fn all_but_count(stop: &str) -> bool {
    !stop.contains("at or above --fail-on")
}

/// How a server is started, as far as variants change it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// Behind `main.py`.
    pub args: Vec<String>,
    /// Variables, name and value.
    pub env: Vec<(String, String)>,
    windows: bool,
}

impl Start {
    /// The start that the workflow was checked with; the default one where there is none.
    fn of(outcome: &Outcome) -> Result<Self, String> {
        let target = outcome.targets.first();
        let windows = target.and_then(|target| target.os).or(outcome.machine.os) == Some(Os::Windows);
        let mut starts = target.into_iter().flat_map(|target| target.starts(&outcome.files)).map(|(_, launch)| launch);
        match starts.next() {
            None => Ok(Self { windows, ..Self::default() }),
            Some(launch) => Self::of_launch(launch),
        }
    }

    fn of_launch(launch: &Launch) -> Result<Self, String> {
        let unknown = launch.args.iter().find(|word| !word.known);
        if let Some(word) = unknown {
            return Err(format!("the start has an argument that only its run decides: {}", word.text));
        }
        if launch.unknown_args {
            return Err("the start has arguments that only its run decides".to_owned());
        }
        let certain = launch.env.iter().filter(|var| var.certain && var.value.known);
        Ok(Self {
            args: launch.args.iter().map(|word| word.text.clone()).collect(),
            env: certain.map(|var| (var.name.text.clone(), var.value.text.clone())).collect(),
            windows: matches!(launch.dialect, Dialect::Batch | Dialect::PowerShell),
        })
    }

    /// Makes one change.
    ///
    /// # Errors
    /// When there is nothing to take out.
    pub fn apply(&mut self, change: &Change) -> Result<(), String> {
        match change {
            Change::Flag { name, values } => {
                change::without_flag(&mut self.args, name);
                self.args.push(name.clone());
                self.args.extend(values.iter().cloned());
            }
            Change::NoFlag { name } if !change::without_flag(&mut self.args, name) => {
                return Err(format!("the baseline has no {name} that could be taken out"));
            }
            Change::Env { name, value } => {
                self.env.retain(|(known, _)| !same(known, name, self.windows));
                self.env.push((name.clone(), value.clone()));
            }
            Change::NoEnv { name } => {
                let before = self.env.len();
                self.env.retain(|(known, _)| !same(known, name, self.windows));
                if self.env.len() == before {
                    return Err(format!("the baseline sets no {name} that could be taken out"));
                }
            }
            Change::NoFlag { .. } | Change::Input { .. } => {}
        }
        Ok(())
    }

    /// As a script that a check can read.
    fn script(&self) -> (PathBuf, Vec<u8>) {
        live::script("variant", &self.args, &self.env, self.windows)
    }
}

fn same(one: &str, other: &str, windows: bool) -> bool {
    if windows { one.eq_ignore_ascii_case(other) } else { one == other }
}

/// The forecast, as `wanlint vram` prints it.
fn forecast(outcome: &Outcome) -> Value {
    values(outcome, Extras::default()).into_iter().next().unwrap_or(Value::Null)
}

/// Of a forecast what the loads of a record are held against.
fn loads_of(forecast: &Value) -> Value {
    let phases = forecast["phases"].as_array().map(Vec::as_slice).unwrap_or_default();
    let part = |phase: &Value| {
        let members = ["name", "node", "model", "load", "usable_mib", "loaded_mib", "offloaded_mib"];
        let members = members.iter().map(|name| ((*name).to_owned(), phase[name].clone()));
        Value::Object(members.collect())
    };
    serde_json::json!({ "verdict": forecast["verdict"], "phases": phases.iter().map(part).collect::<Vec<_>>() })
}

/// Bounds of the steps of all samplers whose passes are known.
fn bounds(outcome: &Outcome) -> Vec<Limit> {
    let card = outcome.machine.gpu.as_deref().map(gpus::find);
    let (Some(Match::One(card)), Some(target)) = (card, outcome.targets.first()) else { return Vec::new() };
    let (Ok(work), Some(variant)) = (&target.work, target.shown()) else { return Vec::new() };
    let one = |(step, phase): (&Step, &crate::forecast::Phase)| {
        let how = target.how(step, variant, &outcome.files, &card).filter(|how| how.changed.is_none())?;
        let passes = f64::from(how.passes(step.cfg)?) * f64::from(how.calls?);
        let bound = limits(step, &card)?;
        let expected = step_time(step, phase, &card, &how, None).and_then(|time| time.expected);
        Some(Limit {
            node: step.node.clone()?,
            attention: bound.attention * passes,
            sixteen: bound.sixteen * passes,
            dense: bound.dense * passes,
            passes,
            cfg: step.cfg,
            expected: expected.map(|(_, longest)| longest),
        })
    };
    work.plan.steps.iter().zip(&variant.forecast.middle.phases).filter_map(one).collect()
}

/// Makes a change in a start that is ready to be done.
///
/// # Errors
/// When there is nothing to take out.
pub fn apply(command: &mut Command, change: &Change) -> Result<(), String> {
    match change {
        Change::Flag { name, values } => {
            change::without_flag(&mut command.args, name);
            command.args.push(name.clone());
            command.args.extend(values.iter().cloned());
        }
        Change::NoFlag { name } => {
            if !change::without_flag(&mut command.args, name) {
                return Err(format!("the baseline has no {name} that could be taken out"));
            }
        }
        Change::Env { name, value } => drop(command.env.insert(name.clone(), Some(value.clone()))),
        Change::NoEnv { name } => drop(command.env.insert(name.clone(), None)),
        Change::Input { .. } => {}
    }
    Ok(())
}
