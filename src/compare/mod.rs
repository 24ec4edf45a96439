//! A log beside the forecast: what each load would have been, what explains the difference, and what cannot.
//!
//! The only amount that no file tells is the VRAM that others hold. One line with a usable value gives it, and all other lines then
//! test it: an explanation that fits the first line and misses the others is none.

mod align;
mod explain;
mod solve;
mod steps;
mod weigh;
mod work;

use crate::facts::log::{LogFacts, Session};
use crate::facts::machine::{Machine, Range};
use crate::forecast::{Phase, Plan, Setting};

pub use align::{Odd, Passed, Place};
pub use explain::{Cause, Explanation, Verdict};
pub use steps::{Known as StepKnown, Proven, Timed, timed};

/// How far the VRAM that others hold moves between two loads of one session without a reason in the files, MiB: the CUDA context alone
/// grew by 170 MiB between two loads of a public log (ComfyUI issue 10684), and two runs of the founding case lie 247 MiB apart.
pub const DRIFT_MIB: f64 = 256.0;

/// How far a figure with two decimals may be off.
pub const EXACT_MIB: f64 = 0.02;

/// A session of a log beside the forecast.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The explanations that were tried, that of the start as it is known first.
    pub explanations: Vec<Explanation>,
    /// The one that explains the lines best; `None` when none does.
    pub best: Option<usize>,
    /// The loads beside the forecast under the best explanation, else under the first.
    pub lines: Vec<Line>,
    /// The line that VRAM held by others was solved from.
    pub anchor: Option<Place>,
    /// Loads of models that the workflow does not have, in runs that are compared because none goes with the workflow from end to end.
    pub strangers: Vec<Place>,
    /// Runs that are not compared, because they are of another workflow.
    pub passed: Vec<Passed>,
    /// VRAM that others usually hold there, MiB.
    pub usual: Range,
    /// The first explanation is the start that the log comes from, and not only one that it may come from.
    pub certain: bool,
    /// Total VRAM is known exactly; else what others held is known to half a MiB.
    pub exact: bool,
}

/// A logged load beside its forecast.
#[derive(Clone, Debug)]
pub struct Line {
    /// The load.
    pub place: Place,
    /// What was forecast.
    pub phase: Phase,
    /// Usable: logged less forecast, MiB; `None` where one of both has no budget.
    pub usable_off: Option<f64>,
    /// Loaded: logged less forecast, MiB.
    pub loaded_off: Option<f64>,
    /// VRAM that others held at this load, MiB, if the explanation is right.
    pub others_mib: Option<f64>,
    /// It is known what else is on the card at this load. Behind loads that are not compared it is not, until everything must give way.
    pub known: bool,
}

/// What is known about the start of a session.
#[derive(Clone, Debug)]
pub struct Known {
    /// Each start that the log may come from, the likeliest first: its name, and all settings that are consistent with what is known.
    pub starts: Vec<(String, Vec<Setting>)>,
    /// There is one start only: it was named, or the log shows the command.
    pub certain: bool,
    /// The log shows the command: a person may be wrong about the start, the log is not.
    pub shown: bool,
    /// Total VRAM, MiB.
    pub total: Range,
    /// The system is only assumed.
    pub os_open: bool,
}

/// Compares a session with the work of a workflow; `None` when none of its loads is one of the workflow's.
pub fn compare(session: &Session, plan: &Plan, known: &Known, machine: &Machine) -> Option<Comparison> {
    let (_, settings) = known.starts.first()?;
    let first = settings.first()?;
    let weigher = weigh::Weigher::new(worded(session, known));
    let job = solve::Job::new(session, align::align(session, plan, &weigher), known.total);
    let starts = starts(&job, known);
    let first = starts.first().map_or(first, |(_, setting)| setting);
    let usual = usual(machine, first);
    let explanations = explain::explanations(&job, (&starts, known), usual);
    let best = explain::best(&explanations, known.shown);
    let shown = explanations.get(best.unwrap_or(0));
    let setting =
        shown.map_or_else(|| first.clone(), |shown| shown.setting(f64::midpoint(known.total.0, known.total.1), usual));
    let other = shown.and_then(Explanation::work).map(|work| job.with(work.clone()));
    Some(Comparison {
        lines: lines(other.as_ref().unwrap_or(&job), &setting),
        anchor: other.as_ref().unwrap_or(&job).anchor(&setting),
        strangers: job.strangers.clone(),
        passed: job.passed.clone(),
        explanations,
        best,
        usual,
        certain: known.certain,
        exact: known.total.0 == known.total.1,
    })
    .filter(|found| !found.lines.is_empty())
}

