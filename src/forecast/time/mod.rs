//! How long a sampler step takes: bounds that no run beats, and a range where public measurements allow one.
//!
//! Operations are counted exactly ([`super::flop`]); how fast a card does them is not known to better than a fifth. So there is never one
//! number, never the name of a kernel, and no range for cards and kernels that nobody measured.

mod expected;
mod known;
mod limit;
mod rates;
mod samplers;
mod vae;

pub use expected::{ATTENTION_16BIT, LINEAR_16BIT, LINEAR_FP8, MEMORY_SHARE, forward_seconds};
pub use known::Known;
pub use limit::{Limits, limits};
pub use rates::{rate_16bit, realistic_16bit};
pub use samplers::calls;
pub use vae::pass_time;

use super::phase::{Load, Phase};
use super::plan::Step;
use crate::catalog::gpus::Gpu;

/// How a step is computed, as far as files tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct How {
    /// The attention.
    pub attention: Kernel,
    /// The linear layers may run in fp8 matrix products.
    pub fp8: bool,
    /// The linear layers may accumulate in 16 bit (`--fast fp16_accumulation`).
    pub accumulates_16bit: bool,
    /// How guidance is applied.
    pub guidance: Guidance,
    /// Calls of the model in a step: 2 for heun. `None`: unknown.
    pub calls: Option<u32>,
    /// Something in the workflow may skip or change what is computed: in words. Then nothing is said about time.
    pub changed: Option<String>,
}

impl How {
    /// Passes of each call of the model: 2 with guidance. `None`: unknown.
    pub fn passes(&self, cfg: Option<f64>) -> Option<u32> {
        match self.guidance {
            Guidance::Plain => cfg.map(|cfg| if cfg == 1.0 { 1 } else { 2 }),
            Guidance::Always => Some(2),
            Guidance::Unknown => None,
        }
    }
}

/// How guidance is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Guidance {
    /// An unconditional pass unless cfg is 1.
    Plain,
    /// An unconditional pass at any cfg (samplers named `..._cfg_pp`).
    Always,
    /// In some way that nobody looked at.
    #[default]
    Unknown,
}

/// What computes attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kernel {
    /// 16 bit with 32-bit accumulation: PyTorch's own, FlashAttention.
    Full,
    /// 8 bit.
    Sage,
    /// Something whose speed nobody measured here.
    #[default]
    Unknown,
}

/// What can be said about the length of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepTime {
    /// No run is shorter, seconds.
    pub limit: Option<f64>,
    /// Whether `limit` rests on 16-bit attention; else it is that of the card's fastest format.
    pub full_precision: bool,
    /// It is a pass of a VAE over the whole clip, of which only `limit` is known.
    pub whole: bool,
    /// Shortest and longest expected, seconds.
    pub expected: Option<(f64, f64)>,
    /// Weights that stream in cost at most this much, seconds; in `expected` already where it counts.
    pub streaming: Option<f64>,
    /// What the figures rest on, or why one is missing.
    pub notes: Vec<String>,
}

/// What is known about the length of the steps of a phase; `None` when the phase does not sample a Wan model on the GPU.
pub fn step_time(step: &Step, phase: &Phase, card: &Gpu, how: &How, known: Option<&Known>) -> Option<StepTime> {
    let bounds = limits(step, card)?;
    if phase.load == Load::Cpu {
        return None;
    }
    if let Some(changed) = &how.changed {
        let notes = vec![format!("step time: nothing is said because {changed}")];
        return Some(StepTime { notes, ..StepTime::default() });
    }
    let known = known.map(|known| known.pass(step, how, |step| limits(step, card)));
    let full_precision = how.attention == Kernel::Full && !known.flatten().is_some_and(|pass| pass.beats_16bit);
    let (fewest, _) = calls_of_a_step(step, how);
    let least = f64::from(how.passes(step.cfg).unwrap_or(1)) * fewest;
    let limit = if full_precision { bounds.attention } else { bounds.dense };
    let mut time = StepTime { limit: Some(limit * least), full_precision, ..StepTime::default() };
    if known.flatten().is_some_and(|pass| pass.beats_dense) {
        time.limit = None;
        time.notes.push(IMPOSSIBLE.to_owned());
    }
    let range = match known {
        Some(pass) => from_known(step, pass),
        None => expected::forward(step, card, how),
    };
    match expected::unknown(step, phase, how).map_or(range, Err) {
        Err(why) => time.notes.push(format!("step time: no range, because {why}")),
        Ok(range) => time.expect(range, (step, phase, how)),
    }
    Some(time)
}

/// What a known run says that is below every bound.
const IMPOSSIBLE: &str = "step time: the known run is faster than dense attention can be at its size on this card: size, steps, a cache or \
                          a bar of few steps do not match";

/// A range of seconds for one pass, and what it rests on; or why there is none.
type PassTime = Result<((f64, f64), String), String>;

fn from_known(step: &Step, pass: Option<known::Pass>) -> PassTime {
    let range = pass.and_then(|pass| pass.scaled(step)).ok_or("the cfg of the known run is not known")?;
    Ok((
        range,
        "step time is scaled from the known run by what is computed, 10 % up and down: same model, card and settings"
            .to_owned(),
    ))
}

/// The fewest and the most calls of the model that a step takes on average: a two-call sampler makes one in the step that ends at zero.
fn calls_of_a_step(step: &Step, how: &How) -> (f64, f64) {
    let Some(calls) = how.calls.map(f64::from) else { return (1.0, 1.0) };
    let steps = f64::from(step.steps.unwrap_or(1).max(1));
    (calls - (calls - 1.0) / steps, calls)
}

/// Share of a step below which streaming is not worth a word.
const NEGLIGIBLE: f64 = 0.05;

/// The slowest streaming on record, GB/s: synchronous copies with a cast (TurboDiffusion and DiffSynth tables).
const SLOWEST_GBS: f64 = 3.0;

impl StepTime {
    /// Fills the range from that of one pass. Streaming counts at the upper end, where it is noticeable.
    fn expect(&mut self, ((low, high), note): ((f64, f64), String), (step, phase, how): (&Step, &Phase, &How)) {
        let passes = f64::from(how.passes(step.cfg).unwrap_or(1));
        let (fewest, most) = calls_of_a_step(step, how);
        let (low, mut high) = (low * passes * fewest, high * passes * most);
        let low = low.max(self.limit.unwrap_or(low)).min(high);
        self.notes.push(note);
        if phase.streamed_mib > 0.0 {
            let apart = if phase.forward_batch > phase.batch.max(1) { 1.0 } else { passes };
            let cost = phase.streamed_mib * 1_048_576.0 / 1e9 * apart * most / SLOWEST_GBS;
            self.streaming = Some(cost);
            if cost >= NEGLIGIBLE * low {
                high += cost;
                self.notes
                    .push("step time: weights that cross the bus cost up to 1 s for each 3 GB, or nothing".to_owned());
            }
        }
        self.expected = Some((low, high));
    }
}
