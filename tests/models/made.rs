//! Model files of the rules' examples, by a word or two: `wan t2v-1.3B F16`, `scaled i2v-14B`, `cut t2v-1.3B`,
//! `lora i2v-14B lora_unet_`, `flux-lora`, `umt5 F16`, `umt5 scaled`, `umt5-wrapper`, `int8`, `gguf-q2`, `text:` and the bytes.

use std::path::Path;

use super::files::{Model, Wan, gguf, sparse, umt5, umt5_of_the_wrapper};

/// Writes one; a name that ends in a slash is a folder without files.
pub fn model(path: &Path, words: &str) {
    let words: Vec<&str> = match words.strip_prefix("text:") {
        Some(text) => return sparse(path, text.as_bytes(), text.len() as u64),
        None => words.split(' ').collect(),
    };
    let cut = |model: Model| {
        let (header, whole) = model.header();
        sparse(path, &header, whole / 2);
    };
    match words.as_slice() {
        [""] => std::fs::create_dir_all(path).unwrap(),
        ["wan", kind, dtype] => wan(kind).plain(dtype).write(path),
        ["scaled", kind] => wan(kind).scaled("F16", 1, false).write(path),
        ["cut", kind] => cut(wan(kind).plain("F16")),
        ["lora", kind, prefix] => lora(kind, prefix).write(path),
        ["flux-lora"] => flux_lora().write(path),
        ["umt5", "scaled"] => umt5("F16", true).write(path),
        ["umt5", dtype] => umt5(dtype, false).write(path),
        ["umt5-wrapper"] => umt5_of_the_wrapper("BF16").write(path),
        ["vae-2.1"] => vae().write(path),
        ["vae-2.2"] => {
            vae().with("decoder.upsamples.0.upsamples.0.residual.2.weight", "BF16", &[1024, 1024, 3, 3, 3]).write(path)
        }
        ["int8"] => int8().write(path),
        ["gguf-q2"] => q2(path),
        other => panic!("no such model: {other:?}"),
    }
}

fn wan(kind: &str) -> Wan {
    match kind {
        "i2v-14B" => Wan::I2V_14B,
        "t2v-14B" => Wan::T2V_14B,
        "ti2v-5B" => Wan::TI2V_5B,
        "t2v-1.3B" => Wan::T2V_1_3B,
        other => panic!("no such Wan: {other}"),
    }
}

fn lora(kind: &str, prefix: &str) -> Model {
    let ends = if prefix.ends_with('_') { ["lora_down", "lora_up"] } else { ["lora_A", "lora_B"] };
    wan(kind).lora(32, prefix, ends)
}

/// What tells the VAEs of Wan apart, and no more of them.
fn vae() -> Model {
    Model::default().with("decoder.middle.0.residual.0.gamma", "BF16", &[384, 1, 1, 1])
}

fn flux_lora() -> Model {
    (0..19).fold(Model::default(), |model, block| {
        let at = format!("lora_unet_double_blocks_{block}_img_attn_qkv");
        model
            .with(&format!("{at}.lora_down.weight"), "BF16", &[16, 3072])
            .with(&format!("{at}.lora_up.weight"), "BF16", &[9216, 16])
            .with(&format!("{at}.alpha"), "BF16", &[])
    })
}

/// A Wan model with one quantised layer.
fn int8() -> Model {
    let mut model = Wan::T2V_1_3B.plain("BF16");
    let layer = "blocks.0.ffn.0";
    let weights = model.tensors.iter_mut().filter(|(name, ..)| *name == format!("{layer}.weight"));
    weights.for_each(|(_, dtype, _)| "I8".clone_into(dtype));
    model.with(&format!("{layer}.comfy_quant"), "U8", &[29]).with(&format!("{layer}.weight_scale"), "F32", &[8960, 1])
}

fn q2(path: &Path) {
    let tensors: [(&str, u32, &[u64]); 6] = [
        ("head.modulation", 0, &[5120, 2, 1]),
        ("head.head.weight", 1, &[5120, 64]),
        ("blocks.0.ffn.0.weight", 10, &[5120, 13824]),
        ("patch_embedding.weight", 1, &[2, 2, 16, 5120]),
        ("text_embedding.0.weight", 1, &[4096, 5120]),
        ("time_embedding.0.weight", 1, &[256, 5120]),
    ];
    sparse(path, &gguf(&[("general.architecture", "wan")], &tensors), 1 << 30);
}