/// All settings that a session may come from and that write such lines; all where none does.
fn worded<'a>(session: &Session, known: &'a Known) -> Vec<&'a Setting> {
    let all = || known.starts.iter().flat_map(|(_, settings)| settings);
    let fitting: Vec<&Setting> = all().filter(|setting| session.bounds.allow(setting.version)).collect();
    if fitting.is_empty() { all().collect() } else { fitting }
}

/// Of the settings of each start the first that writes such lines for such weights.
fn starts(job: &solve::Job, known: &Known) -> Vec<(String, Setting)> {
    let worded = |setting: &&Setting| job.session().bounds.allow(setting.version);
    let pick = |settings: &[Setting]| {
        let fitting = settings.iter().filter(worded).find(|setting| job.other_weights(setting).is_none());
        fitting.or(settings.iter().find(worded)).or(settings.first()).cloned()
    };
    known.starts.iter().filter_map(|(name, settings)| Some((name.clone(), pick(settings)?))).collect()
}

/// What others may hold: around what was stated or seen, else what they usually do.
fn usual(machine: &Machine, setting: &Setting) -> Range {
    match machine.stated_others {
        Some((low, high)) => ((low - DRIFT_MIB).max(0.0), high + DRIFT_MIB),
        None => machine.usual_others_mib(Some(setting.os)),
    }
}

fn lines(job: &solve::Job, setting: &Setting) -> Vec<Line> {
    let pairs = job.places.iter().zip(job.phases(setting)).zip(job.known(setting));
    pairs
        .map(|((place, phase), known)| {
            let load = &job.load(*place).load;
            let usable_off = solve::difference(load, &phase).filter(|_| known);
            let loaded_off = load.loaded.zip(phase.loaded_mib).map(|(logged, forecast)| logged - forecast);
            let loaded_off = loaded_off.filter(|_| known);
            let others_mib = usable_off.map(|off| setting.others_mib - off);
            Line { place: *place, phase, usable_off, loaded_off, others_mib, known }
        })
        .collect()
}

impl Comparison {
    /// What others held at the last load that tells, MiB, if the log follows from a start.
    ///
    /// # Errors
    /// A sentence that says why the log does not tell.
    pub fn held(&self) -> Result<f64, &'static str> {
        let best = self.explained().ok_or("no explanation fits its lines")?;
        if !matches!(best.cause, Cause::Start(_)) {
            return Err("it does not follow from a start that is known: name the script with --launch");
        }
        let rival = |other: &&Explanation| {
            let apart = other.others_mib.zip(best.others_mib).map(|(one, two)| (one - two).abs());
            matches!(other.cause, Cause::Start(_))
                && other.verdict == best.verdict
                && apart.is_some_and(|apart| apart > 1.0)
        };
        if !self.certain && self.explanations.iter().any(|other| rival(&other)) {
            return Err("it follows from several starts: name the script with --launch");
        }
        let held = self.lines.iter().filter_map(|line| line.others_mib).next_back();
        held.filter(|held| *held >= 0.0).ok_or("no line of it tells how much was usable")
    }

    /// The explanation that counts, if one explains the lines.
    pub fn explained(&self) -> Option<&Explanation> {
        self.explanations.get(self.best?)
    }
}

/// The last session that ran anything.
pub fn last_session(facts: &LogFacts) -> Option<&Session> {
    facts.sessions.iter().rev().find(|session| session.runs.iter().any(|run| !run.loads.is_empty()))
}
