//! What starts a server: program, arguments, environment and folder, as a launch script has them when it runs here and now.
//!
//! The script itself is not run. What it does before the start and what ComfyUI would notice (folders, variables, a virtual
//! environment) is done by the same facts that the check has; what cannot be known without running it is refused in a sentence, and
//! what is left out is listed. Nothing starts that was not shown.

mod around;
mod checkout;
mod condition;
mod environment;
mod expand;
mod host;
mod listen;
mod program;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::facts::launch::Launch;
use crate::project::ScriptFile;
use crate::read::script::{Dialect, base_name};
use crate::redact;
use crate::source::Source;

pub use host::Host;
pub use listen::Listen;

use environment::environment;
use words::Context;

/// A start of a server, ready to be shown and to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program, its path whole.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// What is set in its environment beside that of wanlint; `None`: taken out of it.
    pub env: BTreeMap<String, Option<String>>,
    /// The folder it runs in.
    pub folder: PathBuf,
    /// Where it will listen.
    pub listen: Listen,
    /// What the script does before the start and wanlint does not.
    pub left_out: Vec<String>,
}

impl Command {
    /// The start in a script.
    ///
    /// # Errors
    /// A sentence about what is only known when the script runs, or is not there, or belongs to another machine.
    pub fn of_script(source: &Source, file: &ScriptFile, host: &Host) -> Result<Self, String> {
        // A word that is shown may go over several lines.
        Self::resolve(source, file, host).map_err(|why| why.replace(['\n', '\r'], " "))
    }

    fn resolve(source: &Source, file: &ScriptFile, host: &Host) -> Result<Self, String> {
        belongs_here(source, file.script.dialect, host)?;
        let whole = host.path(&host.folder, &source.path().to_string_lossy());
        let (launch, path) = chosen(source, file, (&whole, host))?;
        let mut context = Context::new(host, &whole, source.text(), (file, launch));
        let taken = path.and_then(|path| file.paths.script_on(path, file.script.dialect, source.text()));
        context.taken = taken.as_ref().unwrap_or(&file.script);
        let around = around::walk(&context)?;
        let context = context.inside(&around.folder);
        let env = environment(&context, &around)?;
        let (program, args, folder) = program::find(&context, &around, &env)?;
        let listen = Listen::of(behind_main(&args))?;
        Ok(Self { program, args, env, folder, listen, left_out: around.left_out })
    }

    /// The start of the checkout in a folder, by the Python of its virtual environment or portable build.
    ///
    /// # Errors
    /// When there is no `main.py` or no Python.
    pub fn of_checkout(folder: &Path, args: &[String], host: &Host) -> Result<Self, String> {
        checkout::command(folder, args, host)
    }

    /// The script itself: whatever it does is done.
    ///
    /// # Errors
    /// When this system does not run such scripts.
    pub fn exec_script(source: &Source, file: &ScriptFile, host: &Host) -> Result<Self, String> {
        program::exec(source, file, host)
    }

    /// What will be done, line by line, secrets masked.
    pub fn shown(&self) -> Vec<String> {
        let words = std::iter::once(self.program.display().to_string()).chain(self.args.iter().cloned());
        let line: Vec<String> = words.map(|word| quoted(&word)).collect();
        let mut lines = vec![redact::masked(&line.join(" ")), format!("in {}", self.folder.display())];
        lines.extend(self.env.iter().map(|(name, value)| match value {
            Some(value) => format!("with {name}={}", redact::masked_under(name, value)),
            None => format!("without {name}"),
        }));
        lines.extend(self.left_out.iter().map(|what| format!("left out: {}", redact::masked(what))));
        lines
    }

    /// For the system.
    pub(super) fn process(&self) -> std::process::Command {
        let mut process = std::process::Command::new(&self.program);
        process.args(&self.args).current_dir(&self.folder);
        for (name, value) in &self.env {
            match value {
                Some(value) => process.env(name, value),
                None => process.env_remove(name),
            };
        }
        process
    }
}

/// A word as a shell would take it.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./\\:=,@%+~".contains(letter);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("\"{word}\"") }
}

/// The arguments that ComfyUI gets: those behind `main.py`, or behind the `--` of comfy-cli.
fn behind_main(args: &[String]) -> impl Iterator<Item = &str> {
    let main = |arg: &String| arg == "--" || base_name(arg).eq_ignore_ascii_case("main.py");
    let from = args.iter().position(main).map_or(0, |at| at + 1);
    args.iter().skip(from).map(String::as_str)
}

/// The start of a script: the only one, or the one that this machine's variables and the missing arguments choose, and its path.
fn chosen<'a>(
    source: &Source,
    file: &'a ScriptFile,
    (path, host): (&Path, &Host),
) -> Result<(&'a Launch, Option<usize>), String> {
    let first = file.launches.first().ok_or_else(|| format!("{} starts no ComfyUI", source.shown_path()))?;
    let context = Context::new(host, path, source.text(), (file, first));
    let taken = file.paths.taken(|text| condition::holds(&context, text));
    let on_path = |launch: &&Launch| taken.is_none_or(|path| launch.paths.is_empty() || launch.paths.contains(&path));
    match file.launches.iter().filter(on_path).collect::<Vec<_>>().as_slice() {
        [launch] => Ok((launch, taken.filter(|_| !launch.paths.is_empty()))),
        [] => Err(format!("{} starts no ComfyUI here and now: {ELSE}", source.shown_path())),
        several => {
            let place = |launch: &&Launch| {
                let line = format!("line {}", source.place(launch.span.start).line);
                file.paths.of(launch, &file.launches).map_or(line.clone(), |when| format!("{line}, {when}"))
            };
            let places: Vec<String> = several.iter().map(place).collect();
            Err(format!(
                "{} starts ComfyUI in {} ways ({}), and only its run decides: {ELSE}",
                source.shown_path(),
                several.len(),
                places.join("; ")
            ))
        }
    }
}

/// What to do about a start that cannot be done.
const ELSE: &str = "let the script run with --exec-script, or start the server yourself and name it with --server";

/// Only scripts of this system's own shells start something here.
fn belongs_here(source: &Source, dialect: Dialect, host: &Host) -> Result<(), String> {
    let name = source.shown_path();
    let what = dialect.name();
    match (dialect, host.windows) {
        (Dialect::Batch | Dialect::PowerShell, true) | (Dialect::Shell, false) => Ok(()),
        (Dialect::Batch | Dialect::PowerShell, false) => {
            Err(format!("{name} starts ComfyUI on Windows, and this is another system: name a script for this one"))
        }
        (Dialect::Shell, true) => {
            Err(format!("{name} is a {what}, and this is Windows: name a .bat or .ps1, or run wanlint in WSL"))
        }
        (Dialect::Dockerfile | Dialect::Compose, _) => {
            Err(format!("{name} starts ComfyUI in a container: start that, and name its server with --server"))
        }
        (Dialect::Service, _) => {
            Err(format!("{name} is a {what}: start the service, and name its server with --server"))
        }
        _ => Err(format!("a start in a {what} ({name}) is not done by wanlint: start it, and name it with --server")),
    }
}
