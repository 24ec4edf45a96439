//! Nodes that decide how large the latent is, and what they encode with the VAE while they do.

use super::Context;
use super::chain::{self, MAX_CHAIN};
use super::field::{Field, if_present, int};
use super::loaders::LoaderIx;
use crate::catalog::nodes::NodeSpec;
use crate::workflow::graph::{Graph, NodeIx};
use crate::workflow::resolve::{link, source};

/// A node that decides the size.
#[derive(Clone, Debug)]
pub struct SizeNode {
    /// The node.
    pub node: NodeIx,
    /// Its class.
    pub class: String,
    /// Width in pixels.
    pub width: Field<i64>,
    /// Height in pixels.
    pub height: Field<i64>,
    /// Frames; `None` for a node that makes pictures.
    pub length: Option<Field<i64>>,
    /// Batch size; `None` where the node has none.
    pub batch: Option<Field<i64>>,
    /// True when a start image is linked.
    pub start_image: bool,
    /// The VAE it encodes with.
    pub vae: Option<LoaderIx>,
    /// True when the output of a CLIP vision model is linked.
    pub clip_vision: bool,
    /// What it encodes, one entry per call of the VAE.
    pub encodes: Vec<Frames>,
    /// True for the conditioning nodes of Wan.
    pub is_wan: bool,
    /// True for EmptyHunyuanLatentVideo, which Wan text-to-video uses.
    pub is_hunyuan_latent: bool,
}

/// How many frames one call of the VAE encodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frames {
    /// The whole length: the input is padded with grey, or cut.
    Length,
    /// As many as the input has, at most the length: one for a picture, all for a video.
    OfInput,
    /// This many, whatever comes in.
    Fixed(u32),
    /// The class is not in the table.
    Unlisted,
}

/// One call of the VAE: the input that triggers it (empty: always), and its frames.
type Call = (&'static str, Frames);

/// What the conditioning nodes encode. Sources: ComfyUI comfy_extras/nodes_wan.py (a125cd84, October 2025) and
/// nodes_wanmove.py. The start image of WanImageToVideo is one frame, but the node pads it with grey to `length` and
/// encodes all of that; the first/last-frame nodes and WanVaceToVideo do so even without any image.
const ENCODES: [(&str, &[Call]); 14] = [
    ("Wan22FunControlToVideo", &[of_input("ref_image"), of_input("control_video")]),
    ("Wan22ImageToVideoLatent", &[of_input("start_image")]),
    ("WanAnimateToVideo", &[("", Frames::Fixed(1)), of_input("pose_video"), ("", Frames::Length)]),
    ("WanCameraImageToVideo", &[of_input("start_image")]),
    ("WanFirstLastFrameToVideo", &[("", Frames::Length)]),
    ("WanFunControlToVideo", &[of_input("start_image"), of_input("control_video")]),
    ("WanFunInpaintToVideo", &[("", Frames::Length)]),
    ("WanHuMoImageToVideo", &[("ref_image", Frames::Fixed(1))]),
    ("WanImageToVideo", &[("start_image", Frames::Length)]),
    ("WanMoveTrackToVideo", &[("start_image", Frames::Length)]),
    ("WanPhantomSubjectToVideo", &[("images", Frames::Fixed(1))]),
    (
        "WanSoundImageToVideo",
        &[("ref_image", Frames::Fixed(1)), ("ref_motion", Frames::Fixed(73)), of_input("control_video")],
    ),
    ("WanTrackToVideo", &[("start_image", Frames::Length)]),
    ("WanVaceToVideo", &[("reference_image", Frames::Fixed(1)), ("", Frames::Length), ("", Frames::Length)]),
];

/// Encodes what comes in.
const fn of_input(input: &'static str) -> Call {
    (input, Frames::OfInput)
}

/// The size that a node decides: any core class with a width and a height that makes a latent out of none.
pub(super) fn size(context: &Context<'_>, node: NodeIx) -> Option<SizeNode> {
    let graph = context.graph;
    let spec = graph.spec(node).filter(|spec| decides(spec))?;
    let linked = |kind: &str| spec.inputs.iter().any(|one| one.kind == kind && link(graph, node, one.name).is_some());
    let length = if_present(graph, node, "length", int).or_else(|| if_present(graph, node, "video_frames", int));
    Some(SizeNode {
        node,
        class: spec.class.to_owned(),
        width: int(graph, node, "width"),
        height: int(graph, node, "height"),
        length,
        batch: if_present(graph, node, "batch_size", int),
        start_image: link(graph, node, "start_image").is_some(),
        vae: chain::loader(context, node, "vae", "VAE"),
        clip_vision: linked("CLIP_VISION_OUTPUT"),
        encodes: encodes(graph, node, spec),
        is_wan: spec.class.starts_with("Wan"),
        is_hunyuan_latent: spec.class == "EmptyHunyuanLatentVideo",
    })
}

fn decides(spec: &NodeSpec) -> bool {
    let has = |name| spec.widget(name).is_some();
    has("width") && has("height") && spec.gives("LATENT") && !spec.inputs.iter().any(|one| one.kind == "LATENT")
}

fn encodes(graph: &Graph, node: NodeIx, spec: &NodeSpec) -> Vec<Frames> {
    let called = |input: &str| input.is_empty() || link(graph, node, input).is_some();
    match ENCODES.binary_search_by(|(class, _)| (*class).cmp(spec.class)) {
        Ok(index) => ENCODES[index].1.iter().filter(|(input, _)| called(input)).map(|(_, frames)| *frames).collect(),
        Err(_) if link(graph, node, "vae").is_some() => vec![Frames::Unlisted],
        Err(_) => Vec::new(),
    }
}

/// Nodes that hand a latent on without changing its size, and the input they take it from.
/// TrimVideoLatent removes what a reference image added, so behind it the size is the stated one again.
fn hands_on(class: &str) -> Option<&'static str> {
    match class {
        "SetLatentNoiseMask" | "LatentBatchSeedBehavior" | "LatentApplyOperation" | "TrimVideoLatent" => {
            Some("samples")
        }
        "LTXVConcatAVLatent" => Some("video_latent"),
        "LTXVSeparateAVLatent" => Some("av_latent"),
        _ => UNLOADERS.iter().find(|(known, ..)| *known == class).map(|(_, input, _)| *input),
    }
}

