//! What a file holds by its name alone: the header that a file of that scheme has is written out and read like any other.
//!
//! Where the name leaves something open, the spec is that of the heaviest file, with the lightest beside it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Identity, detect};
use crate::catalog::architectures::{self, Weight};
use crate::catalog::models::{ModelKind, ModelSpec};
use crate::catalog::named::{Named, Plain, Stored, named};
use crate::catalog::recipe::{self, Recipe};
use crate::read::weights::{Dtype, Format, Tensor, Weights};

/// The weights of an architecture by name.
type All = BTreeMap<String, Weight>;

/// What a file holds by its name; `None` for names of no known scheme.
pub(in crate::facts) fn identity(file: &str) -> Option<Identity> {
    let Named { architecture, stored } = named(file)?;
    let all = architectures::weights(architecture)?;
    let mut found = match stored {
        Stored::Plain(plain) => read(plain_header(&all, plain), Format::Safetensors),
        Stored::Fp8 { .. } => read(fp8_header(&all), Format::Safetensors),
        Stored::Scaled { in_blocks: false } => read(scaled_header(&all, &|_| true), Format::Safetensors),
        Stored::Scaled { in_blocks: true } => between(kept_light(&all), kept_heavy(&all), Format::Safetensors),
        Stored::Gguf(recipe, sources) => {
            let (light, heavy) = sources.split_once(' ')?;
            between(gguf_header(&all, recipe, light)?, gguf_header(&all, recipe, heavy)?, Format::Gguf)
        }
    };
    if let (Stored::Fp8 { in_blocks }, Some(spec)) = (stored, &mut found.spec) {
        spec.scales_in_blocks = in_blocks;
    }
    Some(found)
}

fn read(weights: Weights, format: Format) -> Identity {
    detect::identify(&weights, format)
}

/// The heavier of two possible files, with the lighter beside it.
fn between(light: Weights, heavy: Weights, format: Format) -> Identity {
    let light = read(light, format).spec;
    let mut found = read(heavy, format);
    if let (Some(ModelSpec { kind: ModelKind::Listed(light), .. }), Some(spec)) = (light, &mut found.spec)
        && let ModelKind::Listed(heavy) = &mut spec.kind
        && light != *heavy
    {
        Arc::make_mut(heavy).lighter = Some(light);
    }
    found
}

/// A header with a type for each weight, and what lies beside it.
fn header(all: &All, kind: impl Fn(&str, &Weight) -> Dtype, beside: Vec<Tensor>) -> Weights {
    let tensor = |(name, weight): (&String, &Weight)| tensor(name, kind(name, weight), &weight.sides);
    let mut tensors: Vec<Tensor> = all.iter().map(tensor).chain(beside).collect();
    tensors.sort_by(|left, right| left.name.cmp(&right.name));
    Weights { tensors, metadata: Vec::new() }
}

fn tensor(name: &str, dtype: Dtype, sides: &[u64]) -> Tensor {
    let bytes = dtype.bytes(sides.iter().product()).unwrap_or_default();
    Tensor { name: name.into(), dtype, shape: sides.into(), bytes }
}

fn plain_header(all: &All, plain: Plain) -> Weights {
    let dtype = match plain {
        Plain::Fp16 => Dtype::F16,
        Plain::Bf16 => Dtype::Bf16,
        Plain::Fp32 => Dtype::F32,
    };
    header(all, |_, _| dtype, Vec::new())
}

fn fp8_header(all: &All) -> Weights {
    header(all, |_, weight| if weight.sides.len() > 1 { Dtype::F8E4m3 } else { Dtype::F16 }, Vec::new())
}

/// As ComfyUI's own fp8_scaled files are: a marker, and a scale beside each Linear that is in 8 bit.
fn scaled_header(all: &All, scaled: &dyn Fn(&str) -> bool) -> Weights {
    let is_scaled = |name: &str, weight: &Weight| weight.is_matrix() && name.ends_with(".weight") && scaled(name);
    let names = all.iter().filter(|(name, weight)| is_scaled(name, weight)).map(|(name, _)| name);
    let scale = |name: &String| tensor(&name.replace(".weight", ".scale_weight"), Dtype::F32, &[]);
    let mut beside: Vec<Tensor> = names.map(scale).collect();
    beside.push(tensor("scaled_fp8", Dtype::F8E4m3, &[1]));
    header(all, |name, weight| if is_scaled(name, weight) { Dtype::F8E4m3 } else { Dtype::F16 }, beside)
}

/// Scales in the blocks, and in what a variant has besides the modules of every Wan model.
fn kept_light(all: &All) -> Weights {
    scaled_header(all, &|name| recipe::quantises(name))
}

fn kept_heavy(all: &All) -> Weights {
    scaled_header(all, &|name| name.starts_with("blocks.") || name.starts_with("vace_blocks."))
}

