//! Which load of a log is which step of a workflow, and which prompts of a log are of that workflow at all.

use super::weigh::Weigher;
use crate::facts::log::{ModelLoad, Run, Session};
use crate::forecast::{Plan, Step, Work};

/// Most loads of a session that are compared: the first thousand runs tell as much as all.
const MOST: usize = 4000;

/// A load: which run of the session, and which of its loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index of the run.
    pub run: usize,
    /// Index of the load in it.
    pub load: usize,
}

/// A run that is not compared, the load that shows why, and the reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Passed {
    /// The first load that does not go with the workflow.
    pub place: Place,
    /// Why.
    pub why: Odd,
}

/// Why a load does not go with a workflow.
#[derive(Clone, Debug, PartialEq)]
pub enum Odd {
    /// The workflow has no such model.
    Model,
    /// The workflow has it, but not once more, or not there.
    Again,
    /// The workflow's file has other weights: logged, and the file's, MiB.
    Weights(f64, f64),
}

/// What is on the card before a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// What the compared loads before it left.
    Ours,
    /// What nobody knows: something else was loaded meanwhile, or memory ran out.
    Unknown,
}

/// A load that is a step.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The load.
    pub place: Place,
    /// The step.
    pub step: Step,
    /// What is on the card before it.
    pub before: Before,
}

/// Loads with their steps, and what has none.
#[derive(Clone, Debug, Default)]
pub struct Aligned {
    /// Loads that are a step, in the order of the log.
    pub pairs: Vec<Pair>,
    /// Loads of compared runs that are none. There are such only where no run goes with the workflow from end to end.
    pub strangers: Vec<Place>,
    /// Runs that are not compared.
    pub passed: Vec<Passed>,
}

/// How much of a run goes with the workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Some loads, or none.
    Parts,
    /// Every load is a step, but files differ.
    Classes,
    /// Every load is a step with its file's weights.
    Whole,
}

/// A run beside the workflow.
struct Tried {
    /// The step of each load.
    steps: Vec<Option<usize>>,
    level: Level,
    odd: Option<(usize, Odd)>,
}

/// Goes along both in order. ComfyUI logs nothing for a model that is still there and nothing for a node whose result it kept, so a run
/// may leave out any of the workflow's steps. A log may hold prompts of other workflows too: compared are the runs that go with this one
/// from end to end, and only where there is none, all.
pub fn align(session: &Session, plan: &Plan, weigher: &Weigher) -> Aligned {
    let tried: Vec<Tried> = session.runs.iter().map(|run| Tried::of(run, plan, weigher)).collect();
    let level = level(&tried, plan);
    let mut found = Aligned::default();
    let mut before = Before::Ours;
    for (index, (run, tried)) in session.runs.iter().zip(&tried).enumerate() {
        if tried.level < level {
            before = Before::Unknown;
            found.passed.extend(tried.odd.clone().map(|(load, why)| Passed { place: Place { run: index, load }, why }));
        } else {
            before = found.take(index, tried, plan, before);
        }
        // ComfyUI unloads everything when a prompt runs out of memory, but not when a VAE pass does.
        before = if run.errors.is_empty() { before } else { Before::Unknown };
        if found.pairs.len() + found.strangers.len() >= MOST {
            break;
        }
    }
    found
}

/// How much a run must have of the workflow to be compared: what the best run has that samples, as one that only decodes may be of
/// anything.
fn level(tried: &[Tried], plan: &Plan) -> Level {
    let samples = |at: &usize| plan.steps.get(*at).is_some_and(|step| step.work == Work::Sample);
    let ran = || tried.iter().filter(|tried| !tried.steps.is_empty());
    let sampled = ran().filter(|tried| tried.steps.iter().flatten().any(samples)).map(|tried| tried.level);
    sampled.max().or(ran().map(|tried| tried.level).max()).unwrap_or(Level::Parts)
}

impl Aligned {
    /// Takes the loads of a run over; what they leave behind them.
    fn take(&mut self, run: usize, tried: &Tried, plan: &Plan, mut before: Before) -> Before {
        for (load, at) in tried.steps.iter().enumerate() {
            let place = Place { run, load };
            match at.and_then(|at| plan.steps.get(at)) {
                Some(step) => {
                    self.pairs.push(Pair { place, step: step.clone(), before });
                    before = Before::Ours;
                }
                None => {
                    self.strangers.push(place);
                    before = Before::Unknown;
                }
            }
        }
        before
    }
}

impl Tried {
    fn of(run: &Run, plan: &Plan, weigher: &Weigher) -> Self {
        let mut from = 0;
        let mut found = Self { steps: Vec::with_capacity(run.loads.len()), level: Level::Whole, odd: None };
        for (index, load) in run.loads.iter().enumerate() {
            // A class that runs a sampler is followed by a bar, so the bars tell nothing more.
            let at = (from..plan.steps.len()).find(|at| is_of(load, (*at, plan), weigher));
            from = at.map_or(from, |at| at + 1);
            found.steps.push(at);
            match at {
                None => found.lower(Level::Parts, index, stranger(load, plan, weigher)),
                Some(at) => {
                    let other = plan.steps.get(at).and_then(|step| weigher.other(load, at, step));
                    other.into_iter().for_each(|(logged, file)| {
                        found.lower(Level::Classes, index, Odd::Weights(logged, file));
                    });
                }
            }
        }
        found
    }

    /// The lowest level counts, and what shows it first.
    fn lower(&mut self, level: Level, load: usize, why: Odd) {
        if level < self.level {
            (self.level, self.odd) = (level, Some((load, why)));
        }
    }
}

/// The class decides; where an excerpt lost it, the weights do.
fn is_of(load: &ModelLoad, (at, plan): (usize, &Plan), weigher: &Weigher) -> bool {
    let Some(step) = plan.steps.get(at) else { return false };
    match (&load.class, load.weights()) {
        (Some(class), _) => class == step.model.spec.class,
        (None, Some(weights)) => weigher.first(at, step).is_some_and(|file| (weights - file).abs() <= 1.0),
        (None, None) => false,
    }
}

/// Why no step is left for a load.
fn stranger(load: &ModelLoad, plan: &Plan, weigher: &Weigher) -> Odd {
    let known = (0..plan.steps.len()).any(|at| is_of(load, (at, plan), weigher));
    if known { Odd::Again } else { Odd::Model }
}
