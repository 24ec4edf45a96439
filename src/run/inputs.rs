//! Values that the user gives for a run: into which input of which node each goes, and the prompt with them.
//!
//! Nothing is guessed: a value that could go to several places goes to none, and the message names them. Afterwards the prompt is read
//! again, and each value must be what the node that it was meant for really gets.

mod find;
pub mod picture;
mod roles;
mod text;
mod value;

use std::fmt;

use crate::catalog::nodes::Catalog;
use crate::facts::workflow::{WorkflowFacts, facts};
use crate::read::json::JsonDoc;
use crate::workflow::format::detect;
use crate::workflow::graph::{Graph, NodeIx};
use crate::workflow::resolve::resolve;

/// What a value is for, where the user names no node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The text that the positive conditioning of every sampler comes from.
    Prompt,
    /// The same for the negative one.
    Negative,
    /// The seed of the noise.
    Seed,
    /// Width of what is sampled, pixels.
    Width,
    /// Height of what is sampled, pixels.
    Height,
    /// Frames of what is sampled.
    Frames,
    /// Videos at once.
    Batch,
    /// Guidance.
    Cfg,
    /// Steps of the schedule.
    Steps,
    /// Frames a second of the video that is written.
    Fps,
    /// The picture that a LoadImage node reads.
    Image,
}

impl Role {
    /// The flag of the command line.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Prompt => "--prompt",
            Self::Negative => "--negative",
            Self::Seed => "--seed",
            Self::Width => "--width",
            Self::Height => "--height",
            Self::Frames => "--frames",
            Self::Batch => "--batch",
            Self::Cfg => "--cfg",
            Self::Steps => "--steps",
            Self::Fps => "--fps",
            Self::Image => "--image",
        }
    }
}

/// One value and where it shall go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// `NODE.input=value`: the node by its id, its title or its class.
    Set(String),
    /// The value of a role.
    Role(Role, String),
    /// The value of a role at one node, by its id, its title or its class.
    At(Role, String, String),
}

impl Wish {
    fn flag(&self) -> &'static str {
        match self {
            Self::Set(_) => "--set",
            Self::Role(role, _) | Self::At(role, ..) => role.flag(),
        }
    }
}

/// A value that went into the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The flag that asked for it.
    pub flag: &'static str,
    /// The node's id in the prompt.
    pub node: String,
    /// Its title, else its class.
    pub title: String,
    /// The input.
    pub input: String,
    /// What stood there, as JSON; `None` for an input that was not there.
    pub before: Option<String>,
    /// What stands there now, as JSON.
    pub after: String,
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.before.as_deref().map_or_else(|| "(not there)".to_owned(), short);
        let (flag, node, title, input) = (self.flag, &self.node, &self.title, &self.input);
        write!(out, "{flag}: node {node} '{title}', {input}: {before} -> {}", short(&self.after))
    }
}

/// JSON as a line of a report shows it.
fn short(json: &str) -> String {
    const LETTERS: usize = 60;
    if json.chars().count() <= LETTERS {
        return json.to_owned();
    }
    json.chars().take(LETTERS - 3).chain("...".chars()).collect()
}

/// An input of a node.
type Slot = (NodeIx, String);

/// The prompt as it is before the values go in.
struct Prompt<'a> {
    json: &'a str,
    doc: JsonDoc,
    graph: Graph,
    facts: WorkflowFacts,
    /// Ids of the prompt and those that the same nodes have in the file, where they differ.
    renamed: &'a [(String, String)],
}

impl<'a> Prompt<'a> {
    fn read(json: &'a str, catalog: &Catalog, renamed: &'a [(String, String)]) -> Result<Self, String> {
        let doc = JsonDoc::parse(json).map_err(|error| error.to_string())?;
        let root = doc.root(json).ok_or("the prompt is empty")?;
        let graph = Graph::from_detected(&detect(root), catalog)?;
        let facts = facts(&graph);
        Ok(Self { json, doc, graph, facts, renamed })
    }

    /// `node 98 'WanImageToVideo'`.
    fn called(&self, node: NodeIx) -> String {
        let id = self.graph.get(node).map_or("", |node| &node.id);
        format!("node {id} '{}'", self.title(node))
    }

    fn title(&self, node: NodeIx) -> String {
        let title = self.graph.get(node).and_then(|node| node.title.clone()).filter(|title| !title.is_empty());
        title.unwrap_or_else(|| self.graph.class(node).to_owned())
    }

