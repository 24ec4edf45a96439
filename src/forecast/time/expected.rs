//! The range of a forward pass, from factors fitted to public measurements.
//!
//! 42 runs from 13 sources, of which two are ComfyUI's own with everything known: leave-one-out error 6 % in the median and 14 % for nine in
//! ten with 16-bit attention, 12 % and 19 % with 8-bit attention on one generation of cards. The ranges are wider than that, because power
//! limits and the choice of kernels cannot be read from files. `tests/forecast/step_times.rs` repeats the figures.

use super::rates::realistic_16bit;
use super::{How, Kernel, PassTime};
use crate::catalog::gpus::Gpu;
use crate::forecast::flop::{self, Count};
use crate::forecast::phase::Phase;
use crate::forecast::plan::Step;

/// Linear layers in 16 bit, as a share of the rate of matrix products (30 runs).
pub const LINEAR_16BIT: f64 = 0.79;
/// Linear layers in fp8 matrix products (6 runs of one engine).
pub const LINEAR_FP8: f64 = 2.0 * 0.59;
/// Linear layers that accumulate in 16 bit: 1.72 times 16 bit (one measurement on a 4060, triton-lang/triton issue 10851).
const LINEAR_FP16_ACCUMULATION: f64 = 1.72 * LINEAR_16BIT;
/// Attention in 16 bit, outside Hopper (11 runs).
pub const ATTENTION_16BIT: f64 = 0.77;
/// 8-bit attention on RTX 40 cards (6 runs).
const ATTENTION_SAGE_ADA: (f64, f64) = (1.70, 1.70);
/// 8-bit attention on RTX 50 cards: no run; between these by the kernels' published rates.
const ATTENTION_SAGE_BLACKWELL: (f64, f64) = (1.8, 2.6);
/// Share of the nominal memory bandwidth that is reached.
pub const MEMORY_SHARE: f64 = 0.85;

/// The range around the fitted value, as factors.
const SPREAD: f64 = 1.25;
const SPREAD_SAGE: f64 = 1.4;

/// Seconds of one forward pass by the fitted formula. `linear` and `attention` are shares of the rate of 16-bit matrix products.
pub fn forward_seconds(count: &Count, card: &Gpu, linear: f64, attention: f64) -> Option<f64> {
    let rate = realistic_16bit(card)?;
    let memory = count.traffic / (MEMORY_SHARE * card.bandwidth_gbs? * 1e9);
    Some(count.linear / (rate * linear) + count.attention / (rate * attention) + memory)
}

/// Shortest and longest forward pass, and what that rests on; or why there is no range.
pub(super) fn forward(step: &Step, card: &Gpu, how: &How) -> PassTime {
    let (slow, fast, spread) = attention(card, how.attention)?;
    let count = flop::count(step).ok_or("the model is not a Wan diffusion model")?;
    let seconds = |linear, attention| forward_seconds(&count, card, linear, attention);
    let no_rate = || format!("nobody knows the rate of the {}", card.short);
    let longest = seconds(LINEAR_16BIT, slow).ok_or_else(no_rate)? * spread;
    let shortest = seconds(fastest_linear(how), fast).ok_or_else(no_rate)? / spread;
    Ok(((shortest, longest), notes(how, card)))
}

/// Shares of the 16-bit rate, the lower and the higher, and the spread around them.
fn attention(card: &Gpu, kernel: Kernel) -> Result<(f64, f64, f64), String> {
    if card.class != "desktop" || !card.name.contains("GeForce") {
        let why =
            if card.class == "laptop" { "its power limit is not known" } else { "no run on such a card is on record" };
        return Err(format!("the {} has none: {why}", card.short));
    }
    let ampere_or_later = card.compute >= (8, 0);
    match kernel {
        Kernel::Full if ampere_or_later => Ok((ATTENTION_16BIT, ATTENTION_16BIT, SPREAD)),
        Kernel::Sage if card.compute >= (12, 0) => {
            Ok((ATTENTION_SAGE_BLACKWELL.0, ATTENTION_SAGE_BLACKWELL.1, SPREAD_SAGE))
        }
        Kernel::Sage if card.compute >= (8, 9) => Ok((ATTENTION_SAGE_ADA.0, ATTENTION_SAGE_ADA.1, SPREAD_SAGE)),
        Kernel::Sage if ampere_or_later => {
            Err("SageAttention on RTX 30 cards gained anything from nothing to a third".to_owned())
        }
        Kernel::Unknown => Err("the speed of this attention is not on record".to_owned()),
        _ => Err("no run on an RTX 20 card is on record".to_owned()),
    }
}

fn fastest_linear(how: &How) -> f64 {
    let options = [(true, LINEAR_16BIT), (how.fp8, LINEAR_FP8), (how.accumulates_16bit, LINEAR_FP16_ACCUMULATION)];
    options.into_iter().filter(|(possible, _)| *possible).map(|(_, share)| share).fold(0.0, f64::max)
}

fn notes(how: &How, card: &Gpu) -> String {
    let attention = match how.attention {
        Kernel::Sage => "8-bit attention that does not fall back",
        _ => "PyTorch's or Flash attention, no xformers",
    };
    let linear = match (how.fp8, how.accumulates_16bit) {
        (false, false) => "linear layers in 16 bit",
        (true, _) => "linear layers between 16 bit and fp8",
        (false, true) => "linear layers between 32-bit and 16-bit accumulation",
    };
    let rate = match card.measured_tflops {
        Some(rate) => format!("{rate:.0} TFLOP/s measured on this card"),
        None => "the card's nominal rate".to_owned(),
    };
    format!(
        "step time is an estimate, without loading and compiling: {attention}, {linear}, {rate}; state one known run with --known to scale it instead"
    )
}

/// What makes a range impossible whatever the card.
pub(super) fn unknown(step: &Step, phase: &Phase, how: &How) -> Option<String> {
    if phase.exceeds {
        return Some("the card's memory does not suffice".to_owned());
    }
    match (how.passes(step.cfg), how.calls) {
        (None, _) => Some("cfg, or how it is applied, is not known".to_owned()),
        (_, None) => Some("how often this sampler calls the model is not known".to_owned()),
        _ => None,
    }
}
