//! What the forecast needs to know of models beyond those whose architecture is written out: their modules as the header lists
//! them, and their class.

use std::sync::Arc;

use super::listed::{self, Reading};
use super::{Keys, Quant, WanModel, config};
use crate::catalog::models::{ModelKind, ModelSpec, Storage};
use crate::forecast::modules::listed::{Beside, Listed, Part, Working};
use crate::forecast::{Module, Name, Op, Tree};
use crate::read::weights::{Dtype, Format};

/// Tensors of text encoder files that ComfyUI does not load: tokenizers, a second name of the table, positions.
fn unused_in_encoders(name: &str) -> bool {
    const NAMES: [&str; 3] = ["spiece_model", "tekken_model", "logit_scale"];
    NAMES.contains(&name) || name.ends_with("encoder.embed_tokens.weight") || name.ends_with("position_ids")
}

/// The halves of a VAE, and nothing that training left beside them.
fn unused_in_vaes(name: &str) -> bool {
    !["encoder.", "decoder.", "quant_conv.", "post_quant_conv."].iter().any(|part| name.starts_with(part))
}

/// A Wan diffusion model: by its constants where the file has exactly those modules, else as it lists them.
pub(super) fn wan(model: &WanModel, keys: Keys, format: Format, quant: &Quant) -> Option<ModelSpec> {
    if format != Format::Gguf {
        let exact = model.spec(keys, quant).filter(|spec| !matches!(spec.storage, Storage::Other(_)));
        if exact.is_some() {
            return exact;
        }
    }
    let reading = Reading { part: Part::Diffusion, format, quant, wide: None, wan: true, skips: |_| false };
    let modules = listed::listed(keys, reading, "")?;
    let plain = matches!(model.model_type, "t2v" | "i2v" | "vace" | "camera" | "camera_2.2");
    let whole = modules.tree.elements() == Tree::of(&ModelKind::WanDit(model.shape)).elements();
    if plain != whole {
        return None;
    }
    let config = config::detect(keys, Some((model.model_type, model.shape.dim)))?;
    let working = match model.model_type {
        "animate" => Some(Working::WanBeside(model.shape, Beside::Face)),
        "s2v" => Some(Working::WanBeside(model.shape, Beside::Audio)),
        _ => plain.then_some(Working::Wan(model.shape)),
    };
    diffusion(modules, config, quant, working)
}

/// A diffusion model of another family.
pub(super) fn other(keys: Keys, format: Format, quant: &Quant) -> Option<ModelSpec> {
    let config = config::detect(keys, None)?;
    let reading = Reading { part: Part::Diffusion, format, quant, wide: None, wan: false, skips: |_| false };
    diffusion(listed::listed(keys, reading, "")?, config, quant, None)
}

