//! What the figures of a record cannot mean: bounds of the card, of the bus and of plain arithmetic.

use crate::bench::compare::{Answer, Estimate};
use crate::bench::measured::{Bar, Measured};
use crate::bench::series::Series;
use crate::bench::steps;
use crate::bench::variant::{Limit, Variant};
use crate::compare::{Place, Proven, StepKnown, timed};
use crate::forecast::time::Limits;
use crate::read::log;
use crate::span::Span;

/// Something that the figures exclude or point at.
#[derive(Clone, Debug, PartialEq)]
pub enum Contradiction {
    /// A step is shorter than a bound of the card.
    Step {
        /// The sampler.
        node: String,
        /// The longest that it can have been, seconds.
        seconds: f64,
        /// What it proves.
        proven: Proven,
        /// The bound that it beats, seconds.
        limit: f64,
    },
    /// More weights stream, but not so slowly.
    Streaming {
        /// Weights that stream more than in the baseline, MiB.
        more_mib: f64,
        /// Most that this costs a step, seconds.
        at_most: f64,
        /// How much longer a step is at least, seconds.
        longer: f64,
    },
    /// The longer step cannot be that of all steps.
    NotEveryStep {
        /// How much longer a step of the bar is, seconds.
        longer: f64,
        /// Steps of a run.
        steps: u32,
        /// The length of a run, seconds, and whether it was cold.
        whole: (f64, bool),
        /// What would be left for all else, seconds.
        left: f64,
        /// What all else takes in the baseline, seconds.
        rest: f64,
    },
    /// A bar of few steps is longer by what happens once as well as by slower steps.
    OnceOrAlways {
        /// Seconds more in the whole bar.
        seconds: f64,
        /// Its steps.
        steps: u32,
    },
    /// A single run is longer by what a cold run of the baseline is longer.
    AsIfCold {
        /// Seconds more than the baseline.
        longer: f64,
        /// Seconds by which the baseline's cold run is longer than its warm ones.
        cold: f64,
    },
    /// Several things were changed at once.
    SeveralChanges(Vec<String>),
}

/// Slowest healthy way of weights to the card, bytes a second: pageable memory or a narrow link.
const SLOWEST_STREAM: f64 = 3e9;

/// The part of a bar's last step that may fall behind its end.
const HIDDEN: f64 = 0.75;

/// A bar of fewer steps may be moved by what happens once.
const LONG_BAR: u32 = 4;

/// Everything that can be said of a variant beside the baseline.
pub fn contradictions(
    (baseline, base): (&Variant, &Series),
    (variant, own): (&Variant, &Series),
    step: Option<&Estimate>,
) -> Vec<Contradiction> {
    let mut all = Vec::new();
    if variant.changes.len() > 1 {
        all.push(Contradiction::SeveralChanges(variant.changes.iter().map(ToString::to_string).collect()));
    }
    all.extend(as_if_cold(base, own));
    let bars = bar(baseline, base).zip(bar(variant, own));
    if let Some((before, after)) = bars {
        all.extend(once_or_always(before, after));
        all.extend(not_every_step((base, before), (own, after)));
    }
    all.extend(streaming((baseline, base), (variant, own), (step, bars)));
    all
}

fn runs<'a>(variant: &'a Variant, series: &Series<'a>) -> Vec<&'a Measured> {
    let noted = series.counted.iter().chain(&series.cold).map(|(_, run)| &run.measured);
    noted.chain(&variant.seen).collect()
}

/// The first bar of a side: seconds a step, its steps.
fn bar(variant: &Variant, series: &Series) -> Option<Bar> {
    let all = runs(variant, series);
    all.iter().flat_map(|measured| &measured.nodes).filter(|node| node.steps.is_empty()).find_map(|node| node.bar)
}

/// One run against one: the difference is what loading takes.
fn as_if_cold(base: &Series, own: &Series) -> Option<Contradiction> {
    let (before, after) = (base.seconds()?, own.seconds()?);
    let cold = base.cold_seconds()? - before;
    let longer = after - before;
    let few = own.counted.len() < 2 && own.cold.is_empty();
    (few && cold > 0.0 && (longer - cold).abs() < 0.1 * cold).then_some(Contradiction::AsIfCold { longer, cold })
}

fn once_or_always(before: Bar, after: Bar) -> Option<Contradiction> {
    let longer = after.seconds_per_step - before.seconds_per_step;
    let short = after.steps < LONG_BAR && before.steps == after.steps;
    let seconds = longer * f64::from(after.steps);
    (short && longer > 0.2 * before.seconds_per_step)
        .then_some(Contradiction::OnceOrAlways { seconds, steps: after.steps })
}

