//! The server of a run: one that is there, or one that is started for it and stopped afterwards.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::End;
use super::show::Show;
use crate::cli::Streams;
use crate::outcome::Outcome;
use crate::run::address::Address;
use crate::run::command::{Command, Host as Here};
use crate::run::process::{NotReady, Patience, Started, Stopped, check_free};
use crate::run::server::{ApiKey, Server, Stats};
use crate::run::stop::Stop;

/// Which server.
#[derive(Debug, Args)]
#[command(next_help_heading = "Server")]
pub(in crate::cli) struct ServerFlags {
    /// The address of a ComfyUI that runs: http://127.0.0.1:8188. Without it --launch SCRIPT or --comfyui DIR starts one
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) server: Option<String>,
    /// Run the script of --launch itself, whatever else it does
    #[arg(long, requires = "launch", conflicts_with = "server")]
    exec_script: bool,
    /// How long a started server may take until it answers
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    start_timeout: u64,
    /// Keep everything that a started server writes in this file
    #[arg(long, value_name = "FILE")]
    server_log: Option<PathBuf>,
}

/// What the run is to be done on, before anything is asked or started.
#[derive(Debug)]
pub(in crate::cli) enum Choice {
    There(Address),
    Starts(Box<Command>),
}

/// A server that answers.
pub(in crate::cli) struct Host {
    pub(in crate::cli) server: Server,
    pub(in crate::cli) stats: Stats,
    pub(in crate::cli) started: Option<Started>,
    /// How it was started, line by line.
    pub(in crate::cli) command: Option<Vec<String>>,
}

impl ServerFlags {
    /// Reads the address, or finds out what would be started; nothing happens yet. `None`: no server is named.
    pub(in crate::cli) fn choice(
        &self,
        outcome: &Outcome,
        launch: Option<&Path>,
        checkout: Option<&Path>,
    ) -> Result<Option<Choice>, String> {
        if let Some(text) = &self.server {
            let address = Address::parse(text).map_err(|error| format!("--server: {error}"))?;
            return Ok(Some(Choice::There(address)));
        }
        let here = Here::this();
        let command = match (launch, checkout) {
            (Some(_), Some(_)) => {
                return Err("--launch and --comfyui DIR both start a server: leave one of them out".to_owned());
            }
            (None, Some(folder)) => Command::of_checkout(folder, &[], &here)?,
            (Some(launch), None) => {
                let file = outcome.files.iter().find(|file| file.source.path() == launch);
                let script = file.and_then(|file| Some((file, file.script()?)));
                let (file, script) = script.ok_or_else(|| format!("{} starts no ComfyUI", launch.display()))?;
                match self.exec_script {
                    true => Command::exec_script(&file.source, script, &here)?,
                    false => Command::of_script(&file.source, script, &here)?,
                }
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(Choice::Starts(Box::new(command))))
    }

    /// Asks the server, or starts it and waits until it answers.
    pub(in crate::cli) fn host(
        &self,
        choice: Choice,
        (show, stop): (&Show, &Stop),
        streams: &mut Streams,
    ) -> Result<Host, End> {
        let broke = |error: &dyn std::fmt::Display| End::Broke(error.to_string());
        match choice {
            Choice::There(address) => {
                let server = Server::new(address, ApiKey::from_environment());
                let stats = server.stats().map_err(|fault| broke(&fault))?;
                Ok(Host { server, stats, started: None, command: None })
            }
            Choice::Starts(command) => self.start(&command, (show, stop), streams),
        }
    }

    fn start(&self, command: &Command, (show, stop): (&Show, &Stop), streams: &mut Streams) -> Result<Host, End> {
        let url = command.listen.url();
        check_free(&command.listen).map_err(End::Broke)?;
        let address = Address::parse(&url).map_err(|error| End::Broke(format!("{url}: {error}")))?;
        for line in command.shown() {
            show.note(&format!("starts: {line}"), streams);
        }
        show.event("starts", json!({"command": command.shown(), "address": url}), streams);
        let file = self.server_log.as_ref().map(std::fs::File::create).transpose();
        let file = file.map_err(|error| End::Broke(format!("--server-log: cannot be written: {error}")))?;
        let mut started = Started::start(command, file).map_err(|error| End::Broke(error.to_string()))?;
        let server = Server::new(address, ApiKey::from_environment());
        let limit = Duration::from_secs(self.start_timeout);
        let ready = started.answers(&server, limit, stop).map_err(|why| match why {
            NotReady::Stopped => End::Interrupted(why.to_string()),
            why => End::Broke(why.to_string()),
        });
        let ready = ready.and_then(|time| Ok((time, server.stats().map_err(|fault| End::Broke(fault.to_string()))?)));
        match ready {
            Ok((time, stats)) => {
                show.note(&format!("the server answers after {:.0} s", time.as_secs_f64()), streams);
                Ok(Host { server, stats, started: Some(started), command: Some(command.shown()) })
            }
            Err(end) => {
                started.stop(Patience::default());
                Err(end)
            }
        }
    }
}

impl Host {
    /// Stops the server if it was started for this run; a sentence where something of it is left.
    pub(in crate::cli) fn finish(self) -> Option<String> {
        let mut started = self.started?;
        match started.stop(Patience::default()) {
            Stopped::Left => Some("something of the started server does not end".to_owned()),
            Stopped::Before | Stopped::Asked | Stopped::Killed => None,
        }
    }
}
