//! A launch: one start of ComfyUI with its interpreter, flags and environment.

mod argparse;
mod choices;
mod environment;
mod foreign;
mod paths;
mod problems;
mod program;

use std::sync::Arc;

use crate::catalog::flags::FlagSpec;
use crate::facts::checkout::Found;
use crate::facts::os::Os;
use crate::facts::versions::Version;
use crate::read::oddities::Oddity;
use crate::read::script::{Assign, Dialect, Script, Step, Word};
use crate::span::Span;

pub use environment::EnvVar;
pub use foreign::is_container_of_comfy;
pub use paths::{Paths, on_paths};
pub use problems::{Fault, FlagProblem, problems};

/// Most launches that are taken from one script; real ones have a handful.
const MAX_LAUNCHES: usize = 64;

/// Most arguments of one start that are looked at; rules compare them with each other.
const MAX_ARGS: usize = 1000;

/// One start of ComfyUI.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The command as written, continuation lines included.
    pub span: Span,
    /// False when only some runs of the script take it.
    pub certain: bool,
    /// The paths of the script on which it is started just so, as indices into its [`Paths`]; empty when paths make no
    /// difference.
    pub paths: Vec<usize>,
    /// The script's language.
    pub dialect: Dialect,
    /// What the script's language says about the operating system.
    pub os: Option<Os>,
    /// The Python program; `None` when `main.py` or `comfy` is run itself.
    pub interpreter: Option<Word>,
    /// `main.py` with its path; for comfy-cli the word `launch`.
    pub main: Word,
    /// Everything behind `main`, as ComfyUI's parser gets it.
    pub args: Vec<Word>,
    /// The flags among `args`.
    pub flags: Vec<Flag>,
    /// Arguments that are neither flags nor values: the parser refuses them.
    pub stray: Vec<Word>,
    /// ComfyUI's version as the checkout of this start states it; filled when the script's place is known.
    pub checkout: Option<Found>,
    /// Some argument is not known (`%*`, `$EXTRA`): there may be more flags than are seen here.
    pub unknown_args: bool,
    /// The script's variables that the process sees, each with its last value before the launch.
    pub env: Vec<EnvVar>,
    /// All assignments of the script, before and after the launch, exported or not.
    pub assignments: Arc<[Assign]>,
    /// Slips around the command that only its text shows.
    pub oddities: Vec<Oddity>,
}

/// One flag of a command line.
#[derive(Clone, Debug)]
pub struct Flag {
    /// The name as written, without `=value`.
    pub written: String,
    /// The whole name that it stands for; `None` when it is unknown or ambiguous.
    pub name: Option<&'static str>,
    /// A prefix of the name was written.
    pub abbreviated: bool,
    /// The flags that a too short prefix may stand for, over all versions.
    pub ambiguous: Vec<&'static str>,
    /// The name as written; for `--x=y` only `--x`.
    pub span: Span,
    /// From the name to the end of its last value.
    pub whole: Span,
    /// Its values.
    pub values: Vec<Word>,
    /// Written as `--x=y`.
    pub with_equals: bool,
    /// False when the flag came out of something uncertain (a variable that differs between paths).
    pub known: bool,
    /// What is known about it.
    pub spec: Option<&'static FlagSpec>,
}

impl Launch {
    /// The last flag of that name: the one that wins.
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().rfind(|flag| flag.name == Some(name))
    }

    /// A variable that the process sees.
    pub fn env(&self, name: &str) -> Option<&EnvVar> {
        self.env.iter().find(|var| self.same_name(&var.name.text, name))
    }

    /// What ComfyUI's parser would refuse; with an unknown version only what every version refuses.
    pub fn problems(&self, version: Option<Version>) -> Vec<FlagProblem> {
        problems(self, version)
    }

    fn same_name(&self, a: &str, b: &str) -> bool {
        let windows = matches!(self.dialect, Dialect::Batch | Dialect::PowerShell);
        if windows { a.eq_ignore_ascii_case(b) } else { a == b }
    }
}

impl Flag {
    /// The value of a flag that takes one; `None` for a bare flag.
    pub fn value(&self) -> Option<&Word> {
        self.values.first()
    }
}

/// All starts of ComfyUI in a script, in order.
pub fn launches(script: &Script) -> Vec<Launch> {
    let assignments: Arc<[Assign]> = script.steps.iter().filter_map(assign).cloned().collect();
    let mut environment = environment::Environment::new(script.dialect);
    let mut launches = Vec::new();
    for step in &script.steps {
        environment.step(step);
        if let Step::Command(command) = step
            && launches.len() < MAX_LAUNCHES
            && let Some(program) = program::find(&command.words)
        {
            let mut program = program;
            let cut = program.args.len() > MAX_ARGS;
            program.args.truncate(MAX_ARGS);
            let parsed = argparse::parse(&program.args);
            if foreign::is_foreign(&parsed.flags, script) {
                continue;
            }
            launches.push(Launch {
                span: command.span,
                certain: command.certain,
                paths: Vec::new(),
                dialect: script.dialect,
                os: os(script.dialect, &command.words),
                interpreter: program.interpreter,
                main: program.main,
                args: program.args,
                flags: parsed.flags,
                stray: parsed.stray,
                checkout: None,
                unknown_args: parsed.unknown || cut,
                env: environment.with(&command.env),
                assignments: Arc::clone(&assignments),
                oddities: Vec::new(),
            });
        }
    }
    // What a script writes is started later, with an environment of its own.
    launches.extend(script.written.iter().flat_map(self::launches).take(MAX_LAUNCHES));
    launches
}

fn assign(step: &Step) -> Option<&Assign> {
    match step {
        Step::Assign(assign) => Some(assign),
        Step::Command(_) => None,
    }
}

/// A batch file starts Windows programs, except through `wsl`; Python and notebooks run anywhere.
fn os(dialect: Dialect, words: &[Word]) -> Option<Os> {
    let wsl = words.first().is_some_and(|first| program::name(first) == "wsl");
    match dialect {
        Dialect::Batch | Dialect::PowerShell if !wsl => Some(Os::Windows),
        Dialect::Python | Dialect::Notebook | Dialect::Settings(_) => None,
        _ => Some(Os::Linux),
    }
}
