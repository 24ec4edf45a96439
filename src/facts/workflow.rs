//! What a workflow does: which models it loads, what it samples at which size, in which order.
//!
//! Only nodes that the server would execute are counted: those an output node needs, without the branch that a switch
//! does not take. Every number is a [`Field`]: its value when it can be told, and where it is written.

mod chain;
mod field;
mod loaders;
mod loras;
mod noise;
mod order;
mod playback;
mod samplers;
mod sizes;
mod uses;
mod wrapper;

use foldhash::{HashMap, HashMapExt as _};

use crate::workflow::graph::{Graph, NodeIx};

pub use chain::{LoraUse, ModelChain};
pub use field::Field;
pub use loaders::{Loader, LoaderIx, LoaderKind};
pub use noise::{Shift, WAN_SHIFT};
pub use playback::Playback;
pub use samplers::{Sampler, SamplerKind};
pub use sizes::{Frames, SizeNode, UNLOADERS};
pub use uses::{ClipVisionUse, FpsUse, TextEncode, VaeOp, VaeUse};

/// The facts of one workflow. Everything is in the order of execution.
#[derive(Clone, Debug, Default)]
pub struct WorkflowFacts {
    /// The nodes that run, in the order in which ComfyUI runs them.
    pub order: Vec<NodeIx>,
    /// True when no output node was found, so that every node counts as needed.
    pub no_output: bool,
    /// False when a subgraph, a group node or a class outside the catalogue runs: there may be more than is listed.
    pub complete: bool,
    /// Files that are loaded.
    pub loaders: Vec<Loader>,
    /// Nodes that decide how large the latent is.
    pub sizes: Vec<SizeNode>,
    /// Sampling.
    pub samplers: Vec<Sampler>,
    /// Prompts that are encoded.
    pub text_encodes: Vec<TextEncode>,
    /// Images that are encoded with a CLIP vision model.
    pub clip_vision: Vec<ClipVisionUse>,
    /// Encoding and decoding with a VAE, conditioning nodes included.
    pub vae_uses: Vec<VaeUse>,
    /// Nodes that compile the model.
    pub compile_nodes: Vec<NodeIx>,
    /// Frame rates of videos that are written.
    pub fps: Vec<FpsUse>,
    /// Those of them whose frames a sampler makes, with nothing unknown between.
    pub playbacks: Vec<Playback>,
    /// Steps of all samplers together; `None` when one is unknown.
    pub total_steps: Option<u32>,
}

/// What the parts need of the whole while it is built.
struct Context<'g> {
    graph: &'g Graph,
    loaders: &'g [Loader],
    /// The first loader of a node; its others follow.
    loader_of: HashMap<NodeIx, usize>,
    size_of: HashMap<NodeIx, usize>,
}

impl Context<'_> {
    /// The loaders that a node is.
    fn loaders_at(&self, node: NodeIx) -> impl DoubleEndedIterator<Item = LoaderIx> + '_ {
        let first = self.loader_of.get(&node).copied().unwrap_or(self.loaders.len());
        let count = self.loaders[first..].iter().take_while(|loader| loader.node == node).count();
        (first..first + count).map(LoaderIx)
    }
}

