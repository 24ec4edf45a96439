//! System memory for weights and frames.
//!
//! The static loader moves weights between the card and system memory, so what is not on the card lies there as long as
//! something holds the model. Under dynamic VRAM weights stay in their files; copies of them are pinned up to a cap. Frames are
//! fp32 on the CPU (model_management.intermediate_device). What ComfyUI itself, the system and other nodes take comes on top.

use super::activation::Range;
use super::evict::Pool;
use super::phase::{Load, Phase};
use super::setting::{Cache, Os, Setting};

/// What surely lies in system memory while a step runs, MiB: weights of the models used so far that are not on the card, where
/// the outputs of loaders are known to be kept, and the frames.
pub(crate) fn least(done: &[Phase], pool: &Pool<'_>, setting: &Setting) -> f64 {
    let Some(phase) = done.last() else { return 0.0 };
    let keeps = setting.flags.cache.keeps_models(setting);
    let lasting = |other: &Phase| keeps && other.load != Load::Swapped;
    let counts = |other: &&Phase| other.load != Load::Dynamic && (lasting(other) || other.file == phase.file);
    // Of each file the last phase. There are a handful of files and as many phases as a workflow has samplers.
    let mut files: Vec<&Phase> = Vec::new();
    for phase in done.iter().rev().filter(counts) {
        if files.iter().all(|known| known.file != phase.file) {
            files.push(phase);
        }
    }
    files.sort_by(|left, right| left.file.cmp(&right.file));
    let off = |phase: &Phase| match phase.load {
        Load::Swapped => phase.streamed_mib,
        _ => (phase.weights_mib - pool.loaded(&phase.file).unwrap_or(0.0)).max(0.0),
    };
    files.into_iter().map(off).sum::<f64>() + phase.pictures_mib
}

/// Completes the ranges: at most every model of the plan lies in system memory as a whole, once, and the frames twice.
pub(crate) fn complete(phases: &mut [Phase], setting: &Setting) {
    let mut sizes: Vec<(String, f64, bool)> =
        phases.iter().map(|phase| (phase.file.clone(), phase.weights_mib, phase.load == Load::Dynamic)).collect();
    sizes.sort_by(|left, right| left.0.cmp(&right.0));
    sizes.dedup_by(|left, right| left.0 == right.0);
    let sum = |dynamic: bool| sizes.iter().filter(|size| size.2 == dynamic).map(|size| size.1).sum::<f64>();
    let models = sum(false) + setting.ram_mib.map_or(f64::INFINITY, |ram| pinned_cap(ram, setting)).min(sum(true));
    for phase in phases {
        phase.ram_mib.1 = (models + 2.0 * phase.pictures_mib).max(phase.ram_mib.0);
    }
}

/// The largest need of all steps, MiB.
pub(crate) fn largest(phases: &[Phase]) -> Range {
    let most = |end: fn(&Phase) -> f64| phases.iter().map(end).fold(0.0, f64::max);
    (most(|phase| phase.ram_mib.0), most(|phase| phase.ram_mib.1))
}

/// Most system memory that pinned copies take, MiB (model_management MAX_PINNED_MEMORY). From v0.31.0 on Linux the swap enters,
/// too: enough of it is assumed.
fn pinned_cap(ram: f64, setting: &Setting) -> f64 {
    match setting.os {
        Os::Windows if setting.since(19, 0) => 0.40 * ram,
        Os::Windows => 0.45 * ram,
        Os::Linux if setting.since(31, 0) => (0.40 * ram).max((0.90 * ram).min(ram - 4096.0)),
        Os::Linux if setting.since(19, 0) => 0.90 * ram,
        Os::Linux => 0.95 * ram,
    }
}

impl Cache {
    /// Outputs of loaders are kept until the run ends. From v0.23.0 the default drops them when memory gets short.
    fn keeps_models(self, setting: &Setting) -> bool {
        match self {
            Self::Classic => true,
            Self::Default => !setting.since(23, 0),
            Self::None | Self::Lru | Self::Ram => false,
        }
    }
}
