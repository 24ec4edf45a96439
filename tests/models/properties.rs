//! Whatever the bytes are, an answer comes back; whatever was written, it is read again.

use proptest::prelude::*;
use wanlint::facts::models::Identity;
use wanlint::forecast::load::split;
use wanlint::forecast::sizes::Layout;
use wanlint::forecast::{ModelUse, Os, Setting, Tree};
use wanlint::read::weights::{Dtype, Fault, Format, ModelFile, Tensor, Weights, read_bytes};

use super::files::{Model, gguf};

/// Names as files have them, and such as they should not have.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "(blocks|encoder\\.block)\\.[0-9]{1,2}\\.[a-z_]{1,8}\\.(weight|bias|scale_weight|lora_A\\.weight)",
        "\\PC{0,12}",
    ]
}

fn model() -> impl Strategy<Value = Model> {
    let dtype = prop::sample::select(vec!["F16", "BF16", "F32", "F8_E4M3", "U8", "I8"]);
    let tensor = (dtype, prop::collection::vec(0_u64..5, 0..4));
    let tensors = prop::collection::btree_map(name(), tensor, 0..12);
    let notes = prop::collection::btree_map("[a-z_.]{1,9}", "\\PC{0,20}", 0..3);
    (tensors, notes).prop_map(|(tensors, notes)| {
        let start = Model { notes: notes.into_iter().collect(), ..Model::default() };
        let tensors = tensors.into_iter().filter(|(name, _)| name != "__metadata__");
        tensors.fold(start, |model, (name, (dtype, shape))| model.with(&name, dtype, &shape))
    })
}

proptest! {
    #[test]
    fn what_was_written_is_read(model in model()) {
        let (header, whole) = model.header();
        let file = read_bytes(&header, whole, Format::Safetensors);
        prop_assert_eq!(&file.fault, &None);
        let weights = file.weights.unwrap();
        prop_assert_eq!(weights.tensors.len(), model.tensors.len());
        for (name, _, shape) in &model.tensors {
            prop_assert_eq!(&*weights.get(name).unwrap().shape, shape.as_slice());
        }
        prop_assert_eq!(weights.bytes() + header.len() as u64, whole);
    }

    #[test]
    fn any_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300), extra in 0_u64..1 << 40) {
        for format in [Format::Safetensors, Format::Gguf, Format::Pickle] {
            let whole = bytes.len() as u64 + extra;
            prop_assert_eq!(read_bytes(&bytes, whole, format), read_bytes(&bytes, whole, format));
        }
    }

    #[test]
    fn a_changed_byte_never_gives_more_than_the_file_holds(
        model in model(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let (mut header, whole) = model.header();
        let at = at.index(header.len());
        header[at] = byte;
        let file = read_bytes(&header, whole, Format::Safetensors);
        if let (Some(weights), None) = (&file.weights, &file.fault) {
            prop_assert!(weights.bytes() <= whole);
        }
    }

    #[test]
    fn a_cut_file_is_never_whole(model in model(), at in any::<prop::sample::Index>()) {
        let (header, whole) = model.header();
        let cut = at.index(whole as usize) as u64;
        let kept = &header[..header.len().min(cut as usize)];
        prop_assert!(read_bytes(kept, cut, Format::Safetensors).fault.is_some());
    }

    #[test]
    fn gguf_of_any_shape(sides in prop::collection::vec(any::<u64>(), 0..5), cut in 0_usize..120) {
        let mut header = gguf(&[("general.architecture", "wan")], &[("a", 1, &[1; 4][..sides.len()])]);
        let from = header.len() - 12 - 8 * sides.len();
        for (index, side) in sides.iter().enumerate() {
            header[from + 8 * index..from + 8 * index + 8].copy_from_slice(&side.to_le_bytes());
        }
        let file = read_bytes(&header, u64::MAX, Format::Gguf);
        prop_assert!(matches!(file.fault, None | Some(Fault::Broken(_))));
        header.truncate(cut);
        read_bytes(&header, 1 << 30, Format::Gguf);
    }
}

/// Names that tell families apart, with any type and any shape, however large.
fn hostile() -> impl Strategy<Value = Weights> {
    let telling = prop::sample::select(vec![
        "head.modulation",
        "head.head.weight",
        "blocks.0.ffn.0.weight",
        "patch_embedding.weight",
        "text_embedding.0.weight",
        "time_embedding.0.weight",
        "face_adapter.fuser_blocks.0.k_norm.weight",
        "double_blocks.0.img_attn.norm.key_norm.scale",
        "img_in.weight",
        "txt_in.weight",
        "txt_norm.weight",
        "transformer_blocks.0.img_mlp.net.2.weight",
        "noise_refiner.0.attention.k_norm.weight",
        "cap_embedder.1.weight",
        "input_blocks.0.0.weight",
        "input_blocks.1.0.in_layers.0.weight",
        "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight",
        "input_blocks.1.1.proj_in.weight",
        "encoder.final_layer_norm.weight",
        "encoder.block.23.layer.1.DenseReluDense.wi_1.weight",
        "shared.weight",
        "model.layers.0.post_attention_layernorm.weight",
        "model.layers.0.self_attn.q_norm.weight",
        "model.embed_tokens.weight",
        "model.norm.weight",
        "text_model.encoder.layers.0.mlp.fc1.weight",
        "decoder.conv_in.weight",
        "encoder.conv_in.weight",
        "adaln_single.emb.timestep_embedder.linear_1.bias",
        "x.weight",
        "x.weight_scale",
        "x.comfy_quant",
        "scaled_fp8",
    ]);
    let name = prop_oneof![4 => telling.prop_map(str::to_owned), 1 => "\\PC{0,12}"];
    let side = prop_oneof![0_u64..5, Just(3584), Just(2560), Just(5120), any::<u64>()];
    let dtype = prop::sample::select(vec![Dtype::F16, Dtype::F32, Dtype::F8E4m3, Dtype::U8, Dtype::Bf16]);
    let tensor = (dtype, prop::collection::vec(side, 0..5), any::<u64>());
    prop::collection::btree_map(name, tensor, 0..30).prop_map(|tensors| {
        let tensor = |(name, (dtype, shape, bytes)): (String, (Dtype, Vec<u64>, u64))| Tensor {
            name: name.into(),
            dtype,
            shape: shape.into(),
            bytes,
        };
        Weights { tensors: tensors.into_iter().map(tensor).collect(), metadata: Vec::new() }
    })
}

proptest! {
    #[test]
    fn hostile_headers_never_overflow(weights in hostile(), format in prop::sample::select(vec![Format::Safetensors, Format::Gguf])) {
        let file = ModelFile { format, bytes: 1 << 40, weights: Some(weights), fault: None };
        let identity = Identity::of(&file);
        if let Some(spec) = identity.spec {
            let model = ModelUse::new("x", spec);
            let tree = Tree::of(&model.spec.kind);
            for release in ["0.3.64", "0.8.0", "0.33.0"] {
                let setting = Setting::new(release.parse().unwrap(), Os::Linux, 24576.0, 500.0);
                let layout = Layout::of(&model, &setting);
                prop_assert!(layout.model_size(&tree) >= layout.listed(&tree));
                let split = split(&model, &setting, 1000.0);
                prop_assert!(split.loaded.is_finite() && split.offloaded.is_finite());
            }
        }
    }
}
