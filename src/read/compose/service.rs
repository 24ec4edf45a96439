//! One service of a compose file.

use super::super::piece;
use super::super::script::{Assign, Command, Container, Step, Word};
use super::super::traced::{Byte, word_of};
use super::tree::{Id, Node, Tree};
use super::value::{arguments, interpolated, text, word};
use crate::span::Span;

/// How much reading a service costs: its entries and those below them.
pub(super) fn size(tree: &Tree, id: Id) -> usize {
    let below = |(_, _, id): &(String, Span, Id)| 1 + tree.entries(*id).len() + tree.list(*id).len();
    tree.entries(id).iter().map(below).sum()
}

/// The container and what it starts.
pub(super) fn read(tree: &Tree, name: String, span: Span, id: Id) -> (Container, Vec<Step>) {
    let get = |key: &str| tree.get(id, key).map(|(_, value)| value);
    let own = |key: &str| get(key).and_then(|value| word(tree, value));
    let limit = || tree.path(id, &["deploy", "resources", "limits", "memory"]).and_then(|(_, value)| word(tree, value));
    let is = |key: &str, wanted: &str| place(tree, id, key).filter(|(value, _)| value == wanted).map(|(_, span)| span);
    let container = Container {
        name,
        span,
        image: own("image"),
        gpu: gpu(tree, id).or_else(|| is("runtime", "nvidia")),
        ports: get("ports").map(|ports| list(tree, ports, port)).unwrap_or_default(),
        memory: own("mem_limit").or_else(limit),
        user: own("user"),
        privileged: is("privileged", "true"),
        host_network: is("network_mode", "host"),
        env_files: get("env_file").map(|files| list(tree, files, env_file)).unwrap_or_default(),
        build: tree.get(id, "build").map(|(key, _)| key),
        folder: own("working_dir"),
        building: Vec::new(),
        not_followed: None,
    };
    (container, steps(tree, span, id))
}

/// The text of a key's scalar, and the place of both.
fn place(tree: &Tree, id: Id, key: &str) -> Option<(String, Span)> {
    let (key, value) = tree.get(id, key)?;
    let (_, span) = tree.scalar(value)?;
    // The value of an alias or merge key may stand anywhere.
    let whole = if span.start >= key.end { key.to(span) } else { key };
    Some((text(tree, value), whole))
}

fn list(tree: &Tree, id: Id, read: fn(&Tree, Id) -> Option<Word>) -> Vec<Word> {
    match tree.node(id) {
        Some(Node::List(items)) => items.iter().filter_map(|&item| read(tree, item)).collect(),
        _ => read(tree, id).into_iter().collect(),
    }
}

/// `8188:8188`, or the long form as if it were written so.
fn port(tree: &Tree, id: Id) -> Option<Word> {
    let mut bytes: Vec<Byte> = Vec::new();
    for key in ["host_ip", "published", "target"] {
        let Some((part, _)) = tree.get(id, key).and_then(|(_, value)| tree.scalar(value)) else { continue };
        let sign = bytes.last().map(|last| Byte { value: b':', ..*last });
        bytes.extend(sign);
        bytes.extend(interpolated(part));
    }
    let empty_at = bytes.first().map_or(0, |first| first.at);
    if bytes.is_empty() { word(tree, id) } else { Some(word_of(&bytes, empty_at)) }
}

fn env_file(tree: &Tree, id: Id) -> Option<Word> {
    word(tree, tree.get(id, "path").map_or(id, |(_, path)| path))
}

/// Where a GPU is requested: reserved devices, `gpus`, or an NVIDIA device by name.
fn gpu(tree: &Tree, id: Id) -> Option<Span> {
    let reserved = tree.path(id, &["deploy", "resources", "reservations", "devices"]);
    let reserved = reserved.filter(|(_, list)| tree.list(*list).iter().any(|&device| is_gpu(tree, device)));
    let named = tree.get(id, "devices");
    let named = named.filter(|(_, list)| tree.list(*list).iter().any(|&item| text(tree, item).contains("nvidia")));
    reserved.or_else(|| tree.get(id, "gpus")).or(named).map(|(key, _)| key)
}

