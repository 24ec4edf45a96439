//! An effect in a sequence of runs that may drift: least squares with a smooth course of the order.

use super::interval::{CONFIDENCE, Interval};
use super::student;

/// One run in the sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When it ran, in runs.
    pub order: f64,
    /// It is one of the variant, not of the baseline.
    pub variant: bool,
    /// Its length.
    pub value: f64,
}

/// What a sequence shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// Variant less baseline at the same moment.
    pub effect: Interval,
    /// Standard deviation of a single run around the course.
    pub noise: f64,
}

/// A drift of the values with the order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    /// From the first run to the last.
    pub whole: f64,
    /// The chance of so much of it without any drift.
    pub chance: f64,
}

/// The effect beside a course with a slope and a bend; `None` when there are too few runs to tell them apart, or they are not mixed.
pub fn effect(points: &[Point]) -> Option<Trend> {
    let (middle, half) = frame(points)?;
    let row = |point: &Point| {
        let at = (point.order - middle) / half;
        vec![if point.variant { 0.5 } else { -0.5 }, 1.0, at, at * at]
    };
    let fit = fit(points, row)?;
    let reach = student::quantile(CONFIDENCE, fit.freedom) * fit.errors.first()?;
    let value = *fit.values.first()?;
    Some(Trend { effect: Interval { value, low: value - reach, high: value + reach }, noise: fit.noise })
}

/// Whether runs of each side got slower or faster with the order.
pub fn drift(points: &[Point]) -> Option<Drift> {
    let (middle, half) = frame(points)?;
    let both = points.iter().any(|point| point.variant) && points.iter().any(|point| !point.variant);
    let row = |point: &Point| {
        let at = (point.order - middle) / half;
        let mut row = vec![at, 1.0];
        row.extend(both.then_some(if point.variant { 0.5 } else { -0.5 }));
        row
    };
    let fit = fit(points, row)?;
    let (slope, error) = (*fit.values.first()?, *fit.errors.first()?);
    let chance = if error > 0.0 { 1.0 - student::within(slope / error, fit.freedom) } else { 1.0 };
    Some(Drift { whole: slope * 2.0, chance })
}

/// The middle of the order, and half of its length.
fn frame(points: &[Point]) -> Option<(f64, f64)> {
    let low = points.iter().map(|point| point.order).reduce(f64::min)?;
    let high = points.iter().map(|point| point.order).reduce(f64::max)?;
    (high > low).then_some((f64::midpoint(low, high), (high - low) / 2.0))
}

struct Fit {
    values: Vec<f64>,
    errors: Vec<f64>,
    noise: f64,
    freedom: u32,
}

/// Least squares by the normal equations: three or four unknowns of order one.
fn fit(points: &[Point], row: impl Fn(&Point) -> Vec<f64>) -> Option<Fit> {
    let rows: Vec<Vec<f64>> = points.iter().map(row).collect();
    let size = rows.first()?.len();
    let freedom = points.len().checked_sub(size).filter(|freedom| *freedom > 0)?;
    let sum = |of: &dyn Fn(&[f64], f64) -> f64| -> f64 {
        rows.iter().zip(points).map(|(row, point)| of(row, point.value)).sum()
    };
    let normal: Vec<Vec<f64>> =
        (0..size).map(|a| (0..size).map(|b| sum(&|row, _| row[a] * row[b])).collect()).collect();
    let right: Vec<f64> = (0..size).map(|a| sum(&|row, value| row[a] * value)).collect();
    let inverse = inverse(normal)?;
    let values: Vec<f64> = inverse.iter().map(|line| dot(line, &right)).collect();
    let squares: f64 = rows.iter().zip(points).map(|(row, point)| (point.value - dot(row, &values)).powi(2)).sum();
    let variance = squares / freedom as f64;
    let errors = inverse.iter().enumerate().map(|(at, line)| (variance * line[at].max(0.0)).sqrt()).collect();
    Some(Fit { values, errors, noise: variance.sqrt(), freedom: u32::try_from(freedom).ok()? })
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// Gauss and Jordan with pivots; `None` of a matrix that has no inverse: the effect cannot be told from the course.
fn inverse(mut matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    for (at, line) in matrix.iter_mut().enumerate() {
        line.extend((0..size).map(|column| if column == at { 1.0 } else { 0.0 }));
    }
    for at in 0..size {
        let pivot = (at..size).max_by(|a, b| matrix[*a][at].abs().total_cmp(&matrix[*b][at].abs()))?;
        matrix.swap(at, pivot);
        let head = matrix[at][at];
        if head.abs() < 1e-9 {
            return None;
        }
        matrix[at].iter_mut().for_each(|value| *value /= head);
        let line = matrix[at].clone();
        for (other, values) in matrix.iter_mut().enumerate().filter(|(other, _)| *other != at) {
            debug_assert_ne!(other, at);
            let factor = values[at];
            values.iter_mut().zip(&line).for_each(|(value, own)| *value -= factor * own);
        }
    }
    Some(matrix.into_iter().map(|line| line.into_iter().skip(size).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alternating(value: impl Fn(f64, bool) -> f64) -> Vec<Point> {
        (0..10)
            .map(|order| {
                let (at, variant) = (f64::from(order), order % 2 == 1);
                Point { order: at, variant, value: value(at, variant) }
            })
            .collect()
    }

    #[test]
    fn a_smooth_course_is_no_effect() {
        let found = effect(&alternating(|at, _| 100.0 + 2.0 * at - 0.1 * at * at)).unwrap();
        assert!(found.effect.value.abs() < 1e-9 && found.noise < 1e-9, "{found:?}");
        let found = effect(&alternating(|at, variant| 100.0 + 2.0 * at + f64::from(u8::from(variant)) * 5.0)).unwrap();
        assert!((found.effect.value - 5.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn one_side_after_the_other_tells_nothing_of_few() {
        let points: Vec<Point> =
            (0..4).map(|at| Point { order: f64::from(at), variant: at > 1, value: f64::from(at) }).collect();
        assert_eq!(effect(&points), None);
        assert_eq!(effect(&[]), None);
    }

    #[test]
    fn drift_is_seen_beside_an_effect() {
        let noise = [0.1, -0.2, 0.15, 0.05, -0.1, 0.2, -0.15, 0.0, 0.1, -0.1];
        let found = drift(&alternating(|at, variant| at + noise[at as usize] + f64::from(u8::from(variant)) * 9.0));
        let found = found.unwrap();
        assert!((found.whole - 9.0).abs() < 0.5 && found.chance < 0.001, "{found:?}");
        let none = drift(&alternating(|at, _| noise[at as usize])).unwrap();
        assert!(none.chance > 0.1, "{none:?}");
    }
}
