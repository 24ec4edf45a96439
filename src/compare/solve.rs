//! What others must have held for a logged usable value.

use super::align::{Aligned, Place, same_weights};
use crate::facts::log::{ModelLoad, Session};
use crate::facts::machine::Range;
use crate::forecast::{Load, Phase, Plan, Setting, Step, forecast};
use crate::read::log;

/// Amounts held by others that are looked at, MiB: below zero too, which shows that an explanation is impossible.
const LEAST: f64 = -16_384.0;
const STEP: f64 = 128.0;

/// How far the solved usable value may be off its line: the line has two decimals, the text up to v0.3.67 all.
const SOLVED: f64 = 0.01;

/// The loads of a session that belong to the workflow.
pub struct Job<'a> {
    session: &'a Session,
    /// The steps that ran, in the order of the log.
    pub plan: Plan,
    /// The load of each step.
    pub places: Vec<Place>,
    /// Loads of other models.
    pub strangers: Vec<Place>,
    total: f64,
}

impl<'a> Job<'a> {
    /// Total VRAM is known to half a MiB, and what others held is solved against its middle.
    pub fn new(session: &'a Session, aligned: Aligned, total: Range) -> Self {
        let (places, steps) = aligned.pairs.into_iter().unzip();
        let total = f64::midpoint(total.0, total.1);
        Self { session, plan: Plan { steps }, places, strangers: aligned.strangers, total }
    }

    /// The same loads as those of another work, step by step.
    pub fn with(&self, plan: Plan) -> Self {
        Self { plan, places: self.places.clone(), strangers: Vec::new(), ..*self }
    }

    /// The first so many loads only.
    pub fn head(mut self, count: usize) -> Self {
        self.plan.steps.truncate(count);
        self.places.truncate(count);
        self
    }

    /// A load of the session.
    pub fn load(&self, place: Place) -> &'a ModelLoad {
        &self.session.runs[place.run].loads[place.load]
    }

    /// The session.
    pub fn session(&self) -> &'a Session {
        self.session
    }

    /// Steps with their loads.
    pub fn pairs(&self) -> impl Iterator<Item = (&'a ModelLoad, &Step)> {
        self.places.iter().zip(&self.plan.steps).map(|(place, step)| (self.load(*place), step))
    }

    /// The first line that tells how much was free: one with a budget above the least that ComfyUI grants.
    pub fn anchor_index(&self) -> Option<usize> {
        self.places.iter().position(|place| self.load(*place).load.usable.is_some_and(|usable| usable > 128.0))
    }

    /// Where that line is.
    pub fn anchor(&self) -> Option<Place> {
        self.places.get(self.anchor_index()?).copied()
    }

    /// What others held, MiB, if the setting is right; `None` when no amount gives the line.
    pub fn others(&self, setting: &Setting) -> Option<f64> {
        self.others_within(setting, (LEAST, self.total))
    }

    /// The same, looked for in a range.
    ///
    /// Usable falls one to one with what others hold, except where a model more or less stays on the card: each such piece is tried.
    pub fn others_within(&self, setting: &Setting, (low, high): Range) -> Option<f64> {
        let at = self.anchor_index()?;
        let logged = self.load(*self.places.get(at)?).load.usable?;
        let plan = Plan { steps: self.plan.steps.get(..=at)?.to_vec() };
        let usable = |others_mib: f64| {
            let setting = Setting { total_mib: self.total, others_mib, ..setting.clone() };
            forecast(&plan, &setting).phases.get(at)?.usable_mib
        };
        let count = ((high - low) / STEP).clamp(0.0, 4096.0) as usize;
        let mut tried: Vec<f64> = Vec::new();
        for others in (0..=count).map(|place| low + place as f64 * STEP) {
            let Some(found) = usable(others) else { continue };
            let candidate = others + found - logged;
            if tried.iter().any(|known| (known - candidate).abs() < SOLVED) {
                continue;
            }
            tried.push(candidate);
            if usable(candidate).is_some_and(|found| (found - logged).abs() <= SOLVED) {
                return Some(candidate);
            }
        }
        None
    }

    /// The largest difference of a usable value, and whether all models were loaded as forecast; its place with it.
    pub fn worst(&self, setting: &Setting) -> (f64, Option<Place>) {
        let found = forecast(&self.plan, &Setting { total_mib: self.total, ..setting.clone() });
        let mut worst = (0.0, None);
        for (place, phase) in self.places.iter().zip(&found.phases) {
            let off = difference(&self.load(*place).load, phase).unwrap_or(0.0);
            if off.abs() > f64::abs(worst.0) {
                worst = (off, Some(*place));
            }
        }
        worst
    }

    /// The first load whose weights are not those of its step under a setting.
    pub fn other_weights(&self, setting: &Setting) -> Option<Place> {
        let pairs = self.places.iter().zip(self.pairs());
        pairs.filter(|(_, (load, step))| !same_weights(load, step, setting)).map(|(place, _)| *place).next()
    }
}

/// Usable: logged less forecast. A model that is forecast to be there already has a budget too.
pub fn difference(load: &log::Load, phase: &Phase) -> Option<f64> {
    let forecast = phase.usable_mib.filter(|usable| *usable < 1e12 && phase.load != Load::Cpu)?;
    Some(load.usable? - forecast)
}
