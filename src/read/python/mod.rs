//! Python scripts that start ComfyUI or prepare its environment, structured by tree-sitter.
//!
//! Followed: `os.environ` and copies of it, `subprocess`, `os.system`, `os.exec*`, texts, lists, f-strings, `os.path.join` and `/`,
//! functions that are called (each call is read with its arguments). Uncertain: what stands in `if`, loops, `except`, and in
//! functions that nothing at the top calls; `if __name__ == "__main__"` is always taken. A function has names of its own.
//! Not followed: what functions return, attributes of objects, `argparse`, string formatting beside f-strings, early `return`.

mod call;
mod environ;
mod expression;
mod literal;
mod statement;

use std::collections::HashMap;

use memchr::memmem::find;
use tree_sitter::{Node, Tree};

use super::embedded;
use super::route::{Branch, Door, Route};
use super::script::{Assign, Command, Dialect, Script, Step, Word};
use super::syntax::{self, slice, span};
use super::traced::Byte;
use super::value::{Names, Text};
use crate::span::Span;
use environ::Dict;

/// Most variables that all commands of one script get from dictionaries.
const MAX_COPIES: usize = 4096;

/// Reads a Python script that has to do with ComfyUI and with programs, the environment or its queue; any other gives an empty script.
pub fn read(text: &str) -> Script {
    let empty = Script::new(Dialect::Python);
    let has = |words: &[&str]| words.iter().any(|word| find(text.as_bytes(), word.as_bytes()).is_some());
    let starts = ["environ", "putenv", "subprocess", "os.system", "popen", "Popen", "os.exec", "os.spawn"];
    // What queues workflows need start nothing.
    let queues = has(&["/prompt"]) && has(&["requests.post", "httpx.post"]);
    if queues || (mentions_comfy(text) && has(&starts)) {
        return read_with(text, &HashMap::new(), Dialect::Python);
    }
    empty
}

/// True when a text may have to do with ComfyUI.
pub(super) fn mentions_comfy(text: &str) -> bool {
    ["main.py", "comfy", "Comfy", "COMFY"].iter().any(|word| find(text.as_bytes(), word.as_bytes()).is_some())
}

/// A line of IPython; in the Python text a `pass` stands for it.
pub(super) struct Magic {
    /// The text behind its sign.
    pub bytes: Vec<Byte>,
    pub kind: MagicKind,
    pub span: Span,
}

/// What a line of IPython does.
pub(super) enum MagicKind {
    /// `!command`, `%%bash`.
    Shell,
    /// `%env X=1`.
    Env,
    /// `%cd`, `%run`: kept as commands.
    Command,
}

/// Reads Python in which `pass` at certain offsets stands for lines of IPython.
pub(super) fn read_with(text: &str, magics: &HashMap<usize, Magic>, dialect: Dialect) -> Script {
    match parse(text) {
        Ok(tree) => walk(text, &tree, (magics, dialect), Route::open()),
        Err(reason) => Script::unreadable(dialect, text, reason),
    }
}

/// The tree of a script.
///
/// # Errors
/// Why there is none.
pub(super) fn parse(text: &str) -> Result<Tree, &'static str> {
    // The grammar takes a byte-order mark for a name.
    let plain = text.replacen('\u{feff}', "\n\n\n", usize::from(text.starts_with('\u{feff}')));
    syntax::parse(&plain, &tree_sitter_python::LANGUAGE.into())
}

/// Reads a parsed script on a route.
pub(super) fn read_on(text: &str, tree: &Tree, route: Route) -> Script {
    walk(text, tree, (&HashMap::new(), Dialect::Python), route)
}

fn walk(text: &str, tree: &Tree, (magics, dialect): (&HashMap<usize, Magic>, Dialect), route: Route) -> Script {
    let mut reader = Reader {
        text,
        magics,
        names: Names::default(),
        dicts: HashMap::new(),
        functions: HashMap::new(),
        active: 0,
        frames: Vec::new(),
        budget: 4 * text.len() + 4096,
        copies: MAX_COPIES,
        around: Vec::new(),
        route,
        work: vec![Work::Node(tree.root_node())],
        script: Script::new(dialect),
    };
    reader.run();
    reader.script
}

/// Most dictionaries that one function names.
const MAX_LOCAL: usize = 64;

enum Work<'t> {
    Node(Node<'t>),
    /// A part that not every run takes begins or ends.
    Open(Door),
    Close(Door),
    /// The body of a called function ends.
    Leave,
}

struct Function<'t> {
    node: Node<'t>,
    called: bool,
}

