//! One known run: the most reliable forecast of another one is the ratio of what both compute.

use std::str::FromStr;

use super::How;
use super::limit::Limits;
use crate::forecast::flop;
use crate::forecast::plan::Step;

/// How far scaled times are off where one host measured several sizes, with room to spare.
const SPREAD: f64 = 0.10;

/// A measured step of the same model on the same card with the same settings at some size: `832x480x81=12.4`, `832x480x81,cfg=3.5=24.8`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames.
    pub frames: u32,
    /// Guidance, when stated; else that of the workflow.
    pub cfg: Option<f64>,
    /// Seconds a step, as the progress bar shows them (s/it).
    pub seconds: f64,
}

/// One pass of a known run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pass {
    seconds: f64,
    flop: f64,
    /// Shorter than 16-bit attention can be.
    pub beats_16bit: bool,
    /// Shorter than all of it can be in the chip's fastest format.
    pub beats_dense: bool,
}

impl Known {
    /// One of its passes, in the terms of a workflow's sampler. `limits` gives the bounds of a step on the card.
    pub(super) fn pass(&self, step: &Step, how: &How, limits: impl Fn(&Step) -> Option<Limits>) -> Option<Pass> {
        let passes = f64::from(how.passes(self.cfg.or(step.cfg))?);
        let (_, calls) = super::calls_of_a_step(step, how);
        let size = Step { width: self.width, height: self.height, frames: self.frames, ..step.clone() };
        let seconds = self.seconds / (passes * calls);
        Some(Pass {
            seconds,
            flop: flop::forward(&size)?,
            beats_16bit: limits(&size).is_some_and(|limits| seconds < limits.attention),
            beats_dense: limits(&size).is_some_and(|limits| seconds < limits.dense),
        })
    }
}

impl Pass {
    /// Shortest and longest pass of another size.
    pub(super) fn scaled(&self, step: &Step) -> Option<(f64, f64)> {
        let seconds = self.seconds * flop::forward(step)? / self.flop;
        Some((seconds * (1.0 - SPREAD), seconds * (1.0 + SPREAD)))
    }
}

impl FromStr for Known {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "--known '{text}': write it as 832x480x81=12.4, or with guidance 832x480x81,cfg=3.5=24.8 (seconds a step)"
            )
        };
        let (run, seconds) = text.rsplit_once('=').ok_or_else(wrong)?;
        let (size, cfg) = match run.split_once(',') {
            Some((size, rest)) => (size, Some(rest.trim().strip_prefix("cfg=").ok_or_else(wrong)?)),
            None => (run, None),
        };
        let sides: Vec<u32> = size.split('x').map_while(|side| side.trim().parse().ok()).collect();
        let &[width, height, frames] = sides.as_slice() else { return Err(wrong()) };
        let positive = |text: &str| text.trim().parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0);
        if size.split('x').count() != 3 || [width, height, frames].contains(&0) {
            return Err(wrong());
        }
        let cfg = cfg.map(|cfg| positive(cfg).ok_or_else(wrong)).transpose()?;
        Ok(Self { width, height, frames, cfg, seconds: positive(seconds).ok_or_else(wrong)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read() {
        let known: Known = "832x480x81=12.4".parse().unwrap();
        assert_eq!((known.width, known.height, known.frames, known.cfg, known.seconds), (832, 480, 81, None, 12.4));
        let known: Known = "832x480x81, cfg=3.5 = 24.8".parse().unwrap();
        assert_eq!((known.cfg, known.seconds), (Some(3.5), 24.8));
        for wrong in [
            "",
            "=",
            "832x480=3",
            "832x480x81x2=3",
            "832x480x81=0",
            "832x480x81=nan",
            "832x480x81=-1",
            "0x480x81=1",
            "832x480x81,steps=3=1",
            "832x480x81,cfg==1",
            "99999999999x1x1=1",
            "832x480x81=inf",
        ] {
            assert!(wrong.parse::<Known>().is_err(), "{wrong}");
        }
    }
}
