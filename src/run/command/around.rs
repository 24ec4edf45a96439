//! What a script does before the start that the start depends on: folders, virtual environments, variables that are taken away.

use std::path::{Path, PathBuf};

use super::words::Context;
use super::{ELSE, program};
use crate::read::script::{Command, Dialect, Step, Word, base_name};
use crate::span::Span;

/// Commands that say or change nothing that a server would notice, or that the facts already hold.
const QUIET: [&str; 47] = [
    "",
    ":",
    "[",
    "[[",
    "alias",
    "break",
    "choice",
    "clear",
    "cls",
    "color",
    "continue",
    "declare",
    "echo",
    "echo.",
    "endlocal",
    "exit",
    "export",
    "false",
    "goto",
    "local",
    "mode",
    "param",
    "pause",
    "printf",
    "read",
    "read-host",
    "readonly",
    "rem",
    "set",
    "set-executionpolicy",
    "set-strictmode",
    "setlocal",
    "shift",
    "shopt",
    "sleep",
    "start-sleep",
    "test",
    "timeout",
    "title",
    "trap",
    "true",
    "typeset",
    "unset",
    "wait",
    "which",
    "write-host",
    "write-output",
];

/// Commands that may change anything about the programs after them.
const CHANGES: [&str; 8] = ["source", ".", "eval", "module", "conda", "mamba", "micromamba", "invoke-expression"];

/// Most commands that are listed as left out.
const MOST_LEFT_OUT: usize = 20;

/// The state at the start.
#[derive(Debug)]
pub(super) struct Around {
    pub folder: PathBuf,
    /// The script has gone there itself.
    pub entered: bool,
    /// The folder of the virtual environment that is active.
    pub venv: Option<PathBuf>,
    pub unset: Vec<String>,
    pub left_out: Vec<String>,
    /// The command of the start.
    pub command: Command,
}

/// Follows a script up to its start.
pub(super) fn walk(context: &Context) -> Result<Around, String> {
    let steps = &context.script.steps;
    let is_start = |step: &Step| matches!(step, Step::Command(command) if command.span == context.launch.span);
    let Some((before, Step::Command(command))) =
        steps.iter().position(is_start).and_then(|at| Some((steps.get(..at)?, steps.get(at)?)))
    else {
        return Err(format!("{}: the script only writes this start down: {ELSE}", context.line(context.launch.span)));
    };
    let mut walker = Walker {
        context: context.clone(),
        stack: Vec::new(),
        around: Around {
            folder: context.folder.clone(),
            entered: false,
            venv: None,
            unset: Vec::new(),
            left_out: Vec::new(),
            command: command.clone(),
        },
    };
    for step in before {
        walker.step(step)?;
    }
    let unset = |name: &String| !context.launch.env.iter().any(|var| context.host.same_name(&var.name.text, name));
    walker.around.unset.retain(unset);
    Ok(walker.around)
}

struct Walker<'a> {
    context: Context<'a>,
    stack: Vec<PathBuf>,
    around: Around,
}

