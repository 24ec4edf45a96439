//! The program of a start: found where a shell would find it, run as the script runs it.

use std::path::{Path, PathBuf};

use super::around::Around;
use super::environment::{Env, add_own};
use super::words::Context;
use super::{Command, ELSE, Host, Listen};
use crate::facts::launch::Launch;
use crate::project::ScriptFile;
use crate::read::script::{Dialect, Word, base_name};
use crate::source::Source;

/// Programs that only start the one behind them, as a child of their own or in their place.
const WRAPPERS: [&str; 25] = [
    "accelerate",
    "chrt",
    "conda",
    "hatch",
    "ionice",
    "mamba",
    "mangohud",
    "micromamba",
    "nice",
    "numactl",
    "optirun",
    "pdm",
    "pipenv",
    "pixi",
    "poetry",
    "prime-run",
    "rye",
    "stdbuf",
    "taskset",
    "time",
    "uv",
    "uvx",
    "comfy",
    "comfy-cli",
    "timeout",
];

/// Program, arguments and folder.
pub(super) fn find(context: &Context, around: &Around, env: &Env) -> Result<(PathBuf, Vec<String>, PathBuf), String> {
    let launch = context.launch;
    let line = context.line(launch.span);
    elsewhere(context)?;
    let words = words(&around.command.words, launch);
    let mut texts = Vec::with_capacity(words.len());
    for word in &words {
        texts.extend(context.value(word)?);
    }
    let program = texts.first().cloned().unwrap_or_default();
    let wrapped = launch.interpreter.as_ref().is_some_and(|own| words.first() != Some(own));
    let name = base_name(&program).to_ascii_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    let cli = launch.interpreter.is_none() && launch.main.text == "launch";
    if (wrapped || cli) && !WRAPPERS.contains(&name) || texts.iter().any(|text| text == "--background") {
        return Err(format!("{line}: what {program} starts does not stay under wanlint: {ELSE}"));
    }
    let folder = folder(context, around, &line)?;
    let place = Place { host: context.host, folder: &folder, env };
    let found = place.program(&program).ok_or_else(|| format!("{line}: there is no program {program}: {ELSE}"))?;
    texts.remove(0);
    Ok((found, texts, folder))
}

/// Where the start stands in: the folder that the script went to, its own, or that of wanlint, whichever has `main.py`.
fn folder(context: &Context, around: &Around, line: &str) -> Result<PathBuf, String> {
    let main = context.value(&context.launch.main)?.unwrap_or_default();
    if context.launch.interpreter.is_none() && main == "launch" {
        return Ok(around.folder.clone());
    }
    let has = |folder: &Path| context.host.path(folder, &main).is_file();
    let folders = [Some(&around.folder), Some(&context.host.folder).filter(|_| !around.entered)];
    let found = folders.into_iter().flatten().find(|folder| has(folder));
    found.cloned().ok_or_else(|| {
        let missing = context.host.path(&around.folder, &main);
        format!("{line}: there is no {}", missing.display())
    })
}

/// The words up to `main.py` as written, and the arguments of this path of the script.
fn words(written: &[Word], launch: &Launch) -> Vec<Word> {
    let at = written.iter().position(|word| *word == launch.main);
    match at {
        // comfy-cli has words of its own between `launch` and the arguments.
        Some(at) if launch.interpreter.is_some() || launch.main.text != "launch" => {
            written[..=at].iter().chain(&launch.args).cloned().collect()
        }
        _ => written.to_vec(),
    }
}

/// A folder that the command itself names is not in its words.
fn elsewhere(context: &Context) -> Result<(), String> {
    let source = context.source(context.launch.span).to_ascii_lowercase();
    let batch = context.script.dialect == Dialect::Batch && source.starts_with("start") && source.contains("/d ");
    let powershell = context.script.dialect == Dialect::PowerShell && source.contains("-workingdirectory");
    match batch || powershell {
        true => Err(format!("{}: this start names its own folder: {ELSE}", context.line(context.launch.span))),
        false => Ok(()),
    }
}

/// Where a program is looked for.
pub(super) struct Place<'a> {
    pub host: &'a Host,
    pub folder: &'a Path,
    pub env: &'a Env,
}

impl Place<'_> {
    /// The file of a program: a path as it is, a name on the way that the environment says.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        if name.contains('/') || (self.host.windows && name.contains('\\')) {
            let path = self.host.path(self.folder, name);
            let with_ending = self.host.windows.then(|| PathBuf::from(format!("{}.exe", path.display())));
            return [Some(path), with_ending].into_iter().flatten().find(|path| path.is_file());
        }
        let set =
            self.env.iter().find(|(known, _)| self.host.same_name(known, "PATH")).and_then(|(_, path)| path.clone());
        let path = set.or_else(|| self.host.var("PATH").map(str::to_owned))?;
        which::which_in(name, Some(path), self.folder).ok()
    }
}

/// The folder of programs of a virtual environment.
pub(super) fn programs_of(venv: &Path, host: &Host) -> PathBuf {
    venv.join(if host.windows { "Scripts" } else { "bin" })
}

/// True for a file that is there and lies in a folder of programs.
pub(super) fn activates(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    path.is_file() && (folder == "bin" || folder.eq_ignore_ascii_case("Scripts"))
}

/// The script itself, by what runs such scripts here.
pub(super) fn exec(source: &Source, file: &ScriptFile, host: &Host) -> Result<Command, String> {
    let path = host.path(&host.folder, &source.path().to_string_lossy());
    let mut env = Env::new();
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let (program, args) = interpreter(source, file.script.dialect, (&path, host))?;
    let found = match program {
        Some(name) => Place { host, folder: &folder, env: &env }.program(name),
        None => Some(path.clone()),
    };
    let missing = || format!("there is no {} here to run {}", program.unwrap_or_default(), path.display());
    let program = found.ok_or_else(missing)?;
    add_own(&mut env, host);
    Ok(Command { program, args, env, listen: listen(source, file, (&path, host)), folder, left_out: Vec::new() })
}

/// What runs such scripts, and its arguments; no program where the system runs them itself.
fn interpreter(
    source: &Source,
    dialect: Dialect,
    (path, host): (&Path, &Host),
) -> Result<(Option<&'static str>, Vec<String>), String> {
    let text = path.display().to_string();
    let bash = source.text().lines().next().is_some_and(|line| line.starts_with("#!") && line.contains("bash"));
    let powershell = || ["-NoProfile", "-NonInteractive", "-File"].map(str::to_owned).into_iter().chain([text.clone()]);
    Ok(match dialect {
        // The standard library knows how their arguments are quoted.
        Dialect::Batch if host.windows => (None, Vec::new()),
        Dialect::PowerShell if host.windows => (Some("powershell"), powershell().collect()),
        Dialect::PowerShell => (Some("pwsh"), powershell().collect()),
        Dialect::Shell => (Some(if bash { "bash" } else { "sh" }), vec![text]),
        Dialect::Python => (Some(if host.windows { "python" } else { "python3" }), vec![text]),
        other => return Err(format!("a {} cannot be run here: {text}", other.name())),
    })
}

/// Where the server of the script will listen, as far as the script says.
fn listen(source: &Source, file: &ScriptFile, (path, host): (&Path, &Host)) -> Listen {
    let of = |launch: &Launch| {
        let context = Context::new(host, path, source.text(), (file, launch));
        let args: Vec<String> = launch.args.iter().filter_map(|word| context.value(word).ok().flatten()).collect();
        Listen::of(args.iter().map(String::as_str)).ok()
    };
    file.launches.first().and_then(of).unwrap_or_default()
}
