//! A program with all that it starts, as a job object.

use std::io;
use std::process::{ChildStderr, ChildStdout, Command, ExitStatus};

use process_wrap::std::{ChildWrapper, CommandWrap, JobObject};

/// A started program and its children.
#[derive(Debug)]
pub struct Tree {
    child: Box<dyn ChildWrapper>,
    killed: bool,
}

impl Tree {
    /// Starts a program. `mark` is a variable of its environment whose value nobody else has.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(command: &mut Command, mark: (&str, &str)) -> io::Result<Self> {
        command.env(mark.0, mark.1);
        let mut wrapped = CommandWrap::from(std::mem::replace(command, Command::new("")));
        Ok(Self { child: wrapped.wrap(JobObject).spawn()?, killed: false })
    }

    /// Its output, once.
    pub fn output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout().take(), self.child.stderr().take())
    }

    /// How the program itself ended, when it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Something of it may still run: a script that ended well may have started something that goes on.
    pub fn is_alive(&mut self) -> bool {
        self.ended().is_none_or(|status| status.success() && !self.killed)
    }

    /// False: a console hands Ctrl-C to everything in it by itself, and only calls that are not safe could send it.
    pub fn interrupt(&mut self) -> bool {
        false
    }

    /// False, likewise.
    pub fn terminate(&mut self) -> bool {
        false
    }

    /// Ends everything in it.
    pub fn kill(&mut self) {
        self.killed = self.child.start_kill().is_ok() || self.killed;
    }
}
