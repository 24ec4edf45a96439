//! What a start says about memory, and the settings that are consistent with what is known.

use super::Known;
use crate::facts::launch::Launch;
use crate::facts::machine::Machine;
use crate::facts::os::Os;
use crate::facts::versions::Version;
use crate::forecast::setting::{Attention, Cache, Dtype, VramMode};
use crate::forecast::{MemoryFlags, Setting};

/// One release of every era of the memory model, newest first: what an unknown version is taken to range over.
const ERAS: [Version; 8] = [
    Version::new(0, 33, 0),
    Version::new(0, 23, 0),
    Version::new(0, 16, 0),
    Version::new(0, 10, 0),
    Version::new(0, 4, 0),
    Version::new(0, 3, 76),
    Version::new(0, 3, 70),
    Version::new(0, 3, 64),
];

/// Dynamic VRAM needs this torch (ComfyUI main.py, 0.12.2 and later).
const TORCH_OF_DYNAMIC: Version = Version::new(2, 8, 0);

/// Dynamic VRAM begins here; before, torch's version does not enter the forecast.
const FIRST_DYNAMIC: Version = Version::new(0, 12, 0);

/// The flags of a start that enter the forecast.
pub fn flags(launch: &Launch) -> MemoryFlags {
    let has = |name: &str| launch.flag(name).is_some();
    let number = |name: &str| launch.flag(name)?.value().filter(|word| word.known)?.text.parse::<f64>().ok();
    let fast = |choice: &str| {
        launch
            .flag("--fast")
            .is_some_and(|flag| flag.values.is_empty() || flag.values.iter().any(|word| word.text == choice))
    };
    MemoryFlags {
        reserve_gib: number("--reserve-vram"),
        vram: first(has, &VRAM).unwrap_or_default(),
        attention: first(has, &ATTENTION).unwrap_or_default(),
        xformers: has("--disable-xformers").then_some(false),
        cpu_vae: has("--cpu-vae"),
        disable_smart_memory: has("--disable-smart-memory"),
        disable_dynamic: has("--disable-dynamic-vram"),
        enable_dynamic: has("--enable-dynamic-vram"),
        fast_dynamic: fast("dynamic_vram"),
        async_offload: streams(launch),
        vram_headroom_gib: number("--vram-headroom").unwrap_or_default(),
        vae_dtype: first(has, &VAE_DTYPE),
        fast_fp8: fast("fp8_matrix_mult"),
        cache: first(has, &CACHE).unwrap_or_default(),
    }
}

/// The value of the first flag that is there.
fn first<T: Copy>(has: impl Fn(&str) -> bool, table: &[(&str, T)]) -> Option<T> {
    table.iter().find(|(flag, _)| has(flag)).map(|(_, value)| *value)
}

/// In ComfyUI's own order of precedence.
const VRAM: [(&str, VramMode); 5] = [
    ("--cpu", VramMode::Cpu),
    ("--gpu-only", VramMode::GpuOnly),
    ("--highvram", VramMode::High),
    ("--novram", VramMode::No),
    ("--lowvram", VramMode::Low),
];

const ATTENTION: [(&str, Attention); 6] = [
    ("--use-sage-attention", Attention::Sage),
    ("--use-flash-attention", Attention::Flash),
    ("--use-ck-attention", Attention::Ck),
    ("--use-pytorch-cross-attention", Attention::Pytorch),
    ("--use-split-cross-attention", Attention::Split),
    ("--use-quad-cross-attention", Attention::Quad),
];

const CACHE: [(&str, Cache); 5] = [
    ("--cache-none", Cache::None),
    ("--cache-ram", Cache::Ram),
    ("--cache-lru", Cache::Lru),
    ("--cache-classic", Cache::Classic),
    ("--high-ram", Cache::Classic),
];

const VAE_DTYPE: [(&str, Dtype); 3] =
    [("--fp16-vae", Dtype::Fp16), ("--bf16-vae", Dtype::Bf16), ("--fp32-vae", Dtype::Fp32)];

fn streams(launch: &Launch) -> Option<u32> {
    if launch.flag("--disable-async-offload").is_some() {
        return Some(0);
    }
    let flag = launch.flag("--async-offload")?;
    Some(flag.value().and_then(|word| word.text.parse().ok()).unwrap_or(2))
}

/// Every setting that is consistent with what is known, the likeliest (newest version, newest torch) first.
pub fn settings(flags: &MemoryFlags, os: Option<Os>, known: &Known, machine: &Machine) -> Vec<Setting> {
    let stated = machine.comfyui.or(known.version);
    let versions = stated.map_or_else(|| eras(known), |version| vec![version]);
    let systems = os.map_or_else(|| vec![Os::Linux, Os::Windows], |os| vec![os]);
    let mut settings = Vec::new();
    for &version in &versions {
        for &os in &systems {
            for torch in torches(version, machine.torch) {
                settings.push(Setting {
                    compute: machine.compute.unwrap_or((8, 9)),
                    ram_mib: machine.ram_mib,
                    cuda13: machine.cuda13,
                    torch,
                    flags: flags.clone(),
                    ..Setting::new(version, os, 0.0, 0.0)
                });
            }
        }
    }
    settings
}

/// The eras that the flags leave open; the first release that has them all when no era's does.
fn eras(known: &Known) -> Vec<Version> {
    let open = |version: &Version| {
        known.since.is_none_or(|since| since <= *version) && known.until.is_none_or(|until| *version < until)
    };
    let eras: Vec<Version> = ERAS.into_iter().filter(open).collect();
    if eras.is_empty() { known.since.map_or_else(|| ERAS.to_vec(), |since| vec![since]) } else { eras }
}

/// Where torch decides the regime and nobody stated it, both cases are looked at.
fn torches(version: Version, stated: Option<Version>) -> Vec<Version> {
    match stated {
        Some(torch) => vec![torch],
        None if version >= FIRST_DYNAMIC => vec![TORCH_OF_DYNAMIC, Version::new(2, 7, 0)],
        None => vec![TORCH_OF_DYNAMIC],
    }
}
