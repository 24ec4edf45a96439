//! What expressions give, as far as texts and lists of texts go.

use tree_sitter::Node;

use super::{Reader, named, span};
use crate::read::script::Step;
use crate::read::shell;
use crate::read::traced::Byte;
use crate::read::value::{Text, Value};
use crate::span::Span;

/// Deepest nesting of expressions that is followed.
const MAX_DEPTH: usize = 48;

/// Functions that give back their first argument, as far as a name or path goes.
const SAME: [&str; 12] = [
    "str",
    "list",
    "tuple",
    "Path",
    "pathlib.Path",
    "os.fspath",
    "os.path.abspath",
    "os.path.realpath",
    "os.path.normpath",
    "os.path.expanduser",
    "shlex.quote",
    "quote",
];

impl<'t> Reader<'t> {
    /// The value of an expression; unknown text for everything that is not followed.
    pub(super) fn value(&mut self, node: Node<'t>, depth: usize) -> Value {
        let found = if depth < MAX_DEPTH { self.followed(node, depth + 1) } else { None };
        found.unwrap_or_else(|| Value::text(self.unknown(node)))
    }

    fn followed(&mut self, node: Node<'t>, depth: usize) -> Option<Value> {
        match node.kind() {
            "string" => Some(Value::text(self.string(node, depth))),
            "concatenated_string" => Some(self.concatenated(node, depth)),
            "integer" | "float" | "true" | "false" | "none" => Some(Value::text(Text::written(self.text, span(node)))),
            "identifier" => self.names.get(self.slice(node)),
            "attribute" if self.slice(node) == "sys.executable" => Some(Value::text(Text::named("python", span(node)))),
            "attribute" => self.names.get(self.slice(node)),
            "list" | "tuple" | "expression_list" => Some(Value::list(self.elements(node, depth))),
            "parenthesized_expression" => Some(self.value(*named(node).first()?, depth)),
            "binary_operator" => self.binary(node, depth),
            "subscript" => {
                let key = self.environ_key(node)?;
                self.names.get(&format!("env:{}", key.letters()))
            }
            "call" => self.called(node, depth),
            "await" => Some(self.value(*named(node).first()?, depth)),
            _ => None,
        }
    }

    fn concatenated(&mut self, node: Node<'t>, depth: usize) -> Value {
        let mut text = Text::empty(span(node));
        for part in named(node) {
            text.bytes.extend(self.string(part, depth).bytes);
        }
        Value::text(text)
    }

    /// The elements of a list, those behind `*` in their place.
    pub(super) fn elements(&mut self, node: Node<'t>, depth: usize) -> Vec<Text> {
        let mut items = Vec::new();
        for part in named(node) {
            match part.kind() {
                "keyword_argument" | "dictionary_splat" => {}
                "list_splat" => {
                    let value = named(part).first().map(|inner| self.value(*inner, depth));
                    items.extend(value.unwrap_or_default().items);
                }
                _ => items.push(self.value(part, depth).joined(span(part))),
            }
        }
        items
    }

    fn binary(&mut self, node: Node<'t>, depth: usize) -> Option<Value> {
        let (left, right) = (node.child_by_field_name("left")?, node.child_by_field_name("right")?);
        let operator = node.child_by_field_name("operator")?.kind();
        if !matches!(operator, "+" | "/") {
            return None;
        }
        let (left, right) = (self.value(left, depth), self.value(right, depth));
        match operator {
            "+" => Some(left.plus(right, span(node))),
            _ => Some(Value::text(path(left.items.into_iter().chain(right.items), span(node)))),
        }
    }

    fn called(&mut self, node: Node<'t>, depth: usize) -> Option<Value> {
        let (function, arguments) = (node.child_by_field_name("function")?, node.child_by_field_name("arguments")?);
        match self.slice(function) {
            "os.path.join" | "join" | "path.join" => {
                Some(Value::text(path(self.elements(arguments, depth), span(node))))
            }
            "shlex.split" => {
                let first = *named(arguments).first()?;
                let text = self.value(first, depth).joined(span(first));
                Some(words(&text))
            }
            "Path" | "pathlib.Path" if named(arguments).len() > 1 => {
                Some(Value::text(path(self.elements(arguments, depth), span(node))))
            }
            name if SAME.contains(&name) => Some(self.value(*named(arguments).first()?, depth)),
            _ => self.method(function, arguments, depth),
        }
    }

    fn method(&mut self, function: Node<'t>, arguments: Node<'t>, depth: usize) -> Option<Value> {
        let object = function.child_by_field_name("object")?;
        let arguments = named(arguments);
        match (self.slice(function.child_by_field_name("attribute")?), arguments.as_slice()) {
            ("split", []) => {
                let text = self.value(object, depth).joined(span(object));
                Some(Value::list(split(&text)))
            }
            ("copy" | "resolve" | "absolute" | "strip" | "as_posix", []) => Some(self.value(object, depth)),
            ("join", [list]) if self.slice(object).trim_matches(['"', '\'']) == " " => {
                let value = self.value(*list, depth);
                Some(Value::text(value.joined(span(*list))))
            }
            _ => None,
        }
    }
}

/// Parts of a path with slashes between them.
fn path(parts: impl IntoIterator<Item = Text>, place: Span) -> Text {
    let mut all = Text::empty(place);
    for part in parts {
        if all.bytes.last().is_some_and(|last| !b"/\\".contains(&last.value)) {
            let at = part.bytes.first().map_or(part.place.start, |byte| byte.at);
            all.push_char('/', at as usize, false);
        }
        all.bytes.extend(part.bytes);
    }
    all
}

/// The words that a shell would make of a text.
fn words(text: &Text) -> Value {
    let mut items = Vec::new();
    for step in shell::read_traced(&text.bytes, text.place) {
        let Step::Command(command) = step else { continue };
        for word in command.words {
            let mut item = Text::empty(word.span);
            let pairs = word.text.bytes().zip(word.at);
            item.bytes =
                pairs.map(|(value, at)| Byte { unknown: !word.known, ..Byte::written(value, at as usize) }).collect();
            items.push(item);
        }
    }
    Value::list(items)
}

fn split(text: &Text) -> Vec<Text> {
    let blank = |byte: &Byte| byte.value.is_ascii_whitespace() && !byte.unknown;
    let parts = text.bytes.split(blank).filter(|part| !part.is_empty());
    let settled = |part: &[Byte]| {
        let mut item = Text::empty(text.place);
        item.bytes = part.to_vec();
        item.settle();
        item
    };
    parts.map(settled).collect()
}