impl Walker<'_> {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Assign(assign) => {
                let windows = self.context.script.dialect != Dialect::Shell;
                if windows && assign.certain && assign.value.known && assign.value.text.is_empty() {
                    self.around.unset.push(assign.name.text.clone());
                }
                Ok(())
            }
            Step::Command(command) if self.elsewhere(command.span) => self.leave_out(command),
            Step::Command(command) => self.command(command),
        }
    }

    /// In a subshell that the start is not in.
    fn elsewhere(&self, span: Span) -> bool {
        let start = self.context.launch.span;
        let holds = |outer: &Span, inner: Span| outer.start <= inner.start && inner.end <= outer.end;
        self.context.script.subshells.iter().any(|outer| holds(outer, span) && !holds(outer, start))
    }

    fn command(&mut self, command: &Command) -> Result<(), String> {
        let Some((first, rest)) = command.words.split_first() else { return Ok(()) };
        let name = first.text.to_ascii_lowercase();
        if let Some(script) = activation(&command.words) {
            return self.activate(command, script);
        }
        match name.as_str() {
            "cd" | "chdir" | "set-location" | "sl" => self.enter(command, rest, false),
            "pushd" | "push-location" => self.enter(command, rest, true),
            "popd" | "pop-location" => {
                if let Some(folder) = self.stack.pop() {
                    self.go(folder);
                }
                Ok(())
            }
            "unset" if command.certain => {
                self.around.unset.extend(rest.iter().map(|word| word.text.clone()));
                Ok(())
            }
            _ if QUIET.contains(&name.as_str()) || name.starts_with(':') => Ok(()),
            _ if CHANGES.contains(&name.as_str()) || is_script(&name) => self.change(command),
            _ => self.leave_out(command),
        }
    }

    fn enter(&mut self, command: &Command, rest: &[Word], remember: bool) -> Result<(), String> {
        let option = |word: &&Word| {
            ["/d", "--", "-p", "-l", "-path", "-literalpath"].iter().any(|o| word.text.eq_ignore_ascii_case(o))
        };
        let Some(word) = rest.iter().find(|word| !option(word)) else { return Ok(()) };
        let line = self.context.line(command.span);
        let target = self.context.value(word)?.unwrap_or_default();
        let folder = self.context.host.path(&self.around.folder, &target);
        if !command.certain {
            if !self.is_asked_for(command, &target) {
                return Err(format!("{line}: only a run decides whether the script goes to {target}: {ELSE}"));
            }
            if !folder.is_dir() {
                return Ok(());
            }
        }
        if target == "-" || !folder.is_dir() {
            return Err(format!("{line}: there is no folder {}", folder.display()));
        }
        if remember {
            self.stack.push(self.around.folder.clone());
        }
        self.go(folder);
        Ok(())
    }

    /// The condition asks whether the folder or file is there: it stands in it, too.
    fn is_asked_for(&self, command: &Command, target: &str) -> bool {
        let written =
            command.words.iter().find(|word| word.text == target).map_or(target, |word| self.context.source(word.span));
        let written = written.trim_matches('"');
        let start = self.context.text.get(..command.span.start as usize).unwrap_or_default();
        // The condition stands on the line of the command or on one of the two above it.
        let from = start.rmatch_indices('\n').nth(2).map_or(0, |(at, _)| at);
        !written.is_empty() && start.get(from..).is_some_and(|near| near.contains(written))
    }

    fn go(&mut self, folder: PathBuf) {
        self.context.folder.clone_from(&folder);
        self.around.folder = folder;
        self.around.entered = true;
    }

    fn activate(&mut self, command: &Command, script: &Word) -> Result<(), String> {
        let line = self.context.line(command.span);
        let written = self.context.value(script)?.unwrap_or_default();
        let path = self.context.host.path(&self.around.folder, &written);
        let venv = path.parent().and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default();
        if program::activates(&path) && venv.join("pyvenv.cfg").is_file() {
            self.around.venv = Some(venv);
            return Ok(());
        }
        match command.certain {
            false if !path.exists() => Ok(()),
            _ => Err(format!("{line}: {} is no script of a virtual environment (venv): {ELSE}", path.display())),
        }
    }

    /// Something whose effects nobody knows: only what is not there has none.
    fn change(&self, command: &Command) -> Result<(), String> {
        let absent = |word: &Word| {
            let text = self.context.value(word).ok().flatten().unwrap_or_default();
            !text.is_empty() && !self.context.host.path(&self.around.folder, &text).exists()
        };
        let named = command.words.get(usize::from(!is_script(&command.words[0].text.to_ascii_lowercase())));
        if !command.certain && named.is_some_and(absent) {
            return Ok(());
        }
        let (line, what) = (self.context.line(command.span), one_line(self.context.source(command.span)));
        Err(format!("{line}: {what} may change how ComfyUI starts: {ELSE}"))
    }

    fn leave_out(&mut self, command: &Command) -> Result<(), String> {
        let quiet = command.words.first().is_none_or(|first| QUIET.contains(&first.text.to_ascii_lowercase().as_str()));
        if !quiet && self.around.left_out.len() < MOST_LEFT_OUT {
            let (line, what) = (self.context.line(command.span), one_line(self.context.source(command.span)));
            self.around.left_out.push(format!("{what} ({line})"));
        }
        Ok(())
    }
}

/// The script of a virtual environment in `source venv/bin/activate`, `call venv\Scripts\activate.bat`, `. .\venv\...\Activate.ps1`.
fn activation(words: &[Word]) -> Option<&Word> {
    let script = |word: &&Word| {
        let name = base_name(&word.text).to_ascii_lowercase();
        ["activate", "activate.bat", "activate.ps1"].contains(&name.as_str()) && word.text.contains(['/', '\\'])
    };
    let at = words.iter().position(|word| script(&word))?;
    let alone = words.len() == at + 1 && at <= 1;
    let sourced = at == 0 || matches!(words.first()?.text.as_str(), "source" | "." | "call");
    words.get(at).filter(|_| alone && sourced)
}

/// Batch: another script, called or gone over to; its variables stay.
fn is_script(name: &str) -> bool {
    [".bat", ".cmd", ".ps1"].iter().any(|end| name.ends_with(end))
}

fn one_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    line.chars().take(80).collect()
}
