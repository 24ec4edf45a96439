//! A quotient of two means that were measured together: after how many steps a cost is earned back.

use super::interval::{CONFIDENCE, Interval};
use super::{mean, student};

/// Where a quotient lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quotient {
    /// Between two values.
    Bounded(Interval),
    /// At least this: the divisor may be nothing, and then the quotient has no end.
    AtLeast {
        /// The best guess.
        value: f64,
        /// Lower end.
        low: f64,
    },
    /// About this: one of both was measured too seldom for an interval.
    Guess(f64),
    /// Anywhere.
    Unknown,
}

/// The quotient of the means of costs and gains, pair by pair, after Fieller: all values `q` for which the mean of `cost - q * gain` may be
/// zero. Costs and gains are meant to be positive.
pub fn quotient(costs: &[f64], gains: &[f64]) -> Quotient {
    let Some((cost, gain)) = mean(costs).zip(mean(gains)).filter(|_| costs.len() == gains.len() && costs.len() > 1)
    else {
        return Quotient::Unknown;
    };
    let count = costs.len() as f64;
    let covariance = |left: &[f64], right: &[f64]| {
        let (a, b) = (mean(left).unwrap_or_default(), mean(right).unwrap_or_default());
        let sum: f64 = left.iter().zip(right).map(|(left, right)| (left - a) * (right - b)).sum();
        sum / (count - 1.0) / count
    };
    let t = student::quantile(CONFIDENCE, u32::try_from(costs.len() - 1).unwrap_or(u32::MAX));
    // (cost - q gain)^2 <= t^2 (var(cost) - 2 q cov + q^2 var(gain)), a quadratic in q.
    let a = gain * gain - t * t * covariance(gains, gains);
    let b = cost * gain - t * t * covariance(costs, gains);
    let c = cost * cost - t * t * covariance(costs, costs);
    let root = b * b - a * c;
    if gain <= 0.0 || root < 0.0 {
        return Quotient::Unknown;
    }
    let value = cost / gain;
    if a > 0.0 {
        return Quotient::Bounded(Interval { value, low: (b - root.sqrt()) / a, high: (b + root.sqrt()) / a });
    }
    // The gain may be nothing: one end is where the quadratic turns, and the other one is nowhere.
    let low = if a == 0.0 { c / (2.0 * b) } else { (b - root.sqrt()) / a };
    if c > 0.0 && low.is_finite() && low > 0.0 { Quotient::AtLeast { value, low } } else { Quotient::Unknown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_values_give_one_number() {
        let Quotient::Bounded(found) = quotient(&[30.0; 3], &[2.0; 3]) else { panic!() };
        assert!(
            (found.value - 15.0).abs() < 1e-9 && (found.low - 15.0).abs() < 1e-6 && (found.high - 15.0).abs() < 1e-6
        );
    }

    #[test]
    fn a_gain_that_may_be_nothing_has_no_upper_end() {
        let costs = [30.0, 31.0, 29.0, 30.5, 29.5];
        let Quotient::AtLeast { value, low } = quotient(&costs, &[0.5, -0.2, 0.9, 0.1, 0.6]) else { panic!() };
        assert!(value > low && low > 10.0, "{value} {low}");
        assert_eq!(quotient(&costs, &[-1.0, -1.1, -0.9, -1.0, -1.0]), Quotient::Unknown);
        assert_eq!(quotient(&[1.0], &[1.0]), Quotient::Unknown);
        let Quotient::Bounded(found) = quotient(&costs, &[2.0, 2.1, 1.9, 2.05, 1.95]) else { panic!() };
        assert!(found.low < 15.0 && 15.0 < found.high && found.high < 20.0, "{found:?}");
    }
}
