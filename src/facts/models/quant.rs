//! How weights are stored: plain types, 8-bit floats with scales, ComfyUI's quantised layers, GGUF blocks.

use std::collections::HashMap;

use serde_json::Value;

use super::Keys;
use crate::facts::versions::Version;
use crate::read::weights::{Dtype, Format, Weights};

/// How ComfyUI is told that layers are quantised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantForm {
    /// A tensor `scaled_fp8` and `.scale_weight` beside the weights.
    Marker,
    /// A map of layers in `__metadata__` (`_quantization_metadata`), from ComfyUI 0.3.68.
    Metadata,
    /// A tensor `.comfy_quant` beside each weight, from ComfyUI 0.4.0.
    Keys,
}

/// How the weights of a file are stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quant {
    /// The type that most elements have.
    pub dtype: Option<Dtype>,
    /// How layers are marked as quantised.
    pub form: Option<QuantForm>,
    /// ComfyUI's name of the format of quantised layers: `float8_e4m3fn`, `nvfp4`, `mxfp8`, `int8`, ...
    pub format: Option<&'static str>,
    /// Elements of the tensor `scaled_fp8`: two ask for full precision products.
    pub marker: u64,
    /// Bytes of configuration beside each quantised layer, when all have the same.
    pub config_bytes: Option<u64>,
    /// Layers with scales.
    pub layers: usize,
    /// All of them lie in the blocks.
    pub in_blocks: bool,
}

/// Endings of the tensors that quantisation puts beside the weights.
const BESIDE: [&str; 8] = [
    ".scale_weight",
    ".scale_input",
    ".weight_scale",
    ".weight_scale_2",
    ".input_scale",
    ".pre_quant_scale",
    ".comfy_quant",
    ".weight_zero_point",
];

/// True for a tensor that is no weight but belongs to the quantisation of one.
pub(super) fn is_beside(name: &str) -> bool {
    name == "scaled_fp8" || BESIDE.iter().any(|end| name.ends_with(end))
}

impl Quant {
    /// Reads it from a header.
    pub(super) fn of(keys: Keys, format: Format) -> Self {
        let mut quant = Self { dtype: dominant(keys), ..Self::default() };
        if format == Format::Gguf {
            return quant;
        }
        let note = keys.weights.note("_quantization_metadata").and_then(|text| serde_json::from_str(text).ok());
        let below = |layers: &serde_json::Map<String, Value>| -> serde_json::Map<String, Value> {
            let stripped = layers.iter().map(|(name, layer)| (name.strip_prefix(keys.prefix), layer));
            stripped.filter_map(|(name, layer)| Some((name?.to_owned(), layer.clone()))).collect()
        };
        let layers = note.as_ref().and_then(|note: &Value| note.get("layers")?.as_object().map(below));
        if let Some(layers) = layers.filter(|layers| !layers.is_empty()) {
            quant.read_metadata(&layers);
        } else if keys.names().any(|name| name.ends_with(".comfy_quant")) {
            quant.read_keys(keys);
        } else if let Some(marker) = keys.shape("scaled_fp8") {
            quant.marker = product(marker);
            quant.read_marker(keys);
        }
        quant
    }

    fn scaled<'a>(&mut self, layers: impl Iterator<Item = &'a str>) {
        let (mut count, mut inside) = (0, true);
        for layer in layers {
            count += 1;
            inside &= layer.starts_with("blocks.") || layer.starts_with("vace_blocks.");
        }
        (self.layers, self.in_blocks) = (count, inside);
    }

    fn read_marker(&mut self, keys: Keys) {
        self.form = Some(QuantForm::Marker);
        self.format = Some(if self.dtype == Some(Dtype::F8E5m2) { "float8_e5m2" } else { "float8_e4m3fn" });
        self.scaled(keys.names().filter_map(|name| name.strip_suffix(".scale_weight")));
    }

    fn read_metadata(&mut self, layers: &serde_json::Map<String, Value>) {
        self.form = Some(QuantForm::Metadata);
        let formats: Vec<&str> = layers.values().filter_map(|layer| layer.get("format")?.as_str()).collect();
        self.format = known(&formats);
        let mut sizes = layers.values().map(python_length);
        let first = sizes.next().flatten();
        self.config_bytes = first.filter(|first| sizes.all(|size| size == Some(*first)));
        self.scaled(layers.keys().map(String::as_str));
    }

    /// The format stands in the configuration tensors, which are not read: the types beside them tell it as well.
    fn read_keys(&mut self, keys: Keys) {
        self.form = Some(QuantForm::Keys);
        let layers: Vec<&str> = keys.names().filter_map(|name| name.strip_suffix(".comfy_quant")).collect();
        let mut sizes = layers.iter().map(|layer| keys.shape(&format!("{layer}.comfy_quant")).map(product));
        let first = sizes.next().flatten();
        self.config_bytes = first.filter(|first| sizes.all(|size| size == Some(*first)));
        let mut formats: Vec<&str> = layers.iter().filter_map(|layer| by_types(keys, layer)).collect();
        formats.dedup();
        self.format = known(&formats);
        self.scaled(layers.into_iter());
    }

    /// The first ComfyUI that understands the file; `None` when every version does (ComfyUI commits #10498, #11000, #11635 and
    /// the release history of `comfy/quant_ops.py`).
    pub fn since(&self) -> Option<Version> {
        let form = match self.form? {
            QuantForm::Marker => return None,
            QuantForm::Metadata => Version::new(0, 3, 68),
            QuantForm::Keys => Version::new(0, 4, 0),
        };
        let format = match self.format {
            Some("nvfp4") => Version::new(0, 8, 0),
            Some("mxfp8") => Version::new(0, 18, 0),
            Some("int8" | "int8_tensorwise") => Version::new(0, 27, 0),
            Some("convrot_w4a4") => Version::new(0, 28, 0),
            Some("asym_w4a8_int8") => Version::new(0, 31, 0),
            _ => form,
        };
        Some(form.max(format))
    }

    /// The file carries its own scales.
    pub fn has_scales(&self) -> bool {
        self.form.is_some()
    }

    /// For reports: `fp8_scaled`, `nvfp4`, `bf16`, `Q4_K`.
    pub fn words(&self) -> &'static str {
        match (self.form, self.format, self.dtype) {
            (Some(_), Some("float8_e4m3fn"), _) => "fp8_scaled",
            (Some(_), Some("float8_e5m2"), _) => "fp8_e5m2 with scales",
            (Some(_), Some(format), _) => format,
            (Some(_), None, _) => "quantised in a format that is not known here",
            (None, _, Some(dtype)) => dtype.name(),
            (None, _, None) => "",
        }
    }
}

