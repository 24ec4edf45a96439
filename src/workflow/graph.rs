//! One model of a workflow for all formats: nodes, their inputs with spans, links that point at nodes.
//!
//! Links are already those that the server would get: subgraphs, reroutes, primitives, bypassed and muted nodes of a saved
//! workflow are followed while reading. Such nodes stay in [`Graph::nodes`] (rules name them) but are not [`Role::Real`].
//! The nodes inside a subgraph are there once for each of its instances, with ids like `12:7`; their spans lie in the
//! definition, those of promoted values at the instance.

use std::borrow::Cow;

use foldhash::{HashMap, HashMapExt as _};

use super::everywhere::Broadcast;
use super::format::{Detected, Format, detect};
use super::resolve::resolve;
use super::{Page, api, switches, ui};
use crate::catalog::nodes::{Catalog, NodeSpec};
use crate::read::json::JsonRef;
use crate::span::Span;

/// Index of a node in [`Graph::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIx(pub u32);

/// A workflow.
#[derive(Clone, Debug)]
pub struct Graph {
    /// What it was read from.
    pub format: Format,
    /// All nodes in the order of the file.
    pub nodes: Vec<Node>,
    /// What could not be followed (group nodes and subgraphs that cannot be read) and why: rules about the whole are not
    /// checked then.
    pub unread: Vec<(Span, String)>,
    /// Instances of a subgraph inside itself, with its name: the browser gives up when it queues the workflow.
    pub circular: Vec<(Span, String)>,
    /// Nodes of the extension "Use Everywhere", which adds links when the workflow is queued: see [`Graph::may_be_sent`].
    pub everywhere: Vec<Broadcast>,
    pub(super) specs: Specs,
    /// Of an API prompt only, where links name their nodes by id.
    pub(super) ids: HashMap<String, NodeIx>,
    /// Names of the subgraphs whose instances were followed.
    pub(super) subgraphs: HashMap<NodeIx, String>,
    /// The input that each switch takes, where it can be told: asked for at every link.
    choices: HashMap<NodeIx, Cow<'static, str>>,
}

/// Most nodes of a file that are read: far beyond any real workflow, it bounds the time a hostile one takes.
pub(super) const MAX_NODES: usize = 20_000;
/// Most inputs of a node that are read.
pub(super) const MAX_INPUTS: usize = 2_000;

/// The schema of each class that occurs, decoded once.
#[derive(Clone, Debug, std::default::Default)]
pub(super) struct Specs {
    list: Vec<&'static NodeSpec>,
    of: HashMap<String, Option<u32>>,
    catalog: Catalog,
}

/// Whether a node takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It runs.
    Active,
    /// It vanishes together with its links.
    Muted,
    /// Its inputs are handed through by type.
    Bypassed,
}

/// What the server gets of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is sent.
    Real,
    /// It is not sent: muted, bypassed, a note, a reroute, a PrimitiveNode, a subgraph instance (its nodes are).
    Absent,
    /// It stands for nodes that are not followed: a group node or a subgraph that cannot be read.
    Opaque,
}

/// One node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its id as the server gets it: for a node inside a subgraph the ids of the instances come first (`12:7`).
    pub id: String,
    /// Its class.
    pub class: String,
    /// The title a person gave it.
    pub title: Option<String>,
    /// Active, muted or bypassed.
    pub mode: Mode,
    /// What the server gets of it.
    pub role: Role,
    /// The whole node.
    pub span: Span,
    /// The class name.
    pub class_span: Span,
    /// Its inputs: widgets and links.
    pub inputs: Vec<Input>,
    /// The subgraph instance that it is inside of; `None` in the main graph and in an API prompt.
    pub host: Option<NodeIx>,
    pub(super) spec: Option<u32>,
}

/// One input of a node.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name: that of the schema where there is one.
    pub name: Cow<'static, str>,
    /// The value; where a PrimitiveNode or a saved default gave it, the place of that; for a link the key.
    pub span: Span,
    /// The key in an API prompt, the slot's name or the class in a saved workflow.
    pub key_span: Span,
    /// What it gets.
    pub value: Value,
    /// The PrimitiveNode that wrote the value, or the subgraph instance that holds it.
    pub from: Option<NodeIx>,
}

