//! What the script readers share: words that remember where each byte was written, assignments, commands.

use super::route::{Branch, Door, MAX_BRANCHES, Route};
use super::settings::Launcher;
use crate::span::Span;

/// The language of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Windows batch: `.bat`, `.cmd`.
    Batch,
    /// POSIX shell and bash: `.sh`.
    Shell,
    /// PowerShell: `.ps1`.
    PowerShell,
    /// A Python script that starts ComfyUI or prepares its environment: `.py`.
    Python,
    /// Jupyter notebook: its shell lines and Python cells.
    Notebook,
    /// Dockerfile.
    Dockerfile,
    /// Docker compose file.
    Compose,
    /// File of variables: `.env`.
    Dotenv,
    /// systemd unit: `.service`.
    Service,
    /// Settings of a program that starts ComfyUI.
    Settings(Launcher),
}

/// Most places of one script that are listed as not understood.
const MAX_UNREAD: usize = 100;

/// A whole script: its steps in the order in which they are written.
#[derive(Clone, Debug)]
pub struct Script {
    /// The language.
    pub dialect: Dialect,
    /// Assignments and commands.
    pub steps: Vec<Step>,
    /// Containers that the file describes: compose services, the image of a Dockerfile.
    pub containers: Vec<Container>,
    /// The branches that not every run takes, in the order in which they were met.
    pub branches: Vec<Branch>,
    /// Shell: subshells and pipelines that set variables or go to other folders, which ends with them.
    pub subshells: Vec<Span>,
    /// Scripts that this one writes (`cat > run.sh <<EOF`), with places in this file.
    pub written: Vec<Script>,
    /// Places the reader could not follow (an unclosed quote, a block without its end), each with a short reason.
    pub unread: Vec<(Span, String)>,
    /// Requests to ComfyUI's `/prompt` whose answer is thrown away.
    pub blind_posts: Vec<Span>,
}

impl Script {
    /// A script in which nothing was found yet.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            steps: Vec::new(),
            containers: Vec::new(),
            branches: Vec::new(),
            subshells: Vec::new(),
            written: Vec::new(),
            unread: Vec::new(),
            blind_posts: Vec::new(),
        }
    }

    /// A script of whose text nothing could be read.
    pub(super) fn unreadable(dialect: Dialect, text: &str, reason: &str) -> Self {
        let mut script = Self::new(dialect);
        script.not_read(Span::new(0, text.len() as u32), reason);
        script
    }

    /// Lists a branch, as long as the list is short. False when it is full: then nobody can choose whether it is taken.
    pub(super) fn branch(&mut self, branch: Branch) -> bool {
        // Loops and called parts are read more than once.
        if self.branches.iter().any(|known| known.at.start == branch.at.start) {
            return true;
        }
        let fits = self.branches.len() < MAX_BRANCHES;
        if fits {
            self.branches.push(branch);
        }
        fits
    }

    /// Lists a branch and tells how a reading on a route enters it; `None` when the route leaves it out.
    pub(super) fn door(&mut self, branch: Branch, route: &Route) -> Option<Door> {
        let start = branch.at.start;
        let known = self.branch(branch);
        let taken = route.takes(start).filter(|_| known);
        (taken != Some(false)).then(|| Door { branch: known.then_some(start), sure: taken.is_some() })
    }

    /// Lists a place that could not be followed, as long as the list is short.
    pub(super) fn not_read(&mut self, span: Span, reason: &str) {
        if self.unread.len() < MAX_UNREAD {
            self.unread.push((span, reason.to_owned()));
        }
    }
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Batch,
        Self::Shell,
        Self::PowerShell,
        Self::Python,
        Self::Notebook,
        Self::Dockerfile,
        Self::Compose,
        Self::Dotenv,
        Self::Service,
        Self::Settings(Launcher::StabilityMatrix),
        Self::Settings(Launcher::SwarmUi),
        Self::Settings(Launcher::Desktop),
        Self::Settings(Launcher::ComfyCli),
        Self::Settings(Launcher::VsCode),
    ];

    /// The word for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch script",
            Self::Shell => "shell script",
            Self::PowerShell => "PowerShell script",
            Self::Python => "Python script",
            Self::Notebook => "notebook",
            Self::Dockerfile => "Dockerfile",
            Self::Compose => "compose file",
            Self::Dotenv => "environment file",
            Self::Service => "systemd unit",
            Self::Settings(launcher) => launcher.name(),
        }
    }
}

