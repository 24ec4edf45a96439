//! What changed in which ComfyUI release, as small tables: first release of a value, newest last.

use super::setting::Setting;
use crate::facts::versions::Version;

/// First release with Wan in its present form; older ones are not modelled.
pub const OLDEST: Version = Version::new(0, 3, 16);

/// The value of the newest row that the version has reached. Rows ascend; the first applies to everything older, too.
pub(crate) fn at<T: Copy>(version: Version, first: T, rows: &[(Version, T)]) -> T {
    rows.iter().rev().find(|(since, _)| version >= *since).map_or(first, |(_, value)| *value)
}

/// Divisor of the hidden width in Wan's `memory_usage_factor` (supported_models.py): 2000, since v0.3.60 2222.
pub(crate) fn factor_divisor(version: Version) -> f64 {
    at(version, 2000.0, &[(Version::new(0, 3, 60), 2222.0)])
}

/// Least "usable" in MiB (load_models_gpu): 128 up to v0.3.75, then 0.
pub(crate) fn usable_floor(version: Version) -> f64 {
    at(version, 128.0, &[(Version::new(0, 3, 76), 0.0)])
}

/// How a complete or partial load is decided (ModelPatcher.load).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loader {
    /// By size, as long as it fits.
    Size,
    /// By offload cost, with a buffer of `cost x streams` (v0.3.76 and v0.3.77).
    Cost,
    /// By offload cost, with a buffer of the cost and the next modules (v0.4.0 and later).
    CostAhead,
}

/// The load algorithm of a release.
pub(crate) fn loader(version: Version) -> Loader {
    let rows = [(Version::new(0, 3, 76), Loader::Cost), (Version::new(0, 4, 0), Loader::CostAhead)];
    at(version, Loader::Size, &rows)
}

/// Wording of the load lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wording {
    /// Bare numbers in full precision (up to v0.3.67).
    Bare,
    /// With units and the offloaded part (v0.3.68).
    Units,
    /// With the buffer (v0.3.76).
    Buffer,
    /// Without an infinite "usable" (v0.8.1).
    Sparse,
}

/// The wording of a release.
pub(crate) fn wording(version: Version) -> Wording {
    let rows = [
        (Version::new(0, 3, 68), Wording::Units),
        (Version::new(0, 3, 76), Wording::Buffer),
        (Version::new(0, 8, 1), Wording::Sparse),
    ];
    at(version, Wording::Bare, &rows)
}

/// What the dynamic loader's line counts (ModelPatcherDynamic.load).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Staging {
    /// Castable modules and parameters of other leaf modules (v0.12.0).
    All,
    /// Castable modules; the others are force pre-loaded (v0.16.0).
    Castable,
    /// Castable modules above 16 KiB; the others are force pre-loaded (v0.23.0).
    Large,
}

/// The staging rule of a release.
pub(crate) fn staging(version: Version) -> Staging {
    let rows = [(Version::new(0, 16, 0), Staging::Castable), (Version::new(0, 23, 0), Staging::Large)];
    at(version, Staging::All, &rows)
}

/// Offload streams on NVIDIA: the flag, else 2 since v0.3.76.
pub(crate) fn streams(setting: &Setting) -> usize {
    let default = at(setting.version, 0, &[(Version::new(0, 3, 76), 2)]);
    setting.flags.async_offload.unwrap_or(default).min(64) as usize
}

/// Estimated MiB per pixel and byte of dtype of a VAE pass (sd.py VAE): the short-video case applies up to 4 frames, from v0.5.0.
pub(crate) fn short_vae_estimates(version: Version) -> bool {
    version >= Version::new(0, 5, 0)
}
