//! The forecast at many points: other sizes, lengths, batches, guidance and reserves.

mod axes;

pub use axes::{Axes, MOST_POINTS};

use super::fit;
use super::plan::{Plan, Work};
use super::setting::Setting;
use super::{Verdict, forecast};

/// What is varied; `None` stays as the workflow and the launch have it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Frames.
    pub frames: Option<u32>,
    /// Videos at once.
    pub batch: Option<u32>,
    /// Guidance.
    pub cfg: Option<f64>,
    /// `--reserve-vram`, GiB.
    pub reserve_gib: Option<f64>,
}

/// The forecast of one point at the ends of what is not known exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The answer at best and at worst.
    pub verdict: (Verdict, Verdict),
    /// Largest use in MiB, at best and at worst.
    pub peak_mib: (f64, f64),
    /// Smallest headroom in MiB, at best and at worst.
    pub headroom_mib: (f64, f64),
    /// Weights that cross the bus at every step in MiB, at best and at worst.
    pub streamed_mib: (f64, f64),
}

/// A plan that is changed from point to point.
#[derive(Clone, Debug)]
pub struct Sweep<'a> {
    original: &'a Plan,
    plan: Plan,
    setting: Setting,
    reserve_gib: Option<f64>,
    best: (f64, f64),
    worst: (f64, f64),
}

impl<'a> Sweep<'a> {
    /// A sweep over a range of total VRAM and of VRAM held by others, MiB, low and high each.
    pub fn new(plan: &'a Plan, setting: &Setting, total: (f64, f64), others: (f64, f64)) -> Self {
        Self {
            original: plan,
            plan: plan.clone(),
            setting: setting.clone(),
            reserve_gib: setting.flags.reserve_gib,
            best: (total.1, others.0),
            worst: (total.0, others.1),
        }
    }

    /// Forecasts a point.
    pub fn at(&mut self, point: &Point) -> Row {
        self.adapt(point);
        let worst = self.corner(self.worst);
        let best = if self.best == self.worst { worst } else { self.corner(self.best) };
        let both = |of: fn(&Corner) -> f64| (of(&best), of(&worst));
        Row {
            verdict: (best.verdict, worst.verdict),
            peak_mib: both(|corner| corner.peak),
            headroom_mib: both(|corner| corner.headroom),
            streamed_mib: both(|corner| corner.streamed),
        }
    }

    /// The plan of the last point.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    fn adapt(&mut self, point: &Point) {
        for (step, original) in self.plan.steps.iter_mut().zip(&self.original.steps) {
            if !(original.work == Work::Sample || original.work.is_vae()) {
                continue;
            }
            step.width = point.width.unwrap_or(original.width);
            step.height = point.height.unwrap_or(original.height);
            step.batch = point.batch.unwrap_or(original.batch);
            if fit::is_video(original) {
                step.frames = point.frames.unwrap_or(original.frames);
            }
            if original.work == Work::Sample {
                step.cfg = point.cfg.or(original.cfg);
            }
        }
        self.setting.flags.reserve_gib = point.reserve_gib.or(self.reserve_gib);
    }

    fn corner(&mut self, (total, others): (f64, f64)) -> Corner {
        (self.setting.total_mib, self.setting.others_mib) = (total, others);
        let forecast = forecast(&self.plan, &self.setting);
        let sampling = forecast.phases.iter().filter(|phase| phase.work == Work::Sample);
        Corner {
            verdict: forecast.verdict,
            peak: forecast.peak_mib,
            headroom: forecast.headroom_mib,
            streamed: sampling.map(|phase| phase.streamed_mib).fold(0.0, f64::max),
        }
    }
}

#[derive(Clone, Copy)]
struct Corner {
    verdict: Verdict,
    peak: f64,
    headroom: f64,
    streamed: f64,
}
