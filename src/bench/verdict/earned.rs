//! What a variant costs at the beginning, and after how many steps or runs that is earned back.

use std::collections::BTreeMap;

use crate::bench::compare::{Answer, Estimate};
use crate::bench::run::Run;
use crate::bench::series::Series;
use crate::bench::stats::quotient::{Quotient, quotient};
use crate::bench::stats::{mean, median};
use crate::bench::steps;

/// A cost at the beginning, and what each step gains.
#[derive(Clone, Debug, PartialEq)]
pub struct Earned {
    /// What each step gains, seconds.
    pub gain: f64,
    /// More at the beginning of every run, seconds, and the steps after which that is earned back.
    pub each_run: Option<Cost>,
    /// More in the first run of a server beyond that, seconds, and the steps after which that is earned back.
    pub first_run: Option<Cost>,
    /// Warm runs after which the longer first run is earned back; needs whole runs that are faster.
    pub runs: Option<f64>,
}

/// A cost and when it is earned back.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// Seconds more than the baseline.
    pub seconds: f64,
    /// Steps after which it is earned back.
    pub steps: Quotient,
    /// How many measurements of the cost there are.
    pub count: usize,
}

/// Costs below this are none, seconds.
const NOTHING: f64 = 0.1;

/// Only where a steady step is faster there is anything to earn.
pub fn earned((base, own): (&Series, &Series), step: Option<&Estimate>, whole: Option<&Estimate>) -> Option<Earned> {
    let step = step.filter(|step| step.answer == Answer::Faster)?;
    let gain = step.baseline - step.variant;
    let each_run = each_run(base, own).filter(|cost| cost.seconds > NOTHING);
    let first_run = first_run(base, own, gain).filter(|cost| cost.seconds > NOTHING);
    let cold = cold_extra(own).zip(cold_extra(base)).map(|(own, base)| own - base).filter(|extra| *extra > NOTHING);
    let faster = whole.filter(|whole| whole.answer == Answer::Faster).map(|whole| whole.baseline - whole.variant);
    let runs = cold.zip(faster).map(|(extra, gain)| extra / gain);
    (each_run.is_some() || first_run.is_some() || runs.is_some()).then_some(Earned { gain, each_run, first_run, runs })
}

/// Round by round: more at the beginning, less in each step.
fn each_run(base: &Series, own: &Series) -> Option<Cost> {
    let (base, own) = (by_round(&base.counted), by_round(&own.counted));
    let pairs: Vec<(f64, f64)> = base
        .iter()
        .filter_map(|(round, base)| Some((base, own.get(round)?)))
        .map(|(base, own)| (own.1 - base.1, base.0 - own.0))
        .collect();
    let costs: Vec<f64> = pairs.iter().map(|(cost, _)| *cost).collect();
    let gains: Vec<f64> = pairs.iter().map(|(_, gain)| *gain).collect();
    Some(Cost { seconds: mean(&costs)?, steps: quotient(&costs, &gains), count: costs.len() })
}

/// The mean steady step and the mean beginning of each round.
fn by_round(runs: &[(usize, &Run)]) -> BTreeMap<u32, (f64, f64)> {
    let mut all: BTreeMap<u32, Vec<(f64, f64)>> = BTreeMap::new();
    for (_, run) in runs {
        if let Some((round, steps)) = run.round.zip(steps::of_run(&run.measured)) {
            all.entry(round).or_default().push((steps.steady, steps.excess));
        }
    }
    let middle = |values: Vec<(f64, f64)>| {
        let (steady, excess): (Vec<f64>, Vec<f64>) = values.into_iter().unzip();
        Some((mean(&steady)?, mean(&excess)?))
    };
    all.into_iter().filter_map(|(round, values)| Some((round, middle(values)?))).collect()
}

/// The first run of a server against the later ones. Few servers are started, so the cost has no interval of its own.
fn first_run(base: &Series, own: &Series, gain: f64) -> Option<Cost> {
    let excess = |runs: &[(usize, &Run)]| {
        let all: Vec<f64> = runs.iter().filter_map(|(_, run)| Some(steps::of_run(&run.measured)?.excess)).collect();
        median(&all)
    };
    let once = |series: &Series| Some(excess(&series.cold)? - excess(&series.counted)?);
    let seconds = once(own)? - once(base)?;
    let count = own.cold.len().min(base.cold.len());
    let value = seconds / gain;
    Some(Cost { seconds, steps: Quotient::Guess(value), count })
}

/// How much longer its cold runs are than the others.
fn cold_extra(series: &Series) -> Option<f64> {
    Some(series.cold_seconds()? - series.seconds()?)
}
