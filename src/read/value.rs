//! Values of variables that remember where each byte was written: texts and lists of texts.

use std::collections::{HashMap, HashSet};

use super::script::Word;
use super::traced::{Byte, MAX_VALUE};
use crate::span::Span;

/// Most bytes that all uses of variables in one script may produce.
const MAX_USED: usize = 4 << 20;

/// What each text of a list costs beside its bytes.
const ITEM_COST: usize = 16;

/// Longest source text that stands for something unknown.
const MAX_SHOWN: usize = 200;

/// A text with the place of every byte.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    pub bytes: Vec<Byte>,
    /// Where the whole is written, quotes included.
    pub place: Span,
    /// The conditional path on which it belongs to its list.
    path: Option<u32>,
}

impl Text {
    /// No text yet, to be filled.
    pub fn empty(place: Span) -> Self {
        Self { place, ..Self::default() }
    }

    /// `source[place]` as it stands.
    pub fn written(source: &str, place: Span) -> Self {
        let mut text = Self::empty(place);
        text.push_written(source, place, false);
        text
    }

    /// Something that cannot be known, shown as it is written.
    pub fn unknown(source: &str, place: Span) -> Self {
        let mut text = Self::empty(place);
        text.push_written(source, place, true);
        if text.bytes.is_empty() {
            text.push_char('?', (place.start as usize).min(source.len().saturating_sub(1)), true);
        }
        text
    }

    /// A text that the source only names.
    pub fn named(word: &str, place: Span) -> Self {
        let mut text = Self::empty(place);
        word.chars().for_each(|letter| text.push_char(letter, place.start as usize, false));
        text
    }

    /// Appends a piece of the source.
    pub fn push_written(&mut self, source: &str, place: Span, unknown: bool) {
        let piece = source.get(place.range()).unwrap_or_default();
        let piece = if unknown { shortened(piece) } else { piece };
        let start = place.start as usize;
        self.bytes.extend(
            piece.bytes().enumerate().map(|(index, value)| Byte { unknown, ..Byte::written(value, start + index) }),
        );
    }

    /// Appends a character that was written as something else at `at`.
    pub fn push_char(&mut self, letter: char, at: usize, unknown: bool) {
        let mut buffer = [0; 4];
        let encoded = letter.encode_utf8(&mut buffer).bytes();
        self.bytes.extend(encoded.map(|value| Byte { unknown, ..Byte::written(value, at) }));
    }

    /// Takes the place from its bytes, for a part of a longer text.
    pub fn settle(&mut self) {
        if let (Some(first), Some(last)) = (self.bytes.first(), self.bytes.last()) {
            let ordered = first.at <= last.at;
            self.place = if ordered { Span::new(first.at, last.at + 1) } else { Span::new(first.at, first.at) };
        }
    }

    /// False when some byte is not known.
    pub fn known(&self) -> bool {
        !self.bytes.iter().any(|byte| byte.unknown)
    }

    /// Its letters.
    pub fn letters(&self) -> String {
        super::traced::text_of(&self.bytes)
    }

    /// The word that a program sees.
    pub fn word(&self) -> Word {
        let text = String::from_utf8(self.bytes.iter().map(|byte| byte.value).collect());
        match text {
            Ok(text) => {
                let at = self.bytes.iter().map(|byte| byte.at).collect();
                Word { text, span: self.place, known: self.known(), at }
            }
            Err(_) => Word { text: String::new(), span: self.place, known: false, at: Vec::new() },
        }
    }

    /// The same text, none of it known.
    pub fn doubted(mut self) -> Self {
        if self.bytes.is_empty() {
            self.push_char('?', self.place.start as usize, true);
        }
        self.bytes.iter_mut().for_each(|byte| byte.unknown = true);
        self
    }
}

fn shortened(piece: &str) -> &str {
    let end = (0..=MAX_SHOWN.min(piece.len())).rev().find(|&end| piece.is_char_boundary(end));
    piece.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// What an expression gives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Value {
    pub items: Vec<Text>,
    pub list: bool,
}

impl Value {
    /// One text.
    pub fn text(text: Text) -> Self {
        Self { items: vec![text], list: false }
    }

    /// A list of texts.
    pub fn list(items: Vec<Text>) -> Self {
        Self { items, list: true }
    }

    /// Everything as one text: the elements of a list with blanks between them.
    pub fn joined(self, place: Span) -> Text {
        if !self.list && self.items.len() == 1 {
            return self.items.into_iter().next().unwrap_or_default();
        }
        let mut all = Text::empty(place);
        for (index, item) in self.items.into_iter().enumerate() {
            if index > 0 {
                let at = item.bytes.first().map_or(item.place.start, |byte| byte.at);
                all.push_char(' ', at as usize, false);
            }
            all.bytes.extend(item.bytes);
        }
        all
    }

