//! Makes model files: the header of real ones, and a hole in place of the weights.

#![allow(dead_code, reason = "several test binaries use this, each its part")]

use std::io::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

/// Tensors and notes of a safetensors file that is to be made.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Name, type and shape.
    pub tensors: Vec<(String, String, Vec<u64>)>,
    /// `__metadata__`
    pub notes: Vec<(String, String)>,
}

impl Model {
    pub fn with(mut self, name: &str, dtype: &str, shape: &[u64]) -> Self {
        self.tensors.push((name.to_owned(), dtype.to_owned(), shape.to_vec()));
        self
    }

    pub fn note(mut self, key: &str, text: &str) -> Self {
        self.notes.push((key.to_owned(), text.to_owned()));
        self
    }

    /// A weight and a bias.
    pub fn linear(self, name: &str, dtype: &str, input: u64, output: u64) -> Self {
        self.with(&format!("{name}.weight"), dtype, &[output, input]).with(&format!("{name}.bias"), dtype, &[output])
    }

    /// The header with its length in front, and the size of the whole file.
    pub fn header(&self) -> (Vec<u8>, u64) {
        let mut object = Map::new();
        if !self.notes.is_empty() {
            let notes: Map<String, Value> = self.notes.iter().map(|(key, text)| (key.clone(), json!(text))).collect();
            object.insert("__metadata__".to_owned(), Value::Object(notes));
        }
        let mut at = 0_u64;
        for (name, dtype, shape) in &self.tensors {
            let end = at + shape.iter().product::<u64>() * width(dtype);
            object.insert(name.clone(), json!({ "dtype": dtype, "shape": shape, "data_offsets": [at, end] }));
            at = end;
        }
        let text = serde_json::to_vec(&object).unwrap();
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend(&text);
        let whole = bytes.len() as u64 + at;
        (bytes, whole)
    }

    /// Writes the file: on disk it takes no more than its header.
    pub fn write(&self, path: &Path) {
        let (header, whole) = self.header();
        sparse(path, &header, whole);
    }
}

/// Bytes of an element.
fn width(dtype: &str) -> u64 {
    match dtype {
        "F64" | "I64" => 8,
        "F32" => 4,
        "F16" | "BF16" => 2,
        _ => 1,
    }
}

/// A file that begins with some bytes and has a size.
pub fn sparse(path: &Path, begin: &[u8], size: u64) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(begin).unwrap();
    file.set_len(size).unwrap();
}

/// What makes one Wan transformer differ from another.
#[derive(Clone, Copy, Debug)]
pub struct Wan {
    pub dim: u64,
    pub ffn: u64,
    pub layers: u64,
    pub in_dim: u64,
    pub out_dim: u64,
    pub img_emb: bool,
}

impl Wan {
    /// Wan 2.2 image to video, 14B.
    pub const I2V_14B: Self = Self { dim: 5120, ffn: 13824, layers: 40, in_dim: 36, out_dim: 16, img_emb: false };
    /// Wan 2.1 or 2.2 text to video, 14B.
    pub const T2V_14B: Self = Self { in_dim: 16, ..Self::I2V_14B };
    /// Wan 2.2 5B.
    pub const TI2V_5B: Self = Self { dim: 3072, ffn: 14336, layers: 30, in_dim: 48, out_dim: 48, img_emb: false };
    /// Wan 2.1 1.3B.
    pub const T2V_1_3B: Self = Self { dim: 1536, ffn: 8960, layers: 30, ..Self::T2V_14B };

    /// The file in one type throughout.
    pub fn plain(&self, dtype: &str) -> Model {
        let dim = self.dim;
        let mut model = Model::default()
            .with("patch_embedding.weight", dtype, &[dim, self.in_dim, 1, 2, 2])
            .with("patch_embedding.bias", dtype, &[dim])
            .linear("text_embedding.0", dtype, 4096, dim)
            .linear("text_embedding.2", dtype, dim, dim)
            .linear("time_embedding.0", dtype, 256, dim)
            .linear("time_embedding.2", dtype, dim, dim)
            .linear("time_projection.1", dtype, dim, 6 * dim)
            .linear("head.head", dtype, dim, 4 * self.out_dim)
            .with("head.modulation", dtype, &[1, 2, dim]);
        for index in 0..self.layers {
            model = self.block(model, index, dtype);
        }
        if self.img_emb {
            model = model
                .linear("img_emb.proj.0", dtype, 1, 1280)
                .linear("img_emb.proj.1", dtype, 1280, 1280)
                .linear("img_emb.proj.3", dtype, 1280, dim)
                .linear("img_emb.proj.4", dtype, 1, dim);
        }
        model
    }

    fn block(&self, mut model: Model, index: u64, dtype: &str) -> Model {
        let (dim, at) = (self.dim, format!("blocks.{index}"));
        for attention in ["self_attn", "cross_attn"] {
            for leaf in ["q", "k", "v", "o"] {
                model = model.linear(&format!("{at}.{attention}.{leaf}"), dtype, dim, dim);
            }
            for norm in ["norm_q", "norm_k"] {
                model = model.with(&format!("{at}.{attention}.{norm}.weight"), dtype, &[dim]);
            }
        }
        if self.img_emb {
            model = model
                .linear(&format!("{at}.cross_attn.k_img"), dtype, dim, dim)
                .linear(&format!("{at}.cross_attn.v_img"), dtype, dim, dim)
                .with(&format!("{at}.cross_attn.norm_k_img.weight"), dtype, &[dim]);
        }
        model
            .with(&format!("{at}.norm3.weight"), dtype, &[dim])
            .with(&format!("{at}.norm3.bias"), dtype, &[dim])
            .linear(&format!("{at}.ffn.0"), dtype, dim, self.ffn)
            .linear(&format!("{at}.ffn.2"), dtype, self.ffn, dim)
            .with(&format!("{at}.modulation"), dtype, &[1, 6, dim])
    }

