//! Walks the syntax tree in the order of the text, with a stack of its own: scripts may nest as deep as they like.

use std::collections::HashSet;

use tree_sitter::{Node, Tree};

use super::super::embedded;
use super::super::route::{Door, Route};
use super::super::script::{Assign, Dialect, Script, Step};
use super::super::syntax::{slice, span};
use super::super::traced::Variables;
use super::functions::{Frame, Functions};
use super::scope::Scope;
use super::written::Written;
use crate::span::Span;

enum Work<'t> {
    Node(Node<'t>),
    /// A part that not every run takes begins or ends.
    Open(Door),
    Close(Door),
    /// A subshell or pipeline begins or ends: leaving it does not end the script.
    Enter,
    Leave(Span),
    /// The body of a called function ends.
    Return,
}

/// What a subshell leaves as it was.
struct Outside {
    /// Steps before it.
    steps: usize,
    /// `None`: there are too many subshells to keep all variables.
    kept: Option<(Variables, HashSet<String>)>,
}

/// Most subshells of one script whose outer variables are kept, and the deepest nesting whose commands get their own.
const MAX_KEPT: usize = 200;
const MAX_INSIDE: usize = 16;

/// The state of reading one script.
pub(super) struct Walker<'t> {
    pub text: &'t str,
    pub scope: Scope,
    /// Names that `export` has marked.
    pub exported: HashSet<String>,
    /// `set -a` is on.
    pub export_all: bool,
    /// The script has ended (`exec`, `exit`).
    pub ended: bool,
    /// How many texts of commands (`bash -c`) are around this one.
    pub depth: usize,
    pub functions: Functions<'t>,
    pub frames: Vec<Frame>,
    /// Assignments in front of the calls around this place.
    pub prefix: Vec<Assign>,
    /// Files that the script writes.
    pub files: Vec<Written>,
    pub script: Script,
    work: Vec<Work<'t>>,
    /// The branches around the place that is read.
    pub around: Vec<u32>,
    pub route: Route,
    branches: u32,
    outside: Vec<Outside>,
    kept: usize,
}

/// The steps of a parsed script.
pub(super) fn script(text: &str, tree: &Tree, route: Route, depth: usize) -> Script {
    let mut walker = Walker {
        text,
        scope: Scope { variables: Variables::default(), paths: Vec::new() },
        exported: HashSet::new(),
        export_all: false,
        ended: false,
        depth,
        functions: Functions::new(text),
        frames: Vec::new(),
        prefix: Vec::new(),
        files: Vec::new(),
        script: Script::new(Dialect::Shell),
        work: vec![Work::Node(tree.root_node())],
        around: Vec::new(),
        route,
        branches: 0,
        outside: Vec::new(),
        kept: 0,
    };
    walker.drain();
    walker.uncalled();
    walker.finish_files();
    walker.script
}

/// The children of a node with their field names.
pub(super) fn children<'t>(node: Node<'t>) -> Vec<(Option<&'static str>, Node<'t>)> {
    let (mut cursor, mut children) = (node.walk(), Vec::new());
    let mut more = cursor.goto_first_child();
    while more {
        children.push((cursor.field_name(), cursor.node()));
        more = cursor.goto_next_sibling();
    }
    children
}

impl<'t> Walker<'t> {
    pub(super) fn drain(&mut self) {
        while let Some(work) = self.work.pop().filter(|_| !self.ended) {
            self.take(work);
        }
    }

    fn take(&mut self, work: Work<'t>) {
        match work {
            Work::Node(node) => self.node(node),
            Work::Open(door) => self.open(door),
            Work::Close(door) => self.close(door),
            Work::Enter => self.enter_subshell(),
            Work::Leave(place) => self.leave_subshell(place),
            Work::Return => self.pop_frame(),
        }
    }

    fn open(&mut self, door: Door) {
        self.around.extend(door.branch);
        if !door.sure {
            self.branches += 1;
            self.scope.paths.push(self.branches);
        }
    }

    fn close(&mut self, door: Door) {
        if door.branch.is_some() {
            self.around.pop();
        }
        if !door.sure {
            self.scope.paths.pop();
        }
    }

    fn enter_subshell(&mut self) {
        self.kept += 1;
        let kept = (self.kept <= MAX_KEPT).then(|| (self.scope.variables.clone(), self.exported.clone()));
        self.outside.push(Outside { steps: self.script.steps.len(), kept });
    }

    /// The variables of a subshell end with it, so its commands get them along.
    fn leave_subshell(&mut self, place: Span) {
        let Some(outside) = self.outside.pop() else { return };
        match outside.kept {
            Some((variables, exported)) => (self.scope.variables, self.exported) = (variables, exported),
            None => self.scope.variables.clear(),
        }
        let assigns = |step: &Step| matches!(step, Step::Assign(_));
        let steps = self.script.steps.get(outside.steps..).unwrap_or_default();
        let (assigned, moved) = (steps.iter().any(assigns), steps.iter().any(moves));
        if self.outside.len() < MAX_INSIDE && assigned {
            let steps = self.script.steps.split_off(outside.steps);
            self.script.steps.extend(embedded::isolated(steps, true));
        }
        if self.outside.len() < MAX_INSIDE && (assigned || moved) {
            self.script.subshells.push(place);
        }
    }

