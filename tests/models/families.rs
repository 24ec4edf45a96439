//! Headers of other families, as their public configurations give them: names and shapes, no weights.

use super::files::Model;

/// Flux.1 dev (12 billion parameters), or schnell without guidance.
pub fn flux(dtype: &str, guidance: bool) -> Model {
    let dim = 3072;
    let mut model = Model::default()
        .linear("img_in", dtype, 64, dim)
        .linear("txt_in", dtype, 4096, dim)
        .linear("final_layer.linear", dtype, dim, 64)
        .linear("final_layer.adaLN_modulation.1", dtype, dim, 2 * dim);
    let embedders = [("time_in", 256), ("vector_in", 768), ("guidance_in", 256)];
    for (name, input) in embedders.into_iter().filter(|(name, _)| guidance || *name != "guidance_in") {
        model = model.linear(&format!("{name}.in_layer"), dtype, input, dim).linear(
            &format!("{name}.out_layer"),
            dtype,
            dim,
            dim,
        );
    }
    for block in 0..19 {
        for side in ["img", "txt"] {
            let at = format!("double_blocks.{block}.{side}");
            model = model
                .linear(&format!("{at}_mod.lin"), dtype, dim, 6 * dim)
                .linear(&format!("{at}_attn.qkv"), dtype, dim, 3 * dim)
                .linear(&format!("{at}_attn.proj"), dtype, dim, dim)
                .with(&format!("{at}_attn.norm.query_norm.scale"), dtype, &[128])
                .with(&format!("{at}_attn.norm.key_norm.scale"), dtype, &[128])
                .linear(&format!("{at}_mlp.0"), dtype, dim, 4 * dim)
                .linear(&format!("{at}_mlp.2"), dtype, 4 * dim, dim);
        }
    }
    for block in 0..38 {
        let at = format!("single_blocks.{block}");
        model = model
            .linear(&format!("{at}.modulation.lin"), dtype, dim, 3 * dim)
            .linear(&format!("{at}.linear1"), dtype, dim, 7 * dim)
            .linear(&format!("{at}.linear2"), dtype, 5 * dim, dim)
            .with(&format!("{at}.norm.query_norm.scale"), dtype, &[128])
            .with(&format!("{at}.norm.key_norm.scale"), dtype, &[128]);
    }
    model
}

/// Qwen-Image (20 billion parameters).
pub fn qwen_image(dtype: &str) -> Model {
    let dim = 3072;
    let mut model = Model::default()
        .linear("img_in", dtype, 64, dim)
        .linear("txt_in", dtype, 3584, dim)
        .with("txt_norm.weight", dtype, &[3584])
        .linear("time_text_embed.timestep_embedder.linear_1", dtype, 256, dim)
        .linear("time_text_embed.timestep_embedder.linear_2", dtype, dim, dim)
        .linear("norm_out.linear", dtype, dim, 2 * dim)
        .linear("proj_out", dtype, dim, 64);
    for block in 0..60 {
        let at = format!("transformer_blocks.{block}");
        for leaf in ["to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj", "to_out.0", "to_add_out"] {
            model = model.linear(&format!("{at}.attn.{leaf}"), dtype, dim, dim);
        }
        for norm in ["norm_q", "norm_k", "norm_added_q", "norm_added_k"] {
            model = model.with(&format!("{at}.attn.{norm}.weight"), dtype, &[128]);
        }
        for side in ["img", "txt"] {
            model = model
                .linear(&format!("{at}.{side}_mod.1"), dtype, dim, 6 * dim)
                .linear(&format!("{at}.{side}_mlp.net.0.proj"), dtype, dim, 4 * dim)
                .linear(&format!("{at}.{side}_mlp.net.2"), dtype, 4 * dim, dim);
        }
    }
    model
}

