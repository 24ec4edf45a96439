//! Forecasts over ranges of total VRAM and of VRAM held by others.

use super::plan::Plan;
use super::setting::Setting;
use super::{Forecast, Verdict, forecast};
use crate::text::{gib, gib_range};

/// Three forecasts of the same plan. More free VRAM never makes an answer worse, so the corners bound everything between.
#[derive(Clone, Debug)]
pub struct RangedForecast {
    /// Most total VRAM, least held by others.
    pub best: Forecast,
    /// The middle of both ranges.
    pub middle: Forecast,
    /// Least total VRAM, most held by others.
    pub worst: Forecast,
}

impl RangedForecast {
    /// The verdict that holds over the whole range, if one does.
    pub fn certain(&self) -> Option<Verdict> {
        (self.best.verdict == self.worst.verdict).then_some(self.worst.verdict)
    }

    /// Everything stays on the card over the whole range, but not if the working memory is as large as it may be.
    fn fits_narrowly(&self) -> bool {
        let streams = |phase: &super::Phase| phase.work == super::Work::Sample && phase.streamed_mib > 0.0;
        self.certain() == Some(Verdict::Fits) && self.worst.phases.iter().any(streams)
    }

    /// The verdict: `fits`, `fits to offloads, by what other programs hold`.
    pub fn in_words(&self) -> String {
        match self.certain() {
            _ if self.fits_narrowly() => "fits to offloads, by the working memory".to_owned(),
            Some(verdict) => verdict.in_words().to_owned(),
            None => {
                let (best, worst) = (self.best.verdict.in_words(), self.worst.verdict.in_words());
                format!("{best} to {worst}, by what other programs hold")
            }
        }
    }

    /// Verdict, peak and headroom in one line: `fits; peak 21.9 GiB of 31.8 GiB, headroom 8.3 to 9.5 GiB`.
    pub fn in_short(&self) -> String {
        let (best, worst) = (&self.best, &self.worst);
        let (verdict, total) = (self.in_words(), gib(best.total_mib));
        let headroom = worst.headroom_mib.zip(best.headroom_mib).map(gib_range);
        match (best.peak_mib.zip(worst.peak_mib), headroom) {
            (Some((best, worst)), Some(headroom)) => {
                format!("{verdict}; peak {} of {total}, headroom {headroom}", gib(best.max(worst)))
            }
            _ => format!("{verdict}; peak not known, of {total}"),
        }
    }
}

/// Forecasts at the corners and the middle; the best corner has the lightest models that names leave open, the others the heaviest.
/// `total` and `others` are in MiB, low and high; the setting's own are ignored.
pub fn over_range(plan: &Plan, setting: &Setting, total: (f64, f64), others: (f64, f64)) -> RangedForecast {
    let at = |plan: &Plan, total_mib, others_mib| forecast(plan, &Setting { total_mib, others_mib, ..setting.clone() });
    let lightest = plan.lightest();
    RangedForecast {
        best: at(lightest.as_ref().unwrap_or(plan), total.1, others.0),
        middle: at(plan, f64::midpoint(total.0, total.1), f64::midpoint(others.0, others.1)),
        worst: at(plan, total.0, others.1),
    }
}
