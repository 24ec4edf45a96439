//! `wanlint completions` and `wanlint man`: what a shell and a reader of manuals want, made from the command line itself.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{CLEAN, Streams, written};

/// Arguments of `wanlint completions`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Shell that the script is for
    shell: Shell,
}

/// Arguments of `wanlint man`.
#[derive(Debug, Args)]
pub struct ManArguments {
    /// Command whose page is printed; without it that of wanlint
    command: Option<String>,
}

/// Prints the script that a shell reads at its start.
///
/// # Errors
/// When it cannot be written.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::Arguments::command(), "wanlint", &mut script);
    written(streams.out.write_all(&script))?;
    Ok(CLEAN)
}

/// Prints a page of the manual, as `man -l -` reads it.
///
/// # Errors
/// When there is no such command, or the page cannot be written.
pub fn man(arguments: &ManArguments, streams: &mut Streams) -> Result<u8, String> {
    let mut whole = super::Arguments::command();
    whole.build();
    let page = match &arguments.command {
        None => whole,
        // Named as git names its own: wanlint-check(1).
        Some(name) => whole.find_subcommand(name).ok_or_else(|| format!("wanlint has no command '{name}'"))?.clone(),
    };
    let mut text = Vec::new();
    written(clap_mangen::Man::new(page).render(&mut text))?;
    written(streams.out.write_all(&text))?;
    Ok(CLEAN)
}
