//! Forecasts over ranges of total VRAM and of VRAM held by others.

use super::plan::Plan;
use super::setting::Setting;
use super::{Forecast, Verdict, forecast};

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
}

/// Forecasts at the corners and the middle. `total` and `others` are in MiB, low and high; the setting's own are ignored.
pub fn over_range(plan: &Plan, setting: &Setting, total: (f64, f64), others: (f64, f64)) -> RangedForecast {
    let at = |total_mib, others_mib| forecast(plan, &Setting { total_mib, others_mib, ..setting.clone() });
    RangedForecast {
        best: at(total.1, others.0),
        middle: at(f64::midpoint(total.0, total.1), f64::midpoint(others.0, others.1)),
        worst: at(total.0, others.1),
    }
}
