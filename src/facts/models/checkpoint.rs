//! Diffusion model, text encoders and VAE in one file, told apart by the prefixes of their names (ComfyUI `comfy/supported_models.py`,
//! process_clip_state_dict, and `comfy/sd.py`, load_state_dict_guess_config, 0.3.64 and 0.33.0).

use std::sync::Arc;

use super::{Identity, Keys, Quant, detect};
use crate::catalog::models::ModelSpec;
use crate::forecast::modules::listed::Listed;
use crate::read::weights::{Format, Tensor, Weights};

/// What lies in a checkpoint, each part as it would be in a file of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// The diffusion model.
    pub diffusion: Option<ModelSpec>,
    /// A text encoder whose architecture is written out.
    pub encoder: Option<ModelSpec>,
    /// The text encoders; none where one of them is not known.
    pub encoders: Vec<(Arc<Listed>, Quant)>,
    /// `type` of the loader that would make the same of them.
    pub clip_type: Option<&'static str>,
    /// The VAE.
    pub vae: Option<ModelSpec>,
}

/// Where text encoders lie.
const ENCODERS: [&str; 8] = [
    "text_encoders.umt5xxl.transformer.",
    "text_encoders.t5xxl.transformer.",
    "text_encoders.clip_l.transformer.",
    "text_encoders.clip_g.transformer.",
    "text_encoders.qwen3_4b.transformer.",
    "cond_stage_model.transformer.",
    "conditioner.embedders.0.transformer.",
    "clip_g.transformer.",
];

/// Names of everything that belongs to some text encoder.
const TEXT: [&str; 4] = ["text_encoders.", "cond_stage_model.", "conditioner.", "clip_g."];

/// Where VAEs lie.
const VAES: [&str; 2] = ["vae.", "first_stage_model."];

/// The second text encoder of SDXL, with OpenCLIP's names.
const OPEN_CLIP: &str = "conditioner.embedders.1.model.";

/// OpenCLIP's names in a block and ComfyUI's (`comfy/utils.py`, transformers_convert).
const IN_BLOCK: [(&str, &str); 6] = [
    ("ln_1.", "layer_norm1."),
    ("ln_2.", "layer_norm2."),
    ("mlp.c_fc.", "mlp.fc1."),
    ("mlp.c_proj.", "mlp.fc2."),
    ("attn.out_proj.", "self_attn.out_proj."),
    ("attn.in_proj_", "self_attn."),
];

/// The same outside the blocks, by the beginning.
const OUTSIDE: [(&str, &str); 5] = [
    ("token_embedding.weight", "text_model.embeddings.token_embedding.weight"),
    ("positional_embedding", "text_model.embeddings.position_embedding.weight"),
    ("ln_final.weight", "text_model.final_layer_norm.weight"),
    ("ln_final.bias", "text_model.final_layer_norm.bias"),
    ("text_projection", "text_projection.weight"),
];

/// The parts of a checkpoint whose diffusion model is known.
pub(super) fn parts(weights: &Weights, format: Format, diffusion: &Identity) -> Parts {
    let renamed = open_clip(weights);
    let weights = renamed.as_ref().unwrap_or(weights);
    let found = || ENCODERS.into_iter().filter(|prefix| has(weights, prefix));
    let identities: Vec<Identity> =
        found().filter_map(|prefix| detect::encoder(Keys::new(weights, prefix), format)).collect();
    let known: Vec<&str> = found().collect();
    let left = |tensor: &&Tensor| {
        TEXT.iter().any(|text| tensor.name.starts_with(text)) && !known.iter().any(|at| tensor.name.starts_with(at))
    };
    let whole = identities.len() == known.len() && weights.tensors.iter().filter(left).all(is_beside);
    let encoders: Option<Vec<(Arc<Listed>, Quant)>> =
        identities.iter().map(|one| Some((one.encoder.clone()?, one.quant.clone()))).collect();
    let vae = VAES.into_iter().find(|prefix| has(weights, prefix));
    Parts {
        diffusion: diffusion.spec.clone(),
        encoder: identities.first().filter(|_| whole && identities.len() == 1).and_then(|one| one.spec.clone()),
        encoders: encoders.filter(|_| whole).unwrap_or_default(),
        clip_type: clip_type(diffusion),
        vae: vae.and_then(|prefix| detect::vae(Keys::new(weights, prefix), format)?.spec),
    }
}

fn has(weights: &Weights, prefix: &str) -> bool {
    weights.tensors.iter().any(|tensor| tensor.name.starts_with(prefix))
}

/// Values beside the modules of a text encoder.
fn is_beside(tensor: &Tensor) -> bool {
    tensor.elements() <= 1024 && (tensor.name.ends_with("logit_scale") || tensor.name.ends_with("position_ids"))
}

/// What the diffusion model's family makes of its text encoders.
fn clip_type(diffusion: &Identity) -> Option<&'static str> {
    let class = || Some(diffusion.spec.as_ref()?.kind.listed()?.class.as_ref()?.class.name);
    if diffusion.wan.is_some() {
        return Some("wan");
    }
    Some(match class()? {
        name if name.starts_with("SD15") => "stable_diffusion",
        "SDXL" | "SSD1B" | "Segmind_Vega" | "KOALA_700M" | "KOALA_1B" | "SDXL_instructpix2pix" => "sdxl",
        "SD3" => "sd3",
        name if name.starts_with("Flux") && !name.starts_with("Flux2") => "flux",
        "LTXV" => "ltxv",
        "Lumina2" | "ZImage" => "lumina2",
        _ => return None,
    })
}

/// The header with ComfyUI's names for the second text encoder of SDXL.
fn open_clip(weights: &Weights) -> Option<Weights> {
    has(weights, OPEN_CLIP).then(|| {
        let mut tensors: Vec<Tensor> = weights.tensors.iter().flat_map(renamed).collect();
        tensors.sort_by(|left, right| left.name.cmp(&right.name));
        Weights { tensors, metadata: weights.metadata.clone() }
    })
}

fn renamed(tensor: &Tensor) -> Vec<Tensor> {
    let Some(inner) = tensor.name.strip_prefix(OPEN_CLIP) else { return vec![tensor.clone()] };
    let name = in_block(inner).unwrap_or_else(|| {
        let outside = OUTSIDE.iter().find(|(theirs, _)| *theirs == inner).map(|(_, ours)| *ours);
        outside.unwrap_or(inner).to_owned()
    });
    let place = |name: String| format!("clip_g.transformer.{name}");
    match name.rsplit_once("self_attn.") {
        // Query, key and value in one.
        Some((block, leaf @ ("weight" | "bias"))) => {
            ["q", "k", "v"].map(|part| third(tensor, place(format!("{block}self_attn.{part}_proj.{leaf}")))).to_vec()
        }
        _ => vec![Tensor { name: place(name).into(), ..tensor.clone() }],
    }
}

fn in_block(name: &str) -> Option<String> {
    let (block, leaf) = name.strip_prefix("transformer.resblocks.")?.split_once('.')?;
    let (theirs, ours) = IN_BLOCK.iter().find(|(theirs, _)| leaf.starts_with(theirs))?;
    Some(format!("text_model.encoder.layers.{block}.{ours}{}", leaf.strip_prefix(theirs)?))
}

fn third(tensor: &Tensor, name: String) -> Tensor {
    let mut shape = tensor.shape.clone();
    if let Some(rows) = shape.first_mut() {
        *rows /= 3;
    }
    Tensor { name: name.into(), dtype: tensor.dtype, shape, bytes: tensor.bytes / 3 }
}