fn product(shape: &[u64]) -> u64 {
    shape.iter().fold(1, |product, side| product.saturating_mul(*side))
}

/// The type of most elements (ComfyUI `utils.weight_dtype`), scales aside.
fn dominant(keys: Keys) -> Option<Dtype> {
    let mut counts: HashMap<Dtype, u64> = HashMap::new();
    for tensor in &keys.weights.tensors {
        let Some(name) = tensor.name.strip_prefix(keys.prefix) else { continue };
        if !is_beside(name) {
            let count = counts.entry(tensor.dtype).or_default();
            *count = count.saturating_add(tensor.elements());
        }
    }
    counts.into_iter().max_by_key(|&(dtype, count)| (count, dtype)).map(|(dtype, _)| dtype)
}

/// The one format of all layers.
fn known(formats: &[&str]) -> Option<&'static str> {
    const FORMATS: [&str; 8] =
        ["float8_e4m3fn", "float8_e5m2", "nvfp4", "mxfp8", "int8", "int8_tensorwise", "convrot_w4a4", "asym_w4a8_int8"];
    let first = formats.first()?;
    let same = formats.iter().all(|format| format == first);
    FORMATS.into_iter().find(|known| same && known == first)
}

/// Packed bytes with two scales are nvfp4; one scale in many pieces beside 8-bit floats is mxfp8.
fn by_types(keys: Keys, layer: &str) -> Option<&'static str> {
    let weight = keys.weights.get(&format!("{}{layer}.weight", keys.prefix))?;
    let scales = keys.shape(&format!("{layer}.weight_scale")).map(product);
    match weight.dtype {
        Dtype::U8 if keys.has(&format!("{layer}.weight_scale_2")) => Some("nvfp4"),
        Dtype::F8E4m3 if scales? > 1 => Some("mxfp8"),
        Dtype::F8E4m3 => Some("float8_e4m3fn"),
        Dtype::F8E5m2 => Some("float8_e5m2"),
        Dtype::I8 => Some("int8"),
        _ => None,
    }
}

/// Length of a layer's configuration as Python's `json.dumps` writes it; `None` beyond texts and truth values.
fn python_length(layer: &Value) -> Option<u64> {
    let entries = layer.as_object()?;
    let mut length = 2;
    for (index, (key, value)) in entries.iter().enumerate() {
        let value = match value {
            Value::String(text) if text.is_ascii() => text.len() + 2,
            Value::Bool(true) => 4,
            Value::Bool(false) => 5,
            _ => return None,
        };
        length += key.len() + 2 + 2 + value + if index > 0 { 2 } else { 0 };
    }
    Some(length as u64)
}

/// Whether a header has GGUF's name for its smallest blocks in it.
pub(super) fn of_gguf(weights: &Weights) -> Option<&str> {
    weights.note("general.architecture")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_have_the_length_that_python_gives() {
        let length = |text: &str| python_length(&serde_json::from_str(text).unwrap());
        assert_eq!(length(r#"{"format":"float8_e4m3fn"}"#), Some(27));
        assert_eq!(length(r#"{"format":"float8_e4m3fn","full_precision_matrix_mult":true}"#), Some(63));
        assert_eq!(length(r#"{"format":1}"#), None);
    }
}
