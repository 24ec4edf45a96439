//! What may be done about a finding. A rule proposes a [`Fix`] in terms of its facts; [`edits`] turns it into bytes, and only when
//! somebody asks: most findings of most runs are read and not fixed.

pub mod allow;
mod bytes;
pub mod diff;
pub mod edit;
pub mod engine;
mod script;
mod settings;
mod workflow;
pub mod write;

use crate::finding::Location;
use crate::project::{Content, File, WorkflowFile};
pub use edit::Edit;

/// How sure a fix is. The definition is that of the contract: what happens to the generation decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The generation stays the one that the server would have made; or, where the server would refuse or ignore the text, it
    /// becomes the one that the text plainly states.
    Safe,
    /// The result changes, or the author's intent is guessed.
    Unsafe,
    /// Shown, never applied.
    Display,
}

impl Grade {
    /// The word for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
            Self::Display => "display",
        }
    }
}

/// What a rule's file says about a fix: the texts, and the verb where it is the same at every finding.
#[derive(Debug, PartialEq)]
pub struct Remedy {
    /// The name under which a check offers it; empty when [`Remedy::verb`] says what is done.
    pub name: &'static str,
    /// What is done at the place of the finding (or to its node).
    pub verb: Option<Verb>,
    /// What the verb writes, with `{placeholders}`.
    pub text: &'static str,
    /// How sure it is.
    pub grade: Grade,
    /// What it does, in the imperative, with `{placeholders}`.
    pub title: &'static str,
}

/// One way to mend a finding: all of its acts together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in the imperative: `Delete --reserve-vram 4`.
    pub title: String,
    /// How sure it is.
    pub grade: Grade,
    /// What is done. They may concern several files.
    pub acts: Vec<Act>,
    /// The starts of the finding's script in which the finding holds, as indices into its launches; empty when it is not about
    /// single starts. Words that other starts use as well are left alone.
    pub starts: Vec<usize>,
    /// For how many instances of a subgraph the finding holds that it mends: one change in a definition reaches all of them.
    pub instances: usize,
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A verb at a place (a flag, a word, an assignment, a value), with the text that it writes.
    At(Verb, Location, String),
    /// Two places exchange what is written there.
    Swap(Location, Location),
    /// The inputs at the places, all of one file, go; out of a saved workflow their links.
    Cut(Vec<Location>),
    /// The input at the first place gets its link from this output of the node whose class is at the second.
    Link(Location, Location, u32),
    /// The node whose class is at the place gets an input of this name and value, which it does not have.
    Add(Location, String, String),
    /// Anything, as no verb would: what the engine must take back.
    #[cfg(test)]
    Anything(Location, String),
}

/// The verbs. Each is one function below [`script`] or [`workflow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `add-flag`: the start at the place (all of its command) gets the flag of the text, with its value, behind its arguments.
    AddFlag,
    /// `set-flag`: the flag at the place gets the text as its value.
    SetFlag,
    /// `add-words`: the words of the text come behind the word at the place, whatever command it belongs to.
    AddWords,
    /// `replace`: the value at the place becomes the text, written as the file's language needs it: a JSON literal of the same
    /// kind, a word quoted where it must be.
    Replace,
    /// `remove-flag`: the flag at the place goes, with its values and the blank or continuation line in front.
    RemoveFlag,
    /// `remove-word`: the arguments at the place go.
    RemoveWord,
    /// `remove-value`: of the values of the flag at the place the one that is the text goes; the flag too when it is the only one.
    RemoveValue,
    /// `remove-variable`: the assignment at the place goes, with its line when nothing else is on it.
    RemoveVariable,
    /// `add-variable`: the text, `NAME=VALUE`, is set in front of the start at the place.
    AddVariable,
    /// `move-variable`: the assignment at the place moves in front of the start that it came too late for.
    MoveVariable,
    /// `pass-variable`: the start of the script gets the words of the variable that is set at the place.
    PassVariable,
    /// `set-variable`: the assignment at the place gets the text as its value.
    SetVariable,
    /// `rewrite-variable`: what sets a variable at the place, or tries to, is written as its language wants it: `set "X=1"`,
    /// `export X=1`, `$env:X = 1`, `ENV X=1`.
    RewriteVariable,
    /// `export`: the assignment at the place is handed to programs.
    Export,
    /// `agree`: the value by name beside the value by position at the place becomes the same.
    Agree,
    /// `rename-input`: the input at the place is called by the text.
    RenameInput,
    /// `remove-key`: the member of an object at the place goes, which takes no part in what is run.
    RemoveKey,
    /// `bypass`: the node whose class is at the place is bypassed; out of an API prompt it is taken.
    Bypass,
    /// `rename-class`: the node of an API prompt whose class is at the place becomes one of the class in the text.
    RenameClass,
    /// `unmute`: the muted node whose class is at the place takes part again.
    Unmute,
    /// `quote`: the words at the place are put in quotes and become one; of a link in a workflow its id.
    Quote,
    /// `continue-line`: the line at the place is continued on the next one, as its language writes that.
    ContinueLine,
    /// `join-line`: the flags on the line at the place move up to the end of the start above.
    JoinLine,
    /// `part-words`: two words that the line end at the place made one are parted again.
    PartWords,
    /// `move-comment`: the comment at the place moves in front of the command that it stands in.
    MoveComment,
    /// `trim`: blanks at the place go.
    Trim,
    /// `line-feeds`: every line of the file ends in a line feed alone.
    LineFeeds,
}

