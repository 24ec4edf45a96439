//! Lines of the dynamic loader against the log.

use wanlint::forecast::plan::Patched;
use wanlint::forecast::{Load, Os, Plan, Regime, Setting, Work, forecast, regime};

use super::{I2V_HIGH, T2V21, UMT5, VAE, rtx5090, spec, step, version};

fn line(file: &str, release: &str, patched: Option<Patched>) -> String {
    let spec = spec(file);
    let work = match spec.class {
        "WanTEModel" => Work::TextEncode,
        "WanVAE" => Work::VaeDecode,
        _ => Work::Sample,
    };
    let mut step = step(work, file, 640, 640, 81);
    (step.model.loras, step.model.patched) = (u32::from(patched.is_some()), patched.unwrap_or_default());
    let mut setting = rtx5090(release, 1636.15);
    setting.flags.fast_dynamic = true;
    let result = forecast(&Plan { steps: vec![step] }, &setting);
    assert_eq!(result.regime, Regime::Dynamic);
    result.phases[0].log_line.clone().unwrap()
}

#[test]
fn staged_and_preloaded_equal_the_log() {
    let blocks = Some(Patched::Blocks);
    for (file, release, patched, tail) in [
        // Issues #14300, #15027.
        (
            "wan2.2_i2v_high_noise_14B_fp16.safetensors",
            "0.23.0",
            blocks.clone(),
            "27251MB Staged. 400 patches attached. Force pre-loaded 160 weights: 1603 KB.",
        ),
        // #12943
        (I2V_HIGH, "0.18.0", blocks.clone(), "13631MB Staged. 400 patches attached."),
        (UMT5, "0.18.0", None, "6419MB Staged. 0 patches attached. Force pre-loaded 49 weights: 392 KB."),
        // #15027, #14300
        (UMT5, "0.23.0", None, "6419MB Staged. 0 patches attached. Force pre-loaded 73 weights: 488 KB."),
        (VAE, "0.23.0", None, "241MB Staged. 0 patches attached. Force pre-loaded 60 weights: 61 KB."),
        // #12557
        (VAE, "0.12.0", None, "242MB Staged. 0 patches attached."),
        (T2V21, "0.12.0", None, "13630MB Staged. 0 patches attached."),
        (T2V21, "0.16.0", None, "13630MB Staged. 0 patches attached."),
        // Expected by the same rule.
        (I2V_HIGH, "0.23.0", None, "13630MB Staged. 0 patches attached. Force pre-loaded 160 weights: 1603 KB."),
        (
            "wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors",
            "0.23.0",
            None,
            "13628MB Staged. 0 patches attached. Force pre-loaded 160 weights: 1603 KB.",
        ),
        (
            "wan2.2_t2v_low_noise_14B_fp16.safetensors",
            "0.23.0",
            None,
            "27249MB Staged. 0 patches attached. Force pre-loaded 160 weights: 1603 KB.",
        ),
        (
            "wan2.1_i2v_720p_14B_fp16.safetensors",
            "0.33.0",
            None,
            "31267MB Staged. 0 patches attached. Force pre-loaded 202 weights: 2008 KB.",
        ),
    ] {
        let line = line(file, release, patched);
        assert!(line.ends_with(tail), "{file} {release}\n{line}\n{tail}");
    }
}

#[test]
fn who_gets_dynamic_vram() {
    let on = |release: &str, change: &dyn Fn(&mut Setting)| {
        let mut setting = Setting::new(version(release), Os::Linux, 24000.0, 500.0);
        change(&mut setting);
        regime(&setting) == Regime::Dynamic
    };
    assert!(!on("0.15.1", &|_| ()) && on("0.16.0", &|_| ()));
    assert!(on("0.12.0", &|s| s.flags.fast_dynamic = true) && !on("0.11.0", &|s| s.flags.fast_dynamic = true));
    assert!(!on("0.16.0", &|s| s.wsl = true) && on("0.33.0", &|s| s.wsl = true));
    assert!(!on("0.33.0", &|s| s.torch = version("2.7.1")));
    assert!(!on("0.33.0", &|s| s.flags.disable_dynamic = true));
    assert!(on("0.33.0", &|s| s.flags.disable_smart_memory = true));
    let forced = |s: &mut Setting| (s.torch, s.flags.enable_dynamic) = (version("2.7.1"), true);
    assert!(on("0.18.0", &forced) && !on("0.16.0", &forced));
}