/// Z-Image (6 billion parameters) in ComfyUI's form: one matrix for q, k and v.
pub fn z_image(dtype: &str) -> Model {
    let (dim, ffn) = (3840, 10240);
    let mut model = Model::default()
        .linear("x_embedder", dtype, 64, dim)
        .with("cap_embedder.0.weight", dtype, &[2560])
        .linear("cap_embedder.1", dtype, 2560, dim)
        .linear("t_embedder.mlp.0", dtype, 256, 1024)
        .linear("t_embedder.mlp.2", dtype, 1024, 256)
        .linear("final_layer.linear", dtype, dim, 64)
        .linear("final_layer.adaLN_modulation.1", dtype, 256, dim)
        .with("norm_final.weight", dtype, &[dim])
        .with("x_pad_token", dtype, &[1, dim])
        .with("cap_pad_token", dtype, &[1, dim]);
    let blocks = (0..30).map(|block| (format!("layers.{block}"), true));
    let refiners =
        (0..2).flat_map(|at| [(format!("noise_refiner.{at}"), true), (format!("context_refiner.{at}"), false)]);
    for (at, modulated) in blocks.chain(refiners) {
        model = model
            .with(&format!("{at}.attention.qkv.weight"), dtype, &[3 * dim, dim])
            .with(&format!("{at}.attention.out.weight"), dtype, &[dim, dim])
            .with(&format!("{at}.attention.q_norm.weight"), dtype, &[128])
            .with(&format!("{at}.attention.k_norm.weight"), dtype, &[128])
            .with(&format!("{at}.feed_forward.w1.weight"), dtype, &[ffn, dim])
            .with(&format!("{at}.feed_forward.w2.weight"), dtype, &[dim, ffn])
            .with(&format!("{at}.feed_forward.w3.weight"), dtype, &[ffn, dim]);
        for norm in ["attention_norm1", "attention_norm2", "ffn_norm1", "ffn_norm2"] {
            model = model.with(&format!("{at}.{norm}.weight"), dtype, &[dim]);
        }
        if modulated {
            model = model.linear(&format!("{at}.adaLN_modulation.0"), dtype, 256, 4 * dim);
        }
    }
    model
}

/// LTX-Video 2B, 0.9.
pub fn ltxv(dtype: &str) -> Model {
    let dim = 2048;
    let mut model = Model::default()
        .linear("patchify_proj", dtype, 128, dim)
        .linear("adaln_single.emb.timestep_embedder.linear_1", dtype, 256, dim)
        .linear("adaln_single.emb.timestep_embedder.linear_2", dtype, dim, dim)
        .linear("adaln_single.linear", dtype, dim, 6 * dim)
        .linear("caption_projection.linear_1", dtype, 4096, dim)
        .linear("caption_projection.linear_2", dtype, dim, dim)
        .with("scale_shift_table", dtype, &[2, dim])
        .linear("proj_out", dtype, dim, 128);
    for block in 0..28 {
        let at = format!("transformer_blocks.{block}");
        for attention in ["attn1", "attn2"] {
            for leaf in ["to_q", "to_k", "to_v", "to_out.0"] {
                model = model.linear(&format!("{at}.{attention}.{leaf}"), dtype, dim, dim);
            }
            for norm in ["q_norm", "k_norm"] {
                model = model.with(&format!("{at}.{attention}.{norm}.weight"), dtype, &[dim]);
            }
        }
        model = model
            .linear(&format!("{at}.ff.net.0.proj"), dtype, dim, 4 * dim)
            .linear(&format!("{at}.ff.net.2"), dtype, 4 * dim, dim)
            .with(&format!("{at}.scale_shift_table"), dtype, &[6, dim]);
    }
    model
}

/// A layer of a U-Net: its block, the input and output width, and the depth of the transformer behind it.
type Layer = (u64, u64, u64, u64);

struct Unet {
    input: &'static [Layer],
    output: &'static [Layer],
    /// Blocks that change the resolution: down by number and width, up by place and width.
    down: &'static [(u64, u64)],
    up: &'static [(&'static str, u64)],
    middle: u64,
    context: u64,
}

