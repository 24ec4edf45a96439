//! Which family and part a file is, by its keys.

use std::sync::Arc;

use super::wan::{self, WanModel};
use super::{Identity, Keys, Lora, Quant, Role, checkpoint, families, gguf, quant};
use crate::catalog::models::ModelKind;
use crate::forecast::{Op, Tree};
use crate::read::weights::{Format, Weights};

/// Prefixes of a diffusion model inside a checkpoint (ComfyUI `unet_prefix_from_state_dict`).
const PREFIXES: [&str; 4] = ["model.diffusion_model.", "model.model.", "net.", "model."];

/// What a header describes.
pub(super) fn identify(weights: &Weights, format: Format) -> Identity {
    let whole = Keys::new(weights, "");
    if let Some(lora) = Lora::of(whole) {
        return of_lora(whole, lora, format);
    }
    let prefix = prefix(weights);
    let keys = Keys::new(weights, prefix);
    let found = diffusion(keys, format).or_else(|| encoder(whole, format)).or_else(|| vae(whole, format));
    let renamed = || encoder(Keys::new(&gguf::encoder(weights)?, ""), format);
    let mut identity = found.or_else(renamed).or_else(|| of_gguf(weights)).unwrap_or_default();
    if identity.quant.dtype.is_none() {
        identity.quant = Quant::of(whole, format);
    }
    if identity.role == Some(Role::Diffusion) && holds_other_parts(weights) {
        identity.parts = Some(Box::new(checkpoint::parts(weights, format, &identity)));
        (identity.role, identity.spec) = (Some(Role::Checkpoint), None);
    }
    identity
}

fn prefix(weights: &Weights) -> &'static str {
    let count = |prefix: &str| weights.tensors.iter().filter(|tensor| tensor.name.starts_with(prefix)).count();
    PREFIXES.into_iter().find(|prefix| count(prefix) > 5).unwrap_or("")
}

/// A VAE or a text encoder lies beside the diffusion model.
fn holds_other_parts(weights: &Weights) -> bool {
    const PARTS: [&str; 5] = ["first_stage_model.", "cond_stage_model.", "conditioner.", "text_encoders.", "vae."];
    weights.tensors.iter().any(|tensor| PARTS.iter().any(|part| tensor.name.starts_with(part)))
}

fn of_lora(keys: Keys, lora: Lora, format: Format) -> Identity {
    let size = match lora.wan_width() {
        Some(5120) => " 14B",
        Some(3072) => " 5B",
        Some(1536) => " 1.3B",
        _ => "",
    };
    let rank = lora.rank().map(|rank| format!(", rank {rank}")).unwrap_or_default();
    let family = lora.family().map(|family| format!(" for {family}{size}")).unwrap_or_default();
    let quant = Quant::of(keys, format);
    Identity {
        role: Some(Role::Lora),
        name: format!("LoRA{family}{rank}"),
        quant,
        lora: Some(lora),
        ..Default::default()
    }
}

fn diffusion(keys: Keys, format: Format) -> Option<Identity> {
    // A key that only this family has, and its name; more telling ones first (ComfyUI model_detection.py).
    const FAMILIES: [(&str, &str); 15] = [
        ("joint_blocks.0.context_block.attn.qkv.weight", "Stable Diffusion 3"),
        ("txt_in.individual_token_refiner.blocks.0.norm1.weight", "HunyuanVideo"),
        ("distilled_guidance_layer.0.norms.0.scale", "Chroma"),
        ("distilled_guidance_layer.norms.0.scale", "Chroma"),
        ("double_stream_modulation_img.lin.weight", "Flux 2"),
        ("double_blocks.0.img_attn.norm.key_norm.scale", "Flux"),
        ("double_blocks.0.img_attn.norm.key_norm.weight", "Flux"),
        ("adaln_single.emb.timestep_embedder.linear_1.bias", "LTX-Video"),
        ("txt_norm.weight", "Qwen-Image"),
        ("cap_embedder.1.weight", "Lumina 2 or Z-Image"),
        ("caption_projection.0.linear.weight", "HiDream"),
        ("t5_yproj.weight", "Mochi"),
        ("label_emb.0.0.weight", "SDXL"),
        ("input_blocks.0.0.weight", "Stable Diffusion"),
        ("blocks.0.adaln_modulation_self_attn.1.weight", "Cosmos"),
    ];
    let quant = Quant::of(keys, format);
    if let Some(wan) = WanModel::of(keys) {
        let spec = families::wan(&wan, keys, format, &quant);
        let (name, channels) = (wan.name(), Some(wan.shape.out_dim));
        let wan = Some(wan);
        return Some(Identity { role: Some(Role::Diffusion), name, wan, spec, channels, quant, ..Default::default() });
    }
    let family = FAMILIES.into_iter().find(|(key, _)| keys.has(key)).map(|(_, name)| name)?;
    let family = match keys.side("cap_embedder.1.weight", 0) {
        Some(3840) => "Z-Image",
        Some(_) if family.starts_with("Lumina") => "Lumina 2",
        _ => family,
    };
    let spec = families::other(keys, format, &quant);
    Some(Identity { role: Some(Role::Diffusion), name: family.to_owned(), spec, quant, ..Default::default() })
}

