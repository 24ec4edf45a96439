//! Decoding in tiles.

use super::{Goal, Proposal, Seeker};
use crate::forecast::{Tile, Work};

/// What VAEDecodeTiled has when it is put into a workflow (ComfyUI nodes.py, 0.3.64): edge and frames of a tile.
pub const TILE: (u32, u32) = (512, 64);

impl Seeker<'_> {
    /// Every decoding in tiles, when a goal is reached with that. Which node does it is for people to change.
    pub fn tiled(&self, goal: Goal) -> Option<Proposal> {
        let mut plan = self.plan()?.clone();
        let whole = plan.steps.iter_mut().filter(|step| step.work == Work::VaeDecode && step.tile.is_none());
        let mut any = false;
        for step in whole {
            step.tile = Some(Tile::of_node(TILE.0, TILE.1, &step.model.spec.kind));
            any = true;
        }
        let proposal = Proposal { texts: Vec::new(), plan };
        (any && self.is_sure(&proposal, goal)).then_some(proposal)
    }
}