struct Reader<'t> {
    text: &'t str,
    magics: &'t HashMap<usize, Magic>,
    names: Names,
    dicts: HashMap<String, Dict>,
    functions: HashMap<&'t str, Function<'t>>,
    /// Calls of functions around the place that is read.
    active: usize,
    /// What dictionaries the names of each called function stood for outside.
    frames: Vec<Vec<(String, Option<Dict>)>>,
    /// Bytes of function bodies that may still be read.
    budget: usize,
    copies: usize,
    /// The branches around the place that is read.
    around: Vec<u32>,
    route: Route,
    work: Vec<Work<'t>>,
    script: Script,
}

impl<'t> Reader<'t> {
    fn run(&mut self) {
        self.drain();
        let mut idle: Vec<Node<'t>> =
            self.functions.values().filter(|function| !function.called).map(|function| function.node).collect();
        idle.sort_by_key(|node| node.start_byte());
        // What nothing calls may still be called by others.
        for node in idle {
            self.names.enter();
            self.frames.push(Vec::new());
            self.active += 1;
            self.forget_parameters(node);
            self.work.push(Work::Leave);
            self.branch(node.child_by_field_name("body").into_iter().collect());
            self.drain();
        }
        let matters = |step: &Step| matches!(step, Step::Command(_) | Step::Assign(Assign { exported: true, .. }));
        if !self.script.steps.iter().any(matters) {
            self.script.steps.clear();
        }
        let text = self.text;
        self.script.steps.iter_mut().for_each(|step| embedded::settle(step, text));
    }

    fn drain(&mut self) {
        while let Some(work) = self.work.pop() {
            match work {
                Work::Node(node) => self.statement(node),
                Work::Open(door) => self.open(door),
                Work::Close(door) => self.close(door),
                Work::Leave => self.leave(),
            }
        }
    }

    /// The body of a called function ends, and its names with it.
    fn leave(&mut self) {
        self.active = self.active.saturating_sub(1);
        self.names.leave();
        for (name, dict) in self.frames.pop().unwrap_or_default().into_iter().rev() {
            match dict {
                Some(dict) => drop(self.dicts.insert(name, dict)),
                None => drop(self.dicts.remove(&name)),
            }
        }
    }

    /// Remembers the dictionary that a name stands for outside of the function that is read.
    fn localize(&mut self, name: &str) {
        if self.names.is_local(name)
            && let Some(frame) = self.frames.last_mut()
            && frame.iter().all(|(other, _)| other != name)
            && frame.len() < MAX_LOCAL
        {
            frame.push((name.to_owned(), self.dicts.get(name).cloned()));
        }
    }

    /// Puts nodes on the stack so that the first one comes next.
    fn later(&mut self, nodes: Vec<Node<'t>>) {
        self.work.extend(nodes.into_iter().rev().map(Work::Node));
    }

    /// A part that some runs take, and nobody asks which.
    fn branch(&mut self, nodes: Vec<Node<'t>>) {
        self.through(Door::UNASKED, nodes);
    }

    /// A part that the route may take or leave out.
    fn arm(&mut self, branch: Branch, nodes: Vec<Node<'t>>) {
        if let Some(door) = self.script.door(branch, &self.route) {
            self.through(door, nodes);
        }
    }

    fn through(&mut self, door: Door, nodes: Vec<Node<'t>>) {
        self.work.push(Work::Close(door));
        self.later(nodes);
        self.work.push(Work::Open(door));
    }

    fn open(&mut self, door: Door) {
        self.around.extend(door.branch);
        if !door.sure {
            self.names.open();
        }
    }

    fn close(&mut self, door: Door) {
        if door.branch.is_some() {
            self.around.pop();
        }
        if !door.sure {
            self.names.close();
        }
    }

    /// The text of a node.
    fn slice(&self, node: Node<'_>) -> &'t str {
        slice(self.text, node)
    }

    fn unknown(&self, node: Node<'_>) -> Text {
        Text::unknown(self.text, span(node))
    }

    fn assign(&mut self, name: Word, value: Word, span: Span, exported: bool) {
        let certain = self.names.certain();
        self.script.steps.push(Step::Assign(Assign { name, value, span, certain, exported, quoted: false }));
    }

    fn command(&mut self, words: Vec<Word>, env: Vec<Assign>, span: Span) {
        if !words.is_empty() {
            let certain = self.names.certain();
            self.script.steps.push(Step::Command(Command { env, words, span, certain }));
        }
    }

    fn unread(&mut self, span: Span, reason: &str) {
        self.script.not_read(embedded::aligned(span, self.text), reason);
    }
}

/// The named children of a node without comments.
fn named(node: Node<'_>) -> Vec<Node<'_>> {
    node.named_children(&mut node.walk()).filter(|child| child.kind() != "comment").collect()
}
