//! Diffusion model, text encoders and VAE in one file: each is forecast as ComfyUI loads it.

use serde_json::{Value, json};
use wanlint::catalog::models::ModelKind;
use wanlint::forecast::Tree;

use super::families::{clip, picture_vae, sdxl};
use super::files::{Model, Wan, umt5};
use super::room::Room;

/// The tensors of several models, each below its prefix.
fn together(parts: &[(&str, Model)]) -> Model {
    let mut whole = Model::default();
    for (prefix, part) in parts {
        let tensors = part.tensors.iter();
        whole
            .tensors
            .extend(tensors.map(|(name, dtype, shape)| (format!("{prefix}{name}"), dtype.clone(), shape.clone())));
    }
    whole
}

/// As many weights as the VAE of Wan 2.1 has, with the name that tells it apart.
fn wan_vae() -> Model {
    let tree = Tree::of(&ModelKind::WanVae21);
    assert_eq!((tree.loose, tree.buffer_bytes), (0, 0));
    tree.modules.iter().enumerate().fold(Model::default(), |model, (place, module)| {
        let name =
            if place == 0 { "decoder.middle.0.residual.0.gamma".to_owned() } else { format!("part.{place}.weight") };
        model.with(&name, "F32", &[module.weight]).with(&format!("part.{place}.bias"), "F32", &[module.bias])
    })
}

/// A text encoder with OpenCLIP's names, as the checkpoints of SDXL have their second one.
fn open_clip(model: &Model) -> Model {
    const NAMES: [(&str, &str); 9] = [
        ("text_model.encoder.layers.", "transformer.resblocks."),
        ("layer_norm1.", "ln_1."),
        ("layer_norm2.", "ln_2."),
        ("mlp.fc1.", "mlp.c_fc."),
        ("mlp.fc2.", "mlp.c_proj."),
        ("self_attn.out_proj.", "attn.out_proj."),
        ("text_model.embeddings.token_embedding.", "token_embedding."),
        ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
        ("text_model.final_layer_norm.", "ln_final."),
    ];
    let mut renamed = Model::default();
    for (name, dtype, shape) in &model.tensors {
        let name = NAMES.iter().fold(name.clone(), |name, (ours, theirs)| name.replace(ours, theirs));
        let name = if name == "text_projection.weight" { "text_projection".to_owned() } else { name };
        let (in_one, mut shape) = (name.replace("self_attn.q_proj.", "attn.in_proj_"), shape.clone());
        match name.contains("self_attn.") {
            true if in_one == name => {}
            true => {
                shape[0] *= 3;
                renamed = renamed.with(&in_one, dtype, &shape);
            }
            false => renamed = renamed.with(&name, dtype, &shape),
        }
    }
    renamed.with("logit_scale", "F32", &[])
}

