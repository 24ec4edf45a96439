//! 1,000 generated scripts of all kinds, one core: `cargo bench -- scripts`.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use wanlint::catalog::nodes::Catalog;
use wanlint::discover::{Found, discover};
use wanlint::project;
use wanlint::source::Source;

use super::generator::write_scripts;
use super::{inputs, memory, process, stages};

/// How many scripts are written.
const COUNT: usize = 1000;

/// The same scripts on every run and machine.
const SEED: u64 = 8188;

/// The folder of the scripts; the second one holds a workflow as well, with which all their starts are paired.
fn folders() -> &'static [PathBuf; 2] {
    static FOLDERS: OnceLock<(tempfile::TempDir, [PathBuf; 2])> = OnceLock::new();
    let write = || {
        // One core; where the corpus has settled that already this fails and changes nothing.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(1).build_global();
        let root = tempfile::tempdir().unwrap();
        let folders = ["alone", "paired"].map(|name| root.path().join(name));
        folders.iter().for_each(|folder| write_scripts(folder, COUNT, SEED));
        std::fs::write(folders[1].join("workflow.json"), inputs::fixture("rules/base/two-pass.api.json")).unwrap();
        (root, folders)
    };
    &FOLDERS.get_or_init(write).1
}

fn found() -> Vec<Found> {
    discover(&[folders()[0].clone()], &ignore::gitignore::Gitignore::empty(), false).unwrap()
}

fn size() -> BytesCount {
    BytesCount::new(found().iter().map(|one| std::fs::metadata(&one.path).unwrap().len()).sum::<u64>())
}

#[divan::bench(sample_count = 20)]
fn a_floor_walk_read(bencher: Bencher) {
    bencher
        .counter(size())
        .counter(ItemsCount::new(COUNT))
        .bench_local(|| found().iter().map(|one| Source::read(&one.path).unwrap().text().len()).sum::<usize>());
}

#[divan::bench(sample_count = 20)]
fn b_walk_read_facts(bencher: Bencher) {
    bencher
        .counter(size())
        .counter(ItemsCount::new(COUNT))
        .bench_local(|| project::read_all(&found(), true, &Catalog::default(), &project::Drafts::new()).unwrap().len());
}

#[divan::bench(sample_count = 10)]
fn c_check(bencher: Bencher) {
    bencher.counter(size()).counter(ItemsCount::new(COUNT)).bench_local(|| stages::check(&folders()[0]));
}

#[divan::bench(sample_count = 5)]
fn d_check_paired_with_a_workflow(bencher: Bencher) {
    bencher.counter(size()).counter(ItemsCount::new(COUNT)).bench_local(|| stages::check(&folders()[1]));
}

/// Each kind of script apart: which reader takes the time.
#[divan::bench(args = ["bat", "sh", "ps1", "py", "ipynb", "Dockerfile", "yaml", "service", "env"], sample_count = 10)]
fn e_read_facts_of_a_kind(bencher: Bencher, kind: &str) {
    let mut found = found();
    found.retain(|one| one.path.to_string_lossy().ends_with(kind));
    bencher
        .counter(ItemsCount::new(found.len()))
        .bench_local(|| project::read_all(&found, true, &Catalog::default(), &project::Drafts::new()).unwrap().len());
}

/// Peak memory of whole runs, when the benches of this file are asked for.
pub fn print_memory() {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if !filters.is_empty() && !filters.iter().any(|filter| filter.contains("scripts")) {
        return;
    }
    println!();
    peak("--version", &process::wanlint(&["--version"]));
    peak("check of 1,000 scripts", &process::check(&folders()[0]));
    peak("check of 1,000 scripts and a workflow", &process::check(&folders()[1]));
}

fn peak(what: &str, command: &Command) {
    match memory::peak(command) {
        Some(mib) => println!("wanlint {what}: peak {mib:.1} MiB resident"),
        None => println!("skipped: the memory of wanlint {what}, python3 measures it on Linux"),
    }
}
