//! The work to forecast, in execution order.

use std::sync::Arc;

use super::modules::Name;
use super::setting::Setting;
use super::tiles::Tile;
use super::weights::Weights;
use crate::catalog::models::{ModelKind, ModelSpec};

/// What a run does with models, in order.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Model uses in execution order.
    pub steps: Vec<Step>,
}

impl Plan {
    /// The plan with the lightest models that names leave open; `None` where they leave nothing open.
    pub fn lightest(&self) -> Option<Self> {
        let mut plan = self.clone();
        let mut open = false;
        for step in &mut plan.steps {
            if let Some(lightest) = step.model.lightest() {
                (step.model, open) = (lightest, true);
            }
        }
        open.then_some(plan)
    }
}

/// One use of a model.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is done.
    pub work: Work,
    /// Id of the workflow's node.
    pub node: Option<String>,
    /// The model that does it.
    pub model: ModelUse,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Pixel frames.
    pub frames: u32,
    /// Videos at once.
    pub batch: u32,
    /// Guidance; 1 skips the unconditional pass. `None`: unknown, both passes are assumed.
    pub cfg: Option<f64>,
    /// Sampler steps of this stage.
    pub steps: Option<u32>,
    /// The tiles of a VAE pass that the node asks for.
    pub tile: Option<Tile>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A prompt through the text encoder.
    TextEncode,
    /// An image through CLIP vision.
    ClipVision,
    /// Pixels to latent.
    VaeEncode,
    /// Denoising.
    Sample,
    /// Latent to pixels.
    VaeDecode,
}

impl Work {
    /// The phase's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TextEncode => "text-encode",
            Self::ClipVision => "clip-vision",
            Self::VaeEncode => "vae-encode",
            Self::Sample => "sample",
            Self::VaeDecode => "vae-decode",
        }
    }

    /// A pass through a VAE.
    pub const fn is_vae(self) -> bool {
        matches!(self, Self::VaeEncode | Self::VaeDecode)
    }
}

/// A model as the workflow loads it.
#[derive(Clone, Debug)]
pub struct ModelUse {
    /// The file; steps with the same file share the loaded model.
    pub file: String,
    /// What the file holds.
    pub spec: ModelSpec,
    /// The loader's `weight_dtype`, `None` for "default".
    pub weight_dtype: Option<WeightDtype>,
    /// LoRA files patched on.
    pub loras: u32,
    /// Which weights those LoRAs patch.
    pub patched: Patched,
    /// The loader says device "cpu".
    pub device_cpu: bool,
    /// TorchCompileModel has compiled it.
    pub compiled: bool,
    /// WanVideoWrapper loads it and moves its blocks; `None` for ComfyUI's own loaders.
    pub swap: Option<BlockSwap>,
}

/// What WanVideoWrapper's loader and sampler say about memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockSwap {
    /// Transformer blocks kept in system memory.
    pub blocks: u32,
    /// The same of VACE blocks.
    pub vace_blocks: u32,
    /// Blocks that are brought to the card ahead of their use.
    pub prefetched: u32,
    /// The image embedding is kept in system memory, too.
    pub img_emb: bool,
    /// The text embedding is.
    pub txt_emb: bool,
    /// `quantization` keeps the blocks in 8 bit, whatever the file holds.
    pub quantised: bool,
    /// Conditional and unconditional pass share a forward.
    pub batched: bool,
}

impl ModelUse {
    /// The model as its loader's defaults have it.
    pub fn new(file: &str, spec: ModelSpec) -> Self {
        Self {
            file: file.to_owned(),
            spec,
            weight_dtype: None,
            loras: 0,
            patched: Patched::default(),
            device_cpu: false,
            compiled: false,
            swap: None,
        }
    }

    /// The model with the lightest weights that its file's name allows; `None` where the name leaves nothing open.
    pub fn lightest(&self) -> Option<Self> {
        let kind = ModelKind::Listed(self.spec.kind.listed()?.lighter.clone()?);
        Some(Self { spec: ModelSpec { kind, ..self.spec.clone() }, ..self.clone() })
    }

    /// All weights, as a complete load logs them, MiB.
    pub fn weights_mib(&self, setting: &Setting) -> f64 {
        Weights::of(self, setting).listed_mib
    }
}

/// `weight_dtype` of ComfyUI's UNETLoader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightDtype {
    /// fp8_e4m3fn
    Fp8E4m3fn,
    /// fp8_e4m3fn_fast: fp8 matrix products as well
    Fp8E4m3fnFast,
    /// fp8_e5m2
    Fp8E5m2,
}

/// Which weights the LoRAs of a model patch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patched {
    /// The Linear weights of the blocks: 400 keys on a 14B, as ComfyUI logs for the official 4-step LoRAs (issues #12943, #14300).
    #[default]
    Blocks,
    /// Every Linear weight.
    AllLinear,
    /// Every weight and bias that can be cast, as extracted LoRAs with `diff_b` keys do: 1054 keys on a 14B, where the one in
    /// PR #12557 lacks a single key.
    Everything,
    /// Read from the LoRA files: modules in order, whether the weight and whether the bias is patched.
    Listed(Arc<[(Name, bool, bool)]>),
}
