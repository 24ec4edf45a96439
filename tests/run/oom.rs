//! Memory that ran out, explained by the phase it ran out in.

use wanlint::config::Config;
use wanlint::facts::machine::{Machine, Stated};
use wanlint::forecast::Work;
use wanlint::outcome::Outcome;
use wanlint::run::event::ExecutionError;
use wanlint::run::oom::{Explanation, Known, explain};
use wanlint::run::sample::Sampled;
use wanlint::{Options, check};

const WORKFLOW: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rtx5090/workflows_api/video_wan2_2_14B_i2v_no_sage_test.api.json");

const TORCH: &str = "CUDA out of memory. Tried to allocate 226.00 MiB. GPU 0 has a total capacity of 31.84 GiB of which 112.69 MiB is \
    free. Including non-PyTorch memory, this process has 21.90 GiB memory in use. Of the allocated memory 21.50 GiB is allocated by \
    PyTorch, and 128.00 MiB is reserved by PyTorch but unallocated.";

fn outcome(used: &str) -> Outcome {
    let stated = Stated {
        gpu: Some("RTX 5090".into()),
        vram: Some("32606.5625MiB".into()),
        vram_used: Some(used.into()),
        comfyui: Some("0.3.70".into()),
        ..Stated::default()
    };
    let machine = Machine::new(&stated, |_| None).unwrap();
    check(&Options::new(vec![WORKFLOW.into()], Config::default(), machine)).unwrap()
}

fn error(node: &str, class: &str, message: &str) -> ExecutionError {
    ExecutionError {
        prompt: "p".into(),
        node: node.into(),
        class: class.into(),
        kind: "torch.OutOfMemoryError".into(),
        message: message.into(),
        traceback: Vec::new(),
        executed: Vec::new(),
    }
}

/// Explains an error in the first phase of some work, with what others really held.
fn explained(work: Work, held_mib: f64) -> Explanation {
    let before = outcome("1636MiB");
    let forecast = &before.targets[0].shown().unwrap().forecast;
    let phase = forecast.worst.phases.iter().find(|phase| phase.work == work).unwrap();
    let node = phase.node.clone().unwrap();
    let error = error(&node, "AnyClass", TORCH);
    let sampled = Sampled { others_at_start_mib: held_mib, ..Sampled::default() };
    let after = outcome(&format!("{held_mib}MiB"));
    let fit = after.targets[0].fit(&after.machine);
    let known = Known {
        error: &error,
        node: &node,
        forecast: Some(forecast),
        sampled: Some(&sampled),
        with_held: after.targets[0].shown().map(|shown| &shown.forecast),
        fit: fit.as_ref(),
    };
    explain(&known).unwrap()
}

#[test]
fn others_that_held_more_than_was_taken() {
    let told = explained(Work::Sample, 26_000.0);
    let all = told.reasons.join("\n");
    assert!(all.contains("sampled 81 frames of 832x1216"), "{all}");
    assert!(all.contains("226 MiB were asked for, 113 MiB were free, 22426 MiB were held by ComfyUI"), "{all}");
    assert!(all.contains("held 26000 MiB, 24364 MiB more than the forecast took (1636 MiB)"), "{all}");
    let changes = told.changes.join("\n");
    assert!(changes.starts_with("close programs that hold VRAM (24364 MiB more than expected)"), "{changes}");
    assert!(changes.contains("--vram-used 26000MiB"), "{changes}");
    // The forecast agrees that it does not fit then, and knows what does.
    assert!(changes.contains("by the forecast: certain: a card of 80 GB"), "{changes}");
}

#[test]
fn what_the_forecast_does_not_know_of() {
    let told = explained(Work::VaeDecode, 1640.0);
    let all = told.reasons.join("\n");
    assert!(all.contains("decoded 81 frames of 832x1216"), "{all}");
    assert!(all.contains("held 1640 MiB, as the forecast took"), "{all}");
    assert!(all.contains("MiB that the forecast does not know of"), "{all}");
    let changes = told.changes.join("\n");
    assert!(changes.contains("VAE Decode (Tiled)") && !changes.contains("close programs"), "{changes}");
    assert!(!changes.contains("by the forecast"), "it says that all fits: {changes}");
}

#[test]
fn unknown_nodes_and_other_errors() {
    let upscale = error(
        "7",
        "ImageUpscaleWithModel",
        "Allocation on device 0 would exceed allowed memory. (out of memory)\nCurrently allocated     : 29.60 GiB\nRequested               : 128.91 MiB\n",
    );
    let known = Known { error: &upscale, node: "7", forecast: None, sampled: None, with_held: None, fit: None };
    let told = explain(&known).unwrap();
    assert_eq!(told.reasons[0], "VRAM ran out in node 7 (ImageUpscaleWithModel), which is not forecast");
    assert_eq!(told.reasons[1], "129 MiB were asked for");
    assert_eq!(told.changes, ["upscale fewer frames at once, or by a smaller factor"]);
    let other = ExecutionError { kind: "KeyError".into(), message: "'x'".into(), ..upscale.clone() };
    assert_eq!(explain(&Known { error: &other, ..known }), None);
}
