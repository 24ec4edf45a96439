//! `os.environ` and the dictionaries that are handed to programs as their environment.

use tree_sitter::Node;

use super::{Reader, named, span};
use crate::read::script::Assign;
use crate::read::value::{Text, Value};
use crate::span::Span;

/// Most variables of one dictionary.
const MAX_ENTRIES: usize = 256;

/// A dictionary of variables.
#[derive(Clone, Default)]
pub(super) struct Dict {
    pub entries: Vec<Assign>,
    /// It is `os.environ` itself under another name.
    environ: bool,
}

impl Dict {
    fn set(&mut self, assign: Assign) {
        self.entries.retain(|entry| entry.name.text != assign.name.text);
        if self.entries.len() < MAX_ENTRIES {
            self.entries.push(assign);
        }
    }
}

impl<'t> Reader<'t> {
    fn is_environ(&self, name: &str) -> bool {
        matches!(name, "os.environ" | "environ") || self.dicts.get(name).is_some_and(|dict| dict.environ)
    }

    /// The name in `os.environ["NAME"]`.
    pub(super) fn environ_key(&mut self, node: Node<'t>) -> Option<Text> {
        let object = node.child_by_field_name("value").filter(|_| node.kind() == "subscript")?;
        let key = node.child_by_field_name("subscript").filter(|_| self.is_environ(self.slice(object)))?;
        self.key(key)
    }

    fn key(&mut self, node: Node<'t>) -> Option<Text> {
        let key = self.value(node, 0).joined(span(node));
        (key.known() && !key.bytes.is_empty()).then_some(key)
    }

    /// `os.environ["X"] = value`, and the same for a copy.
    pub(super) fn set_key(&mut self, left: Node<'t>, right: Node<'t>, place: Span, append: bool) {
        let (Some(object), Some(key)) = (left.child_by_field_name("value"), left.child_by_field_name("subscript"))
        else {
            return;
        };
        let name = self.slice(object);
        if !self.is_environ(name) && !self.dicts.contains_key(name) {
            return;
        }
        let Some(key) = self.key(key) else { return };
        let mut value = self.value(right, 0).joined(span(right));
        if append {
            let old = self.names.get(&format!("env:{}", key.letters()));
            value = match old {
                Some(old) => old.plus(Value::text(value), place).joined(place),
                None => value.doubted(),
            };
        }
        self.set_variable(name, key, value, place, true);
    }

    /// Sets a variable in the environment or in a dictionary.
    fn set_variable(&mut self, target: &str, key: Text, value: Text, place: Span, certain: bool) {
        if self.is_environ(target) {
            if !certain {
                self.names.open();
            }
            self.names.set(&format!("env:{}", key.letters()), Value::text(value.clone()));
            self.assign(key.word(), value.word(), place, true);
            if !certain {
                self.names.close();
            }
            return;
        }
        let certain = certain && self.names.certain();
        let (name, value) = (key.word(), value.word());
        let assign = Assign { name, value, span: place, certain, exported: true, quoted: false };
        if let Some(dict) = self.dicts.get_mut(target) {
            dict.set(assign);
        }
    }

