//! From a sampler to a written video: what happens to the frames, and at which rate they play.

use std::collections::HashMap;

use super::field::{Field, int};
use super::samplers::{Sampler, SamplerKind};
use super::sizes;
use super::uses::FpsUse;
use crate::workflow::graph::{Graph, NodeIx};
use crate::workflow::resolve::source;

/// A video whose frames a sampler of this workflow makes, with nothing unknown between.
#[derive(Clone, Debug)]
pub struct Playback {
    /// The node that writes the video, or makes one of pictures.
    pub node: NodeIx,
    /// Frames per second.
    pub fps: Field<f64>,
    /// Index of the sampler in `WorkflowFacts::samplers`.
    pub sampler: usize,
    /// Nodes that put frames in between, with the factor.
    pub interpolations: Vec<(NodeIx, Field<i64>)>,
}

/// Nodes that put frames in between, and the inputs for pictures and factor. FrameInterpolate is ComfyUI's own, the others
/// are those of Fannovel16/ComfyUI-Frame-Interpolation.
const INTERPOLATIONS: [(&str, &str); 8] = [
    ("AMT VFI", "frames"),
    ("FILM VFI", "frames"),
    ("FrameInterpolate", "images"),
    ("GMFSS Fortuna VFI", "frames"),
    ("IFRNet VFI", "frames"),
    ("IFUnet VFI", "frames"),
    ("RIFE VFI", "frames"),
    ("STMFNet VFI", "frames"),
];

/// Nodes that give as many pictures as they take.
const KEEPERS: [&str; 12] = [
    "GetImageSizeAndCount",
    "ImageBlur",
    "ImageCrop",
    "ImageInvert",
    "ImageResizeKJ",
    "ImageResizeKJv2",
    "ImageScale",
    "ImageScaleBy",
    "ImageScaleToMaxDimension",
    "ImageScaleToTotalPixels",
    "ImageSharpen",
    "ImageUpscaleWithModel",
];

/// Longest chain that is followed.
const MAX_CHAIN: usize = 32;

/// The videos of a workflow whose way from the sampler is known.
pub(super) fn playbacks(graph: &Graph, fps: &[FpsUse], samplers: &[Sampler]) -> Vec<Playback> {
    // In WanVideoWrapper other models may make the frames play at a rate of their own.
    let known = |sampler: &Sampler| sampler.kind != SamplerKind::WanVideo || sampler.model.certain;
    let known = samplers.iter().enumerate().filter(|(_, sampler)| known(sampler));
    let at: HashMap<NodeIx, usize> = known.map(|(at, sampler)| (sampler.node, at)).collect();
    fps.iter().filter_map(|one| playback(graph, one, &at)).collect()
}

fn playback(graph: &Graph, fps: &FpsUse, samplers: &HashMap<NodeIx, usize>) -> Option<Playback> {
    let mut interpolations = Vec::new();
    let (mut node, mut input) = (fps.node, "images");
    for _ in 0..MAX_CHAIN {
        let (from, _) = source(graph, node, input)?;
        let class = graph.class(from);
        if matches!(class, "VAEDecode" | "VAEDecodeTiled" | "WanVideoDecode") {
            let sampler = *samplers.get(&sizes::latent_source(graph, from, "samples")?)?;
            return Some(Playback { node: fps.node, fps: fps.fps.clone(), sampler, interpolations });
        }
        node = from;
        input = match INTERPOLATIONS.binary_search_by(|(known, _)| (*known).cmp(class)) {
            Ok(index) => {
                interpolations.push((from, int(graph, from, "multiplier")));
                INTERPOLATIONS[index].1
            }
            Err(_) if KEEPERS.binary_search(&class).is_ok() => "image",
            Err(_) => return None,
        };
    }
    None
}

impl Playback {
    /// By how much the frames were multiplied; `None` when a factor is unknown.
    pub fn factor(&self) -> Option<i64> {
        self.interpolations.iter().try_fold(1i64, |all, (_, factor)| all.checked_mul(factor.value?))
    }
}

#[cfg(test)]
mod tests {
    use super::{INTERPOLATIONS, KEEPERS};
    use crate::catalog::nodes::lookup;

    #[test]
    fn tables_are_sorted_and_name_real_inputs() {
        assert!(INTERPOLATIONS.is_sorted() && KEEPERS.is_sorted());
        for class in KEEPERS {
            assert!(lookup(class).unwrap().socket("image").is_some(), "{class}");
        }
        for (class, input) in INTERPOLATIONS {
            assert!(lookup(class).is_none_or(|spec| spec.socket(input).is_some()), "{class}");
        }
    }
}
