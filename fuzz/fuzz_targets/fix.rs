//! Fixes on a script or workflow of any kind: no panic, they end, and made once they leave nothing to make.

#![no_main]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use wanlint::Options;
use wanlint::config::Config;
use wanlint::facts::machine::{Machine, Stated};
use wanlint::fix::engine::{Fixed, Gate, Permit, run};
use wanlint::rules::select::Selection;

const NAMES: [&str; 10] = [
    "launch.bat",
    "start.sh",
    "start.ps1",
    "start.py",
    "start.ipynb",
    "Dockerfile",
    "compose.yaml",
    ".env",
    "comfyui.service",
    "workflow.json",
];

// The first byte says the kind of file, whether unsafe fixes are made, and what is known about the machine.
fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = (usize::from(input.0), input.1);
    let name = NAMES[choice % NAMES.len()];
    let (unsafe_too, known) = (choice / 10 % 2 == 1, choice / 20 % 2 == 1);
    let Some(fixed) = fix(name, bytes, (unsafe_too, known)) else { return };
    assert!(fixed.settled, "fixes undo each other: {:?}", fixed.made);
    let Some(mended) = fixed.drafts.values().next() else { return };
    let again = fix(name, mended, (unsafe_too, known)).expect("what is mended can be checked");
    assert!(again.drafts.is_empty(), "a second run does more: {:?}", again.made);
});

fn fix(name: &str, bytes: &[u8], (unsafe_too, known): (bool, bool)) -> Option<Fixed> {
    let text = |text: &str| known.then(|| text.to_owned());
    let stated = Stated { gpu: text("NVIDIA GeForce RTX 5090"), ram: text("64GiB"), comfyui: text("0.3.70"), ..Stated::default() };
    let machine = Machine::new(&stated, |_| None).expect("a machine that is known");
    let mut options = Options::new(vec![PathBuf::from("-")], Config::default(), machine);
    options.stdin = Some((PathBuf::from(name), bytes.to_vec()));
    let permit = Permit { unsafe_too, rules: Selection::default(), gate: Gate::new(|_| Ok(())) };
    run(&mut options, &permit).ok()
}