fn diffusion(
    mut modules: Listed,
    config: Vec<(&'static str, String)>,
    quant: &Quant,
    working: Option<Working>,
) -> Option<ModelSpec> {
    let class = listed::estimated(config)?;
    let logged = class.class.logged;
    if logged.is_empty() || class.class.cells.is_none() || !sized(quant, modules.gguf) {
        return None;
    }
    // The noise schedule: 10000 fp32 values for Flux and its relatives, two times 1000 for the U-Nets, else 1000.
    Arc::make_mut(&mut modules.tree).buffer_bytes = match class.class.name {
        name if name.starts_with("SD") || name.starts_with("KOALA") || name == "SSD1B" => 8000,
        name if name.starts_with("Flux") => 40_000,
        _ => 4000,
    };
    modules.class = Some(class);
    let traced = modules.gguf || matches!(quant.format, None | Some("float8_e4m3fn" | "float8_e5m2"));
    Some(listed::spec(modules, logged, quant, working.filter(|_| traced)))
}

/// The sizes of a file's layers follow from its header.
fn sized(quant: &Quant, gguf: bool) -> bool {
    const FORMATS: [&str; 4] = ["float8_e4m3fn", "float8_e5m2", "nvfp4", "mxfp8"];
    let known = |dtype: Dtype| dtype.is_16_bit() || dtype.is_fp8() || dtype == Dtype::F32;
    match quant.form {
        _ if gguf => true,
        Some(_) => quant.format.is_some_and(|format| FORMATS.contains(&format)),
        None => quant.dtype.is_some_and(known),
    }
}

/// The modules of a text encoder: T5, CLIP and Qwen 3 4B.
pub(super) fn encoder(keys: Keys, format: Format, quant: &Quant, name: &str) -> Option<Listed> {
    let gguf = format == Format::Gguf;
    if !sized(quant, gguf) || matches!(quant.format, Some("nvfp4" | "mxfp8")) {
        return None;
    }
    let (prefix, wide) = match name {
        "t5-xxl" => ("t5xxl.transformer.", norm_width(keys, "encoder.final_layer_norm.weight", gguf)?),
        "umt5-xxl" => ("umt5xxl.transformer.", norm_width(keys, "encoder.final_layer_norm.weight", gguf)?),
        "CLIP text model" if gguf => return None,
        "CLIP text model" => (clip(keys)?, 2),
        // What ComfyUI does with a head or with eyes differs by release.
        _ if keys.has("lm_head.weight")
            || keys.names().any(|name| name.contains("visual.") || name.contains("vision")) =>
        {
            return None;
        }
        "language model" if qwen3_4b(keys) => ("qwen3_4b.transformer.", norm_width(keys, "model.norm.weight", gguf)?),
        _ => return None,
    };
    let reading =
        Reading { part: Part::Encoder, format, quant, wide: Some(wide), wan: false, skips: unused_in_encoders };
    let mut modules = listed::listed(keys, reading, prefix)?;
    Arc::make_mut(&mut modules.tree).buffer_bytes = 4;
    if name == "CLIP text model" {
        project(&mut modules, keys, prefix);
    }
    modules.working = (name == "umt5-xxl").then_some(Working::Umt5);
    Some(modules)
}

/// A text encoder is built in the type of its last norm (`t5_xxl_detect`, `llama_detect`).
fn norm_width(keys: Keys, norm: &str, gguf: bool) -> Option<u8> {
    let tensor = keys.weights.get(&format!("{}{norm}", keys.prefix))?;
    match tensor.dtype {
        Dtype::F32 => Some(4),
        // ComfyUI-GGUF makes fp32 of it.
        Dtype::Bf16 if gguf => Some(4),
        Dtype::F16 | Dtype::Bf16 => Some(2),
        Dtype::F8E4m3 | Dtype::F8E5m2 => Some(1),
        _ => None,
    }
}

fn qwen3_4b(keys: Keys) -> bool {
    keys.has("model.layers.0.self_attn.q_norm.weight") && keys.side("model.embed_tokens.weight", 1) == Some(2560)
}

fn clip(keys: Keys) -> Option<&'static str> {
    match keys.side("text_model.encoder.layers.0.mlp.fc1.weight", 1)? {
        768 => Some("clip_l.transformer."),
        1280 => Some("clip_g.transformer."),
        _ => None,
    }
}

/// CLIP always has a projection, whether or not the file does (`comfy/clip_model.py`, CLIPTextModel).
fn project(modules: &mut Listed, keys: Keys, prefix: &str) {
    let width = keys.side("text_model.encoder.layers.0.mlp.fc1.weight", 1).unwrap_or_default();
    if keys.has("text_projection.weight") || keys.has("text_projection") {
        return;
    }
    let Ok(place) = u32::try_from(modules.names.len()) else { return };
    // After every `text_model...`.
    modules.names.push(format!("{prefix}text_projection").into());
    let kept = crate::forecast::modules::listed::Kept::Wide(2);
    let weight = u64::from(width) * u64::from(width);
    Arc::make_mut(&mut modules.tree).modules.push(Module {
        name: Name::listed(place),
        op: Op::Linear,
        weight,
        bias: 0,
        kept,
    });
}

/// A VAE for pictures with cells of 8 x 8 pixels (comfy/sd.py: AutoencoderKL with `quant_conv`, else AutoencodingEngine).
pub(super) fn picture_vae(keys: Keys, quant: &Quant) -> Option<ModelSpec> {
    let flat = keys.shape("decoder.conv_in.weight")?.len() == 4;
    let eighth = keys.count("decoder.up.") == 4 && keys.count("encoder.down.") == 4;
    if !flat || !eighth || keys.has("bn.running_mean") || quant.form.is_some() {
        return None;
    }
    let reading = Reading {
        part: Part::PictureVae,
        format: Format::Safetensors,
        quant,
        wide: None,
        wan: false,
        skips: unused_in_vaes,
    };
    let modules = listed::listed(keys, reading, "")?;
    let class = if keys.has("quant_conv.weight") { "AutoencoderKL" } else { "AutoencodingEngine" };
    Some(listed::spec(modules, class, quant, None))
}