    /// `self + other`, written at `place`.
    pub fn plus(mut self, other: Self, place: Span) -> Self {
        if self.list || other.list {
            self.items.extend(other.items);
            return Self::list(self.items);
        }
        let mut text = Text::empty(place);
        self.items.into_iter().chain(other.items).for_each(|item| text.bytes.extend(item.bytes));
        Self::text(text)
    }

    fn cost(&self) -> usize {
        self.items.iter().map(|item| item.bytes.len() + ITEM_COST).sum()
    }

    fn same(&self, other: &Self) -> bool {
        let equal = |(a, b): (&Text, &Text)| {
            a.known() && b.known() && a.bytes.iter().map(|byte| byte.value).eq(b.bytes.iter().map(|byte| byte.value))
        };
        self.list == other.list
            && self.items.len() == other.items.len()
            && self.items.iter().zip(&other.items).all(equal)
    }
}

#[derive(Clone)]
struct Held {
    value: Value,
    path: Option<u32>,
}

/// What the names of one function held before.
#[derive(Default)]
struct Scope {
    /// By name; `None`: nothing.
    old: HashMap<String, Option<Held>>,
    /// Names of the outer script that the function sets (`global x`, `$script:x`).
    shared: HashSet<String>,
}

/// The variables of a script and the conditional paths around the place that is read.
#[derive(Default)]
pub(crate) struct Names {
    held: HashMap<String, Held>,
    used: usize,
    paths: Vec<u32>,
    opened: u32,
    scopes: Vec<Scope>,
}

impl Names {
    /// The body of a called function begins: names that it sets are its own.
    pub fn enter(&mut self) {
        self.scopes.push(Scope::default());
    }

    /// It ends.
    pub fn leave(&mut self) {
        let Some(scope) = self.scopes.pop() else { return };
        for (name, old) in scope.old {
            match old {
                Some(held) => drop(self.held.insert(name, held)),
                None => drop(self.held.remove(&name)),
            }
        }
    }

    /// The functions that are read set this name of the script itself.
    pub fn share(&mut self, name: &str) {
        for scope in &mut self.scopes {
            scope.shared.insert(name.to_owned());
        }
    }

    /// True when the function that is read has names of its own, this one not shared.
    pub fn is_local(&self, name: &str) -> bool {
        let environment = name.starts_with("env:") || name.contains('.');
        self.scopes.last().is_some_and(|scope| !environment && !scope.shared.contains(name))
    }

    /// Remembers what a name stood for outside before it gets a value of the function.
    pub fn localize(&mut self, name: &str) {
        if !self.is_local(name) {
            return;
        }
        if let Some(scope) = self.scopes.last_mut().filter(|scope| !scope.old.contains_key(name)) {
            scope.old.insert(name.to_owned(), self.held.get(name).cloned());
        }
    }

    /// A branch that not every run takes begins.
    pub fn open(&mut self) {
        self.opened += 1;
        self.paths.push(self.opened);
    }

    /// It ends.
    pub fn close(&mut self) {
        self.paths.pop();
    }

    /// True when every run that gets this far takes the step that is read.
    pub fn certain(&self) -> bool {
        self.paths.is_empty()
    }

    /// Sets a variable. On a path that not every run takes, the value is exact only there, unless it stays the same.
    pub fn set(&mut self, name: &str, value: Value) {
        self.localize(name);
        if value.cost() > MAX_VALUE {
            return self.forget(name);
        }
        let path = self.paths.last().copied();
        let same = |old: &Held| old.path.is_none() && old.value.same(&value);
        let path = path.filter(|_| !self.held.get(name).is_some_and(same));
        self.held.insert(name.to_owned(), Held { value, path });
    }

    /// Adds to a list; only what is added is uncertain outside this path. False when there is no such list.
    pub fn extend(&mut self, name: &str, mut items: Vec<Text>) -> bool {
        let path = self.paths.last().copied();
        let Some(held) = self.held.get_mut(name).filter(|held| held.value.list) else { return false };
        items.iter_mut().for_each(|item| item.path = item.path.or(path));
        self.used += items.iter().map(|item| item.bytes.len() + ITEM_COST).sum::<usize>();
        held.value.items.extend(items);
        true
    }

    /// From here on the variable's value is not known.
    pub fn forget(&mut self, name: &str) {
        self.localize(name);
        self.held.remove(name);
    }

    /// The value here; what other paths may have changed is unknown in it. `None`: never set, or too much was used already.
    pub fn get(&mut self, name: &str) -> Option<Value> {
        let held = self.held.get(name)?;
        let cost = held.value.cost();
        if cost > MAX_VALUE || self.used + cost > MAX_USED {
            return None;
        }
        self.used += cost;
        let here = |path: Option<u32>| path.is_none_or(|path| self.paths.binary_search(&path).is_ok());
        let mut value = held.value.clone();
        let exact = here(held.path);
        for item in &mut value.items {
            if !exact || !here(item.path) {
                *item = std::mem::take(item).doubted();
            }
        }
        Some(value)
    }
}
