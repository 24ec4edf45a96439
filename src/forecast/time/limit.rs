//! Bounds that no run of dense attention beats.

use super::rates::{fastest, rate_16bit};
use crate::catalog::gpus::Gpu;
use crate::forecast::flop;
use crate::forecast::plan::Step;

/// Seconds below which one forward pass cannot be, by what is computed how. They hold for all weights on the GPU as for streamed ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Attention in 16 bit, everything else free.
    pub attention: f64,
    /// Attention and linear layers in 16 bit.
    pub sixteen: f64,
    /// Everything in the fastest format that the chip has.
    pub dense: f64,
}

/// The bounds of one forward pass; `None` when the model is no Wan DiT or nobody knows the card's rate.
pub fn limits(step: &Step, card: &Gpu) -> Option<Limits> {
    let count = flop::count(step)?;
    let rate = rate_16bit(card)?;
    Some(Limits {
        attention: count.attention / rate,
        sixteen: count.total() / rate,
        dense: count.total() / (rate * fastest(card)),
    })
}