/// Custom nodes that unload all models and hand their input on unchanged: class, the input, and the switch that must be on
/// for that. Sources: yolain/ComfyUI-Easy-Use, SeanScripts/ComfyUI-Unload-Model, kijai/ComfyUI-KJNodes.
pub const UNLOADERS: [(&str, &str, Option<&str>); 3] = [
    ("UnloadAllModels", "value", None),
    ("VRAM_Debug", "any_input", Some("unload_all_models")),
    ("easy cleanGpuUsed", "anything", None),
];

/// The node that a latent comes from, behind those that only hand it on.
pub(super) fn latent_source(graph: &Graph, node: NodeIx, input: &str) -> Option<NodeIx> {
    let (mut from, _) = source(graph, node, input)?;
    for _ in 0..MAX_CHAIN {
        match hands_on(graph.class(from)) {
            Some(input) => (from, _) = source(graph, from, input)?,
            None => return Some(from),
        }
    }
    None
}

/// The size of a latent, through earlier samplers: `None` when it does not come from a size node or a sampler at all,
/// `Some(None)` when something on the way changes its size.
pub(super) fn of_latent(context: &Context<'_>, node: NodeIx, input: &str) -> Option<Option<usize>> {
    let mut from = latent_source(context.graph, node, input)?;
    for _ in 0..MAX_CHAIN {
        if let Some(&size) = context.size_of.get(&from) {
            return Some(Some(size));
        }
        if !is_sampler(context.graph.class(from)) {
            let takes_latent = |spec: &NodeSpec| spec.inputs.iter().any(|socket| socket.kind == "LATENT");
            return context.graph.spec(from).is_none_or(takes_latent).then_some(None);
        }
        from = latent_source(context.graph, from, "latent_image")?;
    }
    None
}

fn is_sampler(class: &str) -> bool {
    matches!(class, "KSampler" | "KSamplerAdvanced" | "SamplerCustom" | "SamplerCustomAdvanced")
}

/// The size node that a conditioning passed through.
pub(super) fn of_conditioning(context: &Context<'_>, node: NodeIx, input: &str) -> Option<usize> {
    let (mut from, _) = source(context.graph, node, input)?;
    for _ in 0..MAX_CHAIN {
        if let Some(&size) = context.size_of.get(&from) {
            return Some(size);
        }
        let spec = context.graph.spec(from)?;
        let next = spec.inputs.iter().find(|socket| socket.kind == "CONDITIONING")?;
        (from, _) = source(context.graph, from, next.name)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::ENCODES;

    #[test]
    fn table_is_sorted_and_names_real_inputs() {
        assert!(ENCODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (class, calls) in ENCODES {
            let spec = crate::catalog::nodes::lookup(class).unwrap();
            let known = |input: &str| input.is_empty() || spec.socket(input).is_some();
            assert!(calls.iter().all(|(input, _)| known(input)), "{class}");
        }
    }
}
