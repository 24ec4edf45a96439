//! PERF014's fix: the largest headroom with which nothing is streamed under dynamic loading.

use crate::facts::launch::Flag;
use crate::finding::{FileIx, Finding, Location};
use crate::fix::{Act, Verb};
use crate::forecast::fit::most;
use crate::forecast::{Forecast, MemoryFlags, RangedForecast, Setting, forecast};
use crate::rules::view::ProjectView;
use crate::targets::Target;

/// What ComfyUI keeps free by itself, GiB (0.25.0 and later): to ask for no more is to say nothing.
const OWN_GIB: f64 = 0.25;

/// Offers to lower the flag to the largest tenth of a GiB at which a claim holds, before anything else: to keep some of the
/// memory free was the intent.
pub(super) fn offer(
    view: &ProjectView,
    target: &Target,
    (file, flag): (FileIx, &Flag),
    holds: fn(&Forecast) -> bool,
    finding: &mut Finding,
) {
    let (Ok(work), Some(value), Some(name)) = (&target.work, flag.value(), flag.name) else { return };
    let now = value.text.parse::<f64>().unwrap_or_default().clamp(0.0, 1024.0);
    let sure =
        |tenths: u32| corners(target, &with(target, name, tenths)).iter().all(|at| holds(&forecast(&work.plan, at)));
    let Some(tenths) = most(0, (now * 10.0) as u32, sure).filter(|tenths| gib(*tenths) > OWN_GIB) else { return };
    let Some(after) = target.with(&work.plan, &with(target, name, tenths), view.machine).next() else { return };
    let text = format!("{:.1}", gib(tenths));
    let act = Act::At(Verb::Replace, Location { file, span: value.span }, text.clone());
    let fill = [("flag", name.to_owned()), ("largest", text), ("then", after.forecast.in_short())];
    let before = finding.fixes.len();
    finding.offer("lower", vec![act], &fill).fixes.rotate_left(before);
}

fn gib(tenths: u32) -> f64 {
    f64::from(tenths) / 10.0
}

fn with(target: &Target, name: &str, tenths: u32) -> MemoryFlags {
    let mut flags = target.flags.clone();
    match name {
        "--vram-headroom" => flags.vram_headroom_gib = gib(tenths),
        _ => flags.reserve_gib = Some(gib(tenths)),
    }
    flags
}

/// All ends of what is not known exactly.
fn corners(target: &Target, flags: &MemoryFlags) -> Vec<Setting> {
    let of = |variant: &crate::targets::Variant| {
        let RangedForecast { best, worst, .. } = &variant.forecast;
        [worst, best].map(|at| Setting {
            total_mib: at.total_mib,
            others_mib: at.others_mib,
            flags: flags.clone(),
            ..variant.setting.clone()
        })
    };
    target.variants.iter().flat_map(of).collect()
}