/// If every step were so much longer, what would be left of a run for all else?
fn not_every_step((base, before): (&Series, Bar), (own, after): (&Series, Bar)) -> Option<Contradiction> {
    let counted = base.counted.iter().map(|(_, run)| &run.measured);
    let (seconds, steps) = counted.filter_map(|run| Some((run.seconds?, steps_of(run)?))).next()?;
    let rest = seconds - before.seconds_per_step * f64::from(steps);
    let longer = after.seconds_per_step - before.seconds_per_step;
    let warm = own.counted.iter().map(|(_, run)| (run, false));
    let all = warm.chain(own.cold.iter().map(|(_, run)| (run, true)));
    let left = all
        .filter_map(|(run, cold)| Some((run.measured.seconds?, cold)))
        .map(|whole| (whole, whole.0 - after.seconds_per_step * f64::from(steps)));
    let (whole, left) = left.reduce(|one, other| if other.1 < one.1 { other } else { one })?;
    let impossible = longer > 0.0 && rest > 0.0 && left < 0.5 * rest;
    impossible.then_some(Contradiction::NotEveryStep { longer, steps, whole, left, rest })
}

/// Steps of all samplers of a run by its bars.
fn steps_of(run: &Measured) -> Option<u32> {
    let steps: u32 = run.nodes.iter().filter_map(|node| node.bar).map(|bar| bar.steps).sum();
    (steps > 0).then_some(steps)
}

/// The bus against the length of steps. Of bars the baseline counts as long as it may have been.
fn streaming(
    (baseline, base): (&Variant, &Series),
    (variant, own): (&Variant, &Series),
    (step, bars): (Option<&Estimate>, Option<(Bar, Bar)>),
) -> Option<Contradiction> {
    let most = |variant, series| runs(variant, series).into_iter().filter_map(Measured::offloaded_mib).reduce(f64::max);
    let more_mib = most(variant, own)? - most(baseline, base)?;
    let passes = variant.limits.iter().map(|limit| limit.passes).fold(1.0, f64::max);
    let at_most = more_mib * crate::forecast::sizes::MIB / SLOWEST_STREAM * passes;
    let by_steps = step.filter(|found| found.answer == Answer::Slower).and_then(|found| found.difference);
    let by_bars = bars.map(|(before, after)| {
        after.seconds_per_step - before.seconds_per_step / (1.0 - HIDDEN / f64::from(before.steps.max(1)))
    });
    let longer = by_steps.map(|found| found.low).or(by_bars)?;
    (more_mib > 0.0 && longer > 2.0 * at_most).then_some(Contradiction::Streaming { more_mib, at_most, longer })
}

/// Steps that are shorter than the card can make them in some format: the first sampler for each bound that is beaten.
pub fn beaten(variant: &Variant, series: &Series) -> Vec<Contradiction> {
    let measured = runs(variant, series);
    let one = |limit: &Limit| {
        let nodes = || measured.iter().flat_map(|run| &run.nodes).filter(|node| node.node == limit.node);
        let steady = nodes().filter_map(|node| steps::split(&node.steps)).map(|split| split.steady).reduce(f64::max);
        let bar = nodes().find_map(|node| node.bar);
        let (seconds, proven) = match (steady, bar) {
            (Some(steady), _) => (steady, of_step(steady, limit)),
            (None, Some(bar)) => of_bar(bar, limit)?,
            (None, None) => return None,
        };
        let bound = match proven {
            Proven::Impossible => limit.dense,
            Proven::FasterAttention => limit.attention,
            Proven::NotAll16Bit => limit.sixteen,
            _ => return None,
        };
        Some(Contradiction::Step { node: limit.node.clone(), seconds, proven, limit: bound })
    };
    let same = |one: &Contradiction, other: &Contradiction| match (one, other) {
        (Contradiction::Step { proven: one, .. }, Contradiction::Step { proven: other, .. }) => one == other,
        _ => false,
    };
    let mut all: Vec<Contradiction> = Vec::new();
    for found in variant.limits.iter().filter_map(one) {
        if !all.iter().any(|known| same(known, &found)) {
            all.push(found);
        }
    }
    all
}

/// Of steady steps by events. The host may be ahead of the card, but by as much at the end of one step as of the next.
fn of_step(seconds: f64, limit: &Limit) -> Proven {
    match seconds {
        _ if seconds < limit.dense => Proven::Impossible,
        _ if seconds < limit.attention => Proven::FasterAttention,
        _ if seconds < limit.sixteen => Proven::NotAll16Bit,
        _ => Proven::Within,
    }
}

/// Of a bar, which may end before the card does: the longest that a step can have been, and what that proves.
fn of_bar(bar: Bar, limit: &Limit) -> Option<(f64, Proven)> {
    let bar = log::Bar { steps: Some((bar.steps, bar.steps)), seconds: Some(bar.seconds_per_step) };
    let limits = Limits { attention: limit.attention, sixteen: limit.sixteen, dense: limit.dense };
    // The bounds of a record are those of whole steps.
    let known = StepKnown { limits, forwards: 1.0, offloaded_mib: 0.0, expected: limit.expected };
    timed(Place { run: 0, load: 0 }, (&bar, Span::default()), known).map(|found| (found.at_most, found.proven))
}
