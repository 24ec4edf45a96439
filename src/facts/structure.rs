//! What the text of a workflow holds that its graph does not show: keys written twice, links that are none, settings that the
//! browser put aside, nodes that were saved by another schema.

mod api;
mod json;
mod promoted;
mod ui;

use foldhash::HashSet;

use crate::read::json::JsonRef;
use crate::span::Span;
use crate::workflow::Page;
use crate::workflow::format::{Detected, Format, Wrapper};
use crate::workflow::graph::{Graph, NodeIx, Value};

/// Most findings of a kind that are kept: a file with more is broken as a whole.
const MOST: usize = 100;

/// Faults of the text, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Structure {
    /// Keys that are written twice in one object.
    pub twice: Vec<Twice>,
    /// `NaN` and infinities.
    pub not_finite: Vec<Span>,
    /// Entries of an API prompt that are no nodes.
    pub not_nodes: Vec<NotNode>,
    /// Links of an API prompt that are malformed.
    pub bad_links: Vec<BadLink>,
    /// The saved workflow that stands where a server wants an API prompt.
    pub posted: Option<Span>,
    /// Values of promoted settings that take no part.
    pub set_aside: Vec<SetAside>,
    /// Positional and named values that disagree.
    pub disagree: Vec<Disagree>,
    /// Objects in an API prompt that no number can be made of.
    pub no_numbers: Vec<(NodeIx, String)>,
    /// Seeds of a saved workflow with what the browser does to them after a run.
    pub seeds: Vec<Seed>,
    newer: HashSet<NodeIx>,
    shifted: HashSet<NodeIx>,
}

/// A key that is written twice in one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Twice {
    /// The key.
    pub key: String,
    /// The first of the two, which is lost.
    pub first: Span,
    /// The last, which counts.
    pub last: Span,
    /// True when both have the same value, so that nothing is lost.
    pub same: bool,
}

/// An entry of an API prompt that is no node.
#[derive(Clone, Debug, PartialEq)]
pub struct NotNode {
    /// Its key.
    pub key: String,
    /// What is wrong with it.
    pub lacks: &'static str,
    /// Where the key is.
    pub span: Span,
}

/// A list in an API prompt that is no link, although the server takes every list for one.
#[derive(Clone, Debug, PartialEq)]
pub struct BadLink {
    /// The node.
    pub node: NodeIx,
    /// The input.
    pub input: String,
    /// The list as written, cut to a readable length.
    pub value: String,
    /// The list.
    pub span: Span,
    /// What is wrong with it.
    pub why: LinkFault,
}

/// What is wrong with a link.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkFault {
    /// It does not have two elements.
    Length(usize),
    /// The id is a number, in place of a text; true when a node has that id.
    NumericId(String, bool),
    /// The id is neither text nor number.
    NoId,
    /// The output is no whole number.
    NoSlot,
}

/// Why a value takes no part.
#[derive(Clone, Debug, PartialEq)]
pub enum Aside {
    /// The browser put it aside when it changed how settings are promoted.
    ByTheBrowser,
    /// It belongs to a node, here its id, that the subgraph does not have.
    NoNode(String),
    /// It belongs to a widget that this node inside the subgraph does not have.
    NoWidget(NodeIx),
    /// It belongs to an input that the subgraph does not have.
    NoInput,
}

/// A value of a promoted setting that takes no part.
#[derive(Clone, Debug, PartialEq)]
pub struct SetAside {
    /// The subgraph instance.
    pub node: NodeIx,
    /// The setting.
    pub name: String,
    /// The value as written, cut to a readable length.
    pub value: String,
    /// Where the value is.
    pub span: Span,
    /// Why it takes no part.
    pub why: Aside,
}

/// A value by position and a value by name that disagree.
#[derive(Clone, Debug, PartialEq)]
pub struct Disagree {
    /// The node.
    pub node: NodeIx,
    /// The setting.
    pub name: String,
    /// The value by position as written: the one that counts.
    pub counts: String,
    /// Where it is.
    pub span: Span,
    /// The value by name as written.
    pub named: String,
    /// Where it is.
    pub named_span: Span,
}

/// What stands behind a seed (`control_after_generate`): a setting of the browser, which the server never gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// The node.
    pub node: NodeIx,
    /// The input that holds the seed.
    pub input: &'static str,
    /// True for all but `fixed`: the next run gets another seed.
    pub changes: bool,
    /// Where that is written.
    pub span: Span,
}

impl Structure {
    /// Looks through a file that was recognised as a workflow.
    pub(crate) fn of(root: JsonRef<'_>, found: &Detected<'_>, graph: &Graph, pages: &[Page<'_>]) -> Self {
        let mut structure = Self::default();
        json::scan(root, &mut structure);
        match found.format {
            Format::Api => api::scan(found.root, graph, &mut structure),
            Format::Ui { .. } => {
                // A wrapper with a workflow in place of a prompt is the body of a request.
                structure.posted = (found.wrapper == Wrapper::Prompt).then(|| found.root.span());
                ui::scan(found.root, graph, pages, &mut structure);
            }
            Format::NotAWorkflow(_) => {}
        }
        structure
    }

    /// True for a node that was saved by a newer ComfyUI than those that are known.
    pub fn is_newer(&self, node: NodeIx) -> bool {
        self.newer.contains(&node)
    }

    /// True for a node that was saved by another schema: its values by position may have landed in other inputs.
    pub fn is_shifted(&self, node: NodeIx) -> bool {
        self.shifted.contains(&node)
    }
}

/// A value as written, cut to a readable length.
fn shown(json: JsonRef<'_>) -> String {
    let raw = json.raw();
    match raw.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &raw[..end]),
        None => raw.to_owned(),
    }
}

/// 1 and 1.0 are one value for JavaScript; what is no plain value is not compared.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => one.to_f64() == other.to_f64(),
        (Value::Other | Value::Null, _) | (_, Value::Other | Value::Null) => true,
        _ => one == other,
    }
}
