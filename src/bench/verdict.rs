//! What a record proves: computed from it alone, so that it is the same whenever the record is read.

pub mod earned;
pub mod loads;
pub mod physics;

use super::compare::{Answer, Estimate, Reason, estimate};
use super::measured::Measured;
use super::record::Record;
use super::series::{LeftOut, Series};
use super::steps;
use super::variant::Variant;

use self::earned::Earned;
use self::loads::LoadChange;
use self::physics::Contradiction;

/// What a record proves.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The variants, in their order.
    pub variants: Vec<Summary>,
}

/// What a record says of one variant.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// What it changes, in words; empty for the baseline.
    pub changes: Vec<String>,
    /// Why it was not run.
    pub skipped: Option<String>,
    /// The lengths of its measured runs, seconds, in their order.
    pub seconds: Vec<f64>,
    /// The lengths of its cold runs, seconds.
    pub cold: Vec<f64>,
    /// Mean of the steady steps of its runs, seconds; the runs that have steps.
    pub step: Option<(f64, usize)>,
    /// A progress bar, where no steps are known: seconds a step as shown, and its steps.
    pub bar: Option<(f64, u32)>,
    /// Weights in system memory while it sampled, MiB.
    pub offloaded_mib: Option<f64>,
    /// The most VRAM in use, of all programs, MiB.
    pub peak_mib: Option<f64>,
    /// Measured runs that do not count.
    pub left_out: Vec<LeftOut>,
    /// Steps that are shorter than bounds of the card.
    pub beaten: Vec<Contradiction>,
    /// Against the baseline; `None` for it.
    pub against: Option<Against>,
}

/// A variant against the baseline.
#[derive(Clone, Debug)]
pub struct Against {
    /// What the runs say in all.
    pub answer: Answer,
    /// Whole runs.
    pub whole: Option<Estimate>,
    /// Steady steps.
    pub step: Option<Estimate>,
    /// What the beginning of a run takes beyond steady steps.
    pub beginning: Option<Estimate>,
    /// What it costs at the beginning and is earned back by and by.
    pub earned: Option<Earned>,
    /// Loads that differ.
    pub loads: Vec<LoadChange>,
    /// What cannot be, and what that excludes.
    pub physics: Vec<Contradiction>,
}

impl Verdict {
    /// Of a record.
    pub fn of(record: &Record) -> Self {
        let baseline = record.baseline();
        let summaries = record.variants.iter().map(|variant| {
            let own = baseline.is_some_and(|baseline| baseline.name == variant.name);
            summary(record, variant, baseline.filter(|_| !own))
        });
        Self { variants: summaries.collect() }
    }
}

fn summary(record: &Record, variant: &Variant, baseline: Option<&Variant>) -> Summary {
    let series = Series::of(record, &variant.name);
    let steady = series.values(|measured| steps::of_run(measured).map(|steps| steps.steady));
    let seen = variant.seen.iter();
    let runs = || series.counted.iter().chain(&series.cold).map(|(_, run)| &run.measured);
    let most = |of: fn(&Measured) -> Option<f64>| runs().chain(seen.clone()).filter_map(of).reduce(f64::max);
    Summary {
        name: variant.name.clone(),
        changes: variant.changes.iter().map(ToString::to_string).collect(),
        skipped: variant.skipped.clone(),
        seconds: series.values(|measured| measured.seconds),
        cold: series.cold.iter().filter_map(|(_, run)| run.measured.seconds).collect(),
        step: super::stats::mean(&steady).map(|mean| (mean, steady.len())),
        bar: runs().chain(seen.clone()).find_map(steps::of_bars),
        offloaded_mib: most(Measured::offloaded_mib),
        peak_mib: most(|measured| measured.vram?.peak_mib),
        left_out: series.left_out.clone(),
        beaten: physics::beaten(variant, &series),
        against: baseline.map(|baseline| against(record, (baseline, variant), &series)),
    }
}

fn against(record: &Record, (baseline, variant): (&Variant, &Variant), own: &Series) -> Against {
    let base = Series::of(record, &baseline.name);
    let whole = estimate(&base, own, &|measured| measured.seconds);
    let step = estimate(&base, own, &|measured| steps::of_run(measured).map(|steps| steps.steady));
    let beginning = estimate(&base, own, &|measured| steps::of_run(measured).map(|steps| steps.excess));
    Against {
        answer: whole.as_ref().map_or(Answer::Nothing(Reason::NoRun), |whole| whole.answer),
        earned: earned::earned((&base, own), step.as_ref(), whole.as_ref()),
        loads: loads::changes((baseline, &base), (variant, own)),
        physics: physics::contradictions((baseline, &base), (variant, own), step.as_ref()),
        whole,
        step,
        beginning,
    }
}
