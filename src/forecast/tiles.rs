//! Tiles of a VAE pass: those that a node asks for, and those of the retry after an out-of-memory error.

use super::budget::untiled_estimate;
use super::plan::{Step, Work};
use super::setting::Setting;
use crate::catalog::models::{ModelKind, latent_frames};

/// Latent frames of a tile are never fewer (sd.py VAE.decode_tiled).
const LEAST_LATENT_FRAMES: u32 = 2;

/// How a VAE pass is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Edge in pixels; tiles are squares.
    pub edge: u32,
    /// Pixel frames.
    pub frames: u32,
}

impl Tile {
    /// What VAEDecodeTiled and VAEEncodeTiled make of their `tile_size` and `temporal_size` with a Wan VAE, which has four pixel
    /// frames to a latent one (nodes.py). Overlaps cost time and no memory.
    pub fn of_node(edge: u32, temporal_size: u32, kind: &ModelKind) -> Self {
        let spatial = spatial(kind);
        Self { edge: (edge / spatial).max(1) * spatial, frames: pixel_frames((temporal_size / 4).max(2)) }
    }
}

/// Pixels of one latent cell along one side.
pub(crate) fn spatial(kind: &ModelKind) -> u32 {
    if *kind == ModelKind::WanVae22 { 16 } else { 8 }
}

fn pixel_frames(latent: u32) -> u32 {
    latent.saturating_sub(1).saturating_mul(4).saturating_add(1)
}

/// The step that computes one tile of a step: smaller, and one video only.
pub(crate) fn one_tile(step: &Step, tile: Tile) -> Step {
    Step {
        width: step.width.min(tile.edge),
        height: step.height.min(tile.edge),
        frames: step.frames.min(tile.frames),
        batch: 1,
        tile: None,
        ..step.clone()
    }
}

/// The tiles of the retry after the whole picture did not fit (sd.py VAE.decode, VAE.encode): 256 pixels and all frames. From
/// v0.32.0 decoding fills what the untiled pass would have asked for, at most 0.8 of the card: fewer frames while one tile is
/// above that, then twice the edge while it is not.
pub fn retry(step: &Step, setting: &Setting) -> Tile {
    let small = Tile { edge: 256, frames: step.frames };
    if step.work != Work::VaeDecode || !setting.since(32, 0) {
        return small;
    }
    let budget = untiled_estimate(step, setting).min(0.8 * setting.total_mib);
    let fits = |tile: Tile| untiled_estimate(&one_tile(step, tile), setting) <= budget;
    grown(step, shortened(step, small, &fits), &fits)
}

fn shortened(step: &Step, mut tile: Tile, fits: &impl Fn(Tile) -> bool) -> Tile {
    let mut latent = latent_frames(step.frames) as u32;
    while latent > LEAST_LATENT_FRAMES && !fits(tile) {
        latent = latent.div_ceil(2);
        tile.frames = pixel_frames(latent);
    }
    tile
}

fn grown(step: &Step, mut tile: Tile, fits: &impl Fn(Tile) -> bool) -> Tile {
    let spatial = spatial(&step.model.spec.kind);
    let longest = step.width.max(step.height) / spatial * spatial;
    while let Some(edge) =
        tile.edge.checked_mul(2).filter(|edge| *edge <= longest && fits(Tile { edge: *edge, ..tile }))
    {
        tile.edge = edge;
    }
    tile
}
