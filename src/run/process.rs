//! A server that wanlint started: followed until it answers, and stopped with everything it started.

mod running;

use std::fmt;
use std::fs::File;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use thiserror::Error;

use super::address::Address;
use super::command::{Command, Listen};
use super::followed::Followed;
use super::server::Server;
use super::stop::Stop;
use crate::platform::tree::Tree;

pub use running::end_all;
use running::lock;

/// A variable that everything in a started tree inherits; its value is that of one start.
const MARK: &str = "WANLINT_RUN";

/// How often something that is waited for is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How long a connection to this machine may take before a port counts as free.
const CONNECT: Duration = Duration::from_millis(500);

/// Lines of the log that a message shows.
const SHOWN: usize = 20;

/// A started server.
#[derive(Debug)]
pub struct Started {
    tree: Arc<Mutex<Tree>>,
    /// What it writes.
    pub log: Followed,
    stopped: bool,
}

/// Why a server does not run.
#[derive(Debug, Error)]
pub enum NotReady {
    /// The system did not start the program.
    #[error("cannot start {program}: {error}")]
    NotStarted {
        /// The program.
        program: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// It ended by itself.
    #[error("the server ended ({how}) before it was ready{}", log(tail))]
    Ended {
        /// The exit code or signal.
        how: String,
        /// The end of its log.
        tail: Vec<String>,
    },
    /// It does not answer.
    #[error("the server was not ready after {} s{}", limit.as_secs(), log(tail))]
    Late {
        /// How long it was waited for.
        limit: Duration,
        /// The end of its log.
        tail: Vec<String>,
    },
    /// Somebody asked to stop.
    #[error("stopped before the server was ready")]
    Stopped,
}

/// How a server was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It had ended before.
    Before,
    /// It ended when it was asked to.
    Asked,
    /// It had to be ended.
    Killed,
    /// Something of it does not end.
    Left,
}

/// How long to wait after each step of stopping.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// After an interruption, as by Ctrl-C.
    pub interrupted: Duration,
    /// After a termination.
    pub terminated: Duration,
    /// After a kill.
    pub killed: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { interrupted: seconds(10), terminated: seconds(3), killed: seconds(5) }
    }
}

impl Started {
    /// Starts a server. Its output goes to the file, if there is one, and its newest lines stay in memory.
    ///
    /// # Errors
    /// When the system does not start the program.
    pub fn start(command: &Command, log: Option<File>) -> Result<Self, NotReady> {
        let mut process = command.process();
        process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |error| NotReady::NotStarted { program: command.program.display().to_string(), error };
        let (tree, (out, err)) = running::start(|| Tree::start(&mut process, (MARK, &mark()))).map_err(failed)?;
        let log = Followed::new(log);
        out.into_iter().for_each(|stream| log.follow(stream));
        err.into_iter().for_each(|stream| log.follow(stream));
        Ok(Self { tree, log, stopped: false })
    }

    /// Waits until `answers` says that the server answers.
    ///
    /// # Errors
    /// When it ends before, when the time is over, when somebody asks to stop.
    pub fn ready(
        &mut self,
        mut answers: impl FnMut() -> bool,
        limit: Duration,
        stop: &Stop,
    ) -> Result<Duration, NotReady> {
        let begun = Instant::now();
        loop {
            if let Some(how) = self.ended() {
                self.log.drain(Duration::from_secs(1));
                return Err(NotReady::Ended { how, tail: self.log.tail(SHOWN) });
            }
            if answers() {
                return Ok(begun.elapsed());
            }
            if begun.elapsed() >= limit {
                return Err(NotReady::Late { limit, tail: self.log.tail(SHOWN) });
            }
            if stop.wait(LOOK) {
                return Err(NotReady::Stopped);
            }
        }
    }

    /// Waits until a server answers what it is asked about itself.
    ///
    /// # Errors
    /// As [`Started::ready`].
    pub fn answers(&mut self, server: &Server, limit: Duration, stop: &Stop) -> Result<Duration, NotReady> {
        self.ready(|| server.stats().is_ok(), limit, stop)
    }

    /// How it ended, in words, when nothing of it runs any more.
    pub fn ended(&self) -> Option<String> {
        let mut tree = lock(&self.tree);
        if tree.is_alive() {
            return None;
        }
        // "exit status: 1", "signal: 9 (SIGKILL)"
        tree.ended().map(|status| status.to_string())
    }

    /// Why it runs no more, with the end of its log, when it ended by itself.
    pub fn death(&self) -> Option<String> {
        let how = self.ended().filter(|_| !self.stopped)?;
        self.log.drain(Duration::from_secs(1));
        let why = if how.contains("SIGKILL") { "; the system does that when memory (RAM) runs out" } else { "" };
        Some(format!("the server ended ({how}){why}{}", log(&self.log.tail(SHOWN))))
    }

    /// Stops it and everything it started: asks first, ends what does not go.
    pub fn stop(&mut self, patience: Patience) -> Stopped {
        let how = stop(&self.tree, patience);
        self.stopped = true;
        running::forget(&self.tree);
        self.log.drain(Duration::from_secs(1));
        how
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if !self.stopped {
            self.stop(Patience::default());
        }
    }
}

fn stop(tree: &Mutex<Tree>, patience: Patience) -> Stopped {
    let ended = lock(tree).ended().is_some();
    if ended && is_gone(tree, LOOK * 3) {
        return Stopped::Before;
    }
    let interrupted = lock(tree).interrupt();
    if interrupted && is_gone(tree, patience.interrupted) {
        return Stopped::Asked;
    }
    let terminated = lock(tree).terminate();
    if terminated && is_gone(tree, patience.terminated) {
        return Stopped::Asked;
    }
    lock(tree).kill();
    if is_gone(tree, patience.killed) { Stopped::Killed } else { Stopped::Left }
}

fn is_gone(tree: &Mutex<Tree>, time: Duration) -> bool {
    let begun = Instant::now();
    loop {
        if !lock(tree).is_alive() {
            return true;
        }
        if begun.elapsed() >= time {
            return false;
        }
        std::thread::sleep(LOOK / 4);
    }
}

/// A value that no other start has.
fn mark() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}", std::process::id(), now.as_nanos())
}

/// Looks whether a server can listen where it is about to be started. What listens there already is left alone.
///
/// # Errors
/// A sentence about what listens there.
pub fn check_free(listen: &Listen) -> Result<(), String> {
    if !is_taken(listen) {
        return Ok(());
    }
    let url = listen.url();
    let stats = Address::parse(&url).ok().and_then(|address| Server::new(address, None).stats().ok());
    Err(match stats {
        Some(stats) => {
            let version = stats.comfyui.map(|version| format!(" {version}")).unwrap_or_default();
            format!(
                "ComfyUI{version} runs at {url} already: use it with --server {url}, or start this one with another --port"
            )
        }
        None => format!("another program listens at {url} already: start ComfyUI with another --port"),
    })
}

/// True when somebody listens where a server is about to be started.
pub fn is_taken(listen: &Listen) -> bool {
    let addresses = (listen.host.as_str(), listen.port).to_socket_addrs();
    addresses.into_iter().flatten().any(|address| TcpStream::connect_timeout(&address, CONNECT).is_ok())
}

/// The end of a log as a part of a message.
fn log(tail: &[String]) -> impl fmt::Display {
    match tail {
        [] => "; it has written nothing".to_owned(),
        lines => format!("; the end of its log:\n  {}", lines.join("\n  ")),
    }
}
