//! A program with all that it starts, as a process group of its own. On Linux what left the group is found, too: by a variable
//! that children inherit.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// A started program and its children.
#[derive(Debug)]
pub struct Tree {
    child: Child,
    group: Pid,
    mark: String,
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
        Ok(Self { child, group, mark: format!("{}={}", mark.0, mark.1), gone: false })
    }

    /// Its output, once.
    pub fn output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// How the program itself ended, when it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Something of it still runs.
    pub fn is_alive(&mut self) -> bool {
        self.gone = self.gone || (self.ended().is_some() && !self.others());
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
        let _ = killpg(self.group, signal);
        for process in members(self.group, &self.mark).iter().filter(|process| process.group != self.group) {
            let _ = kill(process.id, signal);
        }
    }

    /// Something runs beside the program itself.
    fn others(&self) -> bool {
        match cfg!(target_os = "linux") {
            true => !members(self.group, &self.mark).is_empty(),
            false => killpg(self.group, None).is_ok(),
        }
    }
}

struct Process {
    id: Pid,
    group: Pid,
}

/// The processes of a group and those with a mark in their environment, without those that have ended and are not yet waited for.
/// Only Linux tells.
fn members(group: Pid, mark: &str) -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id: i32| member(id, group, mark)).collect()
}

fn member(id: i32, group: Pid, mark: &str) -> Option<Process> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // 4711 (a name) S 1 4711 ...: the name may hold anything, brackets included.
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_whitespace();
    let ended = matches!(fields.next()?, "Z" | "X");
    let own = Pid::from_raw(fields.nth(1)?.parse().ok()?);
    let marked = || {
        let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    (!ended && (own == group || marked())).then(|| Process { id: Pid::from_raw(id), group: own })
}