/// What an input gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Output `slot` of a node.
    Link {
        /// The node.
        node: NodeIx,
        /// Its output.
        slot: u32,
    },
    /// A link that leads to nothing.
    Dangling {
        /// Id of the node where it ends.
        id: String,
        /// Why nothing comes from there.
        why: Lost,
    },
    /// A whole number.
    Int(i64),
    /// A number, or a whole one too large for `Int`.
    Float(f64),
    /// A text.
    Text(String),
    /// True or false.
    Bool(bool),
    /// `null`.
    Null,
    /// A list or an object that is no link.
    Other,
}

/// Why nothing comes over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// No node has that id.
    Missing,
    /// The node is muted.
    Muted,
    /// The node is bypassed and has no input of the wanted type, or that input is not linked.
    Bypassed,
    /// The links go round in a circle, or end at a reroute that gets nothing.
    Nowhere,
}

impl Graph {
    /// Reads a workflow of any format, in or without its wrapper, by the embedded schemas.
    ///
    /// # Errors
    /// Why the value is no workflow.
    pub fn read(root: JsonRef<'_>) -> Result<Self, &'static str> {
        Self::from_detected(&detect(root), &Catalog::default())
    }

    /// Reads what [`detect`] found, by the schemas of a catalog.
    ///
    /// # Errors
    /// Why the value is no workflow.
    pub fn from_detected(found: &Detected<'_>, catalog: &Catalog) -> Result<Self, &'static str> {
        Self::with_pages(found, catalog).map(|(graph, _)| graph)
    }

    /// As [`Graph::from_detected`], and the nodes of a saved workflow as they are written.
    pub(crate) fn with_pages<'a>(
        found: &Detected<'a>,
        catalog: &Catalog,
    ) -> Result<(Self, Vec<Page<'a>>), &'static str> {
        let (mut graph, pages) = match found.format.clone() {
            Format::NotAWorkflow(reason) => return Err(reason),
            Format::Api => (api::read(found.root, catalog), Vec::new()),
            format @ Format::Ui { .. } => ui::read(found.root, format, catalog),
        };
        graph.choices = graph.switches();
        Ok((graph, pages))
    }

    fn switches(&self) -> HashMap<NodeIx, Cow<'static, str>> {
        let switches = self.indices().filter(|&node| switches::is_switch(self.class(node)));
        let value = |node, name: &str| resolve(self, node, name).value().cloned();
        let choice = |node| Some((node, switches::taken(self, node, |name| value(node, name))?));
        switches.filter_map(choice).collect()
    }

    /// The input that a switch hands on; `None` for every other node, and when only the run can tell.
    pub fn choice(&self, switch: NodeIx) -> Option<&str> {
        self.choices.get(&switch).map(|input| &**input)
    }

    /// True for an input that a switch does not wait for.
    pub fn is_idle(&self, switch: NodeIx, input: &str) -> bool {
        let lazy = |chosen: &str| self.class(switch) != switches::ANY_SWITCH && input != chosen;
        // The inputs beside those that are handed on are always asked.
        let handed = input.starts_with("on_") || input.starts_with("value");
        handed && self.choice(switch).is_some_and(lazy)
    }

    /// Notes that a file has more than is read.
    pub(super) fn too_much(&mut self, span: Span, what: &str, limit: usize) {
        self.unread.push((span, format!("only the first {limit} {what} are read")));
    }

    pub(super) fn empty(format: Format, catalog: &Catalog) -> Self {
        Self {
            format,
            nodes: Vec::new(),
            unread: Vec::new(),
            circular: Vec::new(),
            everywhere: Vec::new(),
            specs: Specs::new(catalog),
            ids: HashMap::new(),
            subgraphs: HashMap::new(),
            choices: HashMap::new(),
        }
    }

    /// The node; `None` for an index of another graph.
    pub fn get(&self, node: NodeIx) -> Option<&Node> {
        self.nodes.get(node.0 as usize)
    }

    /// The class of a node; empty for an index of another graph.
    pub fn class(&self, node: NodeIx) -> &str {
        self.get(node).map_or("", |node| &node.class)
    }

    /// The node with this id.
    pub fn by_id(&self, id: &str) -> Option<NodeIx> {
        let first = || self.nodes.iter().position(|node| node.id == id).map(|at| NodeIx(at as u32));
        if self.ids.is_empty() { first() } else { self.ids.get(id).copied() }
    }

    /// The name of the subgraph that an instance stands for; `None` for every other node.
    pub fn subgraph(&self, instance: NodeIx) -> Option<&str> {
        self.subgraphs.get(&instance).map(String::as_str)
    }

    /// Where a node stands, in words: `node 7 in subgraph 'Sampling' (instance 12)`, or `node 7` in the main graph.
    pub fn place(&self, node: NodeIx) -> String {
        let Some(found) = self.get(node) else { return String::new() };
        let (path, own) = found.id.rsplit_once(':').unwrap_or(("", &found.id));
        match found.host.and_then(|host| self.subgraph(host)) {
            Some(name) => format!("node {own} in subgraph '{name}' (instance {path})"),
            None => format!("node {}", found.id),
        }
    }

    /// The schema of a node's class; `None` when the catalogue does not have it.
    pub fn spec(&self, node: NodeIx) -> Option<&'static NodeSpec> {
        self.specs.get(self.get(node)?.spec?)
    }

