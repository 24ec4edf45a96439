//! Which load of a log is which step of a workflow.

use super::EXACT_MIB;
use crate::facts::log::{ModelLoad, Run, Session};
use crate::forecast::modules::Tree;
use crate::forecast::sizes::{Layout, MIB};
use crate::forecast::{ModelUse, Plan, Setting, Step};

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

/// Loads with their steps, and loads without one.
#[derive(Clone, Debug, Default)]
pub struct Aligned {
    /// Loads that are a step, in the order of the log.
    pub pairs: Vec<(Place, Step)>,
    /// Loads that are none.
    pub strangers: Vec<Place>,
}

/// Goes along both in order. ComfyUI logs nothing for a model that is still there and nothing for a node whose result it kept, so a run
/// may leave out any of the workflow's steps.
pub fn align(session: &Session, plan: &Plan, setting: &Setting) -> Aligned {
    let mut found = Aligned::default();
    for (index, run) in session.runs.iter().enumerate() {
        let mut from = 0;
        for (load, _) in run.loads.iter().enumerate() {
            if found.pairs.len() + found.strangers.len() >= MOST {
                return found;
            }
            let place = Place { run: index, load };
            match step_of(run, load, plan, from, setting) {
                Some(at) => {
                    from = at + 1;
                    found.pairs.extend(plan.steps.get(at).map(|step| (place, step.clone())));
                }
                None => found.strangers.push(place),
            }
        }
    }
    found
}

/// The next step that loads such a model. A class that runs a sampler is followed by a bar, so the bars tell nothing more.
fn step_of(run: &Run, load: usize, plan: &Plan, from: usize, setting: &Setting) -> Option<usize> {
    let load = run.loads.get(load)?;
    (from..plan.steps.len()).find(|at| plan.steps.get(*at).is_some_and(|step| is_of(load, step, setting)))
}

/// The class decides; where an excerpt lost it, the weights do.
fn is_of(load: &ModelLoad, step: &Step, setting: &Setting) -> bool {
    match (&load.class, load.weights()) {
        (Some(class), _) => class == step.model.spec.class,
        (None, Some(weights)) => (weights - weights_of(&step.model, setting)).abs() <= 1.0,
        (None, None) => false,
    }
}

/// All weights of a model as a complete load logs them, MiB.
pub fn weights_of(model: &ModelUse, setting: &Setting) -> f64 {
    let tree = Tree::of(&model.spec.kind);
    Layout::of(model, setting).listed(&tree) as f64 / MIB
}

/// The logged weights are those of the step's model; true where the line does not tell.
pub fn same_weights(load: &ModelLoad, step: &Step, setting: &Setting) -> bool {
    // Parameters that cannot be streamed are in neither sum of a partial load.
    let slack = if load.load.offloaded.is_some() { 4.0 } else { EXACT_MIB };
    load.weights().is_none_or(|weights| (weights - weights_of(&step.model, setting)).abs() <= slack)
}
