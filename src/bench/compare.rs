//! A variant held against the baseline: one figure of the runs after another.

use std::collections::BTreeMap;

use super::measured::Measured;
use super::run::Run;
use super::series::Series;
use super::stats::interval::{self, CLOCK, Interval};
use super::stats::trend::{self, Drift, Point};
use super::stats::{deviation, mean};

/// What runs say about a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The variant takes longer.
    Slower,
    /// The variant takes less.
    Faster,
    /// The noise is as large.
    NoDifference,
    /// Nothing, because of this.
    Nothing(Reason),
}

/// Why runs say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// One side has no run that counts.
    NoRun,
    /// One side has a single run, or both never ran in the same two rounds: there is no spread.
    OneRun,
    /// All runs of one side lie behind those of the other: a drift would look the same.
    OneAfterTheOther,
}

/// How a difference was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Round by round: each side was first in about as many rounds.
    Rounds,
    /// As a step beside a smooth course over the order of runs: one side was always first, or there were no rounds.
    Course,
}

/// One figure of a variant against that of the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Mean of the baseline.
    pub baseline: f64,
    /// Mean of the variant.
    pub variant: f64,
    /// What the runs say.
    pub answer: Answer,
    /// How.
    pub method: Method,
    /// Rounds, or runs of the side that has less.
    pub rounds: u32,
    /// Variant less baseline.
    pub difference: Option<Interval>,
    /// Variant over baseline.
    pub ratio: Option<Interval>,
    /// Rounds that would show the difference that was seen, four times out of five, where it is not shown; `None` also for more than
    /// a thousand.
    pub rounds_needed: Option<u32>,
    /// The smallest difference that these rounds show, four times out of five.
    pub least_shown: Option<f64>,
    /// A drift of both sides over the order of runs.
    pub drift: Option<Drift>,
}

/// The runs of a round, side by side.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    baseline: Sum,
    variant: Sum,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: f64,
    order: f64,
    value: f64,
}

impl Sum {
    fn take(&mut self, order: f64, value: f64) {
        self.count += 1.0;
        self.order += order;
        self.value += value;
    }

    fn mean(&self) -> (f64, f64) {
        (self.order / self.count, self.value / self.count)
    }
}

/// Holds one figure of two series against each other; `None` where one of them never has it.
pub fn estimate(baseline: &Series, variant: &Series, of: &dyn Fn(&Measured) -> Option<f64>) -> Option<Estimate> {
    let values = (baseline.values(of), variant.values(of));
    let means = (mean(&values.0)?, mean(&values.1)?);
    let points = points(baseline, variant, of);
    let rounds = rounds(&points);
    let differences = balanced(&rounds).then(|| differences(&rounds, |value| value));
    let drift = trend::drift(&sequence(&points));
    let few = values.0.len().min(values.1.len());
    let rest = Rest { means, few, drift };
    if few < 2 {
        return Some(rest.nothing(Reason::OneRun));
    }
    if let Some(differences) = differences.filter(|differences| differences.len() > 1) {
        let logs = differences_of_logs(&rounds);
        return Some(rest.by_rounds(&differences, logs.as_deref()));
    }
    Some(rest.by_course(&points))
}

/// What every estimate has.
#[derive(Clone, Copy)]
struct Rest {
    means: (f64, f64),
    few: usize,
    drift: Option<Drift>,
}

impl Rest {
    fn nothing(self, reason: Reason) -> Estimate {
        self.of((None, None), Answer::Nothing(reason), Method::Rounds)
    }

    fn of(self, (difference, ratio): (Option<Interval>, Option<Interval>), answer: Answer, method: Method) -> Estimate {
        Estimate {
            baseline: self.means.0,
            variant: self.means.1,
            answer,
            method,
            rounds: u32::try_from(self.few).unwrap_or(u32::MAX),
            difference,
            ratio,
            rounds_needed: None,
            least_shown: None,
            drift: self.drift,
        }
    }

    fn by_rounds(self, differences: &[f64], logs: Option<&[f64]>) -> Estimate {
        let difference = interval::of_mean(differences).map(|found| found.widened(CLOCK));
        let ratio = logs.and_then(interval::of_mean).map(|found| found.map(f64::exp));
        let mut found = self.of((difference, ratio), answer(difference, ratio), Method::Rounds);
        found.rounds = u32::try_from(differences.len()).unwrap_or(u32::MAX);
        found.outlook(deviation(differences));
        found
    }