    /// Where the schemas come from.
    pub fn catalog(&self) -> &Catalog {
        &self.specs.catalog
    }

    /// The name of an input as the graph keeps it.
    pub(super) fn kept(&self, spec: Option<u32>, name: Cow<'_, str>) -> Cow<'static, str> {
        let known = spec.and_then(|spec| self.specs.get(spec)?.input_name(&name));
        known.map_or_else(|| Cow::Owned(name.into_owned()), Cow::Borrowed)
    }

    /// An input of a node by its name.
    pub fn input(&self, node: NodeIx, name: &str) -> Option<&Input> {
        self.get(node)?.inputs.iter().find(|input| input.name == name)
    }

    /// All indices in the order of the file.
    pub fn indices(&self) -> impl Iterator<Item = NodeIx> + use<> {
        (0..self.nodes.len() as u32).map(NodeIx)
    }

    /// The nodes that the server gets, in the order of the file.
    pub fn real(&self) -> impl Iterator<Item = NodeIx> + '_ {
        self.indices().filter(|&node| self.get(node).is_some_and(|node| node.role == Role::Real))
    }
}

impl Specs {
    pub(super) fn new(catalog: &Catalog) -> Self {
        Self { catalog: catalog.clone(), ..Self::default() }
    }

    /// True when a server told all its classes.
    pub(super) fn is_stated(&self) -> bool {
        self.catalog.server().is_some()
    }

    /// True for a class that a server told.
    pub(super) fn states(&self, class: &str) -> bool {
        self.catalog.states(class)
    }

    pub(super) fn get(&self, index: u32) -> Option<&'static NodeSpec> {
        self.list.get(index as usize).copied()
    }

    /// Index of the schema of a class, decoded at its first use.
    pub(super) fn index(&mut self, class: &str) -> Option<u32> {
        if let Some(&known) = self.of.get(class) {
            return known;
        }
        let index = self.catalog.lookup(class).map(|spec| {
            self.list.push(spec);
            self.list.len() as u32 - 1
        });
        self.of.insert(class.to_owned(), index);
        index
    }
}

impl Value {
    /// The literal a JSON value is; lists and objects are `Other`.
    pub fn literal(json: JsonRef<'_>) -> Self {
        let whole = |json: JsonRef<'_>| !json.raw().contains(['.', 'e', 'E']);
        if json.is_null() {
            return Self::Null;
        }
        let number = json.as_i64().filter(|_| whole(json)).map(Self::Int).or_else(|| json.as_f64().map(Self::Float));
        let text = || json.as_str().map(|text| Self::Text(text.into_owned()));
        number.or_else(|| json.as_bool().map(Self::Bool)).or_else(text).unwrap_or(Self::Other)
    }

    /// True for a value that stands in the file itself.
    pub fn is_literal(&self) -> bool {
        !matches!(self, Self::Link { .. } | Self::Dangling { .. })
    }

    /// As a whole number, converted as the server does (`int()`): fractions are cut, texts of digits read.
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Float(value) if value.abs() < 9.0e15 => Some(value.trunc() as i64),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Bool(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    /// As a number, converted as the server does (`float()`).
    pub fn to_f64(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            _ => None,
        }
    }

    /// As a text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}
