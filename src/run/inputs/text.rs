//! From a sampler back to the texts that its conditioning comes from.

use super::{Prompt, Slot};
use crate::catalog::nodes::{NodeSpec, WidgetKind};
use crate::facts::workflow::Sampler;
use crate::workflow::graph::NodeIx;
use crate::workflow::resolve::source;

/// Longest chain that is followed.
const MAX_CHAIN: usize = 64;

/// Which side of the guidance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Positive,
    Negative,
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Positive => "positive",
            Self::Negative => "negative",
        }
    }
}

/// The inputs that hold the texts, each once. `Err` names the node behind which they could not be followed.
pub(super) fn texts(prompt: &Prompt<'_>, side: Side) -> Result<Vec<Slot>, NodeIx> {
    let mut found: Vec<Slot> = Vec::new();
    for sampler in &prompt.facts.samplers {
        let holder = source(&prompt.graph, sampler.node, "guider").map_or(sampler.node, |(guider, _)| guider);
        for input in starts(sampler, side) {
            if source(&prompt.graph, holder, input).is_some() {
                follow(prompt, (holder, input), side, MAX_CHAIN, &mut found)?;
                break;
            }
        }
    }
    Ok(found)
}

fn starts(_: &Sampler, side: Side) -> &'static [&'static str] {
    match side {
        Side::Positive => &["positive", "conditioning", "cond1"],
        Side::Negative => &["negative"],
    }
}

fn follow(
    prompt: &Prompt<'_>,
    (node, input): (NodeIx, &str),
    side: Side,
    left: usize,
    found: &mut Vec<Slot>,
) -> Result<(), NodeIx> {
    let Some((from, slot)) = source(&prompt.graph, node, input) else { return Ok(()) };
    let Some(spec) = prompt.graph.spec(from).filter(|_| left > 0) else { return Err(from) };
    // What is zeroed out says nothing, whatever the text.
    if spec.class == "ConditioningZeroOut" {
        return Ok(());
    }
    let sockets: Vec<&str> =
        spec.inputs.iter().filter(|socket| socket.kind == "CONDITIONING").map(|socket| socket.name).collect();
    if sockets.is_empty() {
        let slot = (from, text_of(spec).ok_or(from)?.to_owned());
        if !found.contains(&slot) {
            found.push(slot);
        }
        return Ok(());
    }
    let side = match spec.output_name(slot as usize) {
        "positive" => Side::Positive,
        "negative" => Side::Negative,
        _ => side,
    };
    let own: Vec<&str> = sockets.iter().copied().filter(|name| name.starts_with(side.name())).collect();
    let both = sockets.iter().any(|name| name.starts_with("positive")) && sockets.len() > 1;
    for input in if both { own } else { sockets } {
        follow(prompt, (from, input), side, left - 1, found)?;
    }
    Ok(())
}

/// The input with the text: the one of that name, else the only text there is.
fn text_of(spec: &NodeSpec) -> Option<&'static str> {
    let texts = || spec.widgets.iter().filter(|widget| widget.kind == WidgetKind::Text).map(|widget| widget.name);
    let named = texts().find(|name| matches!(*name, "text" | "prompt"));
    named.or_else(|| texts().next().filter(|_| texts().count() == 1))
}
