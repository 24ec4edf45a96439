//! The Context nodes of rgthree: a bundle of model, prompts, seeds and the like, in which each part may be replaced.
//!
//! Source: rgthree/rgthree-comfy py/context.py, context_big.py, context_utils.py (August 2026): a part comes from its own input, and
//! where that gives nothing from the bundle at `base_ctx`.

use super::graph::{Graph, NodeIx};
use super::resolve::link;
use super::switches::gives;

/// The parts in the order of the outputs. The small node has the first nine.
const PARTS: [&str; 23] = [
    "base_ctx",
    "model",
    "clip",
    "vae",
    "positive",
    "negative",
    "latent",
    "images",
    "seed",
    "steps",
    "step_refiner",
    "cfg",
    "ckpt_name",
    "sampler",
    "scheduler",
    "clip_width",
    "clip_height",
    "text_pos_g",
    "text_pos_l",
    "text_neg_g",
    "text_neg_l",
    "mask",
    "control_net",
];

/// Longest chain of bundles that is followed.
const MAX_CHAIN: usize = 32;

/// True for a node that makes a bundle of a bundle and parts.
pub(super) fn is_context(class: &str) -> bool {
    matches!(class, "Context (rgthree)" | "Context Big (rgthree)")
}

/// The node and output that a part really comes from; `None` for any other node, for the bundle itself, and where it is not sure.
pub(super) fn given(graph: &Graph, node: NodeIx, slot: u32) -> Option<(NodeIx, u32)> {
    let part = PARTS.get(slot as usize).filter(|_| slot > 0)?;
    let mut at = node;
    for _ in 0..MAX_CHAIN {
        if !is_context(graph.class(at)) {
            return None;
        }
        let own = graph.input(at, part).map(|input| gives(graph, &input.value));
        match own {
            Some(Some(true)) => return link(graph, at, part),
            Some(None) => return None,
            Some(Some(false)) | None => at = link(graph, at, "base_ctx")?.0,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{PARTS, is_context};
    use crate::catalog::nodes::lookup;

    #[test]
    fn parts_are_those_of_the_catalogue() {
        for (class, count) in [("Context (rgthree)", 9), ("Context Big (rgthree)", PARTS.len())] {
            let spec = lookup(class).unwrap();
            let names: Vec<&str> = spec.inputs.iter().map(|socket| socket.name).collect();
            assert!(is_context(class));
            assert_eq!(names, PARTS[..count]);
            assert_eq!(spec.outputs.len(), count);
        }
    }
}
