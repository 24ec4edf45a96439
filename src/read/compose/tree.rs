//! YAML as a tree whose scalars know where every byte is written.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser};

use super::super::traced::Byte;
use crate::span::Span;

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 64;

/// Deepest chain of merge keys that is followed.
const MAX_MERGES: usize = 8;

/// Index of a node in its tree.
pub(super) type Id = usize;

/// What a node holds.
#[derive(Debug)]
pub(super) enum Node {
    /// Text; `null` when it is an empty or `null` plain scalar.
    Scalar { bytes: Vec<Byte>, span: Span, null: bool },
    /// A list.
    List(Vec<Id>),
    /// Keys and values in order, flat: key, value, key, value.
    Map(Vec<Id>),
}

/// The first document of a file. An alias is the node that it stands for, so a tree may hold a node many times.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// Where and why reading ended early.
    pub fault: Option<(Span, String)>,
}

impl Tree {
    /// Reads a text. What stands before a fault is kept.
    pub fn read(text: &str) -> Self {
        let mut build =
            Build { text, offsets: offsets(text), tree: Self::default(), open: vec![], anchors: HashMap::new() };
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            match event {
                Ok((event, place)) => {
                    let span = Span::new(build.offset(place.start), build.offset(place.end));
                    if !build.event(event, span) {
                        break;
                    }
                }
                Err(error) => {
                    let at = build.offset(*error.marker());
                    build.fault(Span::new(at, at), &format!("not understood as YAML: {}", error.info()));
                    break;
                }
            }
        }
        build.tree
    }

    /// The root's node, if there is any.
    pub fn root(&self) -> Option<Id> {
        (!self.nodes.is_empty()).then_some(0)
    }

    /// A node.
    pub fn node(&self, id: Id) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// Bytes and place of a scalar that is not null.
    pub fn scalar(&self, id: Id) -> Option<(&[Byte], Span)> {
        match self.node(id)? {
            Node::Scalar { bytes, span, null: false } => Some((bytes, *span)),
            _ => None,
        }
    }

    /// The elements of a list; a scalar is a list of one.
    pub fn list(&self, id: Id) -> &[Id] {
        match self.node(id) {
            Some(Node::List(list)) => list,
            _ => &[],
        }
    }

    /// Keys (text and place) and values of a map, those of merge keys behind its own.
    pub fn entries(&self, id: Id) -> Vec<(String, Span, Id)> {
        let mut found = Vec::new();
        let (mut level, mut depth) = (vec![id], 0);
        while !level.is_empty() && depth < MAX_MERGES {
            let mut next = Vec::new();
            level.iter().for_each(|&id| self.own_entries(id, &mut found, &mut next));
            next.truncate(MAX_MERGES);
            (level, depth) = (next, depth + 1);
        }
        found
    }

    fn own_entries(&self, id: Id, found: &mut Vec<(String, Span, Id)>, merged: &mut Vec<Id>) {
        let Some(Node::Map(flat)) = self.node(id) else { return };
        for pair in flat.chunks_exact(2) {
            let Some((key, span)) = self.scalar(pair[0]) else { continue };
            let key = super::super::traced::text_of(key);
            if key == "<<" {
                let list = self.list(pair[1]);
                merged.extend(if list.is_empty() { &pair[1..2] } else { list });
            } else {
                found.push((key, span, pair[1]));
            }
        }
    }

    /// The value of a key and the key's place.
    pub fn get(&self, id: Id, key: &str) -> Option<(Span, Id)> {
        self.entries(id).into_iter().find(|(name, ..)| name == key).map(|(_, span, value)| (span, value))
    }

    /// The value at the end of a path of keys, and the last key's place.
    pub fn path(&self, id: Id, keys: &[&str]) -> Option<(Span, Id)> {
        keys.iter().try_fold((Span::default(), id), |(_, id), key| self.get(id, key))
    }
}

struct Build<'a> {
    text: &'a str,
    offsets: Vec<u32>,
    tree: Tree,
    open: Vec<Id>,
    anchors: HashMap<usize, Id>,
}

/// Byte offset of every character; empty for ASCII, where they are the same.
fn offsets(text: &str) -> Vec<u32> {
    if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at as u32).collect() }
}