/// What a container (or a systemd service) gets from the machine it runs on.
#[derive(Clone, Debug, Default)]
pub struct Container {
    /// The service's name; empty for a Dockerfile.
    pub name: String,
    /// The service's key, or the first instruction of the last build stage.
    pub span: Span,
    /// The image it is made from.
    pub image: Option<Word>,
    /// Where a GPU is requested (`deploy.resources.reservations.devices`, `gpus`, `runtime: nvidia`).
    pub gpu: Option<Span>,
    /// Published ports as written: `8188:8188`, `127.0.0.1:8188:8188`.
    pub ports: Vec<Word>,
    /// Memory limit as written: `16g`.
    pub memory: Option<Word>,
    /// The user it runs as.
    pub user: Option<Word>,
    /// Where it is made privileged, or shares the host's network.
    pub privileged: Option<Span>,
    /// Where it uses the host's network.
    pub host_network: Option<Span>,
    /// Files of variables that it names (`env_file`, `EnvironmentFile=`). They are not read here.
    pub env_files: Vec<Word>,
    /// Where it says how its image is built: a compose service's `build`.
    pub build: Option<Span>,
    /// The folder it starts in.
    pub folder: Option<Word>,
    /// What runs while the image is built: the `RUN` lines of all stages of a Dockerfile. Nothing that is set here
    /// (`RUN export X=1`) lasts beyond its own line, and nothing that is started here is the container's server.
    pub building: Vec<Step>,
    /// Where the build does what `building` does not hold: a here-document, files of another stage or image, a shell that
    /// is not read.
    pub not_followed: Option<Span>,
}

/// One step of a script.
#[derive(Clone, Debug)]
pub enum Step {
    /// A variable is set.
    Assign(Assign),
    /// A program or built-in is started.
    Command(Command),
}

/// `set X=1`, `X=1`, `export X=1`.
#[derive(Clone, Debug)]
pub struct Assign {
    /// The variable's name exactly as the interpreter sees it: in batch `set X = 1` sets a variable named `X ` (with the blank).
    pub name: Word,
    /// The value after expansion.
    pub value: Word,
    /// The whole assignment, from `set`/`export`/the name to the end of the value.
    pub span: Span,
    /// False when the step is only on some paths (inside `if`, `for`, after a conditional jump, behind `&&` or `||`).
    pub certain: bool,
    /// True when programs started later see it: always in batch, after `export` in a shell.
    pub exported: bool,
    /// Batch: the form `set "X=1"`.
    pub quoted: bool,
}

/// A command line after expansion and word splitting.
#[derive(Clone, Debug)]
pub struct Command {
    /// Assignments in front of the command (`X=1 python main.py`), for this command only.
    pub env: Vec<Assign>,
    /// Program and arguments. Wrappers of the shell itself (`call`, `start "title" /wait`, `exec`, `@`) are taken off.
    pub words: Vec<Word>,
    /// From the first to the last byte of the command as written, continuation lines included.
    pub span: Span,
    /// As [`Assign::certain`].
    pub certain: bool,
}

/// One word after expansion and removal of quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The text the program sees. Parts that cannot be known keep the text as written (`%GPU%`, `$1`).
    pub text: String,
    /// Where it is written, quotes included. When the word comes out of a variable, the place inside that variable's assignment.
    pub span: Span,
    /// False when some part could not be known (unset or computed variable, command substitution, delayed expansion).
    pub known: bool,
    /// Offset in the file of every byte of `text`.
    pub at: Vec<u32>,
}

impl Word {
    /// The place of `text[from..to]` in the file.
    pub fn part(&self, from: usize, to: usize) -> Span {
        match (self.at.get(from), to.checked_sub(1).and_then(|last| self.at.get(last))) {
            (Some(&start), Some(&last)) if start <= last => Span::new(start, last + 1),
            _ => self.span,
        }
    }

    /// A word that stands in the text as it is: one byte of text per byte of the file from `start` on.
    pub fn plain(text: &str, start: u32) -> Self {
        let end = start + text.len() as u32;
        Self { text: text.to_owned(), span: Span::new(start, end), known: true, at: (start..end).collect() }
    }
}

/// The last path component of a program or file name, for both kinds of slash.
pub fn base_name(path: &str) -> &str {
    memchr::memrchr2(b'/', b'\\', path.as_bytes()).and_then(|at| path.get(at + 1..)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_of_a_word() {
        let word = Word::plain("--x=y", 10);
        assert_eq!(word.part(4, 5), Span::new(14, 15));
        assert_eq!(word.part(5, 5), Span::new(10, 15));
        assert_eq!(base_name(".\\python_embeded\\python.exe"), "python.exe");
    }
}
