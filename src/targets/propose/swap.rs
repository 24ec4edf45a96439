//! Another number of blocks that WanVideoWrapper swaps.

use super::{Proposal, Seeker};
use crate::facts::wrapper;
use crate::forecast::plan::BlockSwap;
use crate::forecast::{Plan, Step, Work};
use crate::span::Span;
use crate::workflow::resolve::{Resolved, resolve};

impl Seeker<'_> {
    /// So many blocks in system memory, wherever the workflow says how many; no text where it does not say.
    pub fn swapping(&self, blocks: u32) -> Option<Proposal> {
        let plan = with_blocks(self.plan()?, blocks);
        let steps = plan.steps.iter().filter(|step| step.model.swap.is_some());
        let places: Option<Vec<Span>> = steps.map(|step| self.blocks_of(step)).collect();
        let mut places = places.unwrap_or_default();
        places.sort();
        places.dedup();
        Some(Proposal { texts: places.into_iter().map(|place| (place, blocks.to_string())).collect(), plan })
    }

    /// Where the number of blocks is written that a step swaps.
    fn blocks_of(&self, step: &Step) -> Option<Span> {
        let graph = &self.workflow.graph;
        let node = graph.by_id(step.node.as_deref()?)?;
        let args = wrapper::sampling(graph, node).ok()?.swap_args?;
        match resolve(graph, args, "blocks_to_swap") {
            Resolved::Known { span, .. } => Some(span),
            Resolved::Unknown | Resolved::Absent => None,
        }
    }
}

/// The work with another number of blocks in system memory.
pub fn with_blocks(plan: &Plan, blocks: u32) -> Plan {
    let mut plan = plan.clone();
    for step in plan.steps.iter_mut().filter(|step| step.work == Work::Sample) {
        step.model.swap = step.model.swap.map(|swap| BlockSwap { blocks, ..swap });
    }
    plan
}
