//! Peak memory of whole runs.

use std::process::Command;

/// Prints the peak in KiB. A program counts the memory of the one that started it as its own, until it is itself: so a small shell
/// starts it and ends, and Python only waits for what is left (Linux; where processes cannot be taken over that way, nothing is printed).
const MEASURE: &str = "
import ctypes, os, sys
if ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0:
    quiet = [(os.POSIX_SPAWN_OPEN, out, os.devnull, os.O_WRONLY, 0) for out in (1, 2)]
    shell = ['sh', '-c', '\"$@\" &', 'sh'] + sys.argv[1:]
    os.waitpid(os.posix_spawn('/bin/sh', shell, {'RAYON_NUM_THREADS': '1'}, file_actions=quiet), 0)
    print(os.wait3(0)[2].ru_maxrss)
";

/// Peak memory of one run on one core, in MiB; `None` where nothing here can measure it.
pub fn peak(command: &Command) -> Option<f64> {
    let mut python = Command::new("python3");
    python.args(["-c", MEASURE]).arg(command.get_program()).args(command.get_args());
    let output = python.output().ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse::<f64>().ok().map(|kib| kib / 1024.0)
}
