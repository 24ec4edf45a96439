//! Stages inside one process.

use std::path::Path;
use std::time::Instant;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use wanlint::catalog::nodes::Catalog;
use wanlint::catalog::{flags, gpus, models, nodes};
use wanlint::cli::{Streams, run};
use wanlint::discover::Kind;
use wanlint::facts::models::Library;
use wanlint::facts::work::{WhatIf, plan};
use wanlint::forecast::sweep::{Axes, Sweep};
use wanlint::forecast::{Os, Plan, Setting, forecast};
use wanlint::project::interpret;
use wanlint::read::json::JsonDoc;
use wanlint::source::Source;

use super::inputs::{fixture, inputs, workflow};

/// A whole check with a report, without the process.
pub fn check(path: &Path) -> usize {
    let facts = ["--no-detect", "--isolated", "--gpu", "RTX 5090", "--os", "windows", "--comfyui", "0.3.70"];
    let args = ["wanlint", "check"].into_iter().chain(facts).map(Into::into).chain([path.into()]);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams { out: Box::new(&mut out), err: Box::new(&mut err), terminal: false };
    run(args, &mut streams);
    drop(streams);
    out.len() + err.len()
}

#[divan::bench]
fn check_one_launch() -> usize {
    check(black_box(&inputs().launch))
}

#[divan::bench]
fn check_one_workflow_of_50_kb() -> usize {
    check(black_box(&inputs().workflow))
}

#[divan::bench]
fn check_one_line_of_1_mb() -> usize {
    check(black_box(&inputs().line))
}

#[divan::bench]
fn read_and_facts_of_the_launch(bencher: Bencher) {
    facts(bencher, "launch.bat", &fixture("rtx5090/scripts/launch_wan22_rtx5090.bat"));
}

#[divan::bench]
fn read_and_facts_of_a_shell_launch(bencher: Bencher) {
    facts(bencher, "run.sh", &fixture("real/wan_video.sh"));
}

#[divan::bench]
fn read_and_facts_of_50_kb(bencher: Bencher) {
    facts(bencher, "workflow.json", &workflow());
}

fn facts(bencher: Bencher, name: &str, text: &str) {
    let kind = Kind::of(name.as_ref()).unwrap();
    bencher
        .counter(BytesCount::of_str(text))
        .bench_local(|| interpret(Source::from_text(name, black_box(text)), kind, true, true, &Catalog::default()));
}

#[divan::bench]
fn json_50_kb(bencher: Bencher) {
    let text = workflow();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| JsonDoc::parse(black_box(&text)).unwrap().len());
}

#[divan::bench]
fn json_50_kb_floor_serde_json_value(bencher: Bencher) {
    let text = workflow();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| serde_json::from_str::<serde_json::Value>(black_box(&text)).unwrap());
}

fn forecast_at(bencher: Bencher, reserve_gib: f64, wanted: &str) {
    let text = fixture("rules/base/two-pass.api.json");
    let file = interpret(Source::from_text("w.json", &text), Kind::Json, true, true, &Catalog::default()).unwrap();
    let workflow = file.workflow().unwrap();
    let plan: Plan = plan(&workflow.graph, &workflow.facts, &WhatIf::default(), &Library::default()).unwrap().plan;
    let mut setting = Setting::new("0.3.70".parse().unwrap(), Os::Windows, 32_606.56, 1636.15);
    setting.flags.reserve_gib = Some(reserve_gib);
    let verdict = format!("{:?}", forecast(&plan, &setting).verdict);
    assert_eq!(verdict, wanted);
    bencher.bench_local(|| forecast(black_box(&plan), black_box(&setting)));
}

#[divan::bench]
fn forecast_complete(bencher: Bencher) {
    forecast_at(bencher, 0.6, "Fits");
}

/// The goal is 10,000 points in a second.
#[divan::bench(sample_count = 3)]
fn sweep_of_10_000_points(bencher: Bencher) {
    let text = fixture("rules/base/two-pass.api.json");
    let file = interpret(Source::from_text("w.json", &text), Kind::Json, true, true, &Catalog::default()).unwrap();
    let workflow = file.workflow().unwrap();
    let plan: Plan = plan(&workflow.graph, &workflow.facts, &WhatIf::default(), &Library::default()).unwrap().plan;
    let setting = Setting::new("0.3.70".parse().unwrap(), Os::Windows, 32_606.56, 1636.15);
    let axes: Axes = "frames=5..401:4,width=16..1600:16".parse().unwrap();
    assert_eq!(axes.count(), 10_000);
    bencher.bench_local(|| {
        let mut sweep = Sweep::new(&plan, &setting, (32_606.0, 32_607.0), (1400.0, 1900.0));
        (0..axes.count()).map(|number| sweep.at(&axes.point(number)).streamed_mib.1).sum::<f64>()
    });
}

#[divan::bench]
fn forecast_partial(bencher: Bencher) {
    forecast_at(bencher, 4.0, "Offloads");
}

/// Tables that are decoded when they are first asked for: the first question in a process pays for them, so this comes before
/// everything else.
pub fn first_looks() {
    let look = |what: &str, ask: fn() -> bool| {
        let start = Instant::now();
        assert!(black_box(ask()));
        let first = start.elapsed();
        let start = Instant::now();
        assert!(black_box(ask()));
        println!("catalog of {what}: first look {first:.1?}, second {:.1?}", start.elapsed());
    };
    look("flags", || flags::lookup(black_box("--reserve-vram")).is_some());
    look("models", || models::identify(black_box("wan_2.1_vae.safetensors")).is_some());
    look("nodes", || nodes::lookup(black_box("KSamplerAdvanced")).is_some());
    look("cards", || matches!(gpus::find(black_box("RTX 5090")), gpus::Match::One(_)));
}
