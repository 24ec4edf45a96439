//! The weights of a workflow's models, as each start that a log may come from would log them.

use std::cell::RefCell;
use std::collections::HashMap;

use super::EXACT_MIB;
use crate::facts::log::ModelLoad;
use crate::forecast::modules::Tree;
use crate::forecast::sizes::{Layout, MIB};
use crate::forecast::{ModelUse, Setting, Step};

/// All weights of a model as a complete load logs them, MiB.
pub fn weights_of(model: &ModelUse, setting: &Setting) -> f64 {
    let tree = Tree::of(&model.spec.kind);
    Layout::of(model, setting).listed(&tree) as f64 / MIB
}

/// The logged weights are those of the step's model; true where the line does not tell.
pub fn same_weights(load: &ModelLoad, step: &Step, setting: &Setting) -> bool {
    load.weights().is_none_or(|weights| (weights - weights_of(&step.model, setting)).abs() <= slack(load))
}

/// Parameters that cannot be streamed are in neither sum of a partial load.
fn slack(load: &ModelLoad) -> f64 {
    if load.load.offloaded.is_some() { 4.0 } else { EXACT_MIB }
}

/// Weights by step and setting, computed once.
pub struct Weigher<'a> {
    settings: Vec<&'a Setting>,
    known: RefCell<HashMap<(usize, usize), f64>>,
}

impl<'a> Weigher<'a> {
    /// For all settings that a log may come from, the likeliest first.
    pub fn new(settings: Vec<&'a Setting>) -> Self {
        Self { settings, known: RefCell::default() }
    }

    fn get(&self, at: usize, step: &Step, index: usize) -> Option<f64> {
        let setting = self.settings.get(index)?;
        Some(*self.known.borrow_mut().entry((at, index)).or_insert_with(|| weights_of(&step.model, setting)))
    }

    /// The weights of the plan's step `at` under the likeliest setting, MiB.
    pub fn first(&self, at: usize, step: &Step) -> Option<f64> {
        self.get(at, step, 0)
    }

    /// The logged weights and those of the step's file, MiB, where no setting makes them the same.
    pub fn other(&self, load: &ModelLoad, at: usize, step: &Step) -> Option<(f64, f64)> {
        let logged = load.weights()?;
        let all = (0..self.settings.len()).filter_map(|index| self.get(at, step, index));
        let near = |weights: f64| (logged - weights).abs() <= slack(load);
        let mut first = None;
        for weights in all {
            if near(weights) {
                return None;
            }
            first = first.or(Some(weights));
        }
        Some((logged, first?))
    }
}
