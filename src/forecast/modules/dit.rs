//! The Wan diffusion transformer (ComfyUI `comfy/ldm/wan/model.py`).

use super::{Name, Op, Tree};
use crate::catalog::models::DitShape;

/// Width of the CLIP vision features that `img_emb` projects.
const CLIP_WIDTH: u64 = 1280;
/// The noise schedule: 1000 fp32 values on `model_sampling`.
const SIGMA_BYTES: u64 = 4000;

/// Bounds for shapes read from broken or hostile files: far above any real model, far below an overflow.
const WIDEST: u32 = 1 << 17;
const DEEPEST: u32 = 99;

pub(super) fn tree(shape: &DitShape) -> Tree {
    let shape = &bounded(*shape);
    let mut tree = Tree { buffer_bytes: SIGMA_BYTES, ..Tree::default() };
    let dim = u64::from(shape.dim);
    embeddings(&mut tree, shape);
    for index in 0..shape.layers {
        block(&mut tree, "blocks", index, shape);
    }
    tree.linear(Name::flat("head.head"), dim, 4 * u64::from(shape.out_dim));
    tree.loose += 2 * dim;
    image_embedding(&mut tree, shape);
    vace(&mut tree, shape);
    adapters(&mut tree, shape);
    tree
}

fn bounded(shape: DitShape) -> DitShape {
    DitShape {
        dim: shape.dim.min(WIDEST),
        ffn: shape.ffn.min(WIDEST),
        layers: shape.layers.min(DEEPEST),
        vace_layers: shape.vace_layers.min(DEEPEST),
        ..shape
    }
}

fn embeddings(tree: &mut Tree, shape: &DitShape) {
    let dim = u64::from(shape.dim);
    tree.push(Name::flat("patch_embedding"), Op::Fp32, dim * u64::from(shape.in_dim) * 4, dim);
    tree.linear(Name::flat("text_embedding.0"), u64::from(shape.text_dim), dim);
    tree.linear(Name::flat("text_embedding.2"), dim, dim);
    tree.linear(Name::flat("time_embedding.0"), u64::from(shape.freq_dim), dim);
    tree.linear(Name::flat("time_embedding.2"), dim, dim);
    tree.linear(Name::flat("time_projection.1"), dim, 6 * dim);
}

fn block(tree: &mut Tree, stem: &'static str, index: u32, shape: &DitShape) {
    let (dim, ffn) = (u64::from(shape.dim), u64::from(shape.ffn));
    let at = |leaf| Name::at(stem, index, leaf);
    for leaf in ["self_attn.q", "self_attn.k", "self_attn.v", "self_attn.o"] {
        tree.linear(at(leaf), dim, dim);
    }
    for leaf in ["cross_attn.q", "cross_attn.k", "cross_attn.v", "cross_attn.o"] {
        tree.linear(at(leaf), dim, dim);
    }
    for leaf in ["self_attn.norm_q", "self_attn.norm_k", "cross_attn.norm_q", "cross_attn.norm_k"] {
        tree.push(at(leaf), Op::Castable, dim, 0);
    }
    if shape.img_emb && stem == "blocks" {
        tree.linear(at("cross_attn.k_img"), dim, dim);
        tree.linear(at("cross_attn.v_img"), dim, dim);
        tree.push(at("cross_attn.norm_k_img"), Op::Castable, dim, 0);
    }
    tree.push(at("norm3"), Op::Castable, dim, dim);
    tree.linear(at("ffn.0"), dim, ffn);
    tree.linear(at("ffn.2"), ffn, dim);
    tree.loose += 6 * dim;
}

fn image_embedding(tree: &mut Tree, shape: &DitShape) {
    if !shape.img_emb {
        return;
    }
    let dim = u64::from(shape.dim);
    tree.push(Name::flat("img_emb.proj.0"), Op::Castable, CLIP_WIDTH, CLIP_WIDTH);
    tree.linear(Name::flat("img_emb.proj.1"), CLIP_WIDTH, CLIP_WIDTH);
    tree.linear(Name::flat("img_emb.proj.3"), CLIP_WIDTH, dim);
    tree.push(Name::flat("img_emb.proj.4"), Op::Castable, dim, dim);
    tree.loose += u64::from(shape.flf_tokens) * CLIP_WIDTH;
}

fn vace(tree: &mut Tree, shape: &DitShape) {
    let dim = u64::from(shape.dim);
    for index in 0..shape.vace_layers {
        block(tree, "vace_blocks", index, shape);
        tree.linear(Name::at("vace_blocks", index, "after_proj"), dim, dim);
        if index == 0 {
            tree.linear(Name::at("vace_blocks", index, "before_proj"), dim, dim);
        }
    }
    if shape.vace_layers > 0 {
        tree.push(Name::flat("vace_patch_embedding"), Op::Fp32, dim * u64::from(shape.vace_in_dim) * 4, dim);
    }
}

fn adapters(tree: &mut Tree, shape: &DitShape) {
    let dim = u64::from(shape.dim);
    if shape.ref_conv_in > 0 {
        tree.push(Name::flat("ref_conv"), Op::Castable, dim * u64::from(shape.ref_conv_in) * 4, dim);
    }
    if shape.camera_in > 0 {
        tree.push(Name::flat("control_adapter.conv"), Op::Castable, dim * u64::from(shape.camera_in) * 64 * 4, dim);
        tree.push(Name::flat("control_adapter.residual_blocks.0.conv1"), Op::Castable, dim * dim * 9, dim);
        tree.push(Name::flat("control_adapter.residual_blocks.0.conv2"), Op::Castable, dim * dim * 9, dim);
    }
}