    /// Depth of subshells and pipelines.
    pub fn inside(&self) -> usize {
        self.outside.len()
    }

    /// The rest of the function that is read is not reached.
    pub(super) fn skip_to_return(&mut self) {
        while let Some(work) = self.work.pop() {
            match work {
                Work::Return => return self.work.push(Work::Return),
                Work::Close(door) => self.close(door),
                Work::Leave(place) => self.leave_subshell(place),
                Work::Node(_) | Work::Open(_) | Work::Enter => {}
            }
        }
    }

    /// The body of a function comes next; as a branch when it may be another function's.
    pub(super) fn then_return(&mut self, body: Node<'t>, certain: bool) {
        self.work.push(Work::Return);
        if certain { self.work.push(Work::Node(body)) } else { self.branch(vec![body]) }
    }

    /// Nothing that was left to do is done.
    pub(super) fn clear_work(&mut self) {
        self.work.clear();
        self.scope.paths.clear();
        self.around.clear();
        self.outside.clear();
        self.frames.clear();
        self.prefix.clear();
    }

    fn node(&mut self, node: Node<'t>) {
        if node.is_missing() {
            self.script.not_read(span(node), &format!("'{}' is missing here", node.kind()));
        }
        match node.kind() {
            "command" => self.command(node, &[]),
            "variable_assignment" => self.assignment(node, false, node.start_byte()),
            "declaration_command" => self.declaration(node),
            "unset_command" => self.unset(node),
            "redirected_statement" => self.redirected(node),
            "list" => self.list(node),
            "if_statement" | "while_statement" | "for_statement" | "c_style_for_statement" => self.guarded(node),
            "function_definition" => self.define(node),
            "case_item" => self.case(node),
            "ERROR" => {
                self.script.not_read(span(node), "not understood as shell");
                self.branch(statements(node));
            }
            "subshell" | "pipeline" => self.inner(node),
            "program"
            | "compound_statement"
            | "do_group"
            | "negated_command"
            | "variable_assignments"
            | "case_statement"
            | "elif_clause"
            | "else_clause" => self.later(statements(node)),
            _ => {}
        }
    }

    /// Puts nodes on the stack so that the first one comes next.
    pub(super) fn later(&mut self, nodes: Vec<Node<'t>>) {
        self.work.extend(nodes.into_iter().rev().map(Work::Node));
    }

    /// A part that some runs take, and nobody asks which.
    pub(super) fn branch(&mut self, nodes: Vec<Node<'t>>) {
        self.through(Door::UNASKED, nodes);
    }

    pub(super) fn through(&mut self, door: Door, nodes: Vec<Node<'t>>) {
        self.work.push(Work::Close(door));
        self.later(nodes);
        self.work.push(Work::Open(door));
    }

    fn inner(&mut self, node: Node<'t>) {
        self.piped(node);
        self.work.push(Work::Leave(span(node)));
        self.later(statements(node));
        self.work.push(Work::Enter);
    }

    fn redirected(&mut self, node: Node<'t>) {
        let (mut extra, mut bodies, mut behind) = (Vec::new(), Vec::new(), Vec::new());
        for (_, child) in children(node) {
            match child.kind() {
                "file_redirect" => extra.extend(swallowed(child)),
                "heredoc_redirect" => behind.extend(commands_behind(child)),
                "herestring_redirect" => {}
                _ => bodies.push(child),
            }
        }
        self.later(behind);
        if let [only] = bodies.as_slice() {
            if self.writes(node, *only) {
                return;
            }
            if only.kind() == "command" {
                return self.command(*only, &extra);
            }
        }
        self.later(bodies);
    }

    /// The text of a node.
    pub fn slice(&self, node: Node<'t>) -> &'t str {
        slice(self.text, node)
    }

    /// True when every run that gets this far takes the step that is read.
    pub fn certain(&self) -> bool {
        self.scope.paths.is_empty()
    }

    /// Records a step.
    pub fn push(&mut self, step: Step) {
        self.script.steps.push(step);
    }
}

/// What stands behind `<<EOF` on its line: `| tee file`, `&& chmod +x file`.
fn commands_behind(heredoc: Node<'_>) -> Vec<Node<'_>> {
    let all = children(heredoc).into_iter();
    all.filter(|(field, child)| *field == Some("right") || child.kind() == "pipeline").map(|(_, child)| child).collect()
}

/// The children of a node without their fields.
pub(super) fn statements(node: Node<'_>) -> Vec<Node<'_>> {
    children(node).into_iter().map(|(_, child)| child).collect()
}

/// The grammar takes arguments after `> file` for further files: they belong to the command.
pub(super) fn swallowed(redirect: Node<'_>) -> Vec<Node<'_>> {
    let destination = |(field, child): (Option<&str>, _)| (field == Some("destination")).then_some(child);
    children(redirect).into_iter().filter_map(destination).skip(1).collect()
}

/// Goes to another folder.
fn moves(step: &Step) -> bool {
    let Step::Command(command) = step else { return false };
    command.words.first().is_some_and(|word| matches!(word.text.as_str(), "cd" | "pushd" | "popd"))
}
