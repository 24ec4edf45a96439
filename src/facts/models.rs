//! What a model file is, by the names and shapes in its header, and where model files are looked for.
//!
//! Told apart as ComfyUI does it (`comfy/model_detection.py`, `comfy/sd.py`, `comfy/lora.py`, 0.3.64 and 0.33.0). What the names
//! do not tell stays unknown.

mod checkpoint;
mod config;
mod detect;
mod families;
pub mod folders;
mod gguf;
pub mod library;
pub mod links;
mod listed;
mod lora;
pub(in crate::facts) mod named;
mod quant;
mod wan;

use std::sync::Arc;

use crate::catalog::models::{DitShape, ModelSpec};
use crate::forecast::modules::listed::Listed;
use crate::read::weights::{Format, ModelFile, Weights};

pub use checkpoint::Parts;
pub use library::{Library, Lookup, Model};
pub(super) use listed::spec as listed_spec;
pub use lora::{Lora, LoraModule};
pub use quant::{Quant, QuantForm};
pub use wan::WanModel;

/// What a file is loaded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A diffusion model alone.
    Diffusion,
    /// Diffusion model and text encoder or VAE in one file.
    Checkpoint,
    /// A text encoder.
    TextEncoder,
    /// A CLIP vision model.
    ClipVision,
    /// A VAE.
    Vae,
    /// A LoRA or a relative of it.
    Lora,
}

impl Role {
    /// In words, with its article.
    pub fn words(self) -> &'static str {
        match self {
            Self::Diffusion => "a diffusion model",
            Self::Checkpoint => "a checkpoint",
            Self::TextEncoder => "a text encoder",
            Self::ClipVision => "a CLIP vision model",
            Self::Vae => "a VAE",
            Self::Lora => "a LoRA",
        }
    }
}

/// What a model file is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Identity {
    /// What it is loaded as; `None` when its names are not known.
    pub role: Option<Role>,
    /// Family, variant and size: `Wan 2.2 i2v 14B`.
    pub name: String,
    /// A Wan diffusion model.
    pub wan: Option<WanModel>,
    /// What the forecast needs to know; `None` when the file holds modules besides those that are modelled.
    pub spec: Option<ModelSpec>,
    /// Latent channels of a Wan diffusion model or VAE: 16, or 48 for the 5B model.
    pub channels: Option<u32>,
    /// How the weights are stored.
    pub quant: Quant,
    /// A text encoder in the form of WanVideoWrapper.
    pub wrapper: bool,
    /// A LoRA's modules.
    pub lora: Option<Lora>,
    /// Modules of a text encoder: which class ComfyUI makes of them depends on the loader.
    pub encoder: Option<Arc<Listed>>,
    /// What lies in a checkpoint.
    pub parts: Option<Box<Parts>>,
}

impl Identity {
    /// What a file is; nothing is known of one without a header.
    pub fn of(file: &ModelFile) -> Self {
        match &file.weights {
            Some(weights) => detect::identify(weights, file.format),
            None => Self::default(),
        }
    }

    /// The shape of a Wan diffusion model.
    pub fn shape(&self) -> Option<&DitShape> {
        self.wan.as_ref().map(|wan| &wan.shape)
    }
}

/// The tensors of a header below a prefix.
#[derive(Clone, Copy)]
struct Keys<'a> {
    weights: &'a Weights,
    prefix: &'a str,
}

impl<'a> Keys<'a> {
    fn new(weights: &'a Weights, prefix: &'a str) -> Self {
        Self { weights, prefix }
    }

    fn shape(&self, name: &str) -> Option<&'a [u64]> {
        let tensor = match self.prefix {
            "" => self.weights.get(name),
            prefix => self.weights.get(&format!("{prefix}{name}")),
        };
        tensor.map(|tensor| &*tensor.shape)
    }

    fn has(&self, name: &str) -> bool {
        self.shape(name).is_some()
    }

    /// One side of a tensor, as far as it is believable.
    fn side(&self, name: &str, at: usize) -> Option<u32> {
        u32::try_from(*self.shape(name)?.get(at)?).ok()
    }

    /// Names below the prefix, without it.
    fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let prefix = self.prefix;
        self.weights.tensors.iter().filter_map(move |tensor| tensor.name.strip_prefix(prefix))
    }

    /// How many numbers follow a stem without a gap: `blocks.0.`, `blocks.1.`, ...
    fn count(&self, stem: &str) -> u32 {
        let mut seen = std::collections::HashSet::new();
        for name in self.names() {
            let number = name.strip_prefix(stem).and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
            seen.extend(number);
        }
        (0..).take_while(|index| seen.contains(index)).count() as u32
    }
}

/// The word for a file's format and content: `safetensors, Wan 2.2 i2v 14B, fp8_scaled`.
pub fn words(file: &ModelFile, identity: &Identity) -> String {
    let name = match (&identity.name, identity.role) {
        (name, _) if !name.is_empty() => name.clone(),
        (_, Some(role)) => role.words().to_owned(),
        _ => "unknown content".to_owned(),
    };
    let quant = identity.quant.words();
    let stored = if quant.is_empty() || file.format == Format::Pickle { String::new() } else { format!(", {quant}") };
    format!("{}, {name}{stored}", file.format.name())
}
