//! Nodes that load a file.

use super::field::{Field, float, if_present, text};
use super::loras::{self, LoraRow};
use crate::workflow::graph::{Graph, NodeIx};

/// Index of a [`Loader`] in `WorkflowFacts::loaders`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoaderIx(pub usize);

/// What is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoaderKind {
    /// A diffusion model.
    Unet,
    /// A diffusion model in GGUF form (custom node).
    UnetGguf,
    /// Model, text encoder and VAE in one file.
    Checkpoint,
    /// One or more text encoders.
    Clip,
    /// A VAE.
    Vae,
    /// A CLIP vision model.
    ClipVision,
    /// A LoRA.
    Lora,
    /// A model patch or control net.
    Patch,
    /// An audio encoder.
    AudioEncoder,
    /// An upscaler.
    Upscaler,
    /// Diffusion model of WanVideoWrapper (custom node): its own engine.
    WanVideoModel,
    /// VAE of WanVideoWrapper.
    WanVideoVae,
    /// Text encoder of WanVideoWrapper.
    WanVideoTextEncoder,
    /// LoRA of WanVideoWrapper.
    WanVideoLora,
}

/// A node that loads a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Loader {
    /// The node.
    pub node: NodeIx,
    /// What is loaded.
    pub kind: LoaderKind,
    /// The (first) file.
    pub file: Field<String>,
    /// Further files (two or more text encoders).
    pub more_files: Vec<Field<String>>,
    /// `weight_dtype` of a diffusion model (`base_precision` in WanVideoWrapper).
    pub weight_dtype: Option<Field<String>>,
    /// `type` of a text encoder.
    pub clip_type: Option<Field<String>>,
    /// `device` of a text encoder or VAE.
    pub device: Option<Field<String>>,
    /// Strength of a LoRA on the diffusion model.
    pub strength: Option<Field<f64>>,
}

use LoaderKind as K;

/// Class, what it loads, the inputs that name files. Custom classes: city96/ComfyUI-GGUF,
/// kijai/ComfyUI-KJNodes, kijai/ComfyUI-WanVideoWrapper.
const LOADERS: [(&str, LoaderKind, &[&str]); 28] = [
    ("AudioEncoderLoader", K::AudioEncoder, &["audio_encoder_name"]),
    ("CLIPLoader", K::Clip, &["clip_name"]),
    ("CLIPLoaderGGUF", K::Clip, &["clip_name"]),
    ("CLIPVisionLoader", K::ClipVision, &["clip_name"]),
    ("CheckpointLoader", K::Checkpoint, &["ckpt_name"]),
    ("CheckpointLoaderSimple", K::Checkpoint, &["ckpt_name"]),
    ("ControlNetLoader", K::Patch, &["control_net_name"]),
    ("DiffControlNetLoader", K::Patch, &["control_net_name"]),
    ("DiffusionModelLoaderKJ", K::Unet, &["model_name"]),
    ("DualCLIPLoader", K::Clip, &["clip_name1", "clip_name2"]),
    ("DualCLIPLoaderGGUF", K::Clip, &["clip_name1", "clip_name2"]),
    ("GGUFLoaderKJ", K::UnetGguf, &["model_name"]),
    ("ImageOnlyCheckpointLoader", K::Checkpoint, &["ckpt_name"]),
    ("LoadWanVideoClipTextEncoder", K::ClipVision, &["model_name"]),
    ("LoadWanVideoT5TextEncoder", K::WanVideoTextEncoder, &["model_name"]),
    ("ModelPatchLoader", K::Patch, &["name"]),
    ("QuadrupleCLIPLoader", K::Clip, &["clip_name1", "clip_name2", "clip_name3", "clip_name4"]),
    ("QuadrupleCLIPLoaderGGUF", K::Clip, &["clip_name1", "clip_name2", "clip_name3", "clip_name4"]),
    ("TripleCLIPLoader", K::Clip, &["clip_name1", "clip_name2", "clip_name3"]),
    ("TripleCLIPLoaderGGUF", K::Clip, &["clip_name1", "clip_name2", "clip_name3"]),
    ("UNETLoader", K::Unet, &["unet_name"]),
    ("UnetLoaderGGUF", K::UnetGguf, &["unet_name"]),
    ("UnetLoaderGGUFAdvanced", K::UnetGguf, &["unet_name"]),
    ("UpscaleModelLoader", K::Upscaler, &["model_name"]),
    ("VAELoader", K::Vae, &["vae_name"]),
    ("WanVideoModelLoader", K::WanVideoModel, &["model"]),
    ("WanVideoTinyVAELoader", K::WanVideoVae, &["model_name"]),
    ("WanVideoVAELoader", K::WanVideoVae, &["model_name"]),
];

/// The loaders that a node is: one, or one for each of its LoRAs.
pub(super) fn loaders(graph: &Graph, node: NodeIx) -> Vec<Loader> {
    match loras::rows(graph, node) {
        Some(rows) => rows.into_iter().map(|row| lora(graph, node, row)).collect(),
        None => loader(graph, node).into_iter().collect(),
    }
}

fn lora(graph: &Graph, node: NodeIx, row: LoraRow) -> Loader {
    let wrapper = graph.class(node).starts_with("WanVideo");
    Loader {
        node,
        kind: if wrapper { K::WanVideoLora } else { K::Lora },
        file: text(graph, node, &row.file),
        more_files: Vec::new(),
        weight_dtype: None,
        clip_type: None,
        device: None,
        strength: Some(float(graph, node, &row.strength)),
    }
}

fn loader(graph: &Graph, node: NodeIx) -> Option<Loader> {
    let class = graph.class(node);
    let index = LOADERS.binary_search_by(|(known, ..)| (*known).cmp(class)).ok()?;
    let (_, kind, files) = LOADERS[index];
    if !is_plain(graph, node, class) {
        return None;
    }
    let (first, more) = files.split_first()?;
    let present = |input| if_present(graph, node, input, text);
    Some(Loader {
        node,
        kind,
        file: text(graph, node, first),
        more_files: more.iter().map(|input| text(graph, node, input)).collect(),
        weight_dtype: present("weight_dtype").or_else(|| present("base_precision")),
        clip_type: present("type"),
        device: present("device"),
        strength: None,
    })
}

/// The loaders of KJNodes can do more than ComfyUI's own: merge a second file into the first, or load in a wider type. Then the
/// file does not say what is loaded.
fn is_plain(graph: &Graph, node: NodeIx, class: &str) -> bool {
    let is = |input: &str, known: &[&str]| {
        let value = text(graph, node, input).value;
        value.is_some_and(|value| known.contains(&value.as_str()))
    };
    match class {
        "DiffusionModelLoaderKJ" => {
            let alone = graph.input(node, "extra_state_dict").is_none();
            alone && is("weight_dtype", &["default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"])
        }
        "GGUFLoaderKJ" => is("extra_model_name", &["none"]),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::LOADERS;

    #[test]
    fn table_is_sorted_and_names_real_inputs() {
        assert!(LOADERS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (class, _, files) in LOADERS {
            let Some(spec) = crate::catalog::nodes::lookup(class) else { continue };
            assert!(files.iter().all(|file| spec.widget(file).is_some()), "{class}");
        }
    }
}
