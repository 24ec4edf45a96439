//! Statements in the order in which they run.

use tree_sitter::Node;

use super::{Function, MagicKind, Reader, named, span};
use crate::read::route::Branch;
use crate::read::script::{Step, Word};
use crate::read::value::{Text, Value};
use crate::read::{embedded, shell};
use crate::span::Span;

impl<'t> Reader<'t> {
    pub(super) fn statement(&mut self, node: Node<'t>) {
        match node.kind() {
            "module"
            | "block"
            | "else_clause"
            | "finally_clause"
            | "try_statement"
            | "with_statement"
            | "with_clause"
            | "match_statement"
            | "decorated_definition" => self.later(named(node)),
            "if_statement" => self.condition(node),
            "for_statement" | "while_statement" => self.repeated(node),
            "elif_clause" => self.later(named(node)),
            "case_clause" => self.case(node),
            "except_clause" => self.branch(named(node)),
            "function_definition" => self.define(node),
            "class_definition" => self.later(node.child_by_field_name("body").into_iter().collect()),
            "expression_statement" => self.later(named(node)),
            "assignment" => self.assignment(node),
            "augmented_assignment" => self.augmented(node),
            "delete_statement" => self.delete(node),
            "global_statement" | "nonlocal_statement" => {
                named(node).into_iter().for_each(|name| self.names.share(self.slice(name)));
            }
            "pass_statement" => self.magic(node.start_byte()),
            "ERROR" => {
                self.unread(span(node), "not understood as Python");
                self.branch(named(node));
            }
            _ => self.calls(node),
        }
    }

    /// `if __name__ == "__main__"` is how the script is run; of anything else every part is a branch.
    fn condition(&mut self, node: Node<'t>) {
        let condition = node.child_by_field_name("condition");
        let main = condition.is_some_and(|condition| self.slice(condition).contains("__name__"));
        let parts: Vec<Node<'t>> = named(node).into_iter().filter(|part| Some(*part) != condition).collect();
        for (index, part) in parts.into_iter().enumerate().rev() {
            if main && index == 0 { self.later(vec![part]) } else { self.arm(self.clause(part, node), vec![part]) }
        }
        self.later(condition.into_iter().collect());
    }

    /// The branch of an `if` (its block), `elif` or `else`.
    fn clause(&self, part: Node<'t>, fork: Node<'t>) -> Branch {
        let (start, inside) = (fork.start_byte() as u32, self.around.last().copied());
        let asks = if part.kind() == "block" { fork } else { part };
        match asks.child_by_field_name("condition") {
            Some(condition) => Branch::on(span(condition), self.slice(condition), start, inside),
            None => {
                let word = Span::new(part.start_byte() as u32, part.start_byte() as u32 + 4);
                Branch::otherwise(word, "", start, inside)
            }
        }
    }

    fn case(&mut self, node: Node<'t>) {
        let body = node.child_by_field_name("consequence");
        let (Some(body), Some(fork)) = (body, node.parent().and_then(|block| block.parent())) else {
            return self.branch(named(node));
        };
        let at = Span::new(node.start_byte() as u32, body.start_byte() as u32);
        let written = self.text.get(at.range()).unwrap_or_default().trim_start_matches("case").trim();
        let pattern = written.trim_end_matches(':').trim_end();
        let subject = fork.child_by_field_name("subject").map_or("", |subject| self.slice(subject));
        let (start, inside) = (fork.start_byte() as u32, self.around.last().copied());
        let branch = match pattern {
            "_" => Branch::otherwise(at, "", start, inside),
            _ => Branch::on(at, &format!("{subject} is {pattern}"), start, inside),
        };
        self.arm(branch, vec![body]);
    }

    fn repeated(&mut self, node: Node<'t>) {
        if let Some(left) = node.child_by_field_name("left") {
            self.forget(left);
        }
        let body = [node.child_by_field_name("body"), node.child_by_field_name("alternative")];
        self.branch(body.into_iter().flatten().collect());
    }

    fn define(&mut self, node: Node<'t>) {
        if let Some(name) = node.child_by_field_name("name") {
            self.functions.insert(self.slice(name), Function { node, called: false });
        }
    }

    pub(super) fn forget_parameters(&mut self, function: Node<'t>) {
        let Some(parameters) = function.child_by_field_name("parameters") else { return };
        for parameter in named(parameters) {
            self.forget(parameter.child_by_field_name("name").unwrap_or(parameter));
        }
    }