/// As ComfyUI-GGUF's converter and quantiser make it from a file of this precision (`tools/convert.py`, `fix_5d_tensors.py`).
fn gguf_header(all: &All, recipe: &Recipe, source: &str) -> Option<Weights> {
    let mut values = 0;
    let mut tensors = Vec::new();
    for (name, weight) in all {
        let dtype = match weight.sides.len() {
            2 if recipe::quantises(name) => block(recipe.kind(name, &mut values), weight)?,
            5 => Dtype::F32,
            _ => unquantised(name, weight, source),
        };
        tensors.push(tensor(name, dtype, &weight.sides));
    }
    Some(Weights { tensors, metadata: vec![("general.architecture".to_owned(), "wan".to_owned())] })
}

/// Rows that are no whole number of K-blocks stay in 16 bit.
fn block(kind: &str, weight: &Weight) -> Option<Dtype> {
    let whole = weight.sides.last().is_some_and(|row| row.is_multiple_of(256));
    if kind.ends_with("_K") && !whole { Some(Dtype::F16) } else { Dtype::block(kind) }
}

fn unquantised(name: &str, weight: &Weight, source: &str) -> Dtype {
    let precise = weight.sides.len() == 1 || weight.elements() <= 1024 || name.contains(".modulation");
    match source {
        "f16" => Dtype::F16,
        "bf16" if !precise => Dtype::Bf16,
        _ => Dtype::F32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::sizes::{Layout, MIB};
    use crate::forecast::{ModelUse, Os, Setting, Tree};

    /// Lightest and heaviest size that a complete load logs, MiB.
    fn loaded(file: &str, release: &str) -> (f64, f64) {
        let spec = identity(file).and_then(|found| found.spec).unwrap_or_else(|| panic!("{file}"));
        let size = |kind: ModelKind| {
            let tree = Tree::of(&kind);
            let setting = Setting::new(release.parse().unwrap(), Os::Linux, 32768.0, 500.0);
            Layout::of(&ModelUse::new(file, ModelSpec { kind, ..spec.clone() }), &setting).listed(&tree) as f64 / MIB
        };
        let heavy = size(spec.kind.clone());
        let light = spec.kind.listed().and_then(|listed| listed.lighter.clone());
        (light.map_or(heavy, |light| size(ModelKind::Listed(light))), heavy)
    }

    #[test]
    fn a_log_lies_at_the_light_end() {
        // VantageLongWanVideo #8, WanVideoWrapper #1152: Q8_0 of Wan 2.2.
        let (light, heavy) = loaded("Wan2.2-I2V-A14B-HighNoise-Q8_0.gguf", "0.3.60");
        assert!((light - 14825.468872070312).abs() < 1e-9, "{light}");
        // bf16 adds two bytes to each bias of a Linear, and the largest quantised matrix is then time_projection.1.
        let dim = 5120.0;
        let biases = 40.0 * (9.0 * dim + 13824.0) + 4.0 * dim + 6.0 * dim + 64.0;
        let claim = (6.0 * dim - 13824.0) * dim * 2.0;
        assert!((heavy - light - (biases * 2.0 + claim) / MIB).abs() < 1e-6, "{light} {heavy}");
    }

    #[test]
    fn files_of_other_repositories_are_kept_as_the_official_ones() {
        for (file, official, release) in [
            ("Wan2_1-I2V-14B-480P_fp8_e4m3fn", "wan2.1_i2v_480p_14B_fp8_e4m3fn", "0.3.70"),
            ("Wan2_2-T2V-A14B_HIGH_fp16", "wan2.2_t2v_high_noise_14B_fp16", "0.33.0"),
        ] {
            let spec = crate::catalog::models::identify(&format!("{official}.safetensors")).unwrap();
            let ours = identity(&format!("{file}.safetensors")).unwrap().spec.unwrap();
            assert_eq!((ours.kind, ours.storage, ours.class), (spec.kind, spec.storage, spec.class), "{release}");
        }
        // Up to 0.3.77 every Linear was created in 8 bits: 13629.08, or .07 without input scales.
        let (light, heavy) = loaded("Wan2_2-I2V-A14B-HIGH_fp8_e4m3fn_scaled_KJ.safetensors", "0.3.70");
        assert!((light - 13629.0754).abs() < 0.002 && light == heavy, "{light}");
        // From 0.4.0 on, what lies outside the blocks keeps its 16 bits.
        let official = 13631.42;
        let (light, _) = loaded("Wan2_2-I2V-A14B-HIGH_fp8_e4m3fn_scaled_KJ.safetensors", "0.4.0");
        assert!((light - official - 221.56).abs() < 0.01, "{light}");
    }

    #[test]
    fn variants_have_their_additions() {
        // 16295755609 and 17055925312 weights, those of the patch embedding in fp32.
        let (s2v, _) = loaded("wan2.2_s2v_14B_bf16.safetensors", "0.3.70");
        assert!((s2v - 16_295_755_609.0 * 2.0 / MIB).abs() < 3.0, "{s2v}");
        let (humo, _) = loaded("humo_17B_fp16.safetensors", "0.3.70");
        assert!((humo - 17_055_925_312.0 * 2.0 / MIB).abs() < 3.0, "{humo}");
        let (light, heavy) = loaded("Wan2_2-Animate-14B_fp8_e4m3fn_scaled_KJ.safetensors", "0.4.0");
        assert!(heavy - light > 500.0 && heavy < 18_000.0, "{light} {heavy}");
        assert!(identity("mine.safetensors").is_none());
    }
}