    fn id(&self, node: NodeIx) -> &str {
        self.graph.get(node).map_or("", |node| &node.id)
    }

    /// Ways to name inputs: `--set 98.length=...`.
    fn choices(&self, slots: &[Slot]) -> String {
        const MOST: usize = 8;
        let mut named: Vec<String> = slots
            .iter()
            .take(MOST)
            .map(|(node, input)| format!("--set {}.{input}=... ({})", self.id(*node), self.title(*node)))
            .collect();
        if slots.len() > MOST {
            named.push(format!("and {} more", slots.len() - MOST));
        }
        named.join(", ")
    }
}

/// A value on its way: where it is written, and which inputs must get it.
struct Plan {
    flag: &'static str,
    value: String,
    write: Vec<Slot>,
    reach: Vec<Slot>,
}

/// The prompt with the values in it, and what became of each.
///
/// # Errors
/// A sentence about the value that cannot be put in: it is of another type or out of range, no node asks for it, or several do.
pub fn apply(
    json: &str,
    wishes: &[Wish],
    catalog: &Catalog,
    renamed: &[(String, String)],
) -> Result<(String, Vec<Change>), String> {
    let prompt = Prompt::read(json, catalog, renamed)?;
    let plans = wishes.iter().map(|wish| plan(&prompt, wish, wishes)).collect::<Result<Vec<_>, _>>()?;
    let mut edits: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    let mut changes: Vec<(Slot, Change)> = Vec::new();
    for plan in &plans {
        for slot in &plan.write {
            let (edit, change) = value::write(&prompt, plan, slot)?;
            if let Some((_, other)) = changes.iter().find(|(known, _)| known == slot) {
                let called = prompt.called(slot.0);
                return Err(format!("{} and {} both give {} of {called}", other.flag, plan.flag, slot.1));
            }
            edits.push(edit);
            changes.push((slot.clone(), change));
        }
    }
    let json = spliced(json, edits);
    arrived(&json, &plans, &prompt, catalog)?;
    Ok((json, changes.into_iter().map(|(_, change)| change).collect()))
}

fn plan(prompt: &Prompt<'_>, wish: &Wish, all: &[Wish]) -> Result<Plan, String> {
    let flag = wish.flag();
    match wish {
        Wish::Set(text) => {
            let (slot, value) = find::named(prompt, text)?;
            Ok(Plan { flag, value, reach: vec![slot.clone()], write: vec![slot] })
        }
        Wish::Role(role, value) => {
            let sets = all.iter().filter_map(|wish| match wish {
                Wish::Set(text) => find::named(prompt, text).ok().map(|(slot, _)| slot),
                _ => None,
            });
            let (reach, write) = roles::slots(prompt, *role, &sets.collect::<Vec<_>>())?;
            Ok(Plan { flag, value: value.clone(), reach, write })
        }
        Wish::At(role, node, value) => {
            let (reach, write) = roles::slots_at(prompt, *role, node)?;
            Ok(Plan { flag, value: value.clone(), reach, write })
        }
    }
}

/// Puts texts in the place of others, or between others; places do not overlap, but several texts may go to the same one.
fn spliced(json: &str, mut edits: Vec<(std::ops::Range<usize>, String)>) -> String {
    edits.sort_by_key(|(at, _)| at.start);
    let (mut out, mut last) = (String::with_capacity(json.len() + 256), 0);
    for (at, text) in edits {
        out.push_str(json.get(last..at.start).unwrap_or_default());
        // The first of several new members of an empty object needs no comma, the others do.
        let open = out.trim_end().ends_with('{');
        out.push_str(if open { text.trim_start_matches(',') } else { &text });
        last = at.end;
    }
    out.push_str(json.get(last..).unwrap_or_default());
    out
}

/// Every input gets what it was meant to get; a node that computes something else of it is found out here.
fn arrived(json: &str, plans: &[Plan], old: &Prompt<'_>, catalog: &Catalog) -> Result<(), String> {
    let new = Prompt::read(json, catalog, old.renamed)?;
    for plan in plans {
        for (node, input) in &plan.reach {
            let got = resolve(&new.graph, *node, input);
            if !got.value().is_some_and(|got| value::is(got, &plan.value)) {
                let (called, slots) = (old.called(*node), old.choices(&plan.write));
                return Err(format!(
                    "{}: {input} of {called} would not become {}, as it is computed from what is written: {slots} says what to write",
                    plan.flag,
                    short(&plan.value)
                ));
            }
        }
    }
    Ok(())
}
