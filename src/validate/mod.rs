//! What a server says about a prompt before it runs: ComfyUI's validation, and what it ought to say besides.
//!
//! Written from `validate_inputs` of 0.3.64 and 0.33.0, whose rules are the same but for their schemas: the prompt is judged
//! by every release that is consistent with what is known, and only what holds for all of them is a fault.

pub(crate) mod inputs;
mod links;
mod reach;
mod values;

use std::collections::BTreeSet;

use crate::catalog::nodes::{Catalog, Era, NodeSpec};
use crate::facts::structure::Structure;
use crate::facts::versions::Version;
use crate::span::Span;
use crate::workflow::format::Format;
use crate::workflow::graph::{Graph, Lost, NodeIx};

pub use reach::Reach;
pub use values::close;

/// Most faults of a workflow that are kept: one with more is broken as a whole, and each costs a look at the other nodes.
const MOST: usize = 200;

/// What is wrong with an input.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// It is required and not there.
    Missing {
        /// Its type.
        wants: &'static str,
    },
    /// Its link leads to nothing.
    Lost {
        /// Id of the node where it ends.
        id: String,
        /// Why nothing comes from there.
        why: Lost,
        /// True when the server insists on the input.
        required: bool,
    },
    /// Below the smallest value.
    Below(f64),
    /// Above the largest value.
    Above(f64),
    /// No number, where one is needed.
    NoNumber(&'static str),
    /// Not in the list of a combo; with the closest choice.
    NotInList(Option<String>),
    /// Not among the files of the stated server; with the closest one.
    NoFile(Option<String>),
    /// Not among the choices of a dynamic combo; with the closest one.
    NoBranch(Option<String>),
    /// An output that the other node does not have.
    NoOutput {
        /// The other node.
        from: NodeIx,
        /// The output that was named.
        slot: u32,
    },
    /// An output of another type.
    Type {
        /// The other node.
        from: NodeIx,
        /// Its output.
        slot: u32,
        /// What the output gives.
        gives: &'static str,
        /// What the input takes.
        wants: &'static str,
    },
    /// A value where only a link makes sense.
    Literal(&'static str),
    /// No input of the class; with the closest name.
    Unknown(Option<String>),
}

/// One fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The node.
    pub node: NodeIx,
    /// The input.
    pub input: String,
    /// The value as it is written; empty for links and for what is missing.
    pub value: String,
    /// Where: the value, the key of a link, the class of a node that lacks something.
    pub span: Span,
    /// What is wrong.
    pub kind: Kind,
}

/// The judgement on one workflow.
#[derive(Clone, Debug, Default)]
pub struct Validation {
    /// What is wrong under every release consistent with what is known, in the order of the file.
    pub faults: Vec<Fault>,
    /// Kinds that are a fault for some of those releases only.
    pub unsure: BTreeSet<u8>,
    /// Which nodes the server runs.
    pub reach: Reach,
}

impl Kind {
    /// A number for each kind.
    pub fn index(&self) -> u8 {
        match self {
            Self::Missing { .. } => 0,
            Self::Lost { .. } => 1,
            Self::Below(_) => 2,
            Self::Above(_) => 3,
            Self::NoNumber(_) => 4,
            Self::NotInList(_) => 5,
            Self::NoFile(_) => 6,
            Self::NoBranch(_) => 7,
            Self::NoOutput { .. } => 8,
            Self::Type { .. } => 9,
            Self::Literal(_) => 10,
            Self::Unknown(_) => 11,
        }
    }
}

/// Judges a workflow for a version of ComfyUI, or for all that are known when nobody stated one.
pub fn validate(graph: &Graph, structure: &Structure, version: Option<Version>) -> Validation {
    let catalog = graph.catalog();
    let reach = Reach::of(graph);
    let eras = eras(graph, catalog, version);
    let mut all = eras.iter().map(|&era| Judge { graph, structure, catalog, version, era, reach: &reach }.faults());
    let mut faults = all.next().unwrap_or_default();
    let mut unsure = BTreeSet::new();
    for others in all {
        unsure.extend(
            others.iter().filter(|other| !faults.iter().any(|one| same(one, other))).map(|one| one.kind.index()),
        );
        unsure.extend(
            faults.iter().filter(|one| !others.iter().any(|other| same(one, other))).map(|one| one.kind.index()),
        );
        faults.retain(|one| others.iter().any(|other| same(one, other)));
    }
    Validation { faults, unsure, reach }
}

fn same(a: &Fault, b: &Fault) -> bool {
    a.node == b.node && a.input == b.input && a.kind.index() == b.kind.index()
}

/// The releases to judge by. When nobody stated one, those that have every class of the workflow.
fn eras(graph: &Graph, catalog: &Catalog, version: Option<Version>) -> Vec<Era> {
    let eras = catalog.eras(version);
    if eras.len() < 2 {
        return eras;
    }
    let has_all = |era: &Era| {
        let mut specs = graph.real().filter_map(|node| graph.spec(node));
        specs.all(|newest| catalog.form_of(newest, *era).is_some())
    };
    let fitting: Vec<Era> = eras.iter().copied().filter(has_all).collect();
    if fitting.is_empty() { eras } else { fitting }
}

/// Judges by the schemas of one release.
struct Judge<'a> {
    graph: &'a Graph,
    structure: &'a Structure,
    catalog: &'a Catalog,
    version: Option<Version>,
    era: Era,
    reach: &'a Reach,
}

impl Judge<'_> {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for node in self.graph.real().filter(|&node| self.reach.runs(node)) {
            let Some(spec) = self.spec(node).filter(|spec| self.is_judged(node, spec)) else { continue };
            if faults.len() >= MOST {
                break;
            }
            let before = faults.len();
            self.node(node, spec, &mut faults);
            // Nobody knows which form the class has in this very version: what both refuse is wrong.
            if let Some(other) = self.other_form(spec) {
                let mut others = Vec::new();
                self.node(node, other, &mut others);
                let (sure, new) = (&others, faults.split_off(before));
                faults.extend(new.into_iter().filter(|one| sure.iter().any(|other| same(one, other))));
            }
        }
        faults
    }

    fn spec(&self, node: NodeIx) -> Option<&'static NodeSpec> {
        let newest = self.graph.spec(node)?;
        self.catalog.form_of(newest, self.catalog.form(newest.class, self.version).unwrap_or(self.era))
    }

    /// Whether the schema is that of the server: of custom nodes only parts are embedded, those of paid services change without
    /// a release, and a node that was saved by a newer ComfyUI than the catalog's may have another schema.
    fn is_judged(&self, node: NodeIx, spec: &NodeSpec) -> bool {
        self.era == Era::Stated
            || self.catalog.states(spec.class)
            || !spec.custom && !spec.partner && !self.structure.is_newer(node)
    }

    /// Whether values are judged: not where the file was saved by another schema, so that positions mean something else.
    fn values_count(&self, node: NodeIx) -> bool {
        self.era == Era::Stated || !self.structure.is_shifted(node)
    }

    fn other_form(&self, spec: &NodeSpec) -> Option<&'static NodeSpec> {
        let unsure = self.era == Era::New && !self.catalog.is_sure(spec.class, self.version);
        unsure.then(|| self.catalog.at(spec.class, Era::Old)).flatten()
    }

    fn is_api(&self) -> bool {
        self.graph.format == Format::Api
    }
}