/// The U-Net of SDXL.
pub fn sdxl(dtype: &str) -> Model {
    let unet = Unet {
        input: &[
            (1, 320, 320, 0),
            (2, 320, 320, 0),
            (4, 320, 640, 2),
            (5, 640, 640, 2),
            (7, 640, 1280, 10),
            (8, 1280, 1280, 10),
        ],
        output: &[
            (0, 2560, 1280, 10),
            (1, 2560, 1280, 10),
            (2, 1920, 1280, 10),
            (3, 1920, 640, 2),
            (4, 1280, 640, 2),
            (5, 960, 640, 2),
            (6, 960, 320, 0),
            (7, 640, 320, 0),
            (8, 640, 320, 0),
        ],
        down: &[(3, 320), (6, 640)],
        up: &[("2.2", 1280), ("5.2", 640)],
        middle: 10,
        context: 2048,
    };
    unet.model(dtype).linear("label_emb.0.0", dtype, 2816, 1280).linear("label_emb.0.2", dtype, 1280, 1280)
}

/// The U-Net of Stable Diffusion 1.5.
pub fn stable_diffusion(dtype: &str) -> Model {
    let unet = Unet {
        input: &[
            (1, 320, 320, 1),
            (2, 320, 320, 1),
            (4, 320, 640, 1),
            (5, 640, 640, 1),
            (7, 640, 1280, 1),
            (8, 1280, 1280, 1),
            (10, 1280, 1280, 0),
            (11, 1280, 1280, 0),
        ],
        output: &[
            (0, 2560, 1280, 0),
            (1, 2560, 1280, 0),
            (2, 2560, 1280, 0),
            (3, 2560, 1280, 1),
            (4, 2560, 1280, 1),
            (5, 1920, 1280, 1),
            (6, 1920, 640, 1),
            (7, 1280, 640, 1),
            (8, 960, 640, 1),
            (9, 960, 320, 1),
            (10, 640, 320, 1),
            (11, 640, 320, 1),
        ],
        down: &[(3, 320), (6, 640), (9, 1280)],
        up: &[("2.1", 1280), ("5.2", 1280), ("8.2", 640)],
        middle: 1,
        context: 768,
    };
    unet.model(dtype)
}

impl Unet {
    fn model(&self, dtype: &str) -> Model {
        let mut model = Model::default()
            .linear("time_embed.0", dtype, 320, 1280)
            .linear("time_embed.2", dtype, 1280, 1280)
            .conv("input_blocks.0.0", dtype, 4, 320, 3)
            .norm("out.0", dtype, 320)
            .conv("out.2", dtype, 320, 4, 3)
            .residual("middle_block.0", dtype, 1280, 1280)
            .residual("middle_block.2", dtype, 1280, 1280)
            .transformer("middle_block.1", dtype, (1280, self.middle), self.context);
        for (block, width) in self.down {
            model = model.conv(&format!("input_blocks.{block}.0.op"), dtype, *width, *width, 3);
        }
        for (block, width) in self.up {
            model = model.conv(&format!("output_blocks.{block}.conv"), dtype, *width, *width, 3);
        }
        for (half, layers) in [("input", self.input), ("output", self.output)] {
            for &(block, from, to, depth) in layers {
                let at = format!("{half}_blocks.{block}");
                model = model.residual(&format!("{at}.0"), dtype, from, to);
                model = model.transformer(&format!("{at}.1"), dtype, (to, depth), self.context);
            }
        }
        model
    }
}

impl Model {
    fn conv(self, name: &str, dtype: &str, input: u64, output: u64, kernel: u64) -> Self {
        self.with(&format!("{name}.weight"), dtype, &[output, input, kernel, kernel]).with(
            &format!("{name}.bias"),
            dtype,
            &[output],
        )
    }

    fn norm(self, name: &str, dtype: &str, width: u64) -> Self {
        self.with(&format!("{name}.weight"), dtype, &[width]).with(&format!("{name}.bias"), dtype, &[width])
    }

    fn residual(self, at: &str, dtype: &str, input: u64, output: u64) -> Self {
        let model = self
            .norm(&format!("{at}.in_layers.0"), dtype, input)
            .conv(&format!("{at}.in_layers.2"), dtype, input, output, 3)
            .linear(&format!("{at}.emb_layers.1"), dtype, 1280, output)
            .norm(&format!("{at}.out_layers.0"), dtype, output)
            .conv(&format!("{at}.out_layers.3"), dtype, output, output, 3);
        if input == output { model } else { model.conv(&format!("{at}.skip_connection"), dtype, input, output, 1) }
    }