    /// `os.putenv("X", "1")`.
    pub(super) fn put(&mut self, arguments: &[Node<'t>], place: Span) {
        if let [name, value, ..] = arguments
            && let Some(key) = self.key(*name)
        {
            let value = self.value(*value, 0).joined(span(*value));
            self.set_variable("os.environ", key, value, place, true);
        }
    }

    /// Methods of `os.environ` and of its copies. False when the object is neither.
    pub(super) fn dict_method(&mut self, object: &str, method: &str, arguments: &[Node<'t>], place: Span) -> bool {
        if !self.is_environ(object) && !self.dicts.contains_key(object) {
            return false;
        }
        match (method, arguments) {
            // What the outer environment holds already stays.
            ("setdefault", [name, value]) => {
                if let Some(key) = self.key(*name) {
                    let value = self.value(*value, 0).joined(span(*value));
                    self.set_variable(object, key, value, place, false);
                }
            }
            ("update", _) => {
                let entries = self.entries(arguments, 0);
                for (key, value, place) in entries {
                    self.set_variable(object, key, value, place, true);
                }
            }
            ("pop", [name, ..]) => match self.key(*name) {
                Some(key) if self.is_environ(object) => self.unset(&key, place),
                Some(key) => {
                    let name = key.letters();
                    self.dicts.entry(object.to_owned()).or_default().entries.retain(|entry| entry.name.text != name);
                }
                None => {}
            },
            _ => {}
        }
        true
    }

    /// The pairs in `{...}` and in `X="1"`; those of a dictionary with a name as well.
    fn entries(&mut self, nodes: &[Node<'t>], depth: usize) -> Vec<(Text, Text, Span)> {
        let mut entries = Vec::new();
        for &node in nodes {
            match node.kind() {
                "dictionary" => {
                    for pair in named(node).into_iter().filter(|pair| pair.kind() == "pair") {
                        let (key, value) = (pair.child_by_field_name("key"), pair.child_by_field_name("value"));
                        entries.extend(self.entry(key, value, span(pair), depth));
                    }
                }
                "keyword_argument" => {
                    let name = node.child_by_field_name("name");
                    let key = name.map(|name| Text::written(self.text, span(name)));
                    let value = node.child_by_field_name("value");
                    if let (Some(key), Some(value)) = (key, value) {
                        entries.push((key, self.value(value, depth).joined(span(value)), span(node)));
                    }
                }
                _ => {}
            }
        }
        entries
    }

    fn entry(
        &mut self,
        key: Option<Node<'t>>,
        value: Option<Node<'t>>,
        place: Span,
        depth: usize,
    ) -> Option<(Text, Text, Span)> {
        let (key, value) = (key?, value?);
        let name = self.key(key)?;
        Some((name, self.value(value, depth).joined(span(value)), place))
    }

    /// A dictionary that may become an environment: a literal, `os.environ`, a copy, `dict(os.environ, X="1")`, `a | b`.
    pub(super) fn dict(&mut self, node: Node<'t>, depth: usize) -> Option<Dict> {
        if depth > 8 {
            return None;
        }
        let name = self.slice(node);
        match node.kind() {
            "identifier" | "attribute" if self.is_environ(name) => Some(Dict { environ: true, entries: Vec::new() }),
            "identifier" | "attribute" => self.dicts.get(name).cloned(),
            "dictionary" => Some(self.literal(node, depth)),
            "binary_operator" => {
                let (left, right) = (node.child_by_field_name("left")?, node.child_by_field_name("right")?);
                let mut dict = self.dict(left, depth + 1)?;
                self.dict(right, depth + 1)?.entries.into_iter().for_each(|entry| dict.set(entry));
                Some(Dict { environ: false, ..dict })
            }
            "call" => self.copied(node, depth),
            _ => None,
        }
    }

    fn literal(&mut self, node: Node<'t>, depth: usize) -> Dict {
        let mut dict = Dict::default();
        for part in named(node) {
            if part.kind() == "dictionary_splat" {
                let inner = named(part).first().and_then(|inner| self.dict(*inner, depth + 1));
                inner.unwrap_or_default().entries.into_iter().for_each(|entry| dict.set(entry));
            } else if part.kind() == "pair" {
                let (key, value) = (part.child_by_field_name("key"), part.child_by_field_name("value"));
                let entry = self.entry(key, value, span(part), depth);
                entry.into_iter().for_each(|entry| dict.set(self.as_assign(entry)));
            }
        }
        dict
    }

    fn as_assign(&self, (name, value, span): (Text, Text, Span)) -> Assign {
        let certain = self.names.certain();
        Assign { name: name.word(), value: value.word(), span, certain, exported: true, quoted: false }
    }

    fn copied(&mut self, node: Node<'t>, depth: usize) -> Option<Dict> {
        let function = node.child_by_field_name("function")?;
        let arguments = named(node.child_by_field_name("arguments")?);
        if let Some(object) = self.slice(function).strip_suffix(".copy").filter(|object| *object != "copy") {
            let known = self.is_environ(object) || self.dicts.contains_key(object);
            let entries = self.dicts.get(object).map(|dict| dict.entries.clone()).unwrap_or_default();
            return known.then_some(Dict { entries, environ: false });
        }
        if !matches!(self.slice(function), "dict" | "copy.copy" | "copy.deepcopy" | "copy" | "deepcopy") {
            return None;
        }
        let mut dict = match arguments.first() {
            Some(first) if first.kind() != "keyword_argument" => self.dict(*first, depth + 1)?,
            _ => Dict::default(),
        };
        for entry in self.entries(&arguments, depth) {
            dict.set(self.as_assign(entry));
        }
        Some(Dict { environ: false, ..dict })
    }

    /// The variables that a program gets through `env=`.
    pub(super) fn handed(&mut self, node: Option<Node<'t>>) -> Vec<Assign> {
        let Some(dict) = node.and_then(|node| self.dict(node, 0)) else { return Vec::new() };
        let entries: Vec<Assign> = dict.entries.into_iter().take(self.copies).collect();
        self.copies -= entries.len();
        entries
    }
}
