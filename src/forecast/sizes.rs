//! Bytes of each module as ComfyUI keeps it, which is not always as the file stores it.

use super::modules::listed::{Kept, Part};
use super::modules::{Module, Op, Tree};
use super::plan::{BlockSwap, ModelUse, WeightDtype};
use super::setting::{Dtype, Os, Setting};
use crate::catalog::models::{ModelKind, Storage};
use crate::facts::versions::Version;

/// Bytes of one MiB.
pub const MIB: f64 = 1_048_576.0;

/// JSON configuration kept beside each quantised Linear from v0.4.0 (mixed_precision_ops), without and with the
/// full_precision_matrix_mult entry.
const CONFIG_BYTES: (u64, u64) = (27, 63);

/// How a model's tensors are kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Bytes per element of a Linear's weight.
    pub linear_weight: u64,
    /// Bytes per element of a Linear's bias.
    pub linear_bias: u64,
    /// Bytes per element of everything else.
    pub other: u64,
    /// Bytes of scales and configuration beside each Linear.
    pub linear_extra: u64,
    /// Linear weights are quantised tensors (v0.4.0 and later).
    pub quantised: bool,
    /// Only those of the blocks are.
    pub in_blocks: bool,
    /// Each module says itself whether it is.
    pub listed: bool,
    /// Bytes per element of the dtype weights are cast to, where one is set.
    pub cast: Option<u64>,
    /// Bytes per element of the dtype the model computes in.
    pub compute: u64,
}

impl Layout {
    /// How this release keeps that model.
    pub fn of(model: &ModelUse, setting: &Setting) -> Self {
        let flat = |bytes, compute| Self {
            linear_weight: bytes,
            linear_bias: bytes,
            other: bytes,
            linear_extra: 0,
            quantised: false,
            in_blocks: false,
            listed: false,
            cast: None,
            compute,
        };
        if let (Some(swap), ModelKind::WanDit(_)) = (&model.swap, &model.spec.kind) {
            return flat(2, 2).of_wrapper(model, swap);
        }
        let flat_layout = match &model.spec.kind {
            ModelKind::WanVae21 | ModelKind::WanVae22 => {
                return flat(vae_dtype(setting).bytes(), vae_dtype(setting).bytes());
            }
            ModelKind::ClipVisionH => return flat(2, 2),
            ModelKind::Umt5Xxl if model.spec.storage == Storage::Fp8 => flat(1, 4),
            ModelKind::Umt5Xxl => flat(2, 4),
            ModelKind::WanDit(_) if keeps_fp8(model, setting) => flat(1, 2),
            ModelKind::WanDit(_) => flat(2, 2),
            ModelKind::Listed(listed) => match listed.part {
                Part::PictureVae => return flat(picture_vae_bytes(setting), picture_vae_bytes(setting)),
                Part::Encoder => flat(2, 4),
                Part::Diffusion if keeps_fp8(model, setting) => flat(1, 2),
                Part::Diffusion => flat(2, 2),
            },
        };
        let scaled = model.spec.storage == Storage::Fp8Scaled;
        let layout = if scaled { flat_layout.scaled(model, setting) } else { flat_layout };
        Self { cast: layout.cast_dtype(&model.spec.kind, setting), ..layout }
    }

    /// How WanVideoWrapper keeps a model in 16-bit precision: 8-bit files as they are, and those it quantises itself in the
    /// blocks only; biases and norms in 16 bit (nodes_model_loading.load_weights).
    fn of_wrapper(self, model: &ModelUse, swap: &BlockSwap) -> Self {
        let in_file = matches!(model.spec.storage, Storage::Fp8 | Storage::Fp8Scaled);
        let scales = if model.spec.storage == Storage::Fp8Scaled { 4 } else { 0 };
        Self {
            linear_weight: if in_file || swap.quantised { 1 } else { 2 },
            linear_extra: scales,
            in_blocks: if in_file { model.spec.scales_in_blocks } else { swap.quantised },
            ..self
        }
    }

    fn scaled(self, model: &ModelUse, setting: &Setting) -> Self {
        let mixed = setting.version >= Version::new(0, 4, 0);
        let config = if model.spec.full_precision_marker { CONFIG_BYTES.1 } else { CONFIG_BYTES.0 };
        let scales = if model.spec.scale_input { 8 } else { 4 };
        Self {
            linear_weight: 1,
            // scaled_fp8_ops created the bias in fp8, too.
            linear_bias: if mixed { self.other } else { 1 },
            linear_extra: if mixed { 4 + config } else { scales },
            quantised: mixed,
            in_blocks: mixed && model.spec.scales_in_blocks,
            listed: model.spec.kind.listed().is_some(),
            ..self
        }
    }