impl Build<'_> {
    fn offset(&self, marker: Marker) -> u32 {
        let end = self.text.len() as u32;
        match self.offsets.as_slice() {
            [] => (marker.index() as u32).min(end),
            offsets => offsets.get(marker.index()).copied().unwrap_or(end),
        }
    }

    /// Takes in one event; false when reading ends.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::Scalar(value, style, anchor, _) => {
                let plain = style == saphyr_parser::ScalarStyle::Plain;
                let null = plain && matches!(&*value, "" | "~" | "null" | "Null" | "NULL");
                let bytes = traced(self.text, &value, span);
                self.add(Node::Scalar { bytes, span, null }, anchor);
            }
            Event::Alias(anchor) => {
                if let Some(&id) = self.anchors.get(&anchor) {
                    self.link(id);
                }
            }
            Event::SequenceStart(anchor, ..) => return self.begin(Node::List(Vec::new()), anchor, span),
            Event::MappingStart(anchor, ..) => return self.begin(Node::Map(Vec::new()), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => drop(self.open.pop()),
            Event::DocumentEnd | Event::StreamEnd => return false,
            _ => {}
        }
        true
    }

    fn begin(&mut self, node: Node, anchor: usize, span: Span) -> bool {
        if self.open.len() >= MAX_DEPTH {
            self.fault(span, "nested too deep");
            return false;
        }
        let id = self.add(node, anchor);
        self.open.push(id);
        true
    }

    fn add(&mut self, node: Node, anchor: usize) -> Id {
        let id = self.tree.nodes.len();
        self.tree.nodes.push(node);
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
        self.link(id);
        id
    }

    fn link(&mut self, id: Id) {
        let parent = self.open.last().and_then(|&open| self.tree.nodes.get_mut(open));
        if let Some(Node::List(children) | Node::Map(children)) = parent {
            children.push(id);
        }
    }

    fn fault(&mut self, span: Span, reason: &str) {
        self.tree.fault = Some((span, reason.to_owned()));
    }
}

/// Finds every byte of a scalar's value in the text it was read from: escapes, folded line ends and indentation lie between.
fn traced(text: &str, value: &str, span: Span) -> Vec<Byte> {
    let mut from = span.start as usize;
    let end = (span.end as usize).min(text.len());
    let mut bytes = Vec::with_capacity(value.len());
    for letter in value.chars() {
        let at = find(text, from, end, letter);
        let length = letter.len_utf8();
        let same = text.get(at..).is_some_and(|rest| rest.starts_with(letter)) && at < end;
        let mut buffer = [0; 4];
        for (index, &byte) in letter.encode_utf8(&mut buffer).as_bytes().iter().enumerate() {
            let place = if same { at + index } else { at.min(text.len().saturating_sub(1)) };
            // Unlike its own byte, another letter's place may be several bytes long.
            let till = if same { place + 1 } else { place + width(text, place) } as u32;
            bytes.push(Byte { till, ..Byte::written(byte, place) });
        }
        from = if same { at + length } else { behind(text, at, end) };
    }
    bytes
}

fn width(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
}

/// Where a letter of the value comes from: the same letter behind blanks, quotes and signs, or an escape.
fn find(text: &str, from: usize, end: usize, letter: char) -> usize {
    let Some(rest) = text.get(from..end) else { return from.min(end) };
    if rest.starts_with(letter) {
        return from;
    }
    let skipped = rest.find(|sign: char| sign == letter || sign == '\\' || !" \t\r\n\"'|>-+0123456789".contains(sign));
    let at = from + skipped.unwrap_or(0);
    // A blank that stands for a line end is not looked for further on.
    if letter.is_whitespace() && !text[from..at].contains('\n') && !text[at..end].starts_with([letter, '\\']) {
        return from;
    }
    if letter == ' ' && rest.starts_with(['\r', '\n']) { from } else { at }
}

/// One past the escape (or the line end) at a place.
fn behind(text: &str, at: usize, end: usize) -> usize {
    let rest = text.get(at..end).unwrap_or_default();
    let mut letters = rest.chars();
    match (letters.next(), letters.next()) {
        (Some('\\'), Some(sign)) => {
            let digits = match sign {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                _ => 0,
            };
            (at + 1 + sign.len_utf8() + digits).min(end)
        }
        (Some('\r' | '\n'), _) => at + (rest.len() - rest.trim_start().len()),
        _ => at,
    }
}
