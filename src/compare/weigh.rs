//! The weights of a workflow's models, as each start that a log may come from would log them.

use std::cell::RefCell;
use std::collections::HashMap;

use super::EXACT_MIB;
use crate::facts::log::ModelLoad;
use crate::facts::machine::Range;
use crate::forecast::modules::Tree;
use crate::forecast::sizes::{Layout, MIB};
use crate::forecast::{ModelUse, Setting, Step};

/// All weights of a model as a complete load logs them, MiB.
pub fn weights_of(model: &ModelUse, setting: &Setting) -> f64 {
    let tree = Tree::of(&model.spec.kind);
    Layout::of(model, setting).listed(&tree) as f64 / MIB
}

/// The least and the most that they may be: they differ where the file's name leaves them open.
fn range_of(model: &ModelUse, setting: &Setting) -> Range {
    let most = weights_of(model, setting);
    (model.lightest().map_or(most, |lightest| weights_of(&lightest, setting)), most)
}

/// The logged weights are those of the step's model; true where the line does not tell.
pub fn same_weights(load: &ModelLoad, step: &Step, setting: &Setting) -> bool {
    load.weights().is_none_or(|logged| is_within(load, logged, range_of(&step.model, setting)))
}

fn is_within(load: &ModelLoad, logged: f64, (least, most): Range) -> bool {
    least - slack(load) <= logged && logged <= most + slack(load)
}

/// Parameters that cannot be streamed are in neither sum of a partial load.
fn slack(load: &ModelLoad) -> f64 {
    if load.load.offloaded.is_some() { 4.0 } else { EXACT_MIB }
}

/// Weights by step and setting, computed once.
pub struct Weigher<'a> {
    settings: Vec<&'a Setting>,
    known: RefCell<HashMap<(usize, usize), Range>>,
}

impl<'a> Weigher<'a> {
    /// For all settings that a log may come from, the likeliest first.
    pub fn new(settings: Vec<&'a Setting>) -> Self {
        Self { settings, known: RefCell::default() }
    }

    fn get(&self, at: usize, step: &Step, index: usize) -> Option<Range> {
        let setting = self.settings.get(index)?;
        Some(*self.known.borrow_mut().entry((at, index)).or_insert_with(|| range_of(&step.model, setting)))
    }

    /// The weights of the plan's step `at` under the likeliest setting, MiB.
    pub fn first(&self, at: usize, step: &Step) -> Option<f64> {
        self.get(at, step, 0).map(|(_, most)| most)
    }

    /// The logged weights and those of the step's file, MiB, where no setting makes them the same.
    pub fn other(&self, load: &ModelLoad, at: usize, step: &Step) -> Option<(f64, f64)> {
        let logged = load.weights()?;
        let all = (0..self.settings.len()).filter_map(|index| self.get(at, step, index));
        let mut first = None;
        for weights in all {
            if is_within(load, logged, weights) {
                return None;
            }
            first = first.or(Some(weights.1));
        }
        Some((logged, first?))
    }
}
