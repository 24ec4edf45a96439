//! What others take for the same files, on this machine and in this run.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{corpus, inputs};

/// Python's json.load over files, best of five passes, without its start.
const PYTHON: &str = "
import json, pathlib, sys, time
def load(path):
    try:
        with open(path, encoding='utf-8') as file: json.load(file)
    except ValueError: pass
files = [path for name in sys.argv[1:] for path in ([name] if pathlib.Path(name).is_file() else pathlib.Path(name).rglob('*.json'))]
def once():
    start = time.perf_counter()
    for path in files: load(path)
    return time.perf_counter() - start
print(f'{1000 * min(once() for _ in range(5)):.2f} ms for {len(files)} files')
";

/// Prints a line for each.
pub fn print() {
    let inputs = inputs::inputs();
    println!();
    python("one workflow of 50 kB", &inputs.workflow);
    python("one line of 1 MB", &inputs.line);
    if let Some(folder) = corpus::folder() {
        python("the corpus", folder);
    }
    start("python3", &["-c", "pass"]);
    start("ruff", &["--version"]);
}

fn python(what: &str, path: &Path) {
    let output = Command::new("python3").args(["-c", PYTHON]).arg(path).output();
    match output {
        Ok(output) => print!("python3 json.load, {what}: {}", String::from_utf8_lossy(&output.stdout)),
        Err(error) => println!("skipped: python3 json.load, {what} ({error})"),
    }
}

fn start(program: &str, args: &[&str]) {
    let once = || {
        let start = Instant::now();
        let status = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success()).then(|| start.elapsed())
    };
    let best: Option<Duration> = (0..20).filter_map(|_| once()).min();
    match best {
        Some(best) => println!("{program} {}: {:.2} ms from start to exit", args.join(" "), best.as_secs_f64() * 1e3),
        None => println!("skipped: {program}, not installed"),
    }
}
