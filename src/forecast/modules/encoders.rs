//! The umt5-xxl text encoder (ComfyUI `comfy/text_encoders/t5.py`) and CLIP vision ViT-H (`comfy/clip_model.py`).

use super::{Name, Op, Tree};

const T5_WIDTH: u64 = 4096;
const T5_FFN: u64 = 10240;
const T5_VOCABULARY: u64 = 256_384;
/// 32 buckets of relative position x 64 heads; umt5 has one such table in every block.
const T5_POSITIONS: u64 = 32 * 64;

pub(super) fn umt5_xxl() -> Tree {
    // `logit_scale` of the wrapper: one fp32 value.
    let mut tree = Tree { buffer_bytes: 4, ..Tree::default() };
    for index in 0..24 {
        t5_block(&mut tree, index);
    }
    tree.push(Name::flat("encoder.final_layer_norm"), Op::Plain, T5_WIDTH, 0);
    tree.push(Name::flat("shared"), Op::Castable, T5_VOCABULARY * T5_WIDTH, 0);
    tree
}

fn t5_block(tree: &mut Tree, index: u32) {
    let at = |leaf| Name::at("encoder.block", index, leaf);
    for leaf in ["q", "k", "v", "o"] {
        tree.push(Name::deep("encoder.block", index, "layer", 0, leaf), Op::Linear, T5_WIDTH * T5_WIDTH, 0);
    }
    for leaf in ["layer.1.DenseReluDense.wi_0", "layer.1.DenseReluDense.wi_1", "layer.1.DenseReluDense.wo"] {
        tree.push(at(leaf), Op::Linear, T5_WIDTH * T5_FFN, 0);
    }
    tree.push(at("layer.0.SelfAttention.relative_attention_bias"), Op::Castable, T5_POSITIONS, 0);
    tree.push(at("layer.0.layer_norm"), Op::Plain, T5_WIDTH, 0);
    tree.push(at("layer.1.layer_norm"), Op::Plain, T5_WIDTH, 0);
}

const CLIP_WIDTH: u64 = 1280;
const CLIP_FFN: u64 = 5120;

pub(super) fn clip_vision_h() -> Tree {
    // `class_embedding` sits on a module with children.
    let mut tree = Tree { loose: CLIP_WIDTH, ..Tree::default() };
    tree.push(Name::flat("embeddings.patch_embedding"), Op::Castable, CLIP_WIDTH * 3 * 14 * 14, 0);
    tree.push(Name::flat("embeddings.position_embedding"), Op::Castable, 257 * CLIP_WIDTH, 0);
    // The two outer norms and the projection are built without a dtype, so they stay fp32.
    tree.push(Name::flat("pre_layrnorm"), Op::Fp32, CLIP_WIDTH, CLIP_WIDTH);
    tree.push(Name::flat("post_layernorm"), Op::Fp32, CLIP_WIDTH, CLIP_WIDTH);
    tree.push(Name::flat("visual_projection"), Op::Fp32, CLIP_WIDTH * 1024, 0);
    for index in 0..32 {
        clip_layer(&mut tree, index);
    }
    tree
}

fn clip_layer(tree: &mut Tree, index: u32) {
    let at = |leaf| Name::at("encoder.layers", index, leaf);
    for leaf in ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj"] {
        tree.linear(at(leaf), CLIP_WIDTH, CLIP_WIDTH);
    }
    tree.linear(at("mlp.fc1"), CLIP_WIDTH, CLIP_FFN);
    tree.linear(at("mlp.fc2"), CLIP_FFN, CLIP_WIDTH);
    tree.push(at("layer_norm1"), Op::Castable, CLIP_WIDTH, CLIP_WIDTH);
    tree.push(at("layer_norm2"), Op::Castable, CLIP_WIDTH, CLIP_WIDTH);
}
