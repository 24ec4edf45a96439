//! Student's t for whole degrees of freedom, where it is a finite sum.

use std::f64::consts::PI;

/// The probability that a value lies within plus and minus `t`.
pub fn within(t: f64, freedom: u32) -> f64 {
    let angle = (t.abs() / f64::from(freedom.max(1)).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let odd = freedom % 2 == 1;
    // Abramowitz and Stegun, 26.7.3 and 26.7.4.
    let (mut term, mut sum, first) = if odd { (cosine, 0.0, 3) } else { (1.0, 0.0, 2) };
    let mut at = first;
    while at <= freedom {
        sum += term;
        term *= cosine * cosine * f64::from(at - 1) / f64::from(at);
        at += 2;
    }
    let all = if odd { 2.0 / PI * (angle + sine * sum) } else { sine * sum };
    all.clamp(0.0, 1.0)
}

/// The `t` within which so large a share of all values lies.
pub fn quantile(share: f64, freedom: u32) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while within(high, freedom) < share && high < 1e9 {
        high *= 2.0;
    }
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if within(middle, freedom) < share { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_agree() {
        let table = [
            (1, 12.706),
            (2, 4.303),
            (3, 3.182),
            (4, 2.776),
            (5, 2.571),
            (9, 2.262),
            (10, 2.228),
            (30, 2.042),
            (101, 1.984),
        ];
        for (freedom, t) in table {
            assert!((quantile(0.95, freedom) - t).abs() < 0.001, "{freedom}: {}", quantile(0.95, freedom));
        }
        assert!((quantile(0.6, 4) - 0.941).abs() < 0.001);
        assert!((within(2.776, 4) - 0.95).abs() < 1e-4);
        assert_eq!(within(0.0, 3), 0.0);
    }
}
