//! Files that are known by the scheme of their names: `catalog/model_names.txt`, a storage behind it, and nothing else.

use super::recipe::{self, Recipe};

const TABLE: &str = include_str!("../../catalog/model_names.txt");

/// What a file's name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Named {
    /// The architecture in `catalog/architectures.txt`.
    pub architecture: &'static str,
    /// How the weights are stored.
    pub stored: Stored,
}

/// How a file that is known by name stores its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stored {
    /// All in 16 or 32 bit: the type's name in a header.
    Plain(Plain),
    /// 8-bit floats without scales. `in_blocks`: the matrices outside the blocks are in 16 bit.
    Fp8 {
        /// Only the blocks are in 8 bit.
        in_blocks: bool,
    },
    /// 8-bit floats with a scale for each Linear.
    Scaled {
        /// Only those of the blocks surely are.
        in_blocks: bool,
    },
    /// GGUF blocks, made from files of one of these precisions.
    Gguf(&'static Recipe, &'static str),
}

/// A type that a whole file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Plain {
    /// Half precision.
    Fp16,
    /// bfloat16.
    Bf16,
    /// Single precision.
    Fp32,
}

/// Storages of safetensors files by the end of their names. Kijai's scaled files have scales in the blocks
/// (the load lines in WanVideoWrapper #1027), his plain 8-bit ones keep the rest in 16 bit likewise.
const STORAGES: [(&str, Stored); 11] = [
    ("fp16", Stored::Plain(Plain::Fp16)),
    ("bf16", Stored::Plain(Plain::Bf16)),
    ("fp32", Stored::Plain(Plain::Fp32)),
    ("fp8_e4m3fn", Stored::Fp8 { in_blocks: true }),
    ("fp8_e5m2", Stored::Fp8 { in_blocks: true }),
    ("fp8_scaled", Stored::Scaled { in_blocks: false }),
    ("fp8_e4m3fn_scaled_kj", Stored::Scaled { in_blocks: true }),
    ("fp8_e5m2_scaled_kj", Stored::Scaled { in_blocks: true }),
    ("fp8_scaled_e4m3fn_kj", Stored::Scaled { in_blocks: true }),
    ("fp8_scaled_e4m3fn_kj_v2", Stored::Scaled { in_blocks: true }),
    ("fp8_scaled_kj", Stored::Scaled { in_blocks: true }),
];

/// What a name tells, folders in front allowed; `None` for names of no known scheme.
pub fn named(file_name: &str) -> Option<Named> {
    let base = file_name.rsplit(['/', '\\']).next()?.to_ascii_lowercase();
    let (stem, ending) = base.rsplit_once('.')?;
    let stem = stem.replace(['-', '.', ' '], "_");
    entries().find_map(|entry| {
        let found = entry.stems.split(' ').find_map(|known| stem.strip_prefix(known)?.strip_prefix('_'))?;
        let stored = match ending {
            "gguf" if entry.sources != "-" => Stored::Gguf(recipe::of(found)?, entry.sources),
            "safetensors" => STORAGES.iter().find(|(name, _)| *name == found)?.1,
            _ => return None,
        };
        Some(Named { architecture: entry.architecture, stored })
    })
}

struct Entry {
    architecture: &'static str,
    /// Precisions of the files that GGUF files were made from.
    sources: &'static str,
    stems: &'static str,
}

fn entries() -> impl Iterator<Item = Entry> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut fields = line.split('|');
        Some(Entry { architecture: fields.next()?, sources: fields.next()?, stems: fields.next()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::architectures;

    #[test]
    fn every_line_names_an_architecture() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(entries().count(), lines);
        for entry in entries() {
            assert!(architectures::all().any(|name| name == entry.architecture), "{}", entry.architecture);
            assert!(entry.sources.split(' ').all(|source| ["f16", "bf16", "f32", "-"].contains(&source)));
        }
    }

    #[test]
    fn names_of_the_usual_repositories() {
        let of = |file: &str| named(file).map(|named| named.architecture);
        for (file, architecture) in [
            ("wan2.2_i2v_high_noise_14B_Q4_K_M.gguf", "wan-i2v2.2-14B"),
            ("HighNoise\\Wan2.2-I2V-A14B-HighNoise-Q5_K_M.gguf", "wan-i2v2.2-14B"),
            ("wan2.1-i2v-14b-480p-Q8_0.gguf", "wan-i2v-14B"),
            ("Wan2_1-I2V-14B-480P_fp8_e4m3fn.safetensors", "wan-i2v-14B"),
            ("WanVideo/2_2/Wan2_2-T2V-A14B_HIGH_fp8_e4m3fn_scaled_KJ.safetensors", "wan-t2v-14B"),
            ("Wan2.1_14B_VACE-Q5_K_M.gguf", "wan-vace-14B"),
            ("Wan2_2-Animate-14B_fp8_e4m3fn_scaled_KJ.safetensors", "wan-animate-14B"),
            ("wan2.2_s2v_14B_fp8_scaled.safetensors", "wan-s2v-14B"),
            ("humo_17B_fp8_e4m3fn.safetensors", "wan-humo-17B"),
        ] {
            assert_eq!(of(file), Some(architecture), "{file}");
        }
        for unknown in [
            "wan2.2_i2v_high_noise_14B_Q4_K_M_mine.gguf",
            "wan2.2_i2v_high_noise_14B-IQ4_XS.gguf",
            "Wan2.2-Animate-14B-Q4_K_M.gguf",
            "wan2.2_i2v_high_noise_14B.gguf",
            "Wan2_1-VACE_module_14B_fp8_e4m3fn.safetensors",
            "",
        ] {
            assert_eq!(of(unknown), None, "{unknown}");
        }
    }
}
