//! From the start of the process to its exit.

use std::path::Path;
use std::process::{Command, Stdio};

use divan::Bencher;

use super::inputs::inputs;

/// The binary on one core, with an empty environment.
pub fn wanlint(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wanlint"));
    command.env_clear().env("RAYON_NUM_THREADS", "1").args(args);
    command
}

/// `check` as at a desk where the card was stated.
pub fn check(path: &Path) -> Command {
    let facts = ["--no-detect", "--isolated", "--gpu", "RTX 5090", "--os", "windows", "--comfyui", "0.3.70"];
    let mut command = wanlint(&[&["check"], &facts[..]].concat());
    command.arg(path);
    command
}

/// A sweep of 10,000 points on the founding case, as CSV.
pub fn sweep() -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rtx5090");
    let facts = ["--no-detect", "--isolated", "--gpu", "RTX 5090", "--comfyui", "0.3.70", "--output-format", "csv"];
    let mut command = wanlint(&[&["vram"], &facts[..]].concat());
    command.args(["--sweep", "frames=1..397:4,width=480..1272:8", "--launch"]);
    command.arg(root.join("scripts/launch_wan22_rtx5090.bat"));
    command.arg(root.join("workflows_api/video_wan2_2_14B_i2v_no_sage_test.api.json"));
    command
}

fn time(bencher: Bencher, mut command: Command) {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    bencher.bench_local(|| command.status().unwrap());
}

/// What starting any process costs here.
#[divan::bench]
fn floor_true(bencher: Bencher) {
    time(bencher, Command::new("true"));
}

#[divan::bench]
fn version(bencher: Bencher) {
    time(bencher, wanlint(&["--version"]));
}

#[divan::bench]
fn one_launch(bencher: Bencher) {
    time(bencher, check(&inputs().launch));
}

#[divan::bench]
fn one_workflow_of_50_kb(bencher: Bencher) {
    time(bencher, check(&inputs().workflow));
}

#[divan::bench]
fn one_line_of_1_mb(bencher: Bencher) {
    let output = check(&inputs().line).output().unwrap();
    println!("one_line_of_1_mb prints {} bytes", output.stdout.len());
    time(bencher, check(&inputs().line));
}

/// The founding case with its partner workflow, found by a search beside the script.
#[divan::bench]
fn founding_launch_with_partners(bencher: Bencher) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rtx5090");
    time(bencher, check(&root.join("scripts/launch_wan22_rtx5090.bat")));
}
