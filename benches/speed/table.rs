//! The table of goals: CPU time and peak memory of whole runs on one core, each beside its floor and its goal.

use std::path::Path;
use std::process::Command;

use super::inputs::inputs;
use super::{corpus, memory, process};

/// CPU time in ms of one program: user and system, the best of some runs.
const MEASURE: &str = "
import os, sys
def once():
    quiet = [(os.POSIX_SPAWN_OPEN, out, os.devnull, os.O_WRONLY, 0) for out in (1, 2)]
    environment = {'RAYON_NUM_THREADS': '1'}
    child = os.posix_spawn(sys.argv[2], sys.argv[2:], environment, file_actions=quiet)
    usage = os.wait4(child, 0)[2]
    return 1000 * (usage.ru_utime + usage.ru_stime)
print(min(once() for _ in range(int(sys.argv[1]))))
";

/// How often peak memory is measured; the least counts.
const PEAKS: usize = 3;

/// A row: the work, its floor where one was measured, and its goal in ms.
struct Row<'a> {
    work: &'a str,
    floor: Option<f64>,
    goal: f64,
    runs: u32,
}

/// Prints the table, unless other benches were asked for by name.
pub fn print() {
    let filters: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    if !filters.is_empty() && !filters.iter().any(|filter| filter.contains("table")) {
        return;
    }
    println!(
        "\n{:<44} {:>8} {:>8} {:>8} {:>10}",
        "one core, from start to exit", "CPU ms", "floor", "goal", "peak MiB"
    );
    let quiet = |path: &Path| {
        let mut command = process::check(path);
        command.arg("--quiet");
        command
    };
    let inputs = inputs();
    row(
        Row { work: "--version (5 MB resident is the goal)", floor: Some(0.7), goal: 1.5, runs: 50 },
        &process::wanlint(&["--version"]),
    );
    row(Row { work: "one launch script", floor: Some(1.0), goal: 3.0, runs: 50 }, &quiet(&inputs.launch));
    row(Row { work: "one 50 kB workflow", floor: Some(1.0), goal: 3.0, runs: 50 }, &quiet(&inputs.workflow));
    row(Row { work: "a 1 MB line, finding at its end", floor: Some(2.0), goal: 5.0, runs: 30 }, &quiet(&inputs.line));
    row(Row { work: "--sweep of 10,000 points", floor: None, goal: 1000.0, runs: 5 }, &process::sweep());
    if let Some(folder) = corpus::folder() {
        row(
            Row { work: "the official templates (60 MB resident)", floor: Some(44.0), goal: 66.0, runs: 15 },
            &quiet(folder),
        );
    }
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_wanlint")).map_or(0, |facts| facts.len());
    println!("the binary has {:.1} MB (release builds are stripped)", size as f64 / 1e6);
}

fn row(row: Row<'_>, command: &Command) {
    let mut python = Command::new("python3");
    python.args(["-c", MEASURE]).arg(row.runs.to_string()).arg(command.get_program()).args(command.get_args());
    let output = python.output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let cpu = output.trim().parse::<f64>().ok();
    let peak = (0..PEAKS).filter_map(|_| memory::peak(command)).min_by(f64::total_cmp);
    let peak = peak.map_or_else(|| "-".to_owned(), |mib| format!("{mib:.1}"));
    let Row { work, goal, .. } = row;
    let floor = row.floor.map_or_else(|| "-".to_owned(), |floor| format!("{floor:.1}"));
    match cpu {
        Some(cpu) => println!("{work:<44} {cpu:>8.1} {floor:>8} {goal:>8.1} {peak:>10}"),
        None => println!("skipped: {work}, python3 measures it"),
    }
}
