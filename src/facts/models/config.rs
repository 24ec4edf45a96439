//! What ComfyUI detects of a diffusion model (`comfy/model_detection.py`, 0.3.64 and 0.29): as much of its configuration as tells
//! the model classes apart and enters their estimates.

use super::Keys;

/// Keys and values as [`crate::catalog::memory::MemoryClass`] compares them.
type Pairs = Vec<(&'static str, String)>;

const NONE: &str = "-";

/// The configuration of a diffusion model; `None` for families that are not told apart here.
pub(super) fn detect(keys: Keys, wan: Option<(&str, u32)>) -> Option<Pairs> {
    if let Some((model_type, dim)) = wan {
        return Some(of_wan(keys, model_type, dim));
    }
    [stable_diffusion_3, hunyuan_video, flux, mochi, ltxv, cosmos, lumina, hidream, cosmos_predict, qwen_image, unet]
        .into_iter()
        .find_map(|detect| detect(keys))
}

fn pair(key: &'static str, value: impl ToString) -> (&'static str, String) {
    (key, value.to_string())
}

fn model(name: &str, more: Pairs) -> Pairs {
    let mut pairs = vec![pair("image_model", name)];
    pairs.extend(more);
    pairs
}

/// A norm whose scale has one of two names (`any_suffix_in`).
fn has_norm(keys: Keys, stem: &str) -> bool {
    keys.has(&format!("{stem}.weight")) || keys.has(&format!("{stem}.scale"))
}

fn of_wan(keys: Keys, model_type: &str, dim: u32) -> Pairs {
    let side = |name: &str, at: usize| keys.side(name, at).unwrap_or_default();
    let out = side("head.head.weight", 0) / 4;
    let more = vec![
        pair("model_type", model_type),
        pair("dim", dim),
        pair("in_dim", side("patch_embedding.weight", 1)),
        pair("out_dim", out),
    ];
    model("wan2.1", more)
}

fn stable_diffusion_3(keys: Keys) -> Option<Pairs> {
    keys.shape("joint_blocks.0.context_block.attn.qkv.weight")?;
    let channels = keys.side("x_embedder.proj.weight", 1)?;
    Some(vec![pair("in_channels", channels), pair("pos_embed_scaling_factor", NONE)])
}

fn hunyuan_video(keys: Keys) -> Option<Pairs> {
    keys.shape("txt_in.individual_token_refiner.blocks.0.norm1.weight")?;
    let input = keys.shape("img_in.proj.weight")?;
    let patch: Vec<String> = input.iter().skip(2).map(u64::to_string).collect();
    let vector = keys.names().any(|name| name.starts_with("vector_in."));
    let vision = keys.side("vision_in.proj.0.weight", 0).map_or(NONE.to_owned(), |side| side.to_string());
    let more = vec![
        pair("in_channels", input.get(1)?),
        pair("patch_size", patch.join(".")),
        pair("vec_in_dim", if vector { "768" } else { NONE }),
        pair("vision_in_dim", vision),
    ];
    Some(model("hunyuan_video", more))
}

/// Flux, Flux 2, Chroma and Chroma Radiance.
fn flux(keys: Keys) -> Option<Pairs> {
    let distilled = has_norm(keys, "distilled_guidance_layer.norms.0");
    let starts = has_norm(keys, "double_blocks.0.img_attn.norm.key_norm");
    if !starts || !(distilled || keys.has("img_in.weight")) {
        return None;
    }
    if has_norm(keys, "distilled_guidance_layer.0.norms.0") || distilled {
        let radiance = has_norm(keys, "nerf_blocks.0.norm");
        return Some(model(if radiance { "chroma_radiance" } else { "chroma" }, Vec::new()));
    }
    let second = keys.has("double_stream_modulation_img.lin.weight");
    let patch = if second { 1 } else { 4 };
    let vector = keys.side("vector_in.in_layer.weight", 1).map_or(NONE.to_owned(), |side| side.to_string());
    let context = keys.side("txt_in.weight", 1)?;
    let wide = keys.has("double_blocks.0.img_mlp.gate_proj.weight") && has_norm(keys, "txt_norm");
    let long = context == 3584 && vector == NONE;
    let more = vec![
        pair("guidance_embed", keys.has("guidance_in.in_layer.weight")),
        pair("in_channels", keys.side("img_in.weight", 1)? / patch),
        pair("hidden_size", keys.side("txt_in.weight", 0)?),
        pair("context_in_dim", context),
        pair("vec_in_dim", vector),
        pair("txt_ids_dims", if wide || long { "1.2" } else { "" }),
    ];
    Some(model(if second { "flux2" } else { "flux" }, more))
}

fn mochi(keys: Keys) -> Option<Pairs> {
    keys.shape("t5_yproj.weight").map(|_| model("mochi_preview", Vec::new()))
}

fn ltxv(keys: Keys) -> Option<Pairs> {
    keys.shape("adaln_single.emb.timestep_embedder.linear_1.bias")?;
    if keys.has("pos_embed.proj.bias") {
        return None;
    }
    let sound = keys.has("audio_adaln_single.linear.weight");
    let more = vec![pair("cross_attention_dim", keys.side("transformer_blocks.0.attn2.to_k.weight", 1)?)];
    Some(model(if sound { "ltxav" } else { "ltxv" }, more))
}

fn cosmos(keys: Keys) -> Option<Pairs> {
    keys.shape("blocks.block0.blocks.0.block.attn.to_q.0.weight")?;
    let channels = (keys.side("x_embedder.proj.1.weight", 1)? / 4).checked_sub(1)?;
    Some(model("cosmos", vec![pair("in_channels", channels)]))
}

fn lumina(keys: Keys) -> Option<Pairs> {
    keys.shape("noise_refiner.0.attention.k_norm.weight")?;
    let dim = keys.side("cap_embedder.1.weight", 0)?;
    let pixels = keys.has("dec_net.cond_embed.weight");
    Some(model(if pixels { "zimage_pixel" } else { "lumina2" }, vec![pair("dim", dim)]))
}

fn hidream(keys: Keys) -> Option<Pairs> {
    keys.shape("caption_projection.0.linear.weight").map(|_| model("hidream", Vec::new()))
}

fn cosmos_predict(keys: Keys) -> Option<Pairs> {
    keys.shape("blocks.0.mlp.layer1.weight")?;
    let anima = keys.has("llm_adapter.blocks.0.cross_attn.q_proj.weight");
    let channels = (keys.side("x_embedder.proj.1.weight", 1)? / 4).checked_sub(1)?;
    let more = vec![pair("in_channels", channels), pair("model_channels", keys.side("x_embedder.proj.1.weight", 0)?)];
    // Anima's factor depends on the type that is chosen.
    (!anima).then(|| model("cosmos_predict2", more))
}

/// Relatives with the same norm have another width.
fn qwen_image(keys: Keys) -> Option<Pairs> {
    let qwen = keys.side("txt_norm.weight", 0)? == 3584 && keys.has("transformer_blocks.0.img_mlp.net.2.weight");
    qwen.then(|| model("qwen_image", Vec::new()))
}

/// The U-Nets of Stable Diffusion.
fn unet(keys: Keys) -> Option<Pairs> {
    let input = keys.shape("input_blocks.0.0.weight")?;
    let (channels, in_channels) = (input.first()?, input.get(1)?);
    let adm = keys.side("label_emb.0.0.weight", 1).map_or(NONE.to_owned(), |side| side.to_string());
    let blocks = keys.count("input_blocks.").min(64);
    let at = |block: u32, rest: &str| format!("input_blocks.{block}.{rest}");
    let res = (0..blocks).filter(|&block| keys.has(&at(block, "0.in_layers.0.weight")));
    let depth: Vec<String> = res.map(|block| keys.count(&at(block, "1.transformer_blocks.")).to_string()).collect();
    let first = (0..blocks).find(|&block| keys.has(&at(block, "1.transformer_blocks.0.attn2.to_k.weight")))?;
    let context = keys.side(&at(first, "1.transformer_blocks.0.attn2.to_k.weight"), 1)?;
    let linear = keys.shape(&at(first, "1.proj_in.weight"))?.len() == 2;
    let time = ["1.time_stack.0.attn1.to_q.weight", "1.time_mix_blocks.0.attn1.to_q.weight"];
    let video = time.iter().any(|rest| keys.has(&at(first, rest)));
    Some(vec![
        pair("model_channels", channels),
        pair("in_channels", in_channels),
        pair("adm_in_channels", adm),
        pair("context_dim", context),
        pair("use_linear_in_transformer", linear),
        pair("transformer_depth", depth.join(".")),
        pair("use_temporal_attention", video),
        pair("use_temporal_resblock", video),
    ])
}
