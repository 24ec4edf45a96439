//! A program with all that it starts, as a process group of its own. On Linux what left the group is found, too: by who started it,
//! and by a variable that children inherit.

use std::collections::HashSet;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// Nothing is left once nothing was found twice with this time between: a look may miss what is being started at that moment.
const SURE: Duration = Duration::from_millis(100);

/// A started program and its children.
#[derive(Debug)]
pub struct Tree {
    child: Child,
    group: Pid,
    mark: String,
    /// All that was ever found: number and start, for numbers are given again.
    known: HashSet<(i32, u64)>,
    /// Since when nothing was found.
    empty: Option<Instant>,
    /// Nothing of it is left: its numbers may belong to others now.
    gone: bool,
}

impl Tree {
    /// Starts a program. `mark` is a variable of its environment whose value nobody else has.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(command: &mut Command, mark: (&str, &str)) -> io::Result<Self> {
        let child = command.env(mark.0, mark.1).process_group(0).spawn()?;
        let group = i32::try_from(child.id()).map(Pid::from_raw).map_err(io::Error::other)?;
        let mark = format!("{}={}", mark.0, mark.1);
        Ok(Self { child, group, mark, known: HashSet::new(), empty: None, gone: false })
    }

    /// Its output, once.
    pub fn output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// How the program itself ended, when it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Something of it still runs, or may.
    pub fn is_alive(&mut self) -> bool {
        if self.gone {
            return false;
        }
        if self.ended().is_none() || self.others() {
            self.empty = None;
            return true;
        }
        self.gone = self.empty.get_or_insert_with(Instant::now).elapsed() >= SURE;
        !self.gone
    }

    /// Asks everything in it to end, as Ctrl-C does. False where this system has no way to ask.
    pub fn interrupt(&mut self) -> bool {
        self.signal(Signal::SIGINT);
        true
    }

    /// Asks everything in it to end: what was started in the background of a script does not hear Ctrl-C.
    pub fn terminate(&mut self) -> bool {
        self.signal(Signal::SIGTERM);
        true
    }

    /// Ends everything in it.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
    }

    fn signal(&mut self, signal: Signal) {
        if !self.is_alive() {
            return;
        }
        // Who started whom is asked before the first of them ends.
        let members = self.members();
        let _ = killpg(self.group, signal);
        for process in members.iter().filter(|process| process.group != self.group.as_raw()) {
            let _ = kill(Pid::from_raw(process.id), signal);
        }
    }

    /// Something runs beside the program itself.
    fn others(&mut self) -> bool {
        match cfg!(target_os = "linux") {
            true => !self.members().is_empty(),
            false => killpg(self.group, None).is_ok(),
        }
    }

    /// Everything in it that runs, without what has ended and is not yet waited for. Only Linux tells.
    fn members(&mut self) -> Vec<Process> {
        let mut others = processes();
        let mut members: Vec<Process> = Vec::new();
        loop {
            let is_known = |process: &Process| {
                process.group == self.group.as_raw() || self.known.contains(&(process.id, process.started))
            };
            let is_child = |process: &Process| members.iter().any(|member| member.id == process.parent);
            let (found, rest): (Vec<_>, Vec<_>) =
                others.into_iter().partition(|process| is_known(process) || is_child(process));
            others = rest;
            if found.is_empty() {
                break;
            }
            members.extend(found);
        }
        members.extend(others.into_iter().filter(|process| is_marked(process.id, &self.mark)));
        self.known.extend(members.iter().map(|process| (process.id, process.started)));
        members
    }
}

/// A process that runs.
#[derive(Clone, Copy, Debug)]
struct Process {
    id: i32,
    parent: i32,
    group: i32,
    started: u64,
}

/// All processes that run.
fn processes() -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(process).collect()
}

fn process(id: i32) -> Option<Process> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // 4711 (a name) S 1 4711 ...: the name may hold anything, brackets included.
    let fields: Vec<&str> = stat.get(stat.rfind(')')? + 1..)?.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse().ok();
    let ended = matches!(*fields.first()?, "Z" | "X");
    let started = fields.get(19)?.parse().ok()?;
    (!ended).then_some(Process { id, parent: number(1)?, group: number(2)?, started })
}

fn is_marked(id: i32, mark: &str) -> bool {
    let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
}
