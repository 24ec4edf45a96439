//! Functions of a PowerShell script: each call is read with its arguments.

use std::collections::HashMap;

use super::Reader;
use super::command::Argument;
use super::scan::{is_letter, skip};
use crate::read::value::{Text, Value};

/// Deepest nesting of calls that is followed.
const MAX_CALLS: usize = 8;

/// Most functions of one script.
const MAX_FUNCTIONS: usize = 1000;

/// Most parameters of one function.
const MAX_PARAMETERS: usize = 64;

/// Values of parameters by name; `None` for one that is given but not known.
pub(super) type Bound = HashMap<String, Option<Value>>;

#[derive(Clone, Copy)]
struct Function {
    /// The opening bracket of the parameters in front of the body.
    parameters: Option<usize>,
    /// The opening brace, and one past the closing one.
    open: usize,
    end: usize,
    /// Defined on every path, and once.
    certain: bool,
    called: bool,
}

/// The functions that were defined so far.
pub(super) struct Functions {
    known: HashMap<String, Function>,
    /// Bytes of bodies that may still be read.
    budget: usize,
    /// Bytes that may still be searched for the ends of bodies.
    searched: usize,
}

impl Functions {
    pub fn new(text: &str) -> Self {
        Self { known: HashMap::new(), budget: 4 * text.len() + 4096, searched: 8 * text.len() + 4096 }
    }
}

/// How a parameter takes its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    One,
    Switch,
    /// `ValueFromRemainingArguments`.
    Rest,
}

