//! The forecast at many points: other sizes, lengths, batches, guidance and reserves.

mod axes;

pub use axes::{Axes, MOST_POINTS};

use super::fit;
use super::plan::{Plan, Work};
use super::setting::Setting;
use super::time::{How, Known, StepTime, step_time};
use super::{Forecast, Verdict, forecast};
use crate::catalog::gpus::Gpu;

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
    /// Largest use in MiB, at best and at worst; `None` where it is not known.
    pub peak_mib: (Option<f64>, Option<f64>),
    /// Smallest headroom in MiB, at best and at worst.
    pub headroom_mib: (Option<f64>, Option<f64>),
    /// Weights that cross the bus at every step in MiB, at best and at worst.
    pub streamed_mib: (f64, f64),
    /// Seconds that no step is below, in the stage with the longest.
    pub limit: Option<f64>,
    /// Shortest and longest step expected there, seconds.
    pub expected: Option<(f64, f64)>,
}

/// What the length of steps needs: the card, how each step is computed, a known run.
type Clock = (Gpu, Vec<Option<How>>, Option<Known>);

/// A plan that is changed from point to point.
#[derive(Clone, Debug)]
pub struct Sweep<'a> {
    original: &'a Plan,
    plan: Plan,
    setting: Setting,
    reserve_gib: Option<f64>,
    best: (f64, f64),
    worst: (f64, f64),
    clock: Option<Clock>,
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
            clock: None,
        }
    }

    /// With the length of steps on a card. `hows` has one entry for each step of the plan.
    pub fn timed(self, card: Gpu, hows: Vec<Option<How>>, known: Option<Known>) -> Self {
        Self { clock: Some((card, hows, known)), ..self }
    }

    /// Forecasts a point.
    pub fn at(&mut self, point: &Point) -> Row {
        self.adapt(point);
        let worst = self.corner(self.worst);
        let other = (self.best != self.worst).then(|| self.corner(self.best));
        let best = other.as_ref().unwrap_or(&worst);
        let step = self.step_time(&worst);
        Row {
            verdict: (best.verdict, worst.verdict),
            peak_mib: (best.peak_mib, worst.peak_mib),
            headroom_mib: (best.headroom_mib, worst.headroom_mib),
            streamed_mib: (streamed(best), streamed(&worst)),
            limit: step.as_ref().and_then(|step| step.limit),
            expected: step.and_then(|step| step.expected),
        }
    }

    /// The setting of the last point.
    pub const fn setting(&self) -> &Setting {
        &self.setting
    }

    fn step_time(&self, forecast: &Forecast) -> Option<StepTime> {
        let (card, hows, known) = self.clock.as_ref()?;
        let steps = self.plan.steps.iter().zip(&forecast.phases).zip(hows);
        let times =
            steps.filter_map(|((step, phase), how)| step_time(step, phase, card, how.as_ref()?, known.as_ref()));
        times.max_by(|one, other| one.limit.unwrap_or_default().total_cmp(&other.limit.unwrap_or_default()))
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

    fn corner(&mut self, (total, others): (f64, f64)) -> Forecast {
        (self.setting.total_mib, self.setting.others_mib) = (total, others);
        forecast(&self.plan, &self.setting)
    }
}

fn streamed(forecast: &Forecast) -> f64 {
    let sampling = forecast.phases.iter().filter(|phase| phase.work == Work::Sample);
    sampling.map(|phase| phase.streamed_mib).fold(0.0, f64::max)
}
