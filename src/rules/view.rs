//! What a rule is shown: facts, never raw text.

use std::cell::OnceCell;

use super::sink::Need;
use crate::catalog::models::{self, DitShape, ModelKind};
use crate::catalog::names::plain_wan;
use crate::facts::launch::{self, Launch};
use crate::facts::machine::Machine;
use crate::facts::models::{Library, Lookup};
use crate::facts::versions::Version;
use crate::facts::workflow::{Field, Loader, ModelChain, Sampler};
use crate::finding::{FileIx, Location, NodeRef};
use crate::logged::Logged;
use crate::project::{Content, File, ScriptFile, WorkflowFile};
use crate::span::Span;
use crate::targets::Target;
use crate::validate::{self, Validation};
use crate::workflow::graph::NodeIx;

pub use crate::catalog::names::{Stage, Task, channels, lower, stage, task, words};

/// One file.
#[derive(Clone, Copy)]
pub struct FileView<'a> {
    /// Its index.
    pub index: FileIx,
    /// The file.
    pub file: &'a File,
    /// The machine.
    pub machine: &'a Machine,
    /// The model files that workflows name.
    pub models: &'a Library,
}

/// One start of ComfyUI.
pub struct LaunchView<'a> {
    /// The file it stands in.
    pub of: FileView<'a>,
    /// The script it stands in.
    pub script: &'a ScriptFile,
    /// The start.
    pub launch: &'a Launch,
}

/// One workflow.
pub struct WorkflowView<'a> {
    /// Its file.
    pub of: FileView<'a>,
    /// Graph and facts.
    pub workflow: &'a WorkflowFile,
    validation: OnceCell<Validation>,
}

/// Everything: for rules about pairs of launch and workflow.
pub struct ProjectView<'a> {
    /// All files.
    pub files: &'a [File],
    /// All targets.
    pub targets: &'a [Target],
    /// The machine.
    pub machine: &'a Machine,
    /// The model files that workflows name.
    pub models: &'a Library,
}

/// A log, beside the forecast where there is one.
pub struct LogView<'a> {
    /// The log and all that came of it.
    pub logged: &'a Logged,
}

impl LogView<'_> {
    /// A place in the log.
    pub fn at(&self, span: Span) -> Location {
        Location { file: self.logged.file, span }
    }
}

impl FileView<'_> {
    /// A place in this file.
    pub fn at(&self, span: Span) -> Location {
        Location { file: self.index, span }
    }

    /// The script, when it starts ComfyUI or describes a container for it: other scripts are none of our business.
    pub fn script(&self) -> Option<&ScriptFile> {
        match &self.file.content {
            Content::Script(script) if !script.launches.is_empty() || launch::is_container_of_comfy(&script.script) => {
                Some(script)
            }
            _ => None,
        }
    }
}

impl<'a> ProjectView<'a> {
    /// The workflow of a target.
    pub fn workflow(&self, target: &Target) -> Option<&'a WorkflowFile> {
        self.files.get(target.workflow)?.workflow()
    }

    /// The file of a name beside another one, among those that were read.
    pub fn beside(&self, file: &File, name: &str) -> Option<FileIx> {
        let unified = name.replace('\\', "/");
        let path = file.folder().join(unified.trim_start_matches("./"));
        self.files.iter().position(|other| other.source.path() == path)
    }
}

impl LaunchView<'_> {
    /// ComfyUI's version: stated, else that of the checkout beside the script.
    pub fn comfyui(&self) -> Option<Version> {
        self.of.machine.comfyui.or_else(|| self.launch.checkout.as_ref().map(|found| found.version))
    }

    /// A place in the script.
    pub fn at(&self, span: Span) -> Location {
        self.of.at(span)
    }
}

impl<'a> WorkflowView<'a> {
    /// A workflow as rules see it.
    pub fn new(of: FileView<'a>, workflow: &'a WorkflowFile) -> Self {
        Self { of, workflow, validation: OnceCell::new() }
    }

    /// What would tell which of the known releases counts: a version, or where one between them is stated, the server itself.
    pub fn need_of_release(&self) -> Need {
        if self.of.machine.comfyui.is_some() { Need::Nodes } else { Need::Comfyui }
    }

    /// What a server says about it, asked once.
    pub fn validation(&self) -> &Validation {
        let version = self.of.machine.comfyui;
        self.validation.get_or_init(|| validate::validate(&self.workflow.graph, &self.workflow.structure, version))
    }

    /// A place in the workflow's file.
    pub fn at(&self, span: Span) -> Location {
        self.of.at(span)
    }

    /// The class of a node: the place of a finding about the whole node.
    pub fn at_class(&self, node: NodeIx) -> Location {
        self.at(self.workflow.graph.get(node).map(|node| node.class_span).unwrap_or_default())
    }

