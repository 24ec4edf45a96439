//! What was seen of a run, as a record of a bench keeps it.

use serde_json::Value;

use crate::bench::measured::{Card, Load, Measured, Node, Vram};
use crate::bench::run::End;
use crate::cli::run::End as Ended;
use crate::cli::run::execute::Seen;
use crate::facts::nvml;
use crate::run::record::loaded;
use crate::run::sample::Sampled;
use crate::run::times::NodeTime;
use crate::run::verify::Verified;

/// The figures of a run. A run that did not end well has no length.
pub(super) fn measured(seen: &Seen, verified: &Verified, forecast: &Value) -> Measured {
    let class = |id: &str| verified.graph.by_id(id).map(|node| verified.graph.class(node).to_owned());
    let node = |time: &NodeTime| Node {
        node: time.node.clone(),
        class: class(&time.node).unwrap_or_default(),
        phase: phase(forecast, verified.forecast_node(&time.node)),
        seconds: time.seconds,
        steps: time.each.clone(),
        bar: None,
    };
    let load = |found: &crate::facts::log::ModelLoad| Load {
        model: found.class.clone(),
        load: loaded(found.load.how).to_owned(),
        usable_mib: found.load.usable,
        loaded_mib: found.load.loaded,
        offloaded_mib: found.load.offloaded,
    };
    Measured {
        seconds: matches!(seen.end, Ended::Done).then_some(seen.seconds),
        nodes: seen.nodes.iter().map(node).collect(),
        cached: seen.cached.clone(),
        loads: seen.run.loads.iter().map(load).collect(),
        vram: seen.sampled.as_ref().map(vram),
        before: None,
        after: None,
    }
}

/// The phase of the forecast that a node is; nothing where it is none.
fn phase(forecast: &Value, node: &str) -> String {
    let phases = forecast["phases"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = phases.iter().find(|phase| phase["node"] == node);
    found.and_then(|phase| phase["name"].as_str()).unwrap_or_default().to_owned()
}

fn vram(seen: &Sampled) -> Vram {
    Vram {
        total_mib: Some(seen.total_mib),
        others_at_start_mib: Some(seen.others_at_start_mib),
        peak_mib: seen.peak_mib,
    }
}

/// The word of a record for how it ended.
pub(super) const fn end(end: &Ended) -> End {
    match end {
        Ended::Done => End::Success,
        Ended::Failed(_) | Ended::Gate(_) => End::Failed,
        Ended::Interrupted(_) => End::Interrupted,
        Ended::Broke(_) => End::Broke,
    }
}

/// The card of a server on this machine, now.
pub(super) fn card(watched: Option<&nvml::Watched>) -> Option<Card> {
    let state = watched?.state()?;
    Some(Card {
        temperature_c: state.temperature,
        clock_mhz: state.clock,
        power_limit_w: state.power_limit,
        programs: state.programs,
    })
}
