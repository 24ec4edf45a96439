//! What others must have held for a logged usable value.

use super::align::{Aligned, Before, Pair, Passed, Place};
use super::weigh::same_weights;
use crate::facts::log::{ModelLoad, Session};
use crate::facts::machine::Range;
use crate::forecast::{Load, Phase, Plan, Regime, Setting, Step, clears_card, phases, regime};
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
    /// Runs that are not compared.
    pub passed: Vec<Passed>,
    /// What is on the card before each step.
    before: Vec<Before>,
    total: f64,
}

impl<'a> Job<'a> {
    /// Total VRAM is known to half a MiB, and what others held is solved against its middle.
    pub fn new(session: &'a Session, aligned: Aligned, total: Range) -> Self {
        let Aligned { pairs, strangers, passed } = aligned;
        let total = f64::midpoint(total.0, total.1);
        let (mut places, mut steps, mut before) = (Vec::new(), Vec::new(), Vec::new());
        for Pair { place, step, before: left } in pairs {
            places.push(place);
            steps.push(step);
            before.push(left);
        }
        Self { session, plan: Plan { steps }, places, strangers, passed, before, total }
    }

    /// The same loads as those of another work, step by step.
    pub fn with(&self, plan: Plan) -> Self {
        let (places, before) = (self.places.clone(), self.before.clone());
        Self { plan, places, before, strangers: Vec::new(), passed: Vec::new(), ..*self }
    }

    /// The first so many loads only.
    pub fn head(mut self, count: usize) -> Self {
        self.plan.steps.truncate(count);
        self.places.truncate(count);
        self.before.truncate(count);
        self
    }

    /// The forecast of all steps. Where it is not known what is on the card it begins anew, with a card that holds nothing of ours.
    pub fn phases(&self, setting: &Setting) -> Vec<Phase> {
        let mut all = Vec::with_capacity(self.plan.steps.len());
        let mut rest = self.plan.steps.as_slice();
        while let Some(next) = rest.get(..self.stretch(all.len())).filter(|next| !next.is_empty()) {
            let found = phases(next, setting);
            if found.len() < next.len() {
                return Vec::new();
            }
            all.extend(found);
            rest = rest.get(next.len()..).unwrap_or_default();
        }
        all
    }

    /// Steps from here on that follow each other without anything unknown between.
    fn stretch(&self, from: usize) -> usize {
        let rest = self.before.get(from..).unwrap_or_default();
        rest.iter().skip(1).position(|before| *before == Before::Unknown).map_or(rest.len(), |at| at + 1)
    }

    /// Where the stretch of a step begins.
    fn begin(&self, at: usize) -> usize {
        let upto = self.before.get(..=at).unwrap_or_default();
        upto.iter().rposition(|before| *before == Before::Unknown).unwrap_or(0)
    }

    /// Whether it is known what is on the card at each load: from the beginning, and behind something unknown from the first load before
    /// which all of it gives way.
    pub fn known(&self, setting: &Setting) -> Vec<bool> {
        let setting = Setting { total_mib: self.total, others_mib: 0.0, ..setting.clone() };
        // Pages give way by themselves, and no budget depends on them.
        let dynamic = regime(&setting) == Regime::Dynamic;
        let mut known = true;
        let steps = self.plan.steps.iter().zip(&self.places).zip(&self.before);
        let one = |((step, place), before): ((&Step, &Place), &Before)| {
            let requested = self.load(*place).class.is_some();
            known = (known && *before == Before::Ours) || dynamic || (requested && clears_card(step, &setting));
            known
        };
        steps.map(one).collect()
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

    /// The first line that tells how much was free: one with a budget above the least that ComfyUI grants, on a card of which it is known
    /// what else is on it.
    fn anchor_index(&self, setting: &Setting) -> Option<usize> {
        let known = self.known(setting);
        let tells = |place: &Place| self.load(*place).load.usable.is_some_and(|usable| usable > 128.0);
        self.places.iter().zip(known).position(|(place, known)| known && tells(place))
    }

    /// Where that line is.
    pub fn anchor(&self, setting: &Setting) -> Option<Place> {
        self.places.get(self.anchor_index(setting)?).copied()
    }

    /// What others held, MiB, if the setting is right; `None` when no amount gives the line.
    pub fn others(&self, setting: &Setting) -> Option<f64> {
        self.others_within(setting, (LEAST, self.total))
    }

    /// The same, looked for in a range.
    ///
    /// Usable falls one to one with what others hold, except where a model more or less stays on the card: each such piece is tried.
    pub fn others_within(&self, setting: &Setting, (low, high): Range) -> Option<f64> {
        let at = self.anchor_index(setting)?;
        let logged = self.load(*self.places.get(at)?).load.usable?;
        let steps = self.plan.steps.get(self.begin(at)..=at)?;
        let usable = |others_mib: f64| {
            let setting = Setting { total_mib: self.total, others_mib, ..setting.clone() };
            phases(steps, &setting).last()?.usable_mib
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
        let found = self.phases(&Setting { total_mib: self.total, ..setting.clone() });
        let mut worst = (0.0, None);
        let lines = self.places.iter().zip(&found).zip(self.known(setting)).filter(|(_, known)| *known);
        for ((place, phase), _) in lines {
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
