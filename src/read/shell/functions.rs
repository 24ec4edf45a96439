//! Functions of a shell script: each call is read with its arguments.

use std::collections::HashMap;

use tree_sitter::Node;

use super::super::script::{Assign, Word};
use super::super::traced::{Byte, Saved};
use super::scope::{ALL, ELEMENT_END};
use super::walk::Walker;

/// Deepest nesting of calls that is followed.
const MAX_CALLS: usize = 8;

/// Arguments that have a name of one digit.
const NAMED: usize = 9;

struct Function<'t> {
    body: Node<'t>,
    /// Defined on every path, and once.
    certain: bool,
    called: bool,
}

/// The functions that were defined so far.
pub(super) struct Functions<'t> {
    known: HashMap<&'t str, Function<'t>>,
    /// Bytes of bodies that may still be read.
    budget: usize,
}

impl Functions<'_> {
    pub fn new(text: &str) -> Self {
        Self { known: HashMap::new(), budget: 4 * text.len() + 4096 }
    }
}

/// What a call gives back when it ends.
pub(super) struct Frame {
    saved: Vec<(String, Saved)>,
    prefix: Vec<Assign>,
    /// Branches and subshells around the call.
    paths: usize,
    inside: usize,
}

impl<'t> Walker<'t> {
    pub(super) fn define(&mut self, node: Node<'t>) {
        let (Some(name), Some(body)) = (node.child_by_field_name("name"), node.child_by_field_name("body")) else {
            return;
        };
        let name = self.slice(name);
        let certain = self.certain() && !self.functions.known.contains_key(name);
        self.functions.known.insert(name, Function { body, certain, called: false });
    }

    /// Reads the body of the function that a command calls. False when it calls none, or one too deep.
    pub(super) fn enter(&mut self, words: &[Word], parts: &[Vec<Byte>], env: &[Assign]) -> bool {
        let Some(name) = words.first().filter(|name| name.known) else { return false };
        let Some(function) = self.functions.known.get_mut(name.text.as_str()) else { return false };
        let length = function.body.byte_range().len();
        if self.frames.len() >= MAX_CALLS || length > self.functions.budget {
            return false;
        }
        self.functions.budget -= length;
        function.called = true;
        let (body, certain) = (function.body, function.certain);
        let names = (1..=NAMED).map(|index| index.to_string()).chain([ALL.to_owned()]);
        let saved = names.map(|name| (name.clone(), self.scope.variables.saved(&name))).collect();
        let prefix = std::mem::replace(&mut self.prefix, env.to_vec());
        let (paths, inside) = (self.scope.paths.len() + usize::from(!certain), self.inside());
        self.frames.push(Frame { saved, prefix, paths, inside });
        self.set_arguments(&parts[1..]);
        self.then_return(body, certain);
        true
    }

    pub(super) fn pop_frame(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        self.prefix = frame.prefix;
        frame.saved.into_iter().rev().for_each(|(name, saved)| self.scope.variables.put_back(&name, saved));
    }

    /// `local X=1`: the old value comes back with the end of the function.
    pub(super) fn keep_local(&mut self, parts: &[(Option<&'static str>, Node<'t>)]) {
        for (_, part) in parts {
            let name = match part.kind() {
                "variable_assignment" => part.child_by_field_name("name").unwrap_or(*part),
                "variable_name" => *part,
                _ => continue,
            };
            let name = self.slice(name).to_owned();
            let saved = self.scope.variables.saved(&name);
            if let Some(frame) = self.frames.last_mut() {
                frame.saved.push((name, saved));
            }
        }
    }

    /// Sets `$1` and so on.
    pub(super) fn set_arguments(&mut self, parts: &[Vec<Byte>]) {
        for index in 0..NAMED {
            let bytes = parts.get(index).map(Vec::as_slice).unwrap_or_default();
            self.scope.set(&(index + 1).to_string(), bytes);
        }
        let element = |part: &Vec<Byte>| {
            let at = part.last().map_or(0, |byte| byte.at);
            part.iter().copied().chain([Byte::written(ELEMENT_END, at as usize)]).collect::<Vec<_>>()
        };
        let all: Vec<Byte> = parts.iter().flat_map(element).collect();
        self.scope.set(ALL, &all);
    }

    /// `shift`, `shift 2`.
    pub(super) fn shift(&mut self, words: &[Word]) {
        let count = words.get(1).map_or(Some(1), |word| word.text.parse::<usize>().ok().filter(|_| word.known));
        let (Some(all), Some(count)) = (self.scope.value(ALL), count) else { return self.forget_arguments() };
        let parts: Vec<Vec<Byte>> = all.split(|byte| byte.value == ELEMENT_END).map(<[Byte]>::to_vec).collect();
        let parts = &parts[..parts.len() - 1];
        match parts.get(count..) {
            Some(rest) => self.set_arguments(rest),
            None => self.forget_arguments(),
        }
    }

    fn forget_arguments(&mut self) {
        (1..=NAMED).for_each(|index| self.scope.variables.forget(&index.to_string()));
        self.scope.variables.forget(ALL);
    }

    /// `return` that every run of the function takes.
    pub(super) fn leave(&mut self) {
        let always = |frame: &Frame| frame.paths == self.scope.paths.len() && frame.inside == self.inside();
        if self.frames.last().is_some_and(always) {
            self.skip_to_return();
        }
    }

    /// What nothing calls may still be called by others.
    pub(super) fn uncalled(&mut self) {
        let idle = self.functions.known.values().filter(|function| !function.called);
        let mut bodies: Vec<Node<'t>> = idle.map(|function| function.body).collect();
        bodies.sort_by_key(|body| body.start_byte());
        self.ended = false;
        self.clear_work();
        self.forget_arguments();
        for body in bodies.into_iter().rev() {
            self.branch(vec![body]);
        }
        self.drain();
    }
}
