//! Model files known by name: architecture and storage of the Wan diffusion models, their text encoder, CLIP vision model and VAEs.

use std::sync::Arc;

pub use super::lookup::{identify, official};
use crate::forecast::modules::listed::{Listed, Part, Working};

/// What a model file holds, as far as memory is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSpec {
    /// Architecture with its constants.
    pub kind: ModelKind,
    /// How the weights are stored in the file.
    pub storage: Storage,
    /// fp8_scaled only: every Linear carries a `scale_input` (the marker tensor `scaled_fp8` does not have exactly two elements).
    pub scale_input: bool,
    /// fp8_scaled only: the file asks for full precision matrix products (the marker has two elements, 63-byte configuration).
    pub full_precision_marker: bool,
    /// fp8_scaled only: Linears outside the blocks are stored in 16 bit, without scales.
    pub scales_in_blocks: bool,
    /// The class ComfyUI names in "Requested to load ...".
    pub class: &'static str,
}

/// Architecture of a model file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// A Wan 2.1 or 2.2 diffusion transformer.
    WanDit(DitShape),
    /// The umt5-xxl text encoder.
    Umt5Xxl,
    /// CLIP vision ViT-H (`clip_vision_h`).
    ClipVisionH,
    /// The VAE of Wan 2.1 and of the Wan 2.2 14B models: 8 x 8 x 4, 16 channels.
    WanVae21,
    /// The VAE of the Wan 2.2 5B model: 16 x 16 x 4, 48 channels.
    WanVae22,
    /// Any other model, as its header lists it.
    Listed(Arc<Listed>),
}

impl ModelKind {
    /// The shape of a Wan diffusion model whose working memory is known.
    pub fn wan(&self) -> Option<&DitShape> {
        match self {
            Self::WanDit(shape) => Some(shape),
            Self::Listed(model) => match &model.working {
                Some(Working::Wan(shape) | Working::WanBeside(shape, _)) => Some(shape),
                _ => None,
            },
            _ => None,
        }
    }

    /// The model as its header lists it.
    pub fn listed(&self) -> Option<&Listed> {
        match self {
            Self::Listed(model) => Some(model),
            _ => None,
        }
    }

    /// A text encoder or CLIP vision.
    pub fn is_encoder(&self) -> bool {
        matches!(self, Self::Umt5Xxl | Self::ClipVisionH) || self.is_part(Part::Encoder)
    }

    /// A listed model that does this.
    pub fn is_part(&self, part: Part) -> bool {
        self.listed().is_some_and(|model| model.part == part)
    }
}

/// The constants of a Wan diffusion transformer (ComfyUI `comfy/model_detection.py` reads the same ones from the state dict).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DitShape {
    /// Hidden width: 5120 (14B), 3072 (5B), 1536 (1.3B).
    pub dim: u32,
    /// Width of the feed-forward layer.
    pub ffn: u32,
    /// Number of blocks.
    pub layers: u32,
    /// Input channels of the patch embedding.
    pub in_dim: u32,
    /// Output channels: 16, or 48 for the 5B model.
    pub out_dim: u32,
    /// Width of the text encoder's output.
    pub text_dim: u32,
    /// Width of the sinusoidal time embedding.
    pub freq_dim: u32,
    /// Image cross-attention and `img_emb` (Wan 2.1 i2v and its relatives).
    pub img_emb: bool,
    /// Tokens of `img_emb.emb_pos`, 0 when absent (514 in flf2v).
    pub flf_tokens: u32,
    /// Number of VACE blocks, 0 when absent.
    pub vace_layers: u32,
    /// Input channels of `vace_patch_embedding`, 0 when absent.
    pub vace_in_dim: u32,
    /// Input channels of `ref_conv`, 0 when absent.
    pub ref_conv_in: u32,
    /// Input channels of the camera adapter before pixel unshuffle, 0 when absent.
    pub camera_in: u32,
}

/// How weights are stored in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// 16-bit floats, half precision.
    Fp16,
    /// 16-bit floats, bfloat.
    Bf16,
    /// 32-bit floats.
    Fp32,
    /// 8-bit floats without scales.
    Fp8,
    /// 8-bit floats with one scale per Linear (`scaled_fp8` files, `comfy_quant` float8_e4m3fn).
    Fp8Scaled,
    /// A format the forecast has no size rule for.
    Other(&'static str),
}

impl DitShape {
    /// Wan 14B, text to video.
    pub const B14: Self = Self {
        dim: 5120,
        ffn: 13824,
        layers: 40,
        in_dim: 16,
        out_dim: 16,
        text_dim: 4096,
        freq_dim: 256,
        img_emb: false,
        flf_tokens: 0,
        vace_layers: 0,
        vace_in_dim: 0,
        ref_conv_in: 0,
        camera_in: 0,
    };
    /// Wan 2.2 5B, text and image to video.
    pub const B5: Self = Self { dim: 3072, ffn: 14336, layers: 30, in_dim: 48, out_dim: 48, ..Self::B14 };
    /// Wan 2.1 1.3B, text to video.
    pub const B1_3: Self = Self { dim: 1536, ffn: 8960, layers: 30, ..Self::B14 };

    /// Pixels of one latent cell along one side: 16 for the 48-channel latent, else 8.
    pub const fn spatial(&self) -> u32 {
        if self.out_dim == 48 { 16 } else { 8 }
    }
}

/// Latent frames of a video: `(frames - 1) / 4 + 1`.
pub fn latent_frames(frames: u32) -> f64 {
    f64::from(frames.saturating_sub(1) / 4) + 1.0
}

/// Cells of the latent, batch not included: frames x height x width, with `spatial` pixels to a cell.
pub fn latent_area(width: u32, height: u32, frames: u32, spatial: u32) -> f64 {
    let side = |pixels: u32| f64::from(pixels / spatial.max(1));
    latent_frames(frames) * side(width) * side(height)
}

/// Tokens of the transformer: latent frames x half height x half width, odd sides padded up (`pad_to_patch_size`).
pub fn dit_tokens(width: u32, height: u32, frames: u32, spatial: u32) -> f64 {
    let side = |pixels: u32| f64::from((pixels / spatial.max(1)).div_ceil(2));
    latent_frames(frames) * side(width) * side(height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometry_never_overflows() {
        assert_eq!(dit_tokens(832, 1216, 81, 8), 82992.0);
        assert_eq!(latent_area(832, 1216, 81, 8), 331_968.0);
        assert!(dit_tokens(u32::MAX, u32::MAX, u32::MAX, 8).is_finite());
        assert_eq!(dit_tokens(0, 0, 0, 0), 0.0);
    }
}