    /// SDXL projects with matrices, Stable Diffusion 1.5 with convolutions.
    fn transformer(self, at: &str, dtype: &str, (width, depth): (u64, u64), context: u64) -> Self {
        if depth == 0 {
            return self;
        }
        let (enter, leave) = (format!("{at}.proj_in"), format!("{at}.proj_out"));
        let model = self.norm(&format!("{at}.norm"), dtype, width);
        let mut model = match context {
            768 => model.conv(&enter, dtype, width, width, 1).conv(&leave, dtype, width, width, 1),
            _ => model.linear(&enter, dtype, width, width).linear(&leave, dtype, width, width),
        };
        for block in 0..depth {
            let at = format!("{at}.transformer_blocks.{block}");
            for (attention, context) in [("attn1", width), ("attn2", context)] {
                model = model
                    .with(&format!("{at}.{attention}.to_q.weight"), dtype, &[width, width])
                    .with(&format!("{at}.{attention}.to_k.weight"), dtype, &[width, context])
                    .with(&format!("{at}.{attention}.to_v.weight"), dtype, &[width, context])
                    .linear(&format!("{at}.{attention}.to_out.0"), dtype, width, width);
            }
            model = model.linear(&format!("{at}.ff.net.0.proj"), dtype, width, 8 * width).linear(
                &format!("{at}.ff.net.2"),
                dtype,
                4 * width,
                width,
            );
            for norm in ["norm1", "norm2", "norm3"] {
                model = model.norm(&format!("{at}.{norm}"), dtype, width);
            }
        }
        model
    }
}

/// CLIP's text model: `l` as OpenAI published it, `g` as ComfyUI repacked OpenCLIP's.
pub fn clip(large: bool) -> Model {
    let (dim, ffn, layers) = if large { (1280, 5120, 32) } else { (768, 3072, 12) };
    let at = "text_model";
    let mut model = Model::default()
        .with(&format!("{at}.embeddings.token_embedding.weight"), "F16", &[49408, dim])
        .with(&format!("{at}.embeddings.position_embedding.weight"), "F16", &[77, dim])
        .norm(&format!("{at}.final_layer_norm"), "F16", dim);
    for layer in 0..layers {
        let at = format!("{at}.encoder.layers.{layer}");
        for leaf in ["q_proj", "k_proj", "v_proj", "out_proj"] {
            model = model.linear(&format!("{at}.self_attn.{leaf}"), "F16", dim, dim);
        }
        model = model
            .linear(&format!("{at}.mlp.fc1"), "F16", dim, ffn)
            .linear(&format!("{at}.mlp.fc2"), "F16", ffn, dim)
            .norm(&format!("{at}.layer_norm1"), "F16", dim)
            .norm(&format!("{at}.layer_norm2"), "F16", dim);
    }
    if large { model.with("text_projection.weight", "F16", &[dim, dim]) } else { model }
}

/// The encoder of T5 v1.1 xxl.
pub fn t5xxl(dtype: &str) -> Model {
    let mut model = Model::default()
        .with("shared.weight", dtype, &[32128, 4096])
        .with("encoder.final_layer_norm.weight", dtype, &[4096])
        .with("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", dtype, &[32, 64]);
    for block in 0..24 {
        let at = format!("encoder.block.{block}.layer");
        for leaf in ["q", "k", "v", "o"] {
            model = model.with(&format!("{at}.0.SelfAttention.{leaf}.weight"), dtype, &[4096, 4096]);
        }
        for (leaf, shape) in [("wi_0", [10240, 4096]), ("wi_1", [10240, 4096]), ("wo", [4096, 10240])] {
            model = model.with(&format!("{at}.1.DenseReluDense.{leaf}.weight"), dtype, &shape);
        }
        model = model.with(&format!("{at}.0.layer_norm.weight"), dtype, &[4096]).with(
            &format!("{at}.1.layer_norm.weight"),
            dtype,
            &[4096],
        );
    }
    model
}

