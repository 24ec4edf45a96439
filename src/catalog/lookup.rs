//! Which model a file holds, by its official name: the table `catalog/models.toml`.

use super::models::{DitShape, ModelKind, ModelSpec, Storage};
use crate::read::script::base_name;

/// The model a file of that name holds: official names only, folders in front allowed, `.safetensors` required. `None` when unknown.
pub fn identify(file_name: &str) -> Option<ModelSpec> {
    let base = base_name(file_name).to_ascii_lowercase();
    let stem = base.strip_suffix(".safetensors")?;
    TABLE.iter().find_map(|entry| entry.matching(stem))
}

/// All official files, by name, with what each holds.
pub fn official() -> impl Iterator<Item = (String, ModelSpec)> {
    let tagged = |name: &str, tag: &str| if tag.is_empty() { name.to_owned() } else { format!("{name}_{tag}") };
    let names = TABLE.iter().flat_map(move |entry| {
        entry.names.iter().flat_map(move |name| entry.storage.iter().map(move |tag| tagged(name, tag)))
    });
    names.map(|stem| stem + ".safetensors").filter_map(|file| identify(&file).map(|spec| (file, spec)))
}

struct Entry {
    names: &'static [&'static str],
    storage: &'static [&'static str],
    kind: &'static str,
    class: &'static str,
    in_dim: Option<u32>,
    img_emb: bool,
    flf_tokens: u32,
    vace_layers: u32,
    vace_in_dim: u32,
    ref_conv_in: u32,
    camera_in: u32,
    scale_input: bool,
}

/// Made by the build step (`build/models.rs`).
static TABLE: &[Entry] = include!(concat!(env!("OUT_DIR"), "/models.rs"));

impl Entry {
    fn matching(&self, stem: &str) -> Option<ModelSpec> {
        let rest = self.names.iter().find_map(|name| stem.strip_prefix(name))?;
        let tag = rest.strip_prefix('_').unwrap_or(rest);
        let listed = self.storage.contains(&tag);
        let storage = if listed { storage(tag)? } else { return None };
        let scaled = storage == Storage::Fp8Scaled;
        Some(ModelSpec {
            kind: self.kind()?,
            storage,
            scale_input: scaled && self.scale_input,
            full_precision_marker: scaled && !self.scale_input,
            scales_in_blocks: false,
            class: class(self.class)?,
        })
    }

    fn kind(&self) -> Option<ModelKind> {
        Some(match self.kind {
            "14B" => ModelKind::WanDit(self.shape(DitShape::B14)),
            "5B" => ModelKind::WanDit(self.shape(DitShape::B5)),
            "1.3B" => ModelKind::WanDit(self.shape(DitShape::B1_3)),
            "umt5-xxl" => ModelKind::Umt5Xxl,
            "clip-vision-h" => ModelKind::ClipVisionH,
            "vae-2.1" => ModelKind::WanVae21,
            "vae-2.2" => ModelKind::WanVae22,
            _ => return None,
        })
    }

    fn shape(&self, base: DitShape) -> DitShape {
        DitShape {
            in_dim: self.in_dim.unwrap_or(base.in_dim),
            img_emb: self.img_emb,
            flf_tokens: self.flf_tokens,
            vace_layers: self.vace_layers,
            vace_in_dim: self.vace_in_dim,
            ref_conv_in: self.ref_conv_in,
            camera_in: self.camera_in,
            ..base
        }
    }
}

fn storage(tag: &str) -> Option<Storage> {
    Some(match tag {
        // The VAE and CLIP vision files carry no tag; both are used in 16 bit whatever the file holds.
        "fp16" | "" => Storage::Fp16,
        "bf16" => Storage::Bf16,
        "fp32" => Storage::Fp32,
        "fp8_e4m3fn" => Storage::Fp8,
        "fp8_scaled" | "fp8_e4m3fn_scaled" => Storage::Fp8Scaled,
        _ => return None,
    })
}

fn class(name: &str) -> Option<&'static str> {
    ["WAN21", "WAN22", "WAN21_Vace", "WAN21_Camera", "WanTEModel", "CLIPVisionModelProjection", "WanVAE"]
        .into_iter()
        .find(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_table_resolves() {
        for entry in TABLE {
            for (name, tag) in entry.names.iter().flat_map(|name| entry.storage.iter().map(move |tag| (name, tag))) {
                let file =
                    if tag.is_empty() { format!("{name}.safetensors") } else { format!("{name}_{tag}.safetensors") };
                assert!(identify(&file).is_some(), "{file}");
            }
        }
    }

    #[test]
    fn official_names_with_and_without_folders() {
        let spec = identify("wan\\Wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors").unwrap();
        assert_eq!(spec.kind, ModelKind::WanDit(DitShape { in_dim: 36, ..DitShape::B14 }));
        assert!(spec.storage == Storage::Fp8Scaled && spec.scale_input && spec.class == "WAN21");
        assert_eq!(identify("umt5_xxl_fp8_e4m3fn_scaled.safetensors").unwrap().kind, ModelKind::Umt5Xxl);
        for unknown in [
            "wan2.2_i2v_high_noise_14B_Q4_K_M.gguf",
            "wan2.2_i2v_high_noise_14B_fp8_scaled_my_mix.safetensors",
            "",
            "x",
        ] {
            assert!(identify(unknown).is_none(), "{unknown}");
        }
    }
}
