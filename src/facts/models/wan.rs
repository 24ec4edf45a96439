//! Wan diffusion models by their keys (ComfyUI `model_detection.detect_unet_config`, the branch of `head.modulation`).

use super::{Keys, Quant, QuantForm, quant};
use crate::catalog::models::{DitShape, ModelKind, ModelSpec, Storage};
use crate::forecast::{Op, Tree};
use crate::read::weights::Dtype;

/// A Wan diffusion model.
#[derive(Clone, Debug, PartialEq)]
pub struct WanModel {
    /// Its constants.
    pub shape: DitShape,
    /// ComfyUI's `model_type`: t2v, i2v, vace, camera, camera_2.2, s2v, humo, animate, scail, scail2, wandancer.
    pub model_type: &'static str,
}

impl WanModel {
    /// Reads it from a header; `None` when the file is of another family.
    pub(super) fn of(keys: Keys) -> Option<Self> {
        let dim = *keys.shape("head.modulation")?.last()?;
        let side = |name: &str, at: usize| keys.side(name, at);
        let shape = DitShape {
            dim: u32::try_from(dim).ok()?,
            ffn: side("blocks.0.ffn.0.weight", 0)?,
            layers: keys.count("blocks."),
            in_dim: side("patch_embedding.weight", 1)?,
            out_dim: side("head.head.weight", 0)? / 4,
            text_dim: side("text_embedding.0.weight", 1)?,
            freq_dim: side("time_embedding.0.weight", 1)?,
            img_emb: keys.has("img_emb.proj.0.bias"),
            flf_tokens: side("img_emb.emb_pos", 1).unwrap_or_default(),
            vace_layers: keys.count("vace_blocks."),
            vace_in_dim: side("vace_patch_embedding.weight", 1).unwrap_or_default(),
            ref_conv_in: side("ref_conv.weight", 1).unwrap_or_default(),
            camera_in: side("control_adapter.conv.weight", 1).unwrap_or_default() / 64,
        };
        Some(Self { shape, model_type: model_type(keys) })
    }

    /// `Wan 2.2 i2v 14B`; the release only where the shape tells it.
    pub fn name(&self) -> String {
        let shape = &self.shape;
        let size = match shape.dim {
            5120 => "14B".to_owned(),
            3072 => "5B".to_owned(),
            1536 => "1.3B".to_owned(),
            dim => format!("of width {dim}"),
        };
        format!("{} {size}", self.variant())
    }

    fn variant(&self) -> String {
        let shape = &self.shape;
        match (self.model_type, shape.in_dim, shape.out_dim) {
            ("i2v", _, _) if shape.flf_tokens > 0 => "Wan 2.1 flf2v".to_owned(),
            ("i2v", 36, _) => "Wan 2.1 i2v".to_owned(),
            ("i2v", 48, _) => "Wan 2.1 fun control".to_owned(),
            ("t2v", 48, 48) => "Wan 2.2 ti2v".to_owned(),
            ("t2v", 100, 48) => "Wan 2.2 fun inpaint".to_owned(),
            ("t2v", 148, 48) => "Wan 2.2 fun control".to_owned(),
            ("t2v", 36, 16) => "Wan 2.2 i2v".to_owned(),
            ("t2v", 52, 16) => "Wan 2.2 fun control".to_owned(),
            ("t2v", 16, 16) => "Wan t2v".to_owned(),
            ("camera", ..) => "Wan 2.1 fun camera".to_owned(),
            ("camera_2.2", ..) => "Wan 2.2 fun camera".to_owned(),
            (other, ..) => format!("Wan {other}"),
        }
    }

    /// What the forecast needs, when the tensors of the file are exactly those of its module tree.
    pub(super) fn spec(&self, keys: Keys, stored: &Quant) -> Option<ModelSpec> {
        let class = match self.model_type {
            "vace" => "WAN21_Vace",
            "camera" | "camera_2.2" => "WAN21_Camera",
            "t2v" | "i2v" if self.shape.out_dim == 48 => "WAN22",
            "t2v" | "i2v" => "WAN21",
            _ => return None,
        };
        let kind = ModelKind::WanDit(self.shape);
        let tree = Tree::of(&kind);
        let linears = tree.modules.iter().filter(|module| module.op == Op::Linear).count();
        (elements(keys) == tree.elements()).then(|| spec(kind, class, stored, linears))
    }
}

fn model_type(keys: Keys) -> &'static str {
    const MARKS: [(&str, &str); 7] = [
        ("casual_audio_encoder.encoder.final_linear.weight", "s2v"),
        ("audio_proj.audio_proj_glob_1.layer.bias", "humo"),
        ("face_adapter.fuser_blocks.0.k_norm.weight", "animate"),
        ("patch_embedding_mask.weight", "scail2"),
        ("patch_embedding_pose.weight", "scail"),
        ("patch_embedding_global.weight", "wandancer"),
        ("img_emb.proj.0.bias", "i2v"),
    ];
    let image = keys.has("img_emb.proj.0.bias");
    match () {
        () if keys.has("vace_patch_embedding.weight") => "vace",
        () if keys.has("control_adapter.conv.weight") && image => "camera",
        () if keys.has("control_adapter.conv.weight") => "camera_2.2",
        () => MARKS.into_iter().find(|(key, _)| keys.has(key)).map_or("t2v", |(_, name)| name),
    }
}

/// Elements of all weights, scales aside.
pub(super) fn elements(keys: Keys) -> u64 {
    let weights = keys.weights.tensors.iter().filter(|tensor| {
        tensor.name.strip_prefix(keys.prefix).is_some_and(|name| !quant::is_beside(name) && name != "spiece_model")
    });
    weights.fold(0_u64, |sum, tensor| sum.saturating_add(tensor.elements()))
}

/// A spec with the storage that the header states. `linears` is how many layers could be quantised.
pub(super) fn spec(kind: ModelKind, class: &'static str, stored: &Quant, linears: usize) -> ModelSpec {
    let plain = ModelSpec {
        kind,
        storage: Storage::Fp16,
        scale_input: false,
        full_precision_marker: false,
        scales_in_blocks: false,
        class,
    };
    let Some(form) = stored.form else {
        return ModelSpec { storage: unscaled(stored.dtype), ..plain };
    };
    let old = form == QuantForm::Marker;
    let config = if old { Some(if stored.marker == 2 { 63 } else { 27 }) } else { stored.config_bytes };
    let whole = stored.layers == linears || stored.in_blocks;
    let storage = match (stored.format, config) {
        (Some("float8_e4m3fn" | "float8_e5m2"), Some(27 | 63)) if whole => Storage::Fp8Scaled,
        (format, _) => Storage::Other(format.unwrap_or("an unknown quantised form")),
    };
    ModelSpec {
        storage,
        scale_input: old && stored.marker != 2,
        full_precision_marker: config == Some(63),
        scales_in_blocks: stored.layers != linears && stored.in_blocks,
        ..plain
    }
}

fn unscaled(dtype: Option<Dtype>) -> Storage {
    match dtype {
        Some(Dtype::F16) => Storage::Fp16,
        Some(Dtype::Bf16) => Storage::Bf16,
        Some(Dtype::F32) => Storage::Fp32,
        Some(Dtype::F8E4m3 | Dtype::F8E5m2) => Storage::Fp8,
        Some(other) => Storage::Other(other.name()),
        None => Storage::Other("an unknown type"),
    }
}
