//! The interval of a mean of few differences.

use super::{deviation, mean, student};

/// The share of cases in which an interval holds the true value.
pub const CONFIDENCE: f64 = 0.95;

/// How exactly a run's length is known, seconds: two clocks are read through a server's event loop.
pub const CLOCK: f64 = 0.02;

/// A value and where the true one lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The best guess.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Some value is not in it.
    pub fn excludes(&self, value: f64) -> bool {
        value < self.low || self.high < value
    }

    /// The same, wider by so much at both ends.
    pub fn widened(self, by: f64) -> Self {
        Self { low: self.low - by, high: self.high + by, ..self }
    }

    /// What a growing function makes of it.
    pub fn map(self, of: impl Fn(f64) -> f64) -> Self {
        Self { value: of(self.value), low: of(self.low), high: of(self.high) }
    }

    fn hull(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high), ..self }
    }
}

/// Of fewer differences the bootstrap is not asked: it never reaches further than Student's interval.
const ENOUGH: usize = 8;

/// Where the mean of differences lies: Student's interval, of eight and more widened by the bootstrap's. `None` of less than two.
pub fn of_mean(differences: &[f64]) -> Option<Interval> {
    let student = student(differences)?;
    let bootstrap = (differences.len() >= ENOUGH).then(|| bootstrap(differences)).flatten();
    Some(bootstrap.map_or(student, |bootstrap| student.hull(bootstrap)))
}

/// Student's interval: right for normal noise at any count, too wide for noise with outliers.
pub fn student(differences: &[f64]) -> Option<Interval> {
    let (value, error) = (mean(differences)?, standard_error(differences)?);
    let freedom = u32::try_from(differences.len() - 1).ok()?;
    let reach = student::quantile(CONFIDENCE, freedom) * error;
    Some(Interval { value, low: value - reach, high: value + reach })
}

/// Standard error of the mean.
pub fn standard_error(differences: &[f64]) -> Option<f64> {
    deviation(differences).map(|deviation| deviation / (differences.len() as f64).sqrt())
}

/// How often differences are drawn again.
const DRAWS: usize = 2000;

/// The percentile bootstrap. Its numbers are drawn from a fixed seed: a record gives the same verdict whenever it is read.
pub fn bootstrap(differences: &[f64]) -> Option<Interval> {
    let value = mean(differences)?;
    let mut random = fastrand::Rng::with_seed(0x5eed);
    let draw = |_| {
        let sum: f64 = (0..differences.len()).filter_map(|_| random.choice(differences)).sum();
        sum / differences.len() as f64
    };
    let mut means: Vec<f64> = (0..DRAWS).map(draw).collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means.get(((DRAWS - 1) as f64 * share).round() as usize).copied();
    Some(Interval { value, low: at((1.0 - CONFIDENCE) / 2.0)?, high: at(f64::midpoint(1.0, CONFIDENCE))? })
}

/// The chance to show an effect that is there which is called enough.
const POWER: f64 = 0.8;

/// Most rounds that are worth to be counted.
const MOST_ROUNDS: u32 = 1000;

/// How many rounds would show a mean difference of this size, four times out of five; `None`: more than a thousand.
pub fn rounds_for(effect: f64, deviation: f64) -> Option<u32> {
    let shows = |rounds: u32| {
        let least = least_shown(rounds, deviation);
        least.is_some_and(|least| least <= effect.abs())
    };
    // The more rounds, the less they show: the first one that does is found by halving.
    let (mut low, mut high) = (1, MOST_ROUNDS);
    if !shows(high) {
        return None;
    }
    while high - low > 1 {
        let middle = u32::midpoint(low, high);
        if shows(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

/// The smallest difference that so many rounds show, four times out of five.
pub fn least_shown(rounds: u32, deviation: f64) -> Option<f64> {
    let freedom = rounds.checked_sub(1).filter(|freedom| *freedom > 0)?;
    Some(reach(freedom) * deviation / f64::from(rounds).sqrt())
}

/// In standard errors: the ends of the interval, and as far again as a lucky round of five goes.
fn reach(freedom: u32) -> f64 {
    student::quantile(CONFIDENCE, freedom) + student::quantile(2.0 * POWER - 1.0, freedom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_differences_have_no_width() {
        let found = of_mean(&[2.0, 2.0, 2.0]).unwrap();
        assert_eq!((found.value, found.low, found.high), (2.0, 2.0, 2.0));
        assert_eq!(of_mean(&[2.0]), None);
        assert_eq!(of_mean(&[]), None);
    }

    #[test]
    fn an_interval_of_a_textbook() {
        // Mean 3, deviation 1.5811, standard error 0.7071, t of 4 degrees 2.776.
        let found = of_mean(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert!((found.low - 1.037).abs() < 0.001 && (found.high - 4.963).abs() < 0.001, "{found:?}");
        assert!(found.excludes(0.0) && !found.excludes(2.0));
    }

    #[test]
    fn more_rounds_show_less() {
        assert_eq!(rounds_for(1.0, 0.0), Some(2));
        let (small, large) = (rounds_for(0.5, 1.0).unwrap(), rounds_for(1.0, 1.0).unwrap());
        // A textbook's figures for the paired t-test at 80 %: 34 and 10.
        assert!((30..=38).contains(&small) && (9..=12).contains(&large), "{small} {large}");
        assert_eq!(rounds_for(0.001, 1.0), None);
        assert!(least_shown(small, 1.0).unwrap() <= 0.5);
        assert_eq!(least_shown(1, 1.0), None);
    }

    #[test]
    fn the_same_numbers_give_the_same_interval() {
        let values = [1.0, 4.0, 2.0, 8.0, 5.0, 7.0];
        assert_eq!(bootstrap(&values), bootstrap(&values));
    }
}
