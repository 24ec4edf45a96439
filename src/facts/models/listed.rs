//! Modules of a model by the tensors of its header, for families whose architecture is not written out here.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Keys, Quant, QuantForm, quant};
use crate::catalog::models::{ModelKind, ModelSpec};
use crate::forecast::modules::listed::{Estimated, Kept, Listed, Part, Working};
use crate::forecast::{Module, Name, Op, Tree};
use crate::read::weights::{Dtype, Format, Tensor};

/// Bounds for broken or hostile headers: far above any model, far below an overflow.
const MOST_ELEMENTS: u64 = 1 << 46;
const MOST_MODULES: usize = 60_000;

/// Configuration that ComfyUI keeps beside an fp8 layer from a file with a marker: without and with full precision products.
const MARKER_CONFIG: (u64, u64) = (27, 63);

/// Tables that are looked up, not multiplied.
const EMBEDDINGS: [&str; 7] = [
    "shared",
    "embed_tokens",
    "token_embedding",
    "position_embedding",
    "relative_attention_bias",
    "pos_embed",
    "trainable_cond_mask",
];

/// Modules that Wan declares in fp32 (comfy/ldm/wan/model.py).
const WAN_FP32: [&str; 5] = [
    "patch_embedding",
    "vace_patch_embedding",
    "patch_embedding_pose",
    "patch_embedding_mask",
    "patch_embedding_global",
];

/// Which rules apply to the tensors of a file.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub part: Part,
    pub format: Format,
    pub quant: &'a Quant,
    /// Bytes of an element that is not quantised, where the file decides it.
    pub wide: Option<u8>,
    /// A Wan diffusion model.
    pub wan: bool,
    /// Tensors that ComfyUI does not load.
    pub skips: fn(&str) -> bool,
}

/// The tensors of a module.
#[derive(Default)]
struct Parts<'a> {
    weight: Option<&'a Tensor>,
    bias: Option<&'a Tensor>,
    /// Elements of parameters with other names.
    others: u64,
    /// Bytes of scales and configuration.
    beside: u64,
    configured: bool,
}

/// The modules of a file, with a prefix before their names; `None` when there are more than anyone built.
pub(super) fn listed(keys: Keys, reading: Reading, prefix: &str) -> Option<Listed> {
    let parts = parts(keys, reading)?;
    let mut tree = Tree::default();
    let mut names: Vec<Box<str>> = Vec::new();
    for (name, part) in &parts {
        if has_children(&parts, name) {
            let of = |tensor: Option<&Tensor>| tensor.map_or(0, Tensor::elements);
            tree.loose += of(part.weight) + of(part.bias) + part.others;
            continue;
        }
        let place = u32::try_from(names.len()).ok()?;
        names.push(format!("{prefix}{name}").into());
        tree.modules.push(module(Name::listed(place), name, part, reading));
    }
    if reading.format == Format::Gguf && reading.part == Part::Diffusion {
        claim_largest(&mut tree);
    }
    let gguf = reading.format == Format::Gguf;
    Some(Listed { part: reading.part, tree: Arc::new(tree), names, class: None, working: None, gguf, lighter: None })
}

/// Some module lies inside this one.
fn has_children(parts: &BTreeMap<&str, Parts>, name: &str) -> bool {
    if name.is_empty() {
        return parts.len() > 1;
    }
    let inner = format!("{name}.");
    parts.range(inner.as_str()..).next().is_some_and(|(next, _)| next.starts_with(&inner))
}

fn parts<'a>(keys: Keys<'a>, reading: Reading) -> Option<BTreeMap<&'a str, Parts<'a>>> {
    let mut parts: BTreeMap<&str, Parts> = BTreeMap::new();
    let mut elements = 0_u64;
    for tensor in &keys.weights.tensors {
        let Some(full) = tensor.name.strip_prefix(keys.prefix).filter(|name| !(reading.skips)(name)) else { continue };
        elements = elements.saturating_add(tensor.elements()).saturating_add(tensor.bytes / 8);
        let (module, leaf) = full.rsplit_once('.').unwrap_or(("", full));
        if full == "scaled_fp8" {
            continue;
        }
        let part = parts.entry(module).or_default();
        match leaf {
            "weight" => part.weight = Some(tensor),
            "bias" => part.bias = Some(tensor),
            _ if quant::is_beside(full) => part.add_beside(leaf, tensor),
            _ => part.others += tensor.elements().min(MOST_ELEMENTS),
        }
        if elements > MOST_ELEMENTS || parts.len() > MOST_MODULES {
            return None;
        }
    }
    parts.retain(|_, part| part.weight.is_some() || part.bias.is_some() || part.others > 0);
    Some(parts)
}

impl Parts<'_> {
    /// An `input_scale` counts only where its value is not 1, which the header does not say.
    fn add_beside(&mut self, leaf: &str, tensor: &Tensor) {
        match leaf {
            "scale_weight" | "weight_scale" | "weight_scale_2" => self.beside += tensor.bytes,
            "comfy_quant" => {
                self.configured = true;
                self.beside += tensor.bytes;
            }
            _ => {}
        }
    }
}

fn module(place: Name, name: &str, part: &Parts, reading: Reading) -> Module {
    let count = |tensor: Option<&Tensor>| tensor.map_or(0, Tensor::elements);
    let op = op(name, part, reading);
    let kept = kept(name, part, op, reading);
    let weight = match part.weight {
        // Two 4-bit values in a byte.
        Some(tensor) if packed(tensor) => tensor.elements() * 2,
        weight => count(weight),
    };
    Module { name: place, op, weight: weight + part.others, bias: count(part.bias), kept }
}

