//! What a file is, and that the forecast takes it for what the catalogue knows by name.

use wanlint::catalog::models::{ModelSpec, Storage, identify};
use wanlint::facts::models::{Identity, QuantForm, Role, words};
use wanlint::facts::versions::Version;
use wanlint::read::weights::{Format, read_bytes};

use super::files::{Model, Wan, gguf, umt5, umt5_of_the_wrapper};

pub(crate) fn identity(model: &Model) -> Identity {
    let (header, whole) = model.header();
    let file = read_bytes(&header, whole, Format::Safetensors);
    assert_eq!(file.fault, None);
    Identity::of(&file)
}

fn spec(file: &str) -> ModelSpec {
    identify(file).unwrap()
}

#[test]
fn official_files_are_what_the_catalogue_says() {
    for (model, file, name) in [
        (Wan::I2V_14B.scaled("F16", 1, false), "wan2.2_i2v_high_noise_14B_fp8_scaled", "Wan 2.2 i2v 14B"),
        (Wan::T2V_14B.scaled("F16", 2, false), "wan2.1_t2v_14B_fp8_scaled", "Wan t2v 14B"),
        (Wan::T2V_14B.plain("F16"), "wan2.1_t2v_14B_fp16", "Wan t2v 14B"),
        (Wan::TI2V_5B.plain("F16"), "wan2.2_ti2v_5B_fp16", "Wan 2.2 ti2v 5B"),
        (Wan::T2V_1_3B.plain("BF16"), "wan2.1_t2v_1.3B_bf16", "Wan t2v 1.3B"),
        (Wan { img_emb: true, ..Wan::I2V_14B }.plain("F16"), "wan2.1_i2v_480p_14B_fp16", "Wan 2.1 i2v 14B"),
        (Wan { img_emb: true, ..Wan::I2V_14B }.plain("F8_E4M3"), "wan2.1_i2v_480p_14B_fp8_e4m3fn", "Wan 2.1 i2v 14B"),
        (umt5("F16", false), "umt5_xxl_fp16", "umt5-xxl"),
        (umt5("F16", true), "umt5_xxl_fp8_e4m3fn_scaled", "umt5-xxl"),
    ] {
        let found = identity(&model);
        assert_eq!(found.name, name, "{file}");
        assert_eq!(found.spec, Some(spec(&format!("{file}.safetensors"))), "{file}");
    }
}

#[test]
fn a_prefix_does_not_hide_a_model() {
    let mut model = Wan::T2V_14B.plain("F16");
    model.tensors.iter_mut().for_each(|(name, ..)| name.insert_str(0, "model.diffusion_model."));
    let found = identity(&model);
    assert_eq!((found.role, found.spec), (Some(Role::Diffusion), Some(spec("wan2.1_t2v_14B_fp16.safetensors"))));
    let checkpoint = model.with("first_stage_model.decoder.conv_in.weight", "F16", &[1]);
    let found = identity(&checkpoint);
    assert_eq!((found.role, found.spec), (Some(Role::Checkpoint), None));
}

#[test]
fn modules_that_are_not_modelled_give_no_spec() {
    let keys = |name: &str| Model::default().with(name, "F16", &[64, 64]);
    let found = identity(&keys("genre_embedder.weight").with("t5_yproj.weight", "I8", &[64, 64]));
    assert_eq!((found.name.as_str(), found.spec), ("Mochi", None));
    let odd = identity(&Wan::T2V_14B.plain("F16").with("adapter.weight", "F16", &[64]));
    assert_eq!((odd.name.as_str(), odd.spec), ("Wan t2v 14B", None));
}

#[test]
fn scales_in_the_blocks_only() {
    let found = identity(&Wan::I2V_14B.scaled("BF16", 1, true));
    let spec = found.spec.unwrap();
    assert!(spec.scales_in_blocks && spec.storage == Storage::Fp8Scaled);
    assert_eq!(found.quant.words(), "fp8_scaled");
}

#[test]
fn quantised_layers_by_keys_and_by_metadata() {
    let mut keyed = Model::default();
    let mut noted = Model::default();
    let mut layers = serde_json::Map::new();
    for (name, dtype, shape) in Wan::I2V_14B.plain("F16").tensors {
        let layer = name.strip_suffix(".weight").filter(|_| shape.len() == 2);
        let dtype = if layer.is_some() { "F8_E4M3" } else { dtype.as_str() };
        (keyed, noted) = (keyed.with(&name, dtype, &shape), noted.with(&name, dtype, &shape));
        if let Some(layer) = layer {
            keyed = keyed.with(&format!("{layer}.comfy_quant"), "U8", &[27]).with(
                &format!("{layer}.weight_scale"),
                "F32",
                &[],
            );
            noted = noted.with(&format!("{layer}.weight_scale"), "F32", &[]);
            layers.insert(layer.to_owned(), serde_json::json!({ "format": "float8_e4m3fn" }));
        }
    }
    noted = noted.note("_quantization_metadata", &serde_json::json!({ "layers": layers }).to_string());
    for (model, form, since) in
        [(keyed, QuantForm::Keys, Version::new(0, 4, 0)), (noted, QuantForm::Metadata, Version::new(0, 3, 68))]
    {
        let found = identity(&model);
        assert_eq!((found.quant.form, found.quant.since()), (Some(form), Some(since)));
        let spec = found.spec.unwrap();
        assert_eq!((spec.storage, spec.full_precision_marker), (Storage::Fp8Scaled, false));
    }
    let packed = Model::default()
        .with("head.modulation", "F16", &[1, 2, 5120])
        .with("blocks.0.ffn.0.weight", "U8", &[13824, 2560])
        .with("blocks.0.ffn.0.weight_scale", "F8_E4M3", &[13824, 320])
        .with("blocks.0.ffn.0.weight_scale_2", "F32", &[])
        .with("blocks.0.ffn.0.comfy_quant", "U8", &[19]);
    assert_eq!(identity(&packed).quant.words(), "nvfp4");
}

