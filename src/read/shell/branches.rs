//! The branches of a shell script: `if`, `case`, loops, and what stands behind `&&` and `||`.

use tree_sitter::Node;

use super::super::route::Branch;
use super::super::syntax::span;
use super::walk::{Walker, children, statements};
use crate::span::Span;

/// Left sides of `&&` that are questions: what follows is conditional. Behind anything else it is the normal path.
const QUESTIONS: [&str; 8] = ["[", "test ", "!", "command -v", "which ", "type ", "hash ", "grep "];

impl<'t> Walker<'t> {
    /// A part that the route may take or leave out.
    fn arm(&mut self, branch: Branch, nodes: Vec<Node<'t>>) {
        if let Some(door) = self.script.door(branch, &self.route) {
            self.through(door, nodes);
        }
    }

    /// The branch of an `if`, `elif` or `else`.
    fn clause(&self, node: Node<'t>, fork: Node<'t>) -> Branch {
        let parts = statements(node);
        let word = parts.first().map_or(span(node), |word| span(*word));
        let then = parts.iter().find(|part| part.kind() == "then").map(Node::start_byte);
        let (fork, inside) = (fork.start_byte() as u32, self.around.last().copied());
        let Some(then) = then else { return Branch::otherwise(word, "", fork, inside) };
        let text = self.text.get(word.end as usize..then).unwrap_or_default();
        let start = word.end + (text.len() - text.trim_start().len()) as u32;
        let text = text.trim().trim_end_matches(';').trim_end();
        Branch::on(Span::new(start, start + text.len() as u32), text, fork, inside)
    }

    pub(super) fn case(&mut self, node: Node<'t>) {
        let value = |(field, child): (Option<&str>, _)| (field == Some("value")).then_some(child);
        let values: Vec<Node<'t>> = children(node).into_iter().filter_map(value).collect();
        let (Some(first), Some(last), Some(fork)) = (values.first(), values.last(), node.parent()) else {
            return self.branch(statements(node));
        };
        let subject = children(fork).into_iter().find_map(value).map_or("", |subject| self.slice(subject));
        let at = Span::new(first.start_byte() as u32, last.end_byte() as u32);
        let pattern = self.text.get(at.range()).unwrap_or_default();
        let (start, inside) = (fork.start_byte() as u32, self.around.last().copied());
        let branch = match pattern {
            "*" => Branch::otherwise(at, "", start, inside),
            _ => Branch::on(at, &format!("{subject} is {pattern}"), start, inside),
        };
        self.arm(branch, statements(node));
    }

    /// The condition is always evaluated; all the rest is a branch, `elif` and `else` one each.
    pub(super) fn guarded(&mut self, node: Node<'t>) {
        let (mut first, mut body, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (field, child) in children(node) {
            match (field, child.kind()) {
                (Some("condition"), _) => first.push(child),
                (Some("variable"), _) => self.forget(child),
                (_, "elif_clause" | "else_clause") => others.push(child),
                _ => body.push(child),
            }
        }
        for other in others.into_iter().rev() {
            self.arm(self.clause(other, node), vec![other]);
        }
        match node.kind() {
            "if_statement" => self.arm(self.clause(node, node), body),
            _ => self.branch(body),
        }
        self.later(first);
    }

    fn forget(&mut self, variable: Node<'t>) {
        let name = self.slice(variable).to_owned();
        self.scope.variables.forget(&name);
    }

    pub(super) fn list(&mut self, node: Node<'t>) {
        let parts = children(node);
        let both = parts.iter().all(|(_, child)| child.kind() != "||");
        let conditional = match parts.iter().map(|(_, child)| child.kind()).find(|kind| matches!(*kind, "&&" | "||")) {
            Some("&&") => parts.first().is_some_and(|(_, left)| self.asks(*left)),
            kind => kind.is_some(),
        };
        let mut named = parts.into_iter().map(|(_, child)| child).filter(Node::is_named);
        let Some(left) = named.next() else { return };
        let rest: Vec<Node<'t>> = named.collect();
        match () {
            () if !conditional => self.later(rest),
            () if self.asks(left) => self.arm(self.answer(left, both), rest),
            () => self.branch(rest),
        }
        self.later(vec![left]);
    }

    /// The branch behind `[ ... ] &&` or `[ ... ] ||`.
    fn answer(&self, left: Node<'t>, both: bool) -> Branch {
        let (at, inside) = (span(left), self.around.last().copied());
        let branch = Branch::on(at, self.slice(left), left.start_byte() as u32, inside);
        Branch { otherwise: !both, ..branch }
    }

    fn asks(&self, left: Node<'t>) -> bool {
        // Only the last command of `a && b && c` decides whether c is reached; its text begins the slice often enough.
        left.kind() == "test_command" || QUESTIONS.iter().any(|question| self.slice(left).starts_with(question))
    }
}