    fn by_course(self, points: &[(u32, Point)]) -> Estimate {
        let all = sequence(points);
        let found = is_mixed(&all).then(|| trend::effect(&all)).flatten();
        let Some(found) = found else { return self.nothing(Reason::OneAfterTheOther) };
        let logs: Vec<Point> = all.iter().map(|point| Point { value: point.value.ln(), ..*point }).collect();
        let positive = all.iter().all(|point| point.value > 0.0);
        let ratio = positive.then(|| trend::effect(&logs)).flatten().map(|found| found.effect.map(f64::exp));
        let difference = Some(found.effect.widened(CLOCK));
        let mut estimate = self.of((difference, ratio), answer(difference, ratio), Method::Course);
        estimate.outlook(Some(found.noise * std::f64::consts::SQRT_2));
        estimate
    }
}

impl Estimate {
    /// What more rounds would show, by the deviation of the difference in one.
    fn outlook(&mut self, deviation: Option<f64>) {
        let Some((deviation, found)) = deviation.zip(self.difference) else { return };
        self.least_shown = interval::least_shown(self.rounds, deviation).map(|least| least + CLOCK);
        if self.answer == Answer::NoDifference {
            self.rounds_needed = interval::rounds_for((found.value.abs() - CLOCK).max(0.0), deviation);
        }
    }
}

/// A difference is one only where neither it nor the quotient may be none: what is printed must not contradict itself.
fn answer(difference: Option<Interval>, ratio: Option<Interval>) -> Answer {
    match difference {
        None => Answer::Nothing(Reason::OneRun),
        Some(found) if !found.excludes(0.0) || ratio.is_some_and(|ratio| !ratio.excludes(1.0)) => Answer::NoDifference,
        Some(found) if found.value > 0.0 => Answer::Slower,
        Some(_) => Answer::Faster,
    }
}

/// All runs of both sides with their rounds (`u32::MAX` for none), in their order.
fn points(baseline: &Series, variant: &Series, of: &dyn Fn(&Measured) -> Option<f64>) -> Vec<(u32, Point)> {
    let side = |series: &Series, variant: bool| -> Vec<(u32, Point)> {
        let one = |(order, run): &(usize, &Run)| {
            let value = of(&run.measured)?;
            Some((run.round.unwrap_or(u32::MAX), Point { order: *order as f64, variant, value }))
        };
        series.counted.iter().filter_map(one).collect()
    };
    let mut all = side(baseline, false);
    all.extend(side(variant, true));
    all.sort_by(|(_, one), (_, other)| one.order.total_cmp(&other.order));
    all
}

fn sequence(points: &[(u32, Point)]) -> Vec<Point> {
    points.iter().map(|(_, point)| *point).collect()
}

/// The rounds that have both sides.
fn rounds(points: &[(u32, Point)]) -> Vec<Round> {
    let mut rounds: BTreeMap<u32, Round> = BTreeMap::new();
    for (round, point) in points.iter().filter(|(round, _)| *round != u32::MAX) {
        let found = rounds.entry(*round).or_default();
        let side = if point.variant { &mut found.variant } else { &mut found.baseline };
        side.take(point.order, point.value);
    }
    rounds.into_values().filter(|round| round.baseline.count > 0.0 && round.variant.count > 0.0).collect()
}

/// Each side was first in as many rounds, but for one: a drift adds to as many differences as it takes from.
fn balanced(rounds: &[Round]) -> bool {
    let first = |round: &&Round| round.baseline.mean().0 < round.variant.mean().0;
    let baseline = rounds.iter().filter(first).count();
    baseline.abs_diff(rounds.len() - baseline) <= 1
}

fn differences(rounds: &[Round], of: impl Fn(f64) -> f64) -> Vec<f64> {
    rounds.iter().map(|round| of(round.variant.mean().1) - of(round.baseline.mean().1)).collect()
}

fn differences_of_logs(rounds: &[Round]) -> Option<Vec<f64>> {
    let positive = rounds.iter().all(|round| round.variant.value > 0.0 && round.baseline.value > 0.0);
    positive.then(|| differences(rounds, f64::ln))
}

/// The sides alternate at least so often that a drift of any smooth shape cannot follow.
fn is_mixed(points: &[Point]) -> bool {
    points.windows(2).filter(|pair| pair[0].variant != pair[1].variant).count() >= 3
}