    /// The node as the user knows it.
    pub fn node(&self, node: NodeIx) -> NodeRef {
        node_ref(self.workflow, node)
    }

    /// Latent channels (16 or 48) of the Wan model that samples the size of a node; `None` when unknown or not Wan.
    pub fn channels_at(&self, size_node: NodeIx) -> Option<u32> {
        let facts = &self.workflow.facts;
        let size = facts.sizes.iter().position(|size| size.node == size_node)?;
        let samplers = facts.samplers.iter().filter(|sampler| sampler.size == Some(size));
        let mut channels = samplers.map(|sampler| self.loader(&sampler.model).and_then(|loader| self.channels(loader)));
        let first = channels.next()??;
        channels.all(|other| other == Some(first)).then_some(first)
    }

    /// The file that a loader node loads.
    pub fn model_file(&self, node: NodeIx) -> Option<String> {
        file_of(self.workflow.facts.loader_at(node)?)
    }

    /// The (first) file of a loader, where models are looked for.
    pub fn lookup(&self, loader: &Loader) -> Lookup {
        self.of.models.of(&self.workflow.graph, loader)
    }

    /// Latent channels of a loader's Wan diffusion model: by its header where that is at hand, else by its name.
    pub fn channels(&self, loader: &Loader) -> Option<u32> {
        match self.lookup(loader).recognised() {
            Some(model) => model.identity.shape().map(|shape| shape.out_dim),
            None => channels(&file_of(loader)?),
        }
    }

    /// The constants of a loader's Wan diffusion model: by its header where that is at hand, else by its official name.
    pub fn wan_shape(&self, loader: &Loader) -> Option<DitShape> {
        match self.lookup(loader).recognised() {
            Some(model) => model.identity.shape().copied(),
            None => wan_shape(&file_of(loader)?),
        }
    }

    /// [`Self::wan_shape`] of the model that a chain starts from.
    pub fn shape_of(&self, chain: &ModelChain) -> Option<DitShape> {
        self.wan_shape(self.loader(chain)?)
    }

    /// [`Self::channels`] of the model that a chain starts from.
    pub fn channels_of(&self, chain: &ModelChain) -> Option<u32> {
        self.channels(self.loader(chain)?)
    }

    /// The loader of a model chain.
    pub fn loader(&self, chain: &ModelChain) -> Option<&Loader> {
        self.workflow.facts.loader(chain.loader?)
    }

    /// The file that a model chain starts from.
    pub fn file(&self, chain: &ModelChain) -> Option<&str> {
        self.loader(chain)?.file.value.as_deref()
    }

    /// Samplers that hand their latent on together, in order.
    pub fn runs(&self) -> Vec<Vec<&Sampler>> {
        let facts = &self.workflow.facts;
        let samplers = |run: Vec<usize>| run.into_iter().map(|at| &facts.samplers[at]).collect();
        facts.runs().into_iter().map(samplers).collect()
    }
}

/// A node for findings.
pub fn node_ref(workflow: &WorkflowFile, node: NodeIx) -> NodeRef {
    let Some(found) = workflow.graph.get(node) else {
        return NodeRef { id: String::new(), class: String::new(), title: None, subgraph: None };
    };
    let subgraph = found.host.and_then(|host| workflow.graph.subgraph(host)).map(str::to_owned);
    NodeRef { id: found.id.clone(), class: found.class.clone(), title: found.title.clone(), subgraph }
}

/// How messages call a node: its title, else its class, and where it is: `KSampler (10)`, or inside a subgraph
/// `KSampler (node 10 in subgraph 'Sampling' of node 2)`.
pub fn called(node: &NodeRef) -> String {
    let name = node.title.as_deref().filter(|title| !title.is_empty()).unwrap_or(&node.class);
    match (&node.subgraph, node.id.rsplit_once(':')) {
        (Some(subgraph), Some((instance, own))) => {
            format!("{name} (node {own} in subgraph '{subgraph}' of node {instance})")
        }
        _ => format!("{name} ({})", node.id),
    }
}

/// The transformer in a file, when it is one of Wan's that the catalogue knows, or a plain one in another form.
pub fn wan_shape(file: &str) -> Option<DitShape> {
    match models::identify(file).map(|spec| spec.kind) {
        Some(ModelKind::WanDit(shape)) => Some(shape),
        Some(_) => None,
        None => plain_wan(file),
    }
}

/// The file that a loader loads, when it is known.
pub fn file_of(loader: &Loader) -> Option<String> {
    loader.file.value.clone()
}

/// The value of an optional field, when it is known.
pub fn value<T: Copy>(field: &Option<Field<T>>) -> Option<T> {
    field.as_ref()?.value
}

/// Where an optional field is written.
pub fn span<T>(field: &Option<Field<T>>) -> Span {
    field.as_ref().map_or(Span::default(), |field| field.span)
}
