//! The command line: one file per command. Nothing below this room prints or exits.

pub mod bench;
mod calibrate;
pub mod check;
pub mod completions;
pub mod convert;
pub mod doctor;
pub mod facts;
pub mod gpu;
pub mod init;
pub mod log;
mod object_info;
mod output;
pub mod rule;
#[cfg_attr(not(feature = "network"), path = "no_run.rs")]
pub mod run;
pub mod vram;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use clap::{Parser, Subcommand, ValueEnum};

use crate::report::safe;

/// Nothing at or above `--fail-on` remains.
pub const CLEAN: u8 = 0;
/// Findings at or above `--fail-on`.
pub const FINDINGS: u8 = 1;
/// Usage, configuration, or a path that cannot be read.
pub const USAGE: u8 = 2;

/// Checks what goes into a ComfyUI video generation before it runs.
#[derive(Debug, Parser)]
#[command(name = "wanlint", version, about, propagate_version = true, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lint launch scripts and workflows
    Check(check::Arguments),
    /// Forecast memory by phase
    Vram(vram::Arguments),
    /// Verify a workflow and send exactly that to ComfyUI
    Run(run::Arguments),
    /// What variants of a generation really change: times with their spread
    Bench(bench::Arguments),
    /// What a log says really loaded, against the forecast
    Log(log::Arguments),
    /// A saved workflow as the API prompt that the browser would send
    Convert(convert::Arguments),
    /// A rule's page, or the table of all rules
    Rule(rule::Arguments),
    /// What this machine has: GPUs and their memory
    Gpu(gpu::Arguments),
    /// Write wanlint.toml, or what runs wanlint before commits and in CI
    Init(init::Arguments),
    /// What wanlint knows here and where it knows it from, for a report of a problem
    Doctor(doctor::Arguments),
    /// What a shell needs to complete commands and flags
    Completions(completions::Arguments),
    /// A page of the manual
    #[command(hide = true)]
    Man(completions::ManArguments),
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where output goes: real streams in the binary, buffers in tests.
pub struct Streams<'a> {
    /// Reports.
    pub out: Box<dyn Write + 'a>,
    /// Mistakes of the caller.
    pub err: Box<dyn Write + 'a>,
    /// True when `out` is a terminal.
    pub terminal: bool,
}

impl Streams<'_> {
    /// The streams of this process.
    pub fn process() -> Self {
        let out = io::stdout();
        let terminal = out.is_terminal();
        Self { out: Box::new(io::BufWriter::new(out)), err: Box::new(io::stderr()), terminal }
    }

    /// Whether colours are used under a setting.
    pub fn color(&self, setting: Color) -> bool {
        match setting {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => self.terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}

/// Runs a command line and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>, streams: &mut Streams) -> u8 {
    let result = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => command(arguments.command, streams),
        Err(error) => return usage(&error, streams),
    };
    // A closed pipe (`wanlint check | head`) is the reader's choice, not a failure; a full disk is one.
    let result = result.and_then(|code| written(streams.out.flush()).map(|()| code));
    result.unwrap_or_else(|message| {
        let _ = streams.out.flush();
        // Messages name paths, arguments and lines of files: anything may stand there.
        let _ = writeln!(streams.err, "error: {}", safe::plain(&message));
        USAGE
    })
}

fn command(command: Command, streams: &mut Streams) -> Result<u8, String> {
    match command {
        Command::Check(arguments) => check::run(&arguments, streams),
        Command::Vram(arguments) => vram::run(&arguments, streams),
        Command::Run(arguments) => run::run(&arguments, streams),
        Command::Bench(arguments) => bench::run(&arguments, streams),
        Command::Log(arguments) => log::run(&arguments, streams),
        Command::Convert(arguments) => convert::run(&arguments, streams),
        Command::Rule(arguments) => rule::run(&arguments, streams),
        Command::Gpu(arguments) => gpu::run(&arguments, streams),
        Command::Init(arguments) => init::run(&arguments, streams),
        Command::Doctor(arguments) => doctor::run(&arguments, streams),
        Command::Completions(arguments) => completions::run(&arguments, streams),
        Command::Man(arguments) => completions::man(&arguments, streams),
    }
}

fn usage(error: &clap::Error, streams: &mut Streams) -> u8 {
    let text = safe::plain(&error.render().to_string());
    if error.use_stderr() {
        let _ = write!(streams.err, "{text}");
        USAGE
    } else {
        let _ = write!(streams.out, "{text}");
        let _ = streams.out.flush();
        CLEAN
    }
}

/// Turns a failed write into a message, except for a closed pipe.
pub fn written(result: io::Result<()>) -> Result<(), String> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("cannot write the report: {error}")),
        _ => Ok(()),
    }
}
