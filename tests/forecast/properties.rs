//! What must hold for every size, card and release.

use proptest::prelude::*;
use wanlint::forecast::{
    Load, Os, Plan, Regime, Setting, Tile, Verdict, Work, forecast, largest_reserve_that_loads_completely, over_range,
    regime,
};

use super::{I2V_HIGH, T2V21, UMT5, VAE, founding_plan, step, version};

const RELEASES: [&str; 8] = ["0.3.64", "0.3.70", "0.3.76", "0.4.0", "0.10.0", "0.16.0", "0.23.0", "0.33.0"];

fn setting(release: usize, windows: bool, total: f64, others: f64) -> Setting {
    let os = if windows { Os::Windows } else { Os::Linux };
    Setting { cuda13: Some(true), ..Setting::new(version(RELEASES[release % RELEASES.len()]), os, total, others) }
}

/// One model at guidance 1. With guidance two passes share a forward only while there is room, and a VAE makes more models leave
/// the larger the picture is: there a larger clip can do better, in ComfyUI as in the forecast.
fn sampling(width: u32, height: u32, frames: u32) -> Plan {
    Plan { steps: vec![step(Work::TextEncode, UMT5, 0, 0, 0), step(Work::Sample, T2V21, width, height, frames)] }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_larger_clip_is_never_better(
        release in 0..8_usize, windows: bool, total in 4.0..48.0_f64,
        width in 4..120_u32, height in 4..120_u32, frames in 0..60_u32, more in 1..40_u32,
    ) {
        let setting = setting(release, windows, total * 1024.0, 700.0);
        let at = |width: u32, height: u32, frames: u32| {
            forecast(&sampling(16 * width, 16 * height, 4 * frames + 1), &setting).verdict
        };
        let plain = at(width, height, frames);
        prop_assert!(at(width, height, frames + more) >= plain);
        prop_assert!(at(width + more, height, frames) >= plain);
        prop_assert!(at(width, height + more, frames) >= plain);
    }

    #[test]
    fn more_memory_is_never_worse(
        release in 0..8_usize, windows: bool, total in 4.0..48.0_f64, more in 0.1..40.0_f64,
        width in 4..120_u32, frames in 0..60_u32,
    ) {
        let plan = sampling(16 * width, 720, 4 * frames + 1);
        let at = |gib: f64| forecast(&plan, &setting(release, windows, gib * 1024.0, 700.0)).verdict;
        prop_assert!(at(total + more) <= at(total));
    }

    #[test]
    fn a_wider_range_is_never_more_certain(
        release in 0..8_usize, windows: bool, total in 6.0..40.0_f64, spread in 0.0..4.0_f64, wider in 0.0..4.0_f64,
        others in 0.3..3.0_f64, frames in 0..60_u32,
    ) {
        let plan = sampling(832, 1216, 4 * frames + 1);
        let range = |spread: f64| {
            let total = (1024.0 * (total - spread / 2.0), 1024.0 * (total + spread / 2.0));
            let others = (1024.0 * (others - spread / 20.0), 1024.0 * (others + spread / 4.0));
            over_range(&plan, &setting(release, windows, 0.0, 0.0), total, others).certain()
        };
        if let Some(verdict) = range(spread + wider) {
            prop_assert_eq!(range(spread), Some(verdict));
        }
    }

    #[test]
    fn nothing_is_negative_or_infinite(
        release in 0..8_usize, windows: bool, total in 0.0..1e6_f64, others in 0.0..1e6_f64,
        width: u32, height: u32, frames: u32, batch: u32, edge: u32,
    ) {
        let mut plan = founding_plan(frames);
        for step in &mut plan.steps {
            (step.width, step.height, step.batch) = (width, height, batch);
        }
        plan.steps[4].tile = Some(Tile { edge, frames: edge });
        let result = forecast(&plan, &setting(release, windows, total, others));
        prop_assert!(result.ram_mib.0 >= 0.0 && result.ram_mib.1 >= result.ram_mib.0 && result.ram_mib.1.is_finite());
        for phase in &result.phases {
            let (low, high) = phase.peak_mib.unwrap();
            prop_assert!(0.0 <= low && low <= high && high.is_finite(), "{phase:?}");
            prop_assert!(0.0 <= phase.least_streamed_mib && phase.least_streamed_mib <= phase.streamed_mib + 1e-6);
            prop_assert!(phase.streamed_mib.is_finite() && phase.resident_mib >= 0.0);
        }
    }
}

#[test]
fn figures_that_are_none_give_no_answer() {
    for (total, others) in [(f64::NAN, 0.0), (24000.0, f64::NAN), (f64::INFINITY, 0.0), (f64::INFINITY, f64::INFINITY)]
    {
        for release in RELEASES {
            let setting = Setting::new(version(release), Os::Linux, total, others);
            assert_eq!(forecast(&founding_plan(81), &setting).verdict, Verdict::Unknown, "{total} {others}");
        }
    }
}

#[test]
fn a_card_without_memory_holds_nothing() {
    for release in RELEASES {
        let linux = Setting::new(version(release), Os::Linux, 0.0, 0.0);
        let plan = Plan { steps: vec![step(Work::Sample, I2V_HIGH, 832, 480, 1_000_000_000)] };
        assert_eq!(forecast(&plan, &linux).verdict, Verdict::Oom, "{release}");
        let windows = Setting { os: Os::Windows, ..linux };
        assert_eq!(forecast(&plan, &windows).verdict, Verdict::Spills, "{release}");
        let decode = Plan { steps: vec![step(Work::VaeDecode, VAE, 832, 480, 81)] };
        assert!(forecast(&decode, &windows).verdict >= Verdict::Spills);
    }
}

/// A plan whose sampled model is loaded completely by the static loader.
fn complete(plan: &Plan, setting: &Setting, reserve_mib: f64) -> bool {
    let mut setting = setting.clone();
    setting.flags.reserve_gib = Some(reserve_mib / 1024.0);
    let phases = forecast(plan, &setting).phases;
    let mut sampled = phases.iter().filter(|phase| phase.work == Work::Sample);
    sampled.all(|phase| matches!(phase.load, Load::Complete | Load::Resident) && phase.streamed_mib == 0.0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// The reserve that LAUNCH018 proposes: with it everything loads completely, with a little more it does not; dynamic loading
    /// knows no such limit.
    #[test]
    fn the_largest_reserve_is_the_largest(
        release in 0..8_usize, windows: bool, total in 12.0..48.0_f64, others in 0.0..3000.0_f64,
        width in 16..60_u32, height in 16..60_u32, frames in 0..30_u32,
    ) {
        let setting = setting(release, windows, total * 1024.0, others);
        let plan = sampling(16 * width, 16 * height, 4 * frames + 1);
        match largest_reserve_that_loads_completely(&plan, &setting) {
            None => prop_assert!(regime(&setting) == Regime::Dynamic || !complete(&plan, &setting, 0.0)),
            Some(mib) => {
                prop_assert_eq!(regime(&setting), Regime::Static);
                prop_assert!(complete(&plan, &setting, mib), "{mib}");
                prop_assert!(!complete(&plan, &setting, mib + 0.02), "{mib}");
            }
        }
    }
}
