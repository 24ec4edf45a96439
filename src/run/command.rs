//! What starts a server: program, arguments, environment and folder, as a launch script has them when it runs here and now.
//!
//! The script itself is not run. What it does before the start and what ComfyUI would notice (folders, variables, a virtual
//! environment) is done by the same facts that the check has; what cannot be known without running it is refused in a sentence, and
//! what is left out is listed. Nothing starts that was not shown.

mod around;
mod checkout;
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

pub use listen::Listen;

use words::Context;

/// The machine that starts something: this one, or that of a test.
#[derive(Clone, Debug)]
pub struct Host {
    /// It runs Windows.
    pub windows: bool,
    /// The environment of wanlint.
    pub env: BTreeMap<String, String>,
    /// The folder that wanlint runs in.
    pub folder: PathBuf,
}

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

impl Host {
    /// This machine.
    pub fn this() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            windows: cfg!(windows),
            env: std::env::vars_os().filter_map(text).collect(),
            folder: std::env::current_dir().unwrap_or_default(),
        }
    }

    /// A variable.
    fn var(&self, name: &str) -> Option<&str> {
        match self.windows {
            true => {
                self.env.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
            }
            false => self.env.get(name).map(String::as_str),
        }
    }

    /// The path in a text of a script.
    fn path(&self, folder: &Path, text: &str) -> PathBuf {
        let text = if self.windows { text.replace('\\', "/") } else { text.to_owned() };
        tidy(&folder.join(text))
    }
}

/// A path without `.` and `..`, as a shell follows them.
fn tidy(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if tidied.parent().is_some() => drop(tidied.pop()),
            part => tidied.push(part),
        }
    }
    tidied
}

impl Command {
    /// The start in a script.
    ///
    /// # Errors
    /// A sentence about what is only known when the script runs, or is not there, or belongs to another machine.
    pub fn of_script(source: &Source, file: &ScriptFile, host: &Host) -> Result<Self, String> {
        let launch = only(source, file)?;
        belongs_here(source, launch.dialect, host)?;
        let whole = host.path(&host.folder, &source.path().to_string_lossy());
        let context = Context::new(host, &whole, source.text(), (file, launch));
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

/// The only start of a script.
fn only<'a>(source: &Source, file: &'a ScriptFile) -> Result<&'a Launch, String> {
    match file.launches.as_slice() {
        [launch] => Ok(launch),
        [] => Err(format!("{} starts no ComfyUI", source.shown_path())),
        several => {
            let place = |launch: &Launch| {
                let line = format!("line {}", source.place(launch.span.start).line);
                file.paths.of(launch, several).map_or(line.clone(), |when| format!("{line}, {when}"))
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

/// The variables that the script has set by then, and those of its virtual environment.
fn environment(context: &Context, around: &around::Around) -> Result<BTreeMap<String, Option<String>>, String> {
    let mut env: BTreeMap<String, Option<String>> = around.unset.iter().map(|name| (name.clone(), None)).collect();
    for var in &context.launch.env {
        let name = var.name.text.clone();
        if !var.certain {
            return Err(format!("{}: whether {name} is set depends on the run: {ELSE}", context.line(var.span)));
        }
        let taken_away = var.value.text.is_empty() && !var.value.known;
        let value = if taken_away { None } else { Some(context.value(&var.value)?.unwrap_or_default()) };
        env.insert(name, value);
    }
    if let Some(venv) = &around.venv {
        let set = env.iter().find(|(name, _)| context.host.same_name(name, "PATH")).and_then(|(_, path)| path.clone());
        let path = set.or_else(|| context.host.var("PATH").map(str::to_owned)).unwrap_or_default();
        let separator = if context.host.windows { ';' } else { ':' };
        env.retain(|name, _| !context.host.same_name(name, "PATH"));
        let programs = program::programs_of(venv, context.host);
        env.insert("PATH".to_owned(), Some(format!("{}{separator}{path}", programs.display())));
        env.insert("VIRTUAL_ENV".to_owned(), Some(venv.display().to_string()));
        env.insert("PYTHONHOME".to_owned(), None);
    }
    add_encoding(&mut env, context.host);
    Ok(env)
}

/// The output of the server goes through a pipe, where Python on Windows writes the letters of one country only and fails at others.
fn add_encoding(env: &mut BTreeMap<String, Option<String>>, host: &Host) {
    const NAME: &str = "PYTHONIOENCODING";
    if host.var(NAME).is_none() && !env.contains_key(NAME) {
        env.insert(NAME.to_owned(), Some("utf-8".to_owned()));
    }
}

impl Host {
    fn same_name(&self, left: &str, right: &str) -> bool {
        if self.windows { left.eq_ignore_ascii_case(right) } else { left == right }
    }
}
