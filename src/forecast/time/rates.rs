//! How fast cards multiply matrices. Rates in operations a second.

use crate::catalog::gpus::Gpu;

/// Measured by nominal rate is 1.13 at most on GeForce cards and 1.17 on one workstation card, of 56 measured cards: 1.25 leaves room
/// for overclocking. Cards of data centres run at or below their nominal rate.
const HEADROOM: f64 = 1.25;
const HEADROOM_DATACENTER: f64 = 1.05;

/// Median of measured by nominal rate over 23 GeForce desktop cards, for those without a measurement of their own.
const TYPICAL_DESKTOP: f64 = 1.05;

/// The highest credible rate of 16-bit operations with 32-bit accumulation.
pub fn rate_16bit(card: &Gpu) -> Option<f64> {
    let headroom = if card.class == "datacenter" { HEADROOM_DATACENTER } else { HEADROOM };
    Some(card.tflops_16bit? * 1e12 * headroom)
}

/// The rate that 16-bit matrix products really reach: measured, or the class's usual share of the nominal rate.
pub fn realistic_16bit(card: &Gpu) -> Option<f64> {
    Some(card.measured_tflops.or(card.tflops_16bit.map(|nominal| nominal * TYPICAL_DESKTOP))? * 1e12)
}

/// How many times the 16-bit rate a card's fastest format reaches.
///
/// GeForce cards do 16 bit with 32-bit accumulation at half rate: int8, or fp8 with 16-bit accumulation, is four times as fast, fp4
/// eight times. Others do 16 bit at full rate. Other fast formats give twice as much, fp4 four times.
pub fn fastest(card: &Gpu) -> f64 {
    let fp4 = card.compute >= (10, 0);
    match (halved(card), fp4) {
        (true, true) => 8.0,
        (true, false) | (false, true) => 4.0,
        (false, false) => 2.0,
    }
}

fn halved(card: &Gpu) -> bool {
    card.name.contains("GeForce")
}
