//! Absurd inputs and every mode: finite numbers, no panic.

use wanlint::catalog::models::{DitShape, ModelKind, Storage};
use wanlint::forecast::setting::{Attention, VramMode};
use wanlint::forecast::{MemoryFlags, Os, Plan, Setting, Verdict, Work, forecast, largest_frames, over_range};

use super::{CLIP, I2V_HIGH, UMT5, VAE, founding_plan, rtx5090, step, version};

#[test]
fn absurd_sizes_stay_finite() {
    for (width, height, frames) in [(0, 0, 0), (u32::MAX, u32::MAX, u32::MAX), (832, 1216, 1_000_000_000), (1, 1, 1)] {
        for release in ["0.3.70", "0.4.0", "0.33.0"] {
            let mut plan = Plan {
                steps: vec![
                    step(Work::Sample, I2V_HIGH, width, height, frames),
                    step(Work::VaeDecode, VAE, width, height, frames),
                ],
            };
            plan.steps[0].batch = u32::MAX;
            let result = forecast(&plan, &rtx5090(release, 1636.15));
            assert!(result.peak_mib.is_some_and(f64::is_finite) && result.headroom_mib.is_some_and(f64::is_finite));
        }
    }
}

#[test]
fn absurd_machines_stay_finite() {
    for (total, others) in [(0.0, 0.0), (1.0, 1e12), (1e15, 0.0), (-5.0, -5.0)] {
        for release in ["0.3.70", "0.8.0", "0.33.0"] {
            let setting = Setting::new(version(release), Os::Linux, total, others);
            assert!(forecast(&founding_plan(81), &setting).peak_mib.is_none_or(f64::is_finite));
            let _ = largest_frames(&founding_plan(81), &setting);
        }
    }
}

#[test]
fn every_mode_works() {
    for vram in [VramMode::Normal, VramMode::Low, VramMode::No, VramMode::High, VramMode::GpuOnly, VramMode::Cpu] {
        for release in ["0.3.64", "0.3.70", "0.3.77", "0.4.0", "0.15.1", "0.16.0", "0.33.0"] {
            for attention in [Attention::Default, Attention::Sage, Attention::Split] {
                let mut setting = rtx5090(release, 1636.15);
                setting.flags = MemoryFlags { vram, attention, ..MemoryFlags::default() };
                let result = forecast(&founding_plan(81), &setting);
                assert_eq!(result.phases.len(), 5);
                assert!(
                    result
                        .phases
                        .iter()
                        .all(|phase| (vram == VramMode::Cpu) == (phase.load == wanlint::forecast::Load::Cpu)
                            || matches!(phase.work, Work::TextEncode)),
                    "{vram:?} {release}"
                );
            }
        }
    }
}

#[test]
fn high_vram_keeps_both_experts() {
    let mut setting = rtx5090("0.3.70", 1636.15);
    setting.flags.vram = VramMode::High;
    let result = forecast(&founding_plan(81), &setting);
    assert_eq!(result.verdict, Verdict::Spills);
    let line = "loaded completely; 95367431640625005117571072.00 MB usable, 13629.08 MB loaded, full load: True";
    assert_eq!(result.phases[2].log_line.as_deref(), Some(line));
    let linux = Setting { os: Os::Linux, ..setting };
    assert_eq!(forecast(&founding_plan(81), &linux).verdict, Verdict::Oom);
}

#[test]
fn old_releases_are_unknown() {
    assert_eq!(forecast(&founding_plan(81), &rtx5090("0.3.15", 0.0)).verdict, Verdict::Unknown);
}

#[test]
fn unknown_storage_is_not_guessed() {
    let mut plan = founding_plan(81);
    plan.steps[2].model.spec.storage = Storage::Other("Q4_K_M");
    let result = forecast(&plan, &rtx5090("0.3.70", 1636.0));
    assert_eq!(result.verdict, Verdict::Unknown);
    assert!(result.assumptions[0].contains("Q4_K_M"));
}

#[test]
fn hostile_shapes_stay_finite() {
    let most = u32::MAX;
    let (dim, ffn, layers, in_dim, vace_layers) = (most, most, most, most, most);
    let mut plan = founding_plan(81);
    plan.steps[2].model.spec.kind =
        ModelKind::WanDit(DitShape { dim, ffn, layers, in_dim, vace_layers, ..DitShape::B14 });
    for release in ["0.3.70", "0.8.0", "0.33.0"] {
        let result = forecast(&plan, &rtx5090(release, 1636.0));
        assert!(result.peak_mib.is_some_and(f64::is_finite));
        assert_eq!(result.verdict, Verdict::Spills);
    }
}

#[test]
fn more_memory_is_never_worse() {
    let steps = vec![
        step(Work::TextEncode, UMT5, 0, 0, 0),
        step(Work::ClipVision, CLIP, 224, 224, 1),
        step(Work::Sample, "wan2.1_i2v_720p_14B_fp16.safetensors", 1280, 720, 81),
    ];
    for release in ["0.3.70", "0.5.0", "0.33.0"] {
        let verdicts: Vec<Verdict> = (4..100)
            .map(|gib| {
                over_range(
                    &Plan { steps: steps.clone() },
                    &rtx5090(release, 0.0),
                    (f64::from(gib) * 1024.0, f64::from(gib) * 1024.0),
                    (500.0, 500.0),
                )
                .middle
                .verdict
            })
            .collect();
        assert!(verdicts.windows(2).all(|pair| pair[0] >= pair[1]), "{release} {verdicts:?}");
    }
}