#[test]
fn residency_follows_the_true_peak() {
    let mut step = step(Work::Sample, "wan2.2_i2v_high_noise_14B_fp16.safetensors", 832, 1216, 81);
    let setting = Setting { cuda13: Some(true), ..rtx5090("0.29.0", 1636.15) };
    let result = forecast(&Plan { steps: vec![step.clone()] }, &setting);
    let phase = &result.phases[0];
    assert_eq!((phase.load, phase.usable_mib, phase.loaded_mib), (Load::Dynamic, None, None));
    // 32606.56 - 1636.15 - 640 - 6996 leaves 23335 for 27256 MiB of weights and two buffers of 300 MiB.
    super::near(phase.streamed_mib, 4520.0, 60.0);
    step.frames = 5;
    let short = forecast(&Plan { steps: vec![step] }, &setting);
    assert_eq!(short.phases[0].streamed_mib, 0.0);
}

#[test]
fn pages_of_earlier_models_stay_while_there_is_room() {
    let plan = super::founding_plan(81);
    let at = |total_mib| forecast(&plan, &Setting { total_mib, cuda13: Some(true), ..rtx5090("0.29.0", 1636.15) });
    let (roomy, tight) = (at(32606.5625), at(24564.0));
    // Text encoder and both experts: 6421 + 13634 + 13634 MiB; the card has room for the first two beside the working memory.
    super::near(roomy.phases[2].resident_mib, 6421.0 + 242.0, 5.0);
    assert!((1.0..2000.0).contains(&tight.phases[2].resident_mib) && tight.phases[2].streamed_mib == 0.0);
    for forecast in [roomy, tight] {
        for phase in &forecast.phases {
            assert!(phase.peak_mib.unwrap().1 <= forecast.total_mib - 1636.15, "{phase:?}");
        }
    }
}

#[test]
fn without_smart_memory_nothing_stays() {
    let mut setting = rtx5090("0.29.0", 1636.15);
    setting.flags.disable_smart_memory = true;
    let result = forecast(&super::founding_plan(33), &setting);
    assert!(result.phases.iter().all(|phase| phase.resident_mib == 0.0));
}

#[test]
fn a_compiled_model_leaves_dynamic_vram() {
    let mut plan = super::founding_plan(81);
    plan.steps[2].model.compiled = true;
    let load = |release| {
        let result = forecast(&plan, &rtx5090(release, 1636.15));
        assert_eq!(result.regime, Regime::Dynamic, "{release}");
        (result.phases[2].load, result.phases[2].usable_mib.is_some(), result.phases[3].load)
    };
    assert_eq!(load("0.16.0"), (Load::Complete, true, Load::Dynamic));
    assert_eq!(load("0.33.0"), (Load::Complete, true, Load::Dynamic));
}

#[test]
fn an_unknown_working_memory_makes_streaming_a_range() {
    let file = "wan2.2_i2v_high_noise_14B_fp16.safetensors";
    let phase = |cuda13| {
        let plan = Plan { steps: vec![step(Work::Sample, file, 832, 1216, 81)] };
        forecast(&plan, &Setting { cuda13, ..rtx5090("0.29.0", 1636.15) }).phases[0].clone()
    };
    let (unknown, new, old) = (phase(None), phase(Some(true)), phase(Some(false)));
    assert_eq!((unknown.least_streamed_mib, unknown.streamed_mib), (new.least_streamed_mib, old.streamed_mib));
    assert!(unknown.least_streamed_mib < unknown.streamed_mib);
}