pub(super) fn encoder(keys: Keys, format: Format) -> Option<Identity> {
    if keys.has("visual.transformer.resblocks.0.attn.in_proj_weight") || is_clip_vision(keys) {
        return Some(clip_vision(keys, format));
    }
    let quant = Quant::of(keys, format);
    let of = |name: &str, wrapper: bool| {
        Some(Identity { role: Some(Role::TextEncoder), name: name.to_owned(), wrapper, ..Default::default() })
    };
    let found = match keys.side("encoder.block.23.layer.1.DenseReluDense.wi_1.weight", 0) {
        Some(10240) if keys.side("shared.weight", 0) == Some(256_384) => of("umt5-xxl", false),
        Some(10240) => of("t5-xxl", false),
        _ if keys.has("encoder.block.0.layer.0.SelfAttention.k.weight") => of("T5", false),
        _ if keys.has("token_embedding.weight") && keys.has("blocks.0.pos_embedding.embedding.weight") => {
            of("umt5-xxl for WanVideoWrapper", true)
        }
        _ if keys.has("text_model.encoder.layers.0.mlp.fc1.weight") => of("CLIP text model", false),
        _ if keys.has("model.layers.0.post_attention_layernorm.weight") => of("language model", false),
        _ if keys.has("model.layers.0.self_attn.k_proj.weight") => of("language model", false),
        _ => None,
    }?;
    let spec = (found.name == "umt5-xxl" && format != Format::Gguf).then(|| umt5(keys, &quant)).flatten();
    let encoder = families::encoder(keys, format, &quant, &found.name).map(Arc::new);
    Some(Identity { spec, quant, encoder, ..found })
}

/// ComfyUI never gives the scaled text encoder a `scale_input` (`sd1_clip.py`, 0.3.64).
fn umt5(keys: Keys, quant: &Quant) -> Option<crate::catalog::models::ModelSpec> {
    let tree = Tree::of(&ModelKind::Umt5Xxl);
    let linears = tree.modules.iter().filter(|module| module.op == Op::Linear).count();
    let same = wan::elements(keys) == tree.elements();
    let spec = wan::spec(ModelKind::Umt5Xxl, "WanTEModel", quant, linears);
    same.then_some(crate::catalog::models::ModelSpec { scale_input: false, scales_in_blocks: false, ..spec })
}

fn is_clip_vision(keys: Keys) -> bool {
    // Language models that see carry such an encoder as well.
    let texts = ["text_model.encoder.layers.0.mlp.fc1.weight", "model.layers.0.post_attention_layernorm.weight"];
    keys.has("vision_model.encoder.layers.0.layer_norm1.weight") && !texts.iter().any(|text| keys.has(text))
}

fn clip_vision(keys: Keys, format: Format) -> Identity {
    let quant = Quant::of(keys, format);
    let at = "vision_model.embeddings.position_embedding.weight";
    let huge = keys.shape(at) == Some(&[257, 1280][..]) && keys.count("vision_model.encoder.layers.") == 32;
    let spec = huge.then(|| wan::spec(ModelKind::ClipVisionH, "CLIPVisionModelProjection", &quant, 0));
    let name = if huge { "CLIP vision ViT-H" } else { "CLIP vision model" };
    Identity { role: Some(Role::ClipVision), name: name.to_owned(), spec, quant, ..Default::default() }
}

pub(super) fn vae(keys: Keys, format: Format) -> Option<Identity> {
    let quant = Quant::of(keys, format);
    let of = |name: &str, kind: Option<ModelKind>| {
        let channels = kind.as_ref().map(|kind| if *kind == ModelKind::WanVae22 { 48 } else { 16 });
        let same = kind.filter(|kind| Tree::of(kind).elements() == wan::elements(keys));
        let spec = same.map(|kind| wan::spec(kind, "WanVAE", &quant, 0));
        Identity {
            role: Some(Role::Vae),
            name: name.to_owned(),
            spec,
            channels,
            quant: quant.clone(),
            ..Default::default()
        }
    };
    if keys.has("decoder.middle.0.residual.0.gamma") {
        return Some(match keys.has("decoder.upsamples.0.upsamples.0.residual.2.weight") {
            true => of("Wan 2.2 VAE", Some(ModelKind::WanVae22)),
            false => of("Wan 2.1 VAE", Some(ModelKind::WanVae21)),
        });
    }
    let both = |leaf: &str| keys.has(&format!("encoder.{leaf}")) && keys.has(&format!("decoder.{leaf}"));
    ["conv_in.weight", "conv_in.conv.weight"].into_iter().any(both).then(|| {
        let spec = families::picture_vae(keys, &quant);
        let name = if spec.is_some() { "VAE for pictures" } else { "VAE of another family" };
        Identity { spec, ..of(name, None) }
    })
}

/// GGUF says what it is where the names are llama.cpp's.
fn of_gguf(weights: &Weights) -> Option<Identity> {
    let role = match quant::of_gguf(weights)? {
        "t5" | "t5encoder" | "llama" | "qwen2vl" | "qwen3" | "qwen3vl" => Role::TextEncoder,
        "flux" | "sd1" | "sdxl" | "sd3" | "aura" | "hidream" | "cosmos" | "ltxv" | "hyvid" | "wan" | "lumina2"
        | "qwen_image" => Role::Diffusion,
        _ => return None,
    };
    let name = weights.note("general.architecture").unwrap_or_default().to_owned();
    Some(Identity { role: Some(role), name, ..Default::default() })
}
