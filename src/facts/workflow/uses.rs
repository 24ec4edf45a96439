//! What is done with text encoders, VAEs and CLIP vision models, and at which rate videos are written.

use super::chain::loader;
use super::field::{Field, float, if_present, int, text};
use super::loaders::LoaderIx;
use super::{Context, sizes};
use crate::catalog::nodes::{NodeSpec, WidgetKind};
use crate::workflow::graph::{Graph, NodeIx};
use crate::workflow::resolve::link;

/// A prompt that is encoded.
#[derive(Clone, Debug)]
pub struct TextEncode {
    /// The node.
    pub node: NodeIx,
    /// The loader of its text encoder.
    pub clip: Option<LoaderIx>,
    /// The text; `None` for a node without one.
    pub text: Option<Field<String>>,
}

/// Images encoded with a CLIP vision model.
#[derive(Clone, Debug)]
pub struct ClipVisionUse {
    /// The node.
    pub node: NodeIx,
    /// The loader of the model.
    pub loader: Option<LoaderIx>,
}

/// What is done with a VAE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaeOp {
    /// Pictures to latent.
    Encode,
    /// The same in tiles.
    EncodeTiled,
    /// Latent to pictures.
    Decode,
    /// The same in tiles.
    DecodeTiled,
    /// A conditioning node that encodes: see [`SizeNode::encodes`](super::SizeNode::encodes).
    Condition,
}

/// One use of a VAE.
#[derive(Clone, Debug)]
pub struct VaeUse {
    /// The node.
    pub node: NodeIx,
    /// What it does.
    pub op: VaeOp,
    /// The loader of the VAE.
    pub vae: Option<LoaderIx>,
    /// Index into `WorkflowFacts::sizes`: the size that is decoded, or of the conditioning node itself.
    pub size: Option<usize>,
    /// Edge of a tile in pixels.
    pub tile_size: Option<Field<i64>>,
    /// Frames of a tile.
    pub temporal_size: Option<Field<i64>>,
}

/// The frame rate of a video that is written.
#[derive(Clone, Debug)]
pub struct FpsUse {
    /// The node.
    pub node: NodeIx,
    /// Frames per second.
    pub fps: Field<f64>,
}

fn linked<'s>(graph: &Graph, node: NodeIx, spec: &'s NodeSpec, kind: &str) -> Option<&'s str> {
    let sockets = spec.inputs.iter().filter(|socket| socket.kind == kind);
    sockets.map(|socket| socket.name).find(|name| link(graph, node, name).is_some())
}

pub(super) fn text_encode(context: &Context<'_>, node: NodeIx) -> Option<TextEncode> {
    let graph = context.graph;
    let spec = graph.spec(node).filter(|spec| spec.gives("CONDITIONING"))?;
    let clip = linked(graph, node, spec, "CLIP")?;
    let prompt = spec.widgets.iter().find(|widget| widget.kind == WidgetKind::Text).map(|widget| widget.name);
    Some(TextEncode {
        node,
        clip: loader(context, node, clip, "CLIP"),
        text: prompt.map(|prompt| text(graph, node, prompt)),
    })
}

pub(super) fn clip_vision(context: &Context<'_>, node: NodeIx) -> Option<ClipVisionUse> {
    let spec = context.graph.spec(node)?;
    let input = linked(context.graph, node, spec, "CLIP_VISION")?;
    Some(ClipVisionUse { node, loader: loader(context, node, input, "CLIP_VISION") })
}

pub(super) fn vae_use(context: &Context<'_>, node: NodeIx) -> Option<VaeUse> {
    let graph = context.graph;
    let spec = graph.spec(node)?;
    let input = linked(graph, node, spec, "VAE")?;
    let op = op(spec);
    let size = match op {
        VaeOp::Condition => context.size_of.get(&node).copied(),
        _ => sizes::of_latent(context, node, "samples").flatten(),
    };
    Some(VaeUse {
        node,
        op,
        vae: loader(context, node, input, "VAE"),
        size,
        tile_size: if_present(graph, node, "tile_size", int),
        temporal_size: if_present(graph, node, "temporal_size", int),
    })
}

fn op(spec: &NodeSpec) -> VaeOp {
    let (tiled, takes_latent) = (spec.class.contains("Tiled"), spec.socket("samples").is_some());
    match (spec.class.contains("Decode") && takes_latent, spec.class.contains("VAEEncode"), tiled) {
        (true, _, true) => VaeOp::DecodeTiled,
        (true, _, false) => VaeOp::Decode,
        (_, true, true) => VaeOp::EncodeTiled,
        (_, true, false) => VaeOp::Encode,
        _ => VaeOp::Condition,
    }
}

pub(super) fn fps(graph: &Graph, node: NodeIx) -> Option<FpsUse> {
    let input = match graph.class(node) {
        "CreateVideo" | "SaveAnimatedWEBP" | "SaveAnimatedPNG" | "SaveWEBM" => "fps",
        "VHS_VideoCombine" => "frame_rate",
        _ => return None,
    };
    Some(FpsUse { node, fps: float(graph, node, input) })
}
