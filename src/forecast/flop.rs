//! Floating-point operations of one forward pass of a Wan DiT: what the length of a step is measured against.

use super::plan::Step;
use crate::catalog::models::{DitShape, ModelKind, dit_tokens};

/// Text tokens that the model attends to.
const TEXT_TOKENS: f64 = 512.0;

/// Image tokens of models with their own image keys and values (Wan 2.1 i2v).
const IMAGE_TOKENS: f64 = 257.0;

/// Operations (a fused multiply-add counts as two) of one forward pass for the whole batch; `None` for other models.
///
/// Counted with a tracer on the modules of ComfyUI 0.3.64: linear layers, self-attention and cross-attention of every block.
/// The embedding and head layers (below 0.1 %) are left out, and so are the extra blocks of VACE.
pub fn forward(step: &Step) -> Option<f64> {
    let ModelKind::WanDit(shape) = &step.model.spec.kind else { return None };
    let tokens = dit_tokens(step.width, step.height, step.frames, shape.spatial());
    Some(blocks(shape, tokens) * f64::from(step.batch.max(1)))
}

fn blocks(shape: &DitShape, tokens: f64) -> f64 {
    let (dim, ffn, layers) = (f64::from(shape.dim), f64::from(shape.ffn), f64::from(shape.layers));
    let image = if shape.img_emb { IMAGE_TOKENS } else { 0.0 };
    let context = TEXT_TOKENS + image;
    let linear = tokens * (12.0 * dim * dim + 4.0 * dim * ffn) + 4.0 * context * dim * dim;
    let attention = 4.0 * tokens * tokens * dim + 4.0 * tokens * context * dim;
    layers * (linear + attention)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_cases() {
        // 14B at 832x1216x81 and 832x480x81: 7.664e15 and 1.678e15 counted.
        for (height, counted) in [(1216, 7.664e15), (480, 1.678e15)] {
            let tokens = dit_tokens(832, height, 81, 8);
            let found = blocks(&DitShape::B14, tokens);
            assert!((found / counted - 1.0).abs() < 0.002, "{found:e}");
        }
    }
}
