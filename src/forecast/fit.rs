//! Searches: how many frames fit, how much may be reserved.

use super::plan::{Plan, Step, Work};
use super::setting::Setting;
use super::{Forecast, Load, Verdict, forecast};

/// Longest video looked at: 4 x 16384 + 1 frames, far beyond any card.
const MOST_GROUPS: u32 = 16_384;

/// The most frames (4n + 1) for which everything still fits: sampler weights loaded completely, no spill, no out of memory.
/// Frames of all sampler and VAE steps change together; single-frame encodes stay. `None` if not even one frame fits.
pub fn largest_frames(plan: &Plan, setting: &Setting) -> Option<u32> {
    largest_frames_where(plan, setting, |forecast| forecast.verdict == Verdict::Fits)
}

/// The most frames (4n + 1) for which a forecast satisfies `holds`, which must not come back once lost.
pub fn largest_frames_where(plan: &Plan, setting: &Setting, holds: impl Fn(&Forecast) -> bool) -> Option<u32> {
    largest_frames_of(plan, 4 * MOST_GROUPS + 1, |plan| holds(&forecast(plan, setting)))
}

/// As [`largest_frames_where`], for a claim about the plan itself and at most so many frames.
pub fn largest_frames_of(plan: &Plan, at_most: u32, holds: impl Fn(&Plan) -> bool) -> Option<u32> {
    let fits = |groups: u32| holds(&with_frames(plan, 4 * groups + 1));
    most(0, at_most.saturating_sub(1) / 4, fits).map(|groups| 4 * groups + 1)
}

/// The largest size of the same shape for which a forecast satisfies `holds`, which must not come back once lost: width in steps of 16
/// pixels, height the nearest multiple of 16. The shape is that of the first sampling.
pub fn largest_size_where(plan: &Plan, setting: &Setting, holds: impl Fn(&Forecast) -> bool) -> Option<(u32, u32)> {
    largest_size_of(plan, |plan| holds(&forecast(plan, setting)))
}

/// As [`largest_size_where`], for a claim about the plan itself.
pub fn largest_size_of(plan: &Plan, holds: impl Fn(&Plan) -> bool) -> Option<(u32, u32)> {
    let first = plan.steps.iter().find(|step| step.work == Work::Sample)?;
    let shape = f64::from(first.height) / f64::from(first.width.max(1));
    let size = |tiles: u32| (tiles * TILE, ((f64::from(tiles) * shape).round().clamp(1.0, MOST_TILES) as u32) * TILE);
    let fits = |tiles: u32| {
        let (width, height) = size(tiles);
        holds(&with_size(plan, width, height))
    };
    let largest = most(1, MOST_TILES as u32, fits)?;
    Some(size(largest))
}

/// Pixels between sizes that are looked at.
const TILE: u32 = 16;
/// Largest side looked at, in such steps: 16,384 pixels.
const MOST_TILES: f64 = 1024.0;

/// The largest number in a range for which `fits` holds, when it does up to some number and no more from there on.
pub fn most(least: u32, largest: u32, fits: impl Fn(u32) -> bool) -> Option<u32> {
    if !fits(least) {
        return None;
    }
    let (mut good, mut bad) = (least, largest + 1);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if fits(middle) { good = middle } else { bad = middle }
    }
    Some(good)
}

/// The plan at another size.
pub fn with_size(plan: &Plan, width: u32, height: u32) -> Plan {
    let adapt = |step: &Step| match step.work {
        Work::Sample | Work::VaeEncode | Work::VaeDecode => Step { width, height, ..step.clone() },
        Work::TextEncode | Work::ClipVision => step.clone(),
    };
    Plan { steps: plan.steps.iter().map(adapt).collect() }
}

/// True for steps that have the length of the video; single pictures stay single.
pub fn is_video(step: &Step) -> bool {
    step.work == Work::Sample || (step.work.is_vae() && step.frames > 1)
}

/// The plan with another length.
pub fn with_frames(plan: &Plan, frames: u32) -> Plan {
    let adapt = |step: &Step| Step { frames: if is_video(step) { frames } else { step.frames }, ..step.clone() };
    Plan { steps: plan.steps.iter().map(adapt).collect() }
}

/// The largest reserve in MiB (`--reserve-vram` x 1024) with which the sampler's weights still load completely, to 0.01 MiB.
/// `None` if they do not even without a reserve, or the regime has no such decision.
pub fn largest_reserve_that_loads_completely(plan: &Plan, setting: &Setting) -> Option<f64> {
    let holds = |reserve: f64| {
        let mut tried = setting.clone();
        tried.flags.reserve_gib = Some(reserve / 1024.0);
        loads_completely(&forecast(plan, &tried))
    };
    if !holds(0.0) {
        return None;
    }
    let (mut good, mut bad) = (0.0, setting.total_mib.max(0.0) + 1.0);
    while bad - good > 0.01 && good < bad {
        let middle = f64::midpoint(good, bad);
        if middle <= good || middle >= bad {
            break;
        }
        if holds(middle) { good = middle } else { bad = middle }
    }
    Some(good)
}

/// There is a sampler, and all of its weights are on the GPU by the static loader's decision.
fn loads_completely(forecast: &Forecast) -> bool {
    let mut sampling = forecast.phases.iter().filter(|phase| phase.work == Work::Sample).peekable();
    sampling.peek().is_some()
        && sampling
            .all(|phase| phase.load == Load::Complete || (phase.load == Load::Resident && phase.streamed_mib == 0.0))
}
