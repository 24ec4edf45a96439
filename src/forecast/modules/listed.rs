//! Models known by their header alone: the modules that ComfyUI builds for them, with what the file decides about each.

use std::fmt;
use std::sync::Arc;

use super::Tree;
use crate::catalog::memory::MemoryClass;
use crate::catalog::models::DitShape;

/// What a listed model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It denoises.
    Diffusion,
    /// It encodes text.
    Encoder,
    /// Encoder and decoder of pictures (AutoencoderKL and AutoencodingEngine): cells of 8 x 8 pixels.
    PictureVae,
}

/// How a module's tensors are kept where the file decides it, not the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// As the model keeps modules of its kind.
    #[default]
    ByModel,
    /// In so many bytes an element: text encoders of several files, each in its own type.
    Wide(u8),
    /// A quantised layer: bytes of its weight, and of scales and configuration beside it (from v0.4.0).
    Quantised {
        /// Bytes of the weight.
        weight: u64,
        /// Bytes beside it.
        beside: u64,
    },
    /// A layer of a GGUF file, kept as it is stored (ComfyUI-GGUF `GGMLOps`).
    Blocks {
        /// Bytes of the weight.
        weight: u64,
        /// Bytes of the bias.
        bias: u64,
        /// Room for the largest weight in 16 bit, which its module claims.
        beside: u64,
        /// The weight has to be converted before it is used.
        quantised: bool,
    },
}

/// A model as its header lists it.
#[derive(Clone, PartialEq)]
pub struct Listed {
    /// What it does.
    pub part: Part,
    /// Its modules.
    pub tree: Arc<Tree>,
    /// The dotted names of the modules, in their order.
    pub names: Vec<Box<str>>,
    /// The class of a diffusion model, and what its estimate depends on.
    pub class: Option<Estimated>,
    /// What its working memory follows from, where that is known.
    pub working: Option<Working>,
    /// It comes from a GGUF file: patches are always applied to the weights, never on the way.
    pub gguf: bool,
    /// The lightest model that the file may hold, where its name leaves that open: this one is then the heaviest.
    pub lighter: Option<Arc<Listed>>,
}

/// What the working memory of a listed model follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Working {
    /// The blocks of a Wan diffusion transformer.
    Wan(DitShape),
    /// The same blocks and something beside them.
    WanBeside(DitShape, Beside),
    /// The umt5-xxl text encoder.
    Umt5,
}

/// What a Wan model computes beside its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// The face video of Wan Animate.
    Face,
    /// The audio, reference and motion frames of Wan S2V.
    Audio,
}

/// A model class with the configuration that ComfyUI detects.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimated {
    /// The class.
    pub class: &'static MemoryClass,
    /// Keys and values of the configuration.
    pub config: Arc<[(&'static str, String)]>,
}

impl Eq for Listed {}

impl fmt::Debug for Listed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.class.as_ref().map(|estimated| estimated.class.name);
        write!(out, "Listed({:?}, {} modules, {class:?}, {:?})", self.part, self.names.len(), self.working)
    }
}