    /// The names in a pattern are no longer known.
    fn forget(&mut self, pattern: Node<'t>) {
        let mut nodes = vec![pattern];
        while let Some(node) = nodes.pop() {
            match node.kind() {
                "identifier" | "attribute" => {
                    self.localize(self.slice(node));
                    self.names.forget(self.slice(node));
                    self.dicts.remove(self.slice(node));
                }
                "subscript" => {}
                _ => nodes.extend(named(node)),
            }
        }
    }

    fn assignment(&mut self, node: Node<'t>) {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return;
        };
        self.calls(right);
        match left.kind() {
            "subscript" => self.set_key(left, right, span(node), false),
            "identifier" | "attribute" => self.bind(left, right, span(node)),
            _ => self.forget(left),
        }
    }

    fn bind(&mut self, left: Node<'t>, right: Node<'t>, place: Span) {
        let name = self.slice(left);
        self.forget(left);
        if let Some(dict) = self.dict(right, 0) {
            self.dicts.insert(name.to_owned(), dict);
            return;
        }
        let value = self.value(right, 0);
        self.keep(left, value, place);
    }

    /// Keeps a value under a name; nothing when all of it is unknown.
    fn keep(&mut self, left: Node<'t>, value: Value, place: Span) {
        let name = self.slice(left);
        if !value.list
            && value.items.iter().all(|item| item.bytes.iter().all(|byte| byte.unknown) && !item.bytes.is_empty())
        {
            return self.names.forget(name);
        }
        let word = value.clone().joined(place).word();
        self.names.set(name, value);
        self.assign(Word::plain(name, left.start_byte() as u32), word, place, false);
    }

    fn augmented(&mut self, node: Node<'t>) {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return;
        };
        let adds = node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "+=");
        if left.kind() == "subscript" {
            return self.set_key(left, right, span(node), true);
        }
        let name = self.slice(left);
        if !adds {
            return self.forget(left);
        }
        let value = self.value(right, 0);
        self.names.localize(name);
        if self.names.extend(name, value.items.clone()) {
            return;
        }
        match self.names.get(name) {
            Some(old) => self.keep(left, old.plus(value, span(node)), span(node)),
            None => self.forget(left),
        }
    }

    fn delete(&mut self, node: Node<'t>) {
        for part in named(node) {
            if let Some(key) = self.environ_key(part) {
                self.unset(&key, span(node));
            } else {
                self.forget(part);
            }
        }
    }

    /// Recorded as the command `unset`, for the facts.
    pub(super) fn unset(&mut self, name: &Text, place: Span) {
        self.names.forget(&format!("env:{}", name.letters()));
        let words = vec![Text::named("unset", Span::new(place.start, place.start + 1)).word(), name.word()];
        self.command(words, Vec::new(), place);
    }

    /// A line of IPython.
    fn magic(&mut self, at: usize) {
        let Some(magic) = self.magics.get(&at) else { return };
        let bytes = self.interpolated(&magic.bytes);
        match magic.kind {
            MagicKind::Shell => {
                let steps = embedded::isolated(shell::read_traced(&bytes, magic.span), self.names.certain());
                self.script.steps.extend(steps);
            }
            MagicKind::Env => self.magic_env(bytes, magic.span),
            MagicKind::Command => {
                for step in shell::read_traced(&bytes, magic.span) {
                    if let Step::Command(command) = step {
                        self.command(command.words, command.env, command.span);
                    }
                }
            }
        }
    }

    /// `%env X=1` and `%env X 1`; quotes belong to the value.
    fn magic_env(&mut self, bytes: Vec<crate::read::traced::Byte>, place: Span) {
        let Some(sign) = bytes.iter().position(|byte| matches!(byte.value, b'=' | b' ' | b'\t')) else { return };
        let trimmed = |bytes: &[crate::read::traced::Byte]| {
            let blank = |byte: &crate::read::traced::Byte| byte.value.is_ascii_whitespace();
            let from = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
            let to = bytes.iter().rposition(|byte| !blank(byte)).map_or(from, |last| last + 1);
            let mut text = Text::empty(Span::new(place.end, place.end));
            text.bytes = bytes[from..to].to_vec();
            text.settle();
            text
        };
        let (name, value) = (trimmed(&bytes[..sign]), trimmed(&bytes[sign + 1..]));
        if !name.bytes.is_empty() && name.known() {
            self.names.set(&format!("env:{}", name.letters()), Value::text(value.clone()));
            self.assign(name.word(), value.word(), place, true);
        }
    }
}