/// Qwen 3 4B without a head.
pub fn qwen3_4b(dtype: &str) -> Model {
    let dim = 2560;
    let mut model = Model::default().with("model.embed_tokens.weight", dtype, &[151_936, dim]).with(
        "model.norm.weight",
        dtype,
        &[dim],
    );
    for layer in 0..36 {
        let at = format!("model.layers.{layer}");
        let linears: [(&str, [u64; 2]); 7] = [
            ("self_attn.q_proj", [4096, dim]),
            ("self_attn.k_proj", [1024, dim]),
            ("self_attn.v_proj", [1024, dim]),
            ("self_attn.o_proj", [dim, 4096]),
            ("mlp.gate_proj", [9728, dim]),
            ("mlp.up_proj", [9728, dim]),
            ("mlp.down_proj", [dim, 9728]),
        ];
        for (leaf, shape) in linears {
            model = model.with(&format!("{at}.{leaf}.weight"), dtype, &shape);
        }
        for (norm, width) in [
            ("input_layernorm", dim),
            ("post_attention_layernorm", dim),
            ("self_attn.q_norm", 128),
            ("self_attn.k_norm", 128),
        ] {
            model = model.with(&format!("{at}.{norm}.weight"), dtype, &[width]);
        }
    }
    model
}

/// A VAE for pictures: 16 channels without quantisers (Flux), or 4 with them (SDXL).
pub fn picture_vae(channels: u64, quantisers: bool) -> Model {
    let dtype = "F32";
    let widths = [128, 256, 512, 512];
    let mut model =
        Model::default().conv("encoder.conv_in", dtype, 3, 128, 3).conv("decoder.conv_in", dtype, channels, 512, 3);
    let block = |model: Model, at: &str, from: u64, to: u64| {
        let model = model
            .norm(&format!("{at}.norm1"), dtype, from)
            .conv(&format!("{at}.conv1"), dtype, from, to, 3)
            .norm(&format!("{at}.norm2"), dtype, to)
            .conv(&format!("{at}.conv2"), dtype, to, to, 3);
        if from == to { model } else { model.conv(&format!("{at}.nin_shortcut"), dtype, from, to, 1) }
    };
    for half in ["encoder", "decoder"] {
        for part in ["block_1", "block_2"] {
            model = block(model, &format!("{half}.mid.{part}"), 512, 512);
        }
        model = model.norm(&format!("{half}.mid.attn_1.norm"), dtype, 512);
        for leaf in ["q", "k", "v", "proj_out"] {
            model = model.conv(&format!("{half}.mid.attn_1.{leaf}"), dtype, 512, 512, 1);
        }
    }
    for (level, width) in (0..4).zip(widths) {
        let before = if level == 0 { 128 } else { widths[level as usize - 1] };
        for at in 0..2 {
            model =
                block(model, &format!("encoder.down.{level}.block.{at}"), if at == 0 { before } else { width }, width);
        }
        if level < 3 {
            model = model.conv(&format!("encoder.down.{level}.downsample.conv"), dtype, width, width, 3);
        }
        let above = if level == 3 { 512 } else { widths[level as usize + 1] };
        for at in 0..3 {
            model = block(model, &format!("decoder.up.{level}.block.{at}"), if at == 0 { above } else { width }, width);
        }
        if level > 0 {
            model = model.conv(&format!("decoder.up.{level}.upsample.conv"), dtype, width, width, 3);
        }
    }
    model = model
        .norm("encoder.norm_out", dtype, 512)
        .conv("encoder.conv_out", dtype, 512, 2 * channels, 3)
        .norm("decoder.norm_out", dtype, 128)
        .conv("decoder.conv_out", dtype, 128, 3, 3);
    if !quantisers {
        return model;
    }
    model.conv("quant_conv", dtype, 2 * channels, 2 * channels, 1).conv("post_quant_conv", dtype, channels, channels, 1)
}