/// The facts of a workflow.
pub fn facts(graph: &Graph) -> WorkflowFacts {
    let order::Order { nodes: order, no_output } = order::order(graph);
    let loaders: Vec<Loader> = order.iter().flat_map(|&node| loaders::loaders(graph, node)).collect();
    let loader_of = loaders.iter().enumerate().rev().map(|(index, loader)| (loader.node, index)).collect();
    let mut context = Context { graph, loaders: &loaders, loader_of, size_of: HashMap::new() };
    let sizes: Vec<SizeNode> = order.iter().filter_map(|&node| sizes::size(&context, node)).collect();
    context.size_of = sizes.iter().enumerate().map(|(index, size)| (size.node, index)).collect();
    let samplers: Vec<Sampler> = order.iter().filter_map(|&node| samplers::sampler(&context, node)).collect();
    let fps: Vec<FpsUse> = order.iter().filter_map(|&node| uses::fps(graph, node)).collect();
    WorkflowFacts {
        no_output,
        complete: graph.unread.is_empty() && order.iter().all(|&node| graph.spec(node).is_some()),
        text_encodes: order.iter().filter_map(|&node| uses::text_encode(&context, node)).collect(),
        clip_vision: order.iter().filter_map(|&node| uses::clip_vision(&context, node)).collect(),
        vae_uses: order.iter().filter_map(|&node| uses::vae_use(&context, node)).collect(),
        playbacks: playback::playbacks(graph, &fps, &samplers),
        fps,
        compile_nodes: order.iter().copied().filter(|&node| graph.class(node).contains("TorchCompile")).collect(),
        total_steps: total_steps(&samplers),
        order,
        loaders,
        sizes,
        samplers,
    }
}

/// `None` also for a workflow without samplers: nothing is known then, rather than zero steps. Another engine's steps are others.
fn total_steps(samplers: &[Sampler]) -> Option<u32> {
    let own = |sampler: &Sampler| sampler.step_count().filter(|_| sampler.kind != SamplerKind::WanVideo);
    let sum = |sum: u32, sampler: &Sampler| Some(sum.saturating_add(own(sampler)?));
    if samplers.is_empty() { None } else { samplers.iter().try_fold(0, sum) }
}

impl WorkflowFacts {
    /// Pairs of samplers (indices) where the latent of the first goes straight on into the second: the two experts of
    /// Wan 2.2, for example. Only KSamplerAdvanced can divide the steps like that.
    pub fn stages(&self) -> Vec<(usize, usize)> {
        let advanced = |sampler: &&Sampler| sampler.kind == SamplerKind::KSamplerAdvanced;
        let by_node: HashMap<NodeIx, usize> =
            self.samplers.iter().enumerate().filter(|(_, one)| advanced(one)).map(|(at, one)| (one.node, at)).collect();
        let seconds = self.samplers.iter().enumerate().filter(|(_, one)| advanced(one));
        let pair = |(at, second): (usize, &Sampler)| by_node.get(&second.latent_from?).map(|&first| (first, at));
        seconds.filter_map(pair).filter(|(first, second)| first != second).collect()
    }

    /// The samplers, those that hand their latent on together: each list starts at a sampler that gets none from another
    /// stage, and holds indices into `samplers` in the order in which the latent goes through them.
    pub fn runs(&self) -> Vec<Vec<usize>> {
        let mut next: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut later = vec![false; self.samplers.len()];
        for (first, second) in self.stages() {
            next.entry(first).or_default().push(second);
            later[second] = true;
        }
        // Stages of WanVideoWrapper are not followed: what does a part of the steps belongs to a run that is not known.
        let starts = (0..self.samplers.len()).filter(|&at| !later[at] && !self.samplers[at].is_part_of_wrapper_run());
        starts.map(|start| run_from(start, &next)).collect()
    }

    /// The node that gives a sampler its latent, where it is one that decides the size.
    pub fn direct_size(&self, sampler: &Sampler) -> Option<&SizeNode> {
        self.sizes.get(sampler.direct_size?)
    }

    /// The loader that a node is; the first of several LoRAs.
    pub fn loader_at(&self, node: NodeIx) -> Option<&Loader> {
        self.loaders.iter().find(|loader| loader.node == node)
    }

    /// A loader by its index.
    pub fn loader(&self, index: LoaderIx) -> Option<&Loader> {
        self.loaders.get(index.0)
    }
}

/// A sampler takes one latent, so nobody is met twice.
fn run_from(start: usize, next: &HashMap<usize, Vec<usize>>) -> Vec<usize> {
    let mut run = vec![start];
    let mut at = 0;
    while let Some(followers) = run.get(at).map(|one| next.get(one).map_or(&[][..], Vec::as_slice)) {
        run.extend(followers);
        at += 1;
    }
    run
}