#[test]
fn loras_of_every_naming() {
    for (prefix, ends) in [
        ("diffusion_model.", ["lora_A", "lora_B"]),
        ("diffusion_model.", ["lora_down", "lora_up"]),
        ("lora_unet_", ["lora_down", "lora_up"]),
        ("lora_unet__", ["lora_down", "lora_up"]),
    ] {
        let found = identity(&Wan::I2V_14B.lora(64, prefix, ends));
        assert_eq!((found.role, found.name.as_str()), (Some(Role::Lora), "LoRA for Wan 14B, rank 64"), "{prefix}");
        let lora = found.lora.unwrap();
        let shape = identity(&Wan::I2V_14B.plain("F16")).wan.unwrap().shape;
        assert_eq!(lora.patches(&shape).len(), 400, "{prefix}");
        assert_eq!(lora.wan_width(), Some(5120));
    }
    let bare = identity(&Wan::TI2V_5B.lora(32, "transformer.", ["lora_A", "lora_B"])).lora.unwrap();
    let shape = identity(&Wan::TI2V_5B.plain("F16")).wan.unwrap().shape;
    assert!(bare.is_wan() && bare.patches(&shape).is_empty(), "ComfyUI knows no such prefix for Wan");
    assert_eq!(bare.wan_width(), Some(3072));
    let flux = Model::default()
        .with("lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight", "BF16", &[16, 3072])
        .with("lora_unet_double_blocks_0_img_attn_qkv.lora_up.weight", "BF16", &[9216, 16])
        .with("lora_unet_double_blocks_0_img_attn_qkv.alpha", "BF16", &[]);
    let flux = identity(&flux);
    assert_eq!(flux.name, "LoRA for Flux or Hunyuan, rank 16");
    assert_eq!(flux.lora.unwrap().wan_width(), None);
}

#[test]
fn differences_of_biases_and_norms_count() {
    let lora = Model::default()
        .with("diffusion_model.blocks.0.self_attn.q.diff_b", "F16", &[5120])
        .with("diffusion_model.blocks.0.norm3.diff", "F16", &[5120])
        .with("diffusion_model.blocks.0.norm3.diff_b", "F16", &[5120])
        .with("diffusion_model.blocks.0.self_attn.norm_q.diff", "F16", &[5120]);
    let shape = identity(&Wan::T2V_14B.plain("F16")).wan.unwrap().shape;
    let patches = identity(&lora).lora.unwrap().patches(&shape);
    let shown: Vec<_> = patches.iter().map(|(name, weight, bias)| (name.text(), *weight, *bias)).collect();
    assert!(shown.contains(&("blocks.0.self_attn.q".to_owned(), false, true)), "{shown:?}");
    assert!(shown.contains(&("blocks.0.norm3".to_owned(), true, true)));
    assert!(shown.contains(&("blocks.0.self_attn.norm_q".to_owned(), true, false)));
}

#[test]
fn encoders_of_core_and_wrapper() {
    let wrapper = identity(&umt5_of_the_wrapper("BF16"));
    assert_eq!((wrapper.role, wrapper.wrapper), (Some(Role::TextEncoder), true));
    assert!(!identity(&umt5("BF16", false)).wrapper);
}

#[test]
fn gguf_files() {
    let header = gguf(
        &[("general.architecture", "wan")],
        &[
            ("head.modulation", 0, &[5120, 2, 1]),
            ("head.head.weight", 1, &[5120, 64]),
            ("blocks.0.ffn.0.weight", 12, &[5120, 13824]),
            ("patch_embedding.weight", 1, &[2, 2, 36, 5120]),
            ("text_embedding.0.weight", 1, &[4096, 5120]),
            ("time_embedding.0.weight", 1, &[256, 5120]),
        ],
    );
    let file = read_bytes(&header, 1 << 40, Format::Gguf);
    let found = Identity::of(&file);
    assert_eq!(words(&file, &found), "GGUF, Wan 2.2 i2v 14B, Q4_K");
    assert_eq!(found.spec, None, "the forecast does not model GGUF");
    let encoder = gguf(&[("general.architecture", "t5encoder")], &[("enc.blk.0.ffn_up.weight", 8, &[4096, 10240])]);
    assert_eq!(Identity::of(&read_bytes(&encoder, 1 << 40, Format::Gguf)).role, Some(Role::TextEncoder));
}

#[test]
fn language_models_that_see_are_text_encoders() {
    let gemma = Model::default()
        .with("model.layers.0.post_attention_layernorm.weight", "BF16", &[2560])
        .with("model.layers.0.post_feedforward_layernorm.weight", "BF16", &[2560])
        .with("vision_model.encoder.layers.0.layer_norm1.weight", "BF16", &[1152]);
    assert_eq!(identity(&gemma).role, Some(Role::TextEncoder));
    let vision = Model::default().with("vision_model.encoder.layers.0.layer_norm1.weight", "BF16", &[1280]);
    assert_eq!(identity(&vision).role, Some(Role::ClipVision));
}

#[test]
fn unknown_content_is_unknown() {
    let snakes =
        Model::default().with("decoder.layers.1.alpha", "F32", &[4]).with("decoder.layers.2.alpha", "F32", &[4]);
    assert_eq!(identity(&snakes).role, None, "numbers beside nothing are no LoRA");
    let found = identity(&Model::default().with("weight", "F32", &[4]));
    assert_eq!((found.role, found.name.as_str()), (None, ""));
}