impl Reader<'_> {
    /// `function Name($a, $b = 1) { ... }`: read when it is called.
    pub(super) fn function(&mut self, length: usize) {
        self.at += length;
        self.space();
        let start = self.at;
        while self.peek().is_some_and(|byte| is_letter(byte) || b"-.:".contains(&byte)) {
            self.at += 1;
        }
        let name = self.text.get(start..self.at).unwrap_or_default().to_lowercase();
        let name = name.rsplit(':').next().unwrap_or_default().to_owned();
        self.space();
        let parameters = (self.peek() == Some(b'(')).then_some(self.at);
        if parameters.is_some() {
            self.at = skip(self.bytes, self.at);
            self.space();
        }
        if self.peek() != Some(b'{') {
            return;
        }
        if self.functions.searched == 0 || self.functions.known.len() >= MAX_FUNCTIONS {
            return self.open(true, None);
        }
        let (open, end) = (self.at, skip(self.bytes, self.at));
        self.functions.searched = self.functions.searched.saturating_sub(end - open);
        if name.is_empty() || self.bytes.get(end - 1) != Some(&b'}') {
            return self.open(true, None);
        }
        let certain = self.names.certain() && !self.functions.known.contains_key(&name);
        self.functions.known.insert(name, Function { parameters, open, end, certain, called: false });
        self.at = end;
    }

    /// Reads the body of the function that a command names. False when it names none, or one too deep.
    pub(super) fn call(&mut self, arguments: &[Argument]) -> bool {
        let Some(first) = arguments.first().and_then(|first| first.first()).filter(|first| first.known()) else {
            return false;
        };
        let Some(function) = self.functions.known.get_mut(&first.letters().to_lowercase()) else { return false };
        let length = function.end - function.open;
        if self.calls >= MAX_CALLS || length > self.functions.budget {
            return false;
        }
        self.functions.budget -= length;
        function.called = true;
        let function = *function;
        let (bound, rest) = self.bind(function, &arguments[1..]);
        self.body(function, bound, rest);
        true
    }

    /// Reads a body with the values of its parameters.
    fn body(&mut self, function: Function, bound: Option<Bound>, rest: Option<Value>) {
        let (at, blocks) = (self.at, std::mem::take(&mut self.blocks));
        let (before, pattern) = (self.before.take(), self.pattern);
        self.calls += 1;
        self.names.enter();
        if !function.certain {
            self.names.open();
        }
        match rest {
            Some(rest) => self.names.set("args", rest),
            None => self.names.forget("args"),
        }
        self.bound = bound;
        if let Some(parameters) = function.parameters {
            self.at = parameters;
            self.parameter_list();
        }
        self.at = function.open + 1;
        while self.at < function.end - 1 {
            self.statement();
        }
        self.bound = None;
        for _ in std::mem::take(&mut self.blocks).iter().filter(|block| block.conditional) {
            self.names.close();
        }
        if !function.certain {
            self.names.close();
        }
        self.names.leave();
        self.calls -= 1;
        (self.at, self.blocks) = (at, blocks);
        (self.before, self.pattern) = (before, pattern);
    }

    /// The values of the parameters and `$args`; `None` when an argument cannot be assigned.
    fn bind(&mut self, function: Function, arguments: &[Argument]) -> (Option<Bound>, Option<Value>) {
        let parameters = self.signature(function);
        let (mut bound, mut free) = (Bound::new(), Vec::new());
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let Some(option) = self.option(argument) else {
                free.push(argument.clone());
                continue;
            };
            let (name, given) = option.split_once(':').map_or((option.as_str(), false), |(name, _)| (name, true));
            let mut fits = parameters.iter().filter(|(key, _)| key.starts_with(name));
            let exact = parameters.iter().find(|(key, _)| key == name);
            match (exact.or(fits.next()), exact.is_none() && fits.next().is_some()) {
                (Some((key, kind)), false) => {
                    let value = if *kind == Kind::Switch || given { None } else { rest.next().map(value) };
                    bound.insert(key.clone(), value);
                }
                // A switch of all cmdlets, perhaps, or one that takes a value.
                _ => return (None, None),
            }
        }
        let mut free = free.into_iter();
        for (key, kind) in parameters {
            match kind {
                Kind::Switch => {}
                Kind::Rest if !bound.contains_key(&key) => {
                    let items = free.by_ref().flatten().collect();
                    bound.insert(key, Some(Value::list(items)));
                }
                _ if bound.contains_key(&key) => {}
                _ => bound.extend(free.next().map(|argument| (key, Some(value(&argument))))),
            }
        }
        (Some(bound), Some(Value::list(free.flatten().collect())))
    }

    /// The name in an argument `-Name`, which is written without quotes.
    fn option(&self, argument: &Argument) -> Option<String> {
        let [text] = argument.as_slice() else { return None };
        let letters = text.letters().to_lowercase();
        let name =
            letters.strip_prefix('-').filter(|name| name.starts_with(|letter: char| letter.is_ascii_alphabetic()))?;
        let bare = self.bytes.get(text.place.start as usize) == Some(&b'-');
        (bare && text.known()).then(|| name.to_owned())
    }

    /// The parameters in their order.
    fn signature(&mut self, function: Function) -> Vec<(String, Kind)> {
        let at = self.at;
        let found = function.parameters.or_else(|| self.param_block(function.open + 1));
        let mut parameters = Vec::new();
        if let Some(start) = found {
            self.at = start + 1;
            self.listed(&mut parameters);
        }
        self.at = at;
        parameters
    }

    /// The bracket of `param(` at the head of a body, behind comments and attributes.
    fn param_block(&mut self, start: usize) -> Option<usize> {
        self.at = start;
        self.space();
        while self.peek() == Some(b'[') {
            self.at = skip(self.bytes, self.at);
            self.space();
        }
        let word = self.rest().get(..5).filter(|word| word.eq_ignore_ascii_case(b"param"));
        word?;
        self.at += 5;
        self.space();
        (self.peek() == Some(b'(')).then_some(self.at)
    }

    fn listed(&mut self, parameters: &mut Vec<(String, Kind)>) {
        let mut kind = Kind::One;
        loop {
            self.space();
            let start = self.at;
            match self.peek() {
                None | Some(b')') => return,
                Some(b'$') => match self.name_at(start) {
                    Some(found) if parameters.len() < MAX_PARAMETERS => {
                        self.at = found.end;
                        parameters.push((found.key, std::mem::replace(&mut kind, Kind::One)));
                        self.skip_default();
                    }
                    _ => self.at += 1,
                },
                Some(b'[') => {
                    self.at = skip(self.bytes, start).max(start + 1);
                    let written = self.text.get(start..self.at).unwrap_or_default().to_lowercase();
                    match written.as_str() {
                        "[switch]" => kind = Kind::Switch,
                        other if other.contains("valuefromremainingarguments") => kind = Kind::Rest,
                        _ => {}
                    }
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// Up to the comma behind a parameter.
    fn skip_default(&mut self) {
        while let Some(byte) = self.peek().filter(|byte| !matches!(byte, b',' | b')')) {
            let bracket = matches!(byte, b'"' | b'\'' | b'(' | b'[' | b'{' | b'@' | b'$');
            self.at = if bracket { skip(self.bytes, self.at).max(self.at + 1) } else { self.at + 1 };
        }
    }

    /// What nothing calls may still be called by others.
    pub(super) fn uncalled(&mut self) {
        // A body may define further functions.
        while let Some(function) = self.idle() {
            self.body(Function { certain: false, ..function }, None, None);
        }
        self.at = self.bytes.len();
    }

    /// The first function that was neither called nor read.
    fn idle(&mut self) -> Option<Function> {
        let idle = self.functions.known.values_mut().filter(|function| !function.called);
        let first = idle.min_by_key(|function| function.open)?;
        first.called = true;
        let length = first.end - first.open;
        let found = *first;
        self.functions.budget = self.functions.budget.checked_sub(length)?;
        Some(found)
    }
}

/// An argument as a value: several texts are a list.
fn value(argument: &Argument) -> Value {
    match argument.as_slice() {
        [only] => Value::text(only.clone()),
        items => Value::list(items.iter().map(Text::clone).collect()),
    }
}