/// Why a fix cannot be made: the text is not what the fix takes it for, or it is not ours to write. A sentence without its dot.
pub type Refusal = String;

/// The bytes that a fix changes, sorted, none of them twice.
///
/// # Errors
/// Why it cannot be made; then nothing of it is.
pub fn edits(fix: &Fix, files: &[File]) -> Result<Vec<Edit>, Refusal> {
    let mut all = Vec::new();
    for act in &fix.acts {
        all.extend(of_act(act, fix, files)?);
    }
    for edit in &all {
        let reach = files.get(edit.file).and_then(File::workflow).map_or(1, |of| workflow::reach(edit, of));
        // Those that nothing was found in are right as they are.
        if reach > fix.instances {
            let found = fix.instances;
            return Err(format!("it would change {reach} instances of a subgraph at once, and is found in {found}"));
        }
    }
    all.sort();
    all.dedup();
    match all.windows(2).any(|pair| pair[0].touches(&pair[1])) {
        true => Err("its parts overlap".to_owned()),
        false if all.is_empty() => Err("it changes nothing".to_owned()),
        false => Ok(all),
    }
}

fn of_act(act: &Act, fix: &Fix, files: &[File]) -> Result<Vec<Edit>, Refusal> {
    match act {
        Act::At(verb, at, text) => {
            let file = writable(*at, files)?;
            match file.workflow() {
                Some(of) => workflow::at(*verb, *at, text, (file, of)),
                None if matches!(file.content, Content::Settings(_)) => Ok(vec![settings::at(*verb, *at, text, file)?]),
                None => script::at((*verb, *at, text), &fix.starts, file),
            }
        }
        Act::Swap(one, other) => {
            if let (true, Some(of)) = (one.file == other.file, writable(*one, files)?.workflow()) {
                return workflow::swap(*one, *other, (&files[one.file], of));
            }
            let written = |at: &Location| Ok::<_, Refusal>(writable(*at, files)?.source.slice(at.span).to_owned());
            let (first, second) = (written(one)?, written(other)?);
            Ok(vec![Edit::new(*one, second), Edit::new(*other, first)])
        }
        Act::Cut(places) => match places.first() {
            Some(first) if places.iter().all(|place| place.file == first.file) => {
                workflow::remove(places, as_workflow(*first, files)?)
            }
            _ => Err("the inputs are not in the same file".to_owned()),
        },
        Act::Link(at, source, slot) if at.file == source.file => {
            let of = as_workflow(*at, files)?;
            workflow::lead(*at, *source, *slot, of)
        }
        Act::Link(..) => Err("the two nodes are not in the same file".to_owned()),
        Act::Add(at, name, value) => workflow::add(*at, (name, value), as_workflow(*at, files)?),
        #[cfg(test)]
        Act::Anything(at, text) => Ok(vec![Edit::new(*at, text.clone())]),
    }
}

fn as_workflow(at: Location, files: &[File]) -> Result<(&File, &WorkflowFile), Refusal> {
    let file = writable(at, files)?;
    Ok((file, file.workflow().ok_or("the file is no workflow")?))
}

/// Only files that are checked are written, and no text inside another file.
fn writable(at: Location, files: &[File]) -> Result<&File, Refusal> {
    let file = files.get(at.file).filter(|file| file.checked).ok_or("the file is only read as context")?;
    match &file.embedded {
        Some(embedded) => Err(format!("the workflow lies inside a {} file", embedded.container.name())),
        None => Ok(file),
    }
}