fn is_gpu(tree: &Tree, device: Id) -> bool {
    let driver = tree.get(device, "driver").map(|(_, value)| text(tree, value)).unwrap_or_default();
    let capabilities = tree.get(device, "capabilities").map(|(_, list)| tree.list(list)).unwrap_or_default();
    let nested =
        |&item: &Id| text(tree, item) == "gpu" || tree.list(item).iter().any(|&inner| text(tree, inner) == "gpu");
    driver == "nvidia" || capabilities.iter().any(nested)
}

fn steps(tree: &Tree, key: Span, id: Id) -> Vec<Step> {
    let env = tree.get(id, "environment").map(|(_, env)| environment(tree, env)).unwrap_or_default();
    let given: Vec<_> = ["entrypoint", "command"].iter().filter_map(|key| tree.get(id, key)).collect();
    let words: Vec<Vec<Byte>> = given.iter().flat_map(|(_, value)| arguments(tree, *value)).collect();
    let span = given.last().map_or(key, |(key, _)| covering(*key, &words));
    let mut steps = piece::exec(&words, span);
    if steps.is_empty() && !env.is_empty() {
        steps.push(Step::Command(Command { env: Vec::new(), words: Vec::new(), span: key, certain: true }));
    }
    for step in &mut steps {
        if let Step::Command(command) = step {
            command.env.splice(0..0, env.iter().cloned());
        }
    }
    steps
}

/// From a key to the last of the words that stand behind it.
fn covering(key: Span, words: &[Vec<Byte>]) -> Span {
    let behind = words.iter().flatten().filter(|byte| byte.at >= key.end).map(|byte| byte.at + 1);
    Span::new(key.start, behind.max().unwrap_or(key.end).max(key.end))
}

/// `environment` as a map or as a list of `X=1`. A name without a value takes the host's: not known.
fn environment(tree: &Tree, id: Id) -> Vec<Assign> {
    let Some(Node::List(items)) = tree.node(id) else { return map(tree, id) };
    let items = items.iter().filter_map(|&item| tree.scalar(item));
    items.filter_map(|(bytes, span)| entry(&interpolated(bytes), span)).collect()
}

fn map(tree: &Tree, id: Id) -> Vec<Assign> {
    let mut found: Vec<Assign> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (name, key, value) in tree.entries(id) {
        if !seen.insert(name.clone()) {
            continue;
        }
        let name = named(&name, key);
        let given = tree.scalar(value);
        let value = given.map_or_else(|| from_host(key), |(bytes, span)| word_of(&interpolated(bytes), span.start));
        let whole = given.map_or(key, |(_, span)| if span.start >= key.end { key.to(span) } else { key });
        found.push(assign(name, value, whole));
    }
    found
}

/// A key as a word: its text byte for byte where it stands so in the file, else all of it at the key's begin.
fn named(text: &str, key: Span) -> Word {
    let word = Word::plain(text, key.start);
    if word.span == key { word } else { Word { span: key, at: vec![key.start; text.len()], ..word } }
}

fn entry(bytes: &[Byte], span: Span) -> Option<Assign> {
    let equals = bytes.iter().position(|byte| byte.value == b'=').unwrap_or(bytes.len());
    let name = word_of(&bytes[..equals], span.start);
    if name.text.is_empty() {
        return None;
    }
    let value = match bytes.get(equals + 1..) {
        Some(value) => word_of(value, span.end.max(name.span.end)),
        None => from_host(span),
    };
    Some(assign(name, value, span))
}

fn from_host(place: Span) -> Word {
    Word { text: String::new(), span: Span::new(place.end, place.end), known: false, at: Vec::new() }
}

fn assign(name: Word, value: Word, span: Span) -> Assign {
    Assign { name, value, span, certain: true, exported: true, quoted: false }
}
