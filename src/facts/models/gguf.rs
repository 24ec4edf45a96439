//! Text encoders in GGUF files carry llama.cpp's names; ComfyUI-GGUF gives the tensors those of ComfyUI when it loads them.

use crate::read::weights::{Tensor, Weights};

/// llama.cpp's leaf and ComfyUI's, for T5.
const T5: [(&str, &str); 10] = [
    ("attn_q", "layer.0.SelfAttention.q"),
    ("attn_k", "layer.0.SelfAttention.k"),
    ("attn_v", "layer.0.SelfAttention.v"),
    ("attn_o", "layer.0.SelfAttention.o"),
    ("attn_rel_b", "layer.0.SelfAttention.relative_attention_bias"),
    ("attn_norm", "layer.0.layer_norm"),
    ("ffn_gate", "layer.1.DenseReluDense.wi_0"),
    ("ffn_up", "layer.1.DenseReluDense.wi_1"),
    ("ffn_down", "layer.1.DenseReluDense.wo"),
    ("ffn_norm", "layer.1.layer_norm"),
];

/// The same for Qwen 3.
const LANGUAGE: [(&str, &str); 11] = [
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("attn_norm", "input_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
    ("ffn_norm", "post_attention_layernorm"),
];

/// The header with ComfyUI's names; `None` for other files, and where a name is not known.
pub(super) fn encoder(weights: &Weights) -> Option<Weights> {
    let renamed: fn(&str) -> Option<String> = match weights.note("general.architecture")? {
        "t5" | "t5encoder" => t5,
        "qwen3" => language,
        _ => return None,
    };
    let tensors =
        weights.tensors.iter().map(|tensor| Some(Tensor { name: renamed(&tensor.name)?.into(), ..tensor.clone() }));
    let mut tensors = tensors.collect::<Option<Vec<Tensor>>>()?;
    tensors.sort_by(|left, right| left.name.cmp(&right.name));
    Some(Weights { tensors, metadata: Vec::new() })
}

fn t5(name: &str) -> Option<String> {
    match name {
        "token_embd.weight" => return Some("shared.weight".to_owned()),
        "enc.output_norm.weight" => return Some("encoder.final_layer_norm.weight".to_owned()),
        _ => {}
    }
    inner(name.strip_prefix("enc.blk.")?, "encoder.block.", &T5)
}

fn language(name: &str) -> Option<String> {
    match name {
        "token_embd.weight" => return Some("model.embed_tokens.weight".to_owned()),
        "output_norm.weight" => return Some("model.norm.weight".to_owned()),
        "output.weight" => return Some("lm_head.weight".to_owned()),
        _ => {}
    }
    inner(name.strip_prefix("blk.")?, "model.layers.", &LANGUAGE)
}

/// `3.attn_q.weight` behind a stem.
fn inner(rest: &str, stem: &str, leaves: &[(&str, &str)]) -> Option<String> {
    let (block, leaf) = rest.split_once('.')?;
    let (leaf, end) = leaf.rsplit_once('.')?;
    let (_, known) = leaves.iter().find(|(name, _)| *name == leaf)?;
    Some(format!("{stem}{block}.{known}.{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_those_of_comfyui() {
        assert_eq!(t5("enc.blk.3.attn_q.weight").unwrap(), "encoder.block.3.layer.0.SelfAttention.q.weight");
        assert_eq!(language("blk.11.attn_k_norm.weight").unwrap(), "model.layers.11.self_attn.k_norm.weight");
        assert_eq!(t5("enc.blk.3.attn_x.weight"), None);
        assert_eq!(language("rope_freqs.weight"), None);
    }
}