/// A workflow with one loader for all, forecast on a Linux card of 24 GiB.
fn forecast(model: &Model, latent: &str, length: u32, release: &str) -> Value {
    let room = Room::new();
    model.write(&room.path("models/checkpoints/all.safetensors"));
    let graph = json!({
        "1": { "class_type": "CheckpointLoaderSimple", "inputs": { "ckpt_name": "all.safetensors" } },
        "4": { "class_type": "CLIPTextEncode", "inputs": { "text": "a", "clip": ["1", 1] } },
        "5": { "class_type": latent, "inputs": { "width": 832, "height": 480, "batch_size": 1, "length": length } },
        "6": { "class_type": "KSampler", "inputs": { "model": ["1", 0], "positive": ["4", 0], "negative": ["4", 0],
            "latent_image": ["5", 0], "seed": 1, "steps": 4, "cfg": 1.0, "sampler_name": "euler", "scheduler": "simple",
            "denoise": 1.0 } },
        "7": { "class_type": "VAEDecode", "inputs": { "samples": ["6", 0], "vae": ["1", 2] } },
        "8": { "class_type": "SaveImage", "inputs": { "images": ["7", 0], "filename_prefix": "a" } },
    });
    room.write("repo/w.json", &graph.to_string());
    let args = ["vram", "w.json", "--no-detect", "--output-format", "json", "--models", "../models", "--os", "linux"];
    let card = ["--comfyui", release, "--vram", "24576MiB", "--vram-used", "500MiB"];
    let (code, text) = room.run(&[&args[..], &card].concat());
    assert_eq!(code, 0, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"))
}

/// Name, class and weights of every phase.
fn phases(forecast: &Value) -> Vec<(&str, &str, f64)> {
    let phases = forecast["phases"].as_array().unwrap_or_else(|| panic!("{forecast:#}"));
    let text = |phase: &'_ Value, key: &str| phase[key].as_str().unwrap().to_owned().leak() as &str;
    phases
        .iter()
        .map(|phase| (text(phase, "name"), text(phase, "model"), phase["weights_mib"].as_f64().unwrap()))
        .collect()
}

#[test]
fn wan_in_one_file_is_three_models() {
    let mut encoder = umt5("F16", true);
    encoder.tensors.push(("spiece_model".to_owned(), "U8".to_owned(), vec![4_548_313]));
    let parts = [
        ("model.diffusion_model.", Wan::T2V_14B.plain("F8_E4M3")),
        ("text_encoders.umt5xxl.transformer.", encoder),
        ("vae.", wan_vae()),
    ];
    let found = forecast(&together(&parts), "EmptyHunyuanLatentVideo", 81, "0.3.75");
    // Plain fp8: one byte each, the patch embedding in fp32. The encoder and the VAE as in files of their own, as logs show them.
    let own = |file: &str| {
        let spec = wanlint::catalog::models::identify(file).unwrap();
        let setting =
            wanlint::forecast::Setting::new("0.3.75".parse().unwrap(), wanlint::forecast::Os::Linux, 24576.0, 500.0);
        (wanlint::forecast::ModelUse::new(file, spec).weights_mib(&setting) * 100.0).round() / 100.0
    };
    let expected = [
        ("text-encode", "WanTEModel", 6419.48),
        ("sample", "WAN21", own("wan2.1_t2v_14B_fp8_e4m3fn.safetensors")),
        ("vae-decode", "WanVAE", 242.03),
    ];
    assert_eq!(phases(&found), expected);
    let files: Vec<&str> =
        found["phases"].as_array().unwrap().iter().map(|phase| phase["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["all.safetensors (text encoder)", "all.safetensors", "all.safetensors (VAE)"]);
    assert_eq!(found["verdict"], "fits");
}

#[test]
fn the_parts_of_sdxl_have_the_sizes_that_logs_show() {
    let parts = [
        ("model.diffusion_model.", sdxl("F16")),
        ("conditioner.embedders.0.transformer.", clip(false)),
        ("conditioner.embedders.1.model.", open_clip(&clip(true))),
        ("first_stage_model.", picture_vae(4, true)),
    ];
    let found = forecast(&together(&parts), "EmptyLatentImage", 1, "0.3.64");
    // Logs: 1560.802734375, 4897.0483474731445 (HunyuanLoom #35), 159.56.
    let expected = [
        ("text-encode", "SDXLClipModel", 1560.8),
        ("sample", "SDXL", 4897.05),
        ("vae-decode", "AutoencoderKL", 159.56),
    ];
    assert_eq!(phases(&found), expected);
    // What was never traced is said to be unknown.
    assert_eq!((&found["verdict"], &found["peak_mib"]), (&json!("unknown"), &Value::Null));
}

#[test]
fn a_part_that_is_not_known_is_left_out() {
    let parts = [
        ("model.diffusion_model.", Wan::T2V_1_3B.plain("BF16")),
        ("text_encoders.mystery.transformer.", umt5("F16", false)),
        ("vae.", Model::default().with("decoder.conv_in.weight", "F16", &[64, 64])),
    ];
    let found = forecast(&together(&parts), "EmptyHunyuanLatentVideo", 81, "0.3.75");
    assert_eq!(phases(&found).iter().map(|phase| phase.0).collect::<Vec<_>>(), ["sample"]);
    let notes = found["assumptions"].to_string();
    assert!(
        notes.contains("the text-encode phase all.safetensors (its modules are not modelled) is left out"),
        "{notes}"
    );
    assert!(notes.contains("the vae-decode phase all.safetensors"), "{notes}");
}
