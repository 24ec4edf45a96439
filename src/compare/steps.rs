//! What the length of a step proves, and what it cannot: hard bounds only.
//!
//! A progress bar counts the time of the host, which may be ahead of the card by the better part of a step when the bar ends, and the
//! first step pays for what happens once. So a bar of one step says nothing, and a bar of few says it with a wide margin.

use super::align::Place;
use crate::forecast::time::Limits;
use crate::read::log::Bar;
use crate::span::Span;

/// The part of the last step that may fall behind the end of the bar: the host can be about a thousand launches ahead.
const HIDDEN: f64 = 0.75;

/// Slowest healthy way of weights to the card, bytes a second: pageable memory or a narrow link.
const SLOWEST_STREAM: f64 = 3e9;

/// Steps from which a bar is long enough to call a step too slow.
const LONG_BAR: u32 = 4;

/// How much longer than the longest expected step is suspicious.
const SUSPICIOUS: f64 = 1.5;

/// A bar beside what its steps can be.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// The load that the steps belong to.
    pub place: Place,
    /// Where the bar stands.
    pub span: Span,
    /// Seconds a step as shown.
    pub shown: f64,
    /// Steps of the bar.
    pub steps: u32,
    /// The longest that a step can really have been, seconds, if nothing but the bar's end is wrong.
    pub at_most: f64,
    /// Shortest steps: attention in 16 bit, all in 16 bit, all in the card's fastest format, seconds.
    pub limits: Limits,
    /// Passes of the model in a step are known to be this many.
    pub forwards: f64,
    /// Most that streaming of offloaded weights adds to a step, seconds.
    pub streaming: Option<f64>,
    /// Longest expected step, seconds.
    pub expected: Option<f64>,
    /// What is proven.
    pub proven: Proven,
}

/// What the length of a step proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// A bar of one step.
    Nothing,
    /// Shorter than the card can compute this at all.
    Impossible,
    /// Shorter than attention in 16 bit.
    FasterAttention,
    /// Shorter than everything in 16 bit.
    NotAll16Bit,
    /// Within all bounds.
    Within,
    /// Much longer than expected, in a bar long enough to tell.
    Slow,
}

/// What is known about the steps of a load.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Bounds of one pass.
    pub limits: Limits,
    /// Passes in a step.
    pub forwards: f64,
    /// Weights that stream in every pass, MiB.
    pub offloaded_mib: f64,
    /// Longest expected step, seconds.
    pub expected: Option<f64>,
}

/// Judges a bar; `None` before it is done.
pub fn timed(place: Place, (bar, span): (&Bar, Span), known: Known) -> Option<Timed> {
    let (steps, shown) = (bar.steps.filter(|(done, all)| done == all)?.1, bar.seconds?);
    let all = |limit: f64| limit * known.forwards;
    let limits = Limits {
        attention: all(known.limits.attention),
        sixteen: all(known.limits.sixteen),
        dense: all(known.limits.dense),
    };
    let at_most = shown / (1.0 - HIDDEN / f64::from(steps.max(1)));
    let bytes = known.offloaded_mib * crate::forecast::sizes::MIB;
    let streaming = (bytes > 0.0).then_some(bytes / SLOWEST_STREAM * known.forwards);
    let proven = match known.expected {
        _ if steps < 2 => Proven::Nothing,
        _ if at_most < limits.dense => Proven::Impossible,
        _ if at_most < limits.attention => Proven::FasterAttention,
        _ if at_most < limits.sixteen => Proven::NotAll16Bit,
        Some(longest) if steps >= LONG_BAR && shown > SUSPICIOUS * longest => Proven::Slow,
        _ => Proven::Within,
    };
    let (forwards, expected) = (known.forwards, known.expected);
    Some(Timed { place, span, shown, steps, at_most, limits, forwards, streaming, expected, proven })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The founding case on an RTX 5090 at 1.25 of its nominal rate.
    const LIMITS: Limits = Limits { attention: 21.7, sixteen: 29.3, dense: 3.7 };

    fn proven(shown: f64, steps: u32) -> Proven {
        let bar = Bar { steps: Some((steps, steps)), seconds: Some(shown) };
        let known = Known { limits: LIMITS, forwards: 1.0, offloaded_mib: 2299.82, expected: Some(42.0) };
        let found = timed(Place { run: 0, load: 0 }, (&bar, Span::default()), known).unwrap();
        assert!((found.streaming.unwrap() - 0.80).abs() < 0.01);
        found.proven
    }

    #[test]
    fn short_bars_prove_less() {
        assert_eq!(proven(17.38, 1), Proven::Nothing);
        // Up to 27.8 s a step: not proof against 16-bit attention, but not everything was 16 bit.
        assert_eq!(proven(17.38, 2), Proven::NotAll16Bit);
        assert_eq!(proven(17.38, 4), Proven::FasterAttention);
        assert_eq!(proven(32.78, 2), Proven::Within);
        assert_eq!(proven(1.0, 4), Proven::Impossible);
        assert_eq!((proven(70.0, 3), proven(70.0, 4)), (Proven::Within, Proven::Slow));
    }
}