    /// Which cast dtype enters the offload cost: from v0.4.0 text encoders cast to fp32 and 8-bit models to fp16.
    fn cast_dtype(&self, kind: &ModelKind, setting: &Setting) -> Option<u64> {
        let mixed = setting.version >= Version::new(0, 4, 0);
        let needs = *kind == ModelKind::Umt5Xxl || kind.is_part(Part::Encoder) || self.linear_weight == 1;
        (mixed && needs).then_some(self.compute)
    }

    /// A Linear that is kept as the layout says; outside the blocks it may be kept like everything else.
    fn is_own(&self, module: &Module) -> bool {
        if self.listed && self.quantised {
            return matches!(module.kept, Kept::Quantised { .. });
        }
        module.op == Op::Linear && (!self.in_blocks || matches!(module.name.stem(), "blocks" | "vace_blocks"))
    }

    /// The module's weight is a quantised tensor.
    pub fn is_quantised(&self, module: &Module) -> bool {
        matches!(module.kept, Kept::Blocks { quantised: true, .. }) || (self.quantised && self.is_own(module))
    }

    /// Elements of a module's weight and bias as their tensors count them: those of GGUF blocks are bytes.
    pub fn counts(&self, module: &Module) -> (u64, u64) {
        match module.kept {
            Kept::Blocks { weight, quantised: true, .. } => (weight, module.bias),
            _ => (module.weight, module.bias),
        }
    }

    /// Bytes of a module's weight and bias, without scales.
    pub fn tensors(&self, module: &Module) -> (u64, u64) {
        let (weight, bias) = match module.op {
            Op::Linear if !self.is_own(module) => (self.other, self.other),
            Op::Linear => (self.linear_weight, self.linear_bias),
            Op::Castable | Op::Plain => (self.other, self.other),
            Op::Fp32 => (4, 4),
        };
        match module.kept {
            Kept::Blocks { weight, bias, .. } => (weight, bias),
            Kept::Wide(bytes) => (module.weight * u64::from(bytes), module.bias * u64::from(bytes)),
            Kept::Quantised { weight, .. } if self.quantised => (weight, module.bias * bias),
            _ => (module.weight * weight, module.bias * bias),
        }
    }

    /// Bytes of a module with everything beside it (`module_size`).
    pub fn module(&self, module: &Module) -> u64 {
        let (weight, bias) = self.tensors(module);
        weight
            + bias
            + match module.kept {
                Kept::Blocks { beside, .. } => beside,
                Kept::Quantised { beside, .. } if self.quantised => beside,
                Kept::ByModel | Kept::Quantised { .. } if self.is_own(module) => self.linear_extra,
                _ => 0,
            }
    }

    /// Bytes of the loaded modules, as the complete load line counts them.
    pub fn listed(&self, tree: &Tree) -> u64 {
        tree.modules.iter().map(|module| self.module(module)).sum()
    }

    /// Bytes of every tensor (`model_size`).
    pub fn model_size(&self, tree: &Tree) -> u64 {
        self.listed(tree) + tree.loose * self.other + tree.buffer_bytes
    }
}

/// The dtype of a VAE (sd.py VAE): bf16 on compute 8.0 and later, fp16 on 7.x, else fp32, unless a flag says otherwise.
pub fn vae_dtype(setting: &Setting) -> Dtype {
    let own = match setting.compute.0 {
        8.. => Dtype::Bf16,
        7 => Dtype::Fp16,
        _ => Dtype::Fp32,
    };
    setting.flags.vae_dtype.unwrap_or(own)
}

/// Bytes per element of a VAE for pictures: it knows bfloat16 and fp32 only (sd.py VAE.working_dtypes).
pub(crate) fn picture_vae_bytes(setting: &Setting) -> u64 {
    match setting.flags.vae_dtype {
        None if setting.compute.0 < 8 => 4,
        _ => vae_dtype(setting).bytes(),
    }
}

/// 8-bit storage survives loading: chosen in the loader, or an 8-bit file on a card with fp8 products, or too large in 16 bit
/// (model_management.unet_dtype).
fn keeps_fp8(model: &ModelUse, setting: &Setting) -> bool {
    if model.spec.storage == Storage::Fp8Scaled {
        return false;
    }
    if matches!(model.weight_dtype, Some(WeightDtype::Fp8E4m3fn | WeightDtype::Fp8E4m3fnFast | WeightDtype::Fp8E5m2)) {
        return true;
    }
    model.spec.storage == Storage::Fp8 && (has_fp8(setting) || too_large(model, setting))
}

fn too_large(model: &ModelUse, setting: &Setting) -> bool {
    let tree = Tree::of(&model.spec.kind);
    let elements: u64 = tree.modules.iter().map(|module| module.weight + module.bias).sum();
    (elements * 2) as f64 / MIB > 0.88 * setting.total_mib - super::budget::minimum_inference(setting)
}

/// The card multiplies 8-bit floats (model_management.supports_fp8_compute).
pub fn has_fp8(setting: &Setting) -> bool {
    setting.compute >= (8, 9) && (setting.os == Os::Linux || setting.torch >= Version::new(2, 4, 0))
}
