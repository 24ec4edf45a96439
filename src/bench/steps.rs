//! The steps of a run: the first one with all that happens once, and the steady ones.

use super::measured::{Measured, Node};
use super::stats::{median, spread};

/// A later step that is longer than the rest by so much belongs to the beginning, if it is also far out of the noise: as a share of a step.
const LONGER: f64 = 0.03;

/// Far out of the noise, in standard deviations.
const FAR: f64 = 5.0;

/// The steps of one sampler in one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// A steady step, seconds: the median of those after the beginning.
    pub steady: f64,
    /// What the beginning took beyond steady steps, seconds; negative where the first step is shorter.
    pub excess: f64,
    /// Steps that belong to the beginning: one, or more where the steps themselves show it.
    pub beginning: usize,
    /// Steps in all.
    pub steps: usize,
}

/// The steps of all samplers of a run together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Steps {
    /// A steady step, the mean over all steps, seconds.
    pub steady: f64,
    /// What the beginnings took beyond that, seconds.
    pub excess: f64,
    /// Steps in all.
    pub steps: usize,
    /// All steps, seconds.
    pub seconds: f64,
}

/// Parts the steps of a sampler; `None` of less than two: what is then the beginning and what is a step?
pub fn split(steps: &[f64]) -> Option<Split> {
    let (_, later) = steps.split_first().filter(|(_, later)| !later.is_empty())?;
    let beginning = 1 + longer(later);
    let steady = median(steps.get(beginning..)?)?;
    let excess = steps.iter().take(beginning).map(|step| step - steady).sum();
    Some(Split { steady, excess, beginning, steps: steps.len() })
}

/// How many of the later steps are still of the beginning. They are held against the second half of all: a half that takes part in no
/// beginning must be there, so of less than four steps none is.
fn longer(later: &[f64]) -> usize {
    let rest = later.get(later.len() / 2..).filter(|rest| rest.len() > 1).unwrap_or_default();
    let Some((middle, spread)) = median(rest).zip(spread(rest)) else { return 0 };
    let limit = middle + (FAR * spread).max(LONGER * middle);
    later.iter().take(later.len() - rest.len()).take_while(|step| **step > limit).count()
}

/// The steps of a run; `None` where none are known step by step.
pub fn of_run(measured: &Measured) -> Option<Steps> {
    let splits: Vec<Split> = measured.nodes.iter().filter_map(|node| split(&node.steps)).collect();
    let counted: usize = splits.iter().map(|split| split.steps).sum();
    if counted == 0 {
        return None;
    }
    let steady: f64 = splits.iter().map(|split| split.steady * split.steps as f64).sum();
    let seconds: f64 =
        measured.nodes.iter().filter(|node| split(&node.steps).is_some()).flat_map(|node| &node.steps).sum();
    Some(Steps {
        steady: steady / counted as f64,
        excess: splits.iter().map(|split| split.excess).sum(),
        steps: counted,
        seconds,
    })
}

/// Seconds a step as the bars show them, and their steps; `None` without a bar. Single steps win over a bar of the same node.
pub fn of_bars(measured: &Measured) -> Option<(f64, u32)> {
    let bars: Vec<_> = measured.nodes.iter().filter_map(bar).collect();
    let steps: u32 = bars.iter().map(|(_, steps)| steps).sum();
    let seconds: f64 = bars.iter().map(|(each, steps)| each * f64::from(*steps)).sum();
    (steps > 0).then(|| (seconds / f64::from(steps), steps))
}

fn bar(node: &Node) -> Option<(f64, u32)> {
    node.bar.filter(|_| node.steps.is_empty()).map(|bar| (bar.seconds_per_step, bar.steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_apart() {
        let found = split(&[48.0, 17.5, 17.4, 17.6]).unwrap();
        assert!((found.steady - 17.5).abs() < 1e-9 && (found.excess - 30.5).abs() < 1e-9, "{found:?}");
        assert_eq!(found.beginning, 1);
        assert_eq!(split(&[17.0]), None);
        assert_eq!(split(&[]), None);
        let two = split(&[48.0, 17.0]).unwrap();
        assert_eq!((two.steady, two.excess), (17.0, 31.0));
    }

    #[test]
    fn a_longer_beginning_is_taken_only_where_it_shows() {
        let tuned = split(&[40.0, 25.0, 17.5, 17.4, 17.6, 17.5, 17.4]).unwrap();
        assert_eq!(tuned.beginning, 2);
        assert!((tuned.excess - 30.0).abs() < 0.2, "{tuned:?}");
        // Noise of one in a hundred is no beginning.
        assert_eq!(split(&[17.8, 17.7, 17.4, 17.6, 17.5, 17.4]).unwrap().beginning, 1);
        // The second of three may be anything.
        assert_eq!(split(&[40.0, 25.0, 17.0]).unwrap().beginning, 1);
    }

    #[test]
    fn one_slow_step_in_the_middle_does_not_count() {
        let found = split(&[20.0, 10.0, 10.1, 30.0, 9.9, 10.0]).unwrap();
        assert!((found.steady - 10.0).abs() < 1e-9 && found.beginning == 1, "{found:?}");
    }
}