fn packed(tensor: &Tensor) -> bool {
    tensor.dtype == Dtype::U8
}

fn op(name: &str, part: &Parts, reading: Reading) -> Op {
    let leaf = name.rsplit('.').next().unwrap_or(name);
    let Some(weight) = part.weight else {
        return if part.others > 0 && reading.part == Part::Diffusion { Op::Castable } else { Op::Plain };
    };
    match weight.shape.len() {
        _ if reading.wan && WAN_FP32.contains(&name) => Op::Fp32,
        // Parameters of their own class (comfy/ldm/wan/model_animate.py).
        _ if reading.wan && name.starts_with("motion_encoder.") => Op::Plain,
        // The norms of T5 and of language models cannot cast.
        1 if reading.part == Part::Encoder && part.bias.is_none() => Op::Plain,
        2 if !EMBEDDINGS.contains(&leaf) => Op::Linear,
        _ => Op::Castable,
    }
}

fn kept(name: &str, part: &Parts, op: Op, reading: Reading) -> Kept {
    let own = reading.wide.map_or(Kept::ByModel, Kept::Wide);
    let Some(weight) = part.weight else { return own };
    if reading.format == Format::Gguf {
        return blocks(name, weight, part.bias, op).unwrap_or(own);
    }
    let form = reading.quant.form.filter(|_| part.beside > 0);
    let Some(form) = form else { return own };
    let config = match form {
        QuantForm::Marker if reading.quant.marker == 2 => MARKER_CONFIG.1,
        QuantForm::Marker => MARKER_CONFIG.0,
        QuantForm::Metadata => reading.quant.config_bytes.unwrap_or(MARKER_CONFIG.0),
        QuantForm::Keys if part.configured => 0,
        QuantForm::Keys => return own,
    };
    Kept::Quantised { weight: weight.bytes, beside: part.beside.saturating_add(config) }
}

/// What ComfyUI-GGUF keeps as it is stored (`ops.py`): Linears, large tables, and whatever is quantised; bfloat16 counts as that.
fn blocks(name: &str, weight: &Tensor, bias: Option<&Tensor>, op: Op) -> Option<Kept> {
    let quantised = |tensor: &Tensor| {
        matches!(tensor.dtype, Dtype::Ggml(_)) || (tensor.dtype == Dtype::Bf16 && tensor.shape.len() > 1)
    };
    let embedding = EMBEDDINGS.contains(&name.rsplit('.').next().unwrap_or(name));
    let large = embedding && weight.shape.first().is_some_and(|rows| *rows >= 64 * 1024);
    if !(quantised(weight) || large || op == Op::Linear) || op == Op::Fp32 {
        return None;
    }
    // The large table of a text encoder is converted to 16 bit when it is loaded (`loader.py`).
    let bytes = if large { weight.elements() * 2 } else { weight.bytes };
    // One-dimensional bfloat16 becomes fp32.
    let wide = |tensor: &Tensor| if tensor.dtype == Dtype::Bf16 { tensor.elements() * 4 } else { tensor.bytes };
    let bias = bias.map_or(0, wide);
    Some(Kept::Blocks { weight: bytes, bias, beside: 0, quantised: quantised(weight) && !large })
}

/// The module with the largest quantised weight claims room for it in 16 bit.
fn claim_largest(tree: &mut Tree) {
    let mut largest: Option<(u64, usize)> = None;
    for (at, module) in tree.modules.iter().enumerate() {
        let Kept::Blocks { weight, quantised: true, .. } = module.kept else { continue };
        if largest.is_none_or(|(most, _)| weight > most) {
            largest = Some((weight, at));
        }
    }
    let Some(module) = largest.and_then(|(_, at)| tree.modules.get_mut(at)) else { return };
    let elements = module.weight;
    if let Kept::Blocks { beside, .. } = &mut module.kept {
        *beside = elements * 2;
    }
}

/// A spec of a listed model.
pub(in crate::facts) fn spec(
    mut model: Listed,
    class: &'static str,
    stored: &Quant,
    working: Option<Working>,
) -> ModelSpec {
    model.working = working;
    let gguf = model.gguf;
    let plain = super::wan::spec(ModelKind::Umt5Xxl, class, &Quant { form: None, ..stored.clone() }, 0);
    let scaled = stored.form.is_some();
    let storage = match (gguf, scaled) {
        (true, _) => crate::catalog::models::Storage::Fp16,
        (_, true) => crate::catalog::models::Storage::Fp8Scaled,
        _ => plain.storage,
    };
    let marker = stored.form == Some(QuantForm::Marker);
    ModelSpec {
        kind: ModelKind::Listed(Arc::new(model)),
        storage,
        scale_input: marker && stored.marker != 2,
        full_precision_marker: scaled && (stored.marker == 2 || stored.config_bytes == Some(63)),
        scales_in_blocks: false,
        class,
    }
}

/// The class of a diffusion model with its configuration.
pub(super) fn estimated(config: Vec<(&'static str, String)>) -> Option<Estimated> {
    let class = crate::catalog::memory::MemoryClass::of(&config)?;
    Some(Estimated { class, config: config.into() })
}
