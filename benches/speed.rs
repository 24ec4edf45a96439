//! Every stage beside its floor: `cargo bench`, or `cargo bench -- launch` for the stages with that word in their name.
//! `WANLINT_TEMPLATES` names a folder of workflows (the official templates) for the corpus stages.
//!
//! Goals on one core: `--version` 1.5 ms; one launch script 3 ms; one 50 kB workflow 3 ms; the 644 official templates 66 ms;
//! one forecast 0.1 ms; a 1 MB line with a finding at its end 5 ms.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a bench may stop and print")]

#[path = "speed/corpus.rs"]
mod corpus;
#[path = "speed/generator.rs"]
mod generator;
#[path = "speed/inputs.rs"]
mod inputs;
#[path = "speed/others.rs"]
mod others;
#[path = "speed/process.rs"]
mod process;
#[path = "speed/scripts.rs"]
mod scripts;
#[path = "speed/stages.rs"]
mod stages;

fn main() {
    stages::first_looks();
    divan::main();
    others::print();
    scripts::print_memory();
}
