//! Every stage beside its floor: `cargo bench`, or `cargo bench -- launch` for the stages with that word in their name.
//! `WANLINT_TEMPLATES` names a folder of workflows (the official templates) for the corpus stages.
//!
//! `cargo bench -- table` prints the CPU time of whole runs beside their floors and goals, and nothing else. One forecast has the
//! goal of 0.1 ms, which the stage of that name shows.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a bench may stop and print")]

#[path = "speed/corpus.rs"]
mod corpus;
#[path = "speed/generator.rs"]
mod generator;
#[path = "speed/inputs.rs"]
mod inputs;
#[path = "speed/memory.rs"]
mod memory;
#[path = "speed/others.rs"]
mod others;
#[path = "speed/process.rs"]
mod process;
#[path = "speed/scripts.rs"]
mod scripts;
#[path = "speed/stages.rs"]
mod stages;
#[path = "speed/table.rs"]
mod table;

fn main() {
    stages::first_looks();
    divan::main();
    others::print();
    scripts::print_memory();
    table::print();
}