    /// The file as the official fp8_scaled ones are: 8-bit Linears with scales, everything else in `rest`; `marker` elements
    /// of the tensor `scaled_fp8`. `inside` keeps the scales to the blocks.
    pub fn scaled(&self, rest: &str, marker: u64, inside: bool) -> Model {
        let mut scaled = Model::default().with("scaled_fp8", "F8_E4M3", &[marker]);
        for (name, _, shape) in self.plain(rest).tensors {
            let linear = shape.len() == 2 && name.ends_with(".weight") && (!inside || name.starts_with("blocks."));
            scaled = scaled.with(&name, if linear { "F8_E4M3" } else { rest }, &shape);
            if linear {
                scaled = scaled.with(&name.replace(".weight", ".scale_weight"), "F32", &[]);
            }
        }
        scaled
    }

    /// A LoRA on the Linears of the blocks, with the names that a trainer gives: `lora_A`/`lora_B` below
    /// `diffusion_model.`, or `lora_down`/`lora_up` below `lora_unet_`.
    pub fn lora(&self, rank: u64, prefix: &str, ends: [&str; 2]) -> Model {
        let mut lora = Model::default();
        for (name, _, shape) in self.plain("F16").tensors {
            let Some(module) =
                name.strip_suffix(".weight").filter(|name| name.starts_with("blocks.") && shape.len() == 2)
            else {
                continue;
            };
            let module = if prefix.ends_with('_') { module.replace('.', "_") } else { module.to_owned() };
            lora = lora.with(&format!("{prefix}{module}.{}.weight", ends[0]), "F16", &[rank, shape[1]]).with(
                &format!("{prefix}{module}.{}.weight", ends[1]),
                "F16",
                &[shape[0], rank],
            );
        }
        lora
    }
}

/// The umt5-xxl text encoder in ComfyUI's form.
pub fn umt5(dtype: &str, scaled: bool) -> Model {
    let mut model = Model::default().with("shared.weight", dtype, &[256_384, 4096]);
    if scaled {
        model = model.with("scaled_fp8", "F8_E4M3", &[2]);
    }
    let linear = |model: Model, name: String, shape: [u64; 2]| {
        if !scaled {
            return model.with(&format!("{name}.weight"), dtype, &shape);
        }
        model.with(&format!("{name}.weight"), "F8_E4M3", &shape).with(&format!("{name}.scale_weight"), "F32", &[])
    };
    for block in 0..24 {
        let at = format!("encoder.block.{block}.layer");
        for leaf in ["q", "k", "v", "o"] {
            model = linear(model, format!("{at}.0.SelfAttention.{leaf}"), [4096, 4096]);
        }
        for (leaf, shape) in [("wi_0", [10240, 4096]), ("wi_1", [10240, 4096]), ("wo", [4096, 10240])] {
            model = linear(model, format!("{at}.1.DenseReluDense.{leaf}"), shape);
        }
        model = model
            .with(&format!("{at}.0.SelfAttention.relative_attention_bias.weight"), dtype, &[32, 64])
            .with(&format!("{at}.0.layer_norm.weight"), dtype, &[4096])
            .with(&format!("{at}.1.layer_norm.weight"), dtype, &[4096]);
    }
    model.with("encoder.final_layer_norm.weight", dtype, &[4096])
}

/// umt5-xxl as WanVideoWrapper keeps it.
pub fn umt5_of_the_wrapper(dtype: &str) -> Model {
    let mut model = Model::default().with("token_embedding.weight", dtype, &[256_384, 4096]);
    for block in 0..24 {
        for leaf in ["q", "k", "v", "o"] {
            model = model.with(&format!("blocks.{block}.attn.{leaf}.weight"), dtype, &[4096, 4096]);
        }
        model = model.with(&format!("blocks.{block}.ffn.gate.0.weight"), dtype, &[10240, 4096]).with(
            &format!("blocks.{block}.pos_embedding.embedding.weight"),
            dtype,
            &[32, 64],
        );
    }
    model.with("norm.weight", dtype, &[4096])
}

/// A GGUF header: texts and numbers by key, tensors by name, type number and sides (innermost first).
pub fn gguf(texts: &[(&str, &str)], tensors: &[(&str, u32, &[u64])]) -> Vec<u8> {
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(text.as_bytes());
    };
    let mut out = b"GGUF".to_vec();
    out.extend(3_u32.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend((texts.len() as u64).to_le_bytes());
    for (key, value) in texts {
        text(&mut out, key);
        out.extend(8_u32.to_le_bytes());
        text(&mut out, value);
    }
    let mut offset = 0_u64;
    for (name, kind, sides) in tensors {
        text(&mut out, name);
        out.extend((sides.len() as u32).to_le_bytes());
        sides.iter().for_each(|side| out.extend(side.to_le_bytes()));
        out.extend(kind.to_le_bytes());
        out.extend(offset.to_le_bytes());
        let elements: u64 = sides.iter().product();
        let bytes = match kind {
            0 => elements * 4,
            1 => elements * 2,
            8 => elements / 32 * 34,
            10 => elements / 256 * 84,
            11 => elements / 256 * 110,
            14 => elements / 256 * 210,
            12 => elements / 256 * 144,
            _ => panic!("type {kind}"),
        };
        offset += bytes.next_multiple_of(32);
    }
    out
}
