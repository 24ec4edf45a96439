//! Nodes that load LoRAs: which of their inputs name files and which strengths. Custom classes: rgthree/rgthree-comfy,
//! kijai/ComfyUI-WanVideoWrapper.

use crate::workflow::graph::{Graph, NodeIx, Value};
use crate::workflow::loras::{POWER_LORA_LOADER, is_row};
use crate::workflow::resolve::resolve;

/// A LoRA of a node, by the names of the inputs.
pub(super) struct LoraRow {
    pub file: String,
    pub strength: String,
}

/// The LoRAs of a node in the order in which they are applied; `None` for a node that loads none. Rows that are switched off or
/// empty are left out.
pub(super) fn rows(graph: &Graph, node: NodeIx) -> Option<Vec<LoraRow>> {
    let row = |file: &str, strength: &str| LoraRow { file: file.to_owned(), strength: strength.to_owned() };
    let many = |numbers: std::ops::RangeInclusive<u8>, digits: usize| -> Vec<LoraRow> {
        let rows = numbers.map(|at| row(&format!("lora_{at:0digits$}"), &format!("strength_{at:0digits$}")));
        rows.filter(|row| is_chosen(graph, node, &row.file)).collect()
    };
    match graph.class(node) {
        "LoraLoader" | "LoraLoaderModelOnly" | "LoraLoaderBypass" | "LoraLoaderBypassModelOnly" => {
            Some(vec![row("lora_name", "strength_model")])
        }
        "WanVideoLoraSelect" => Some(vec![row("lora", "strength")]),
        "WanVideoLoraSelectMulti" => Some(many(0..=4, 1)),
        "Lora Loader Stack (rgthree)" => Some(many(1..=4, 2)),
        POWER_LORA_LOADER => {
            let names = names(graph, node).filter(|name| is_on(graph, node, name));
            Some(names.map(|name| row(&format!("{name}.lora"), &format!("{name}.strength"))).collect())
        }
        _ => None,
    }
}

/// The first choice of a list of LoRAs means none.
fn is_chosen(graph: &Graph, node: NodeIx, input: &str) -> bool {
    let value = graph.input(node, input).map(|input| &input.value);
    value.is_some_and(|value| value.as_text().is_none_or(|text| !text.is_empty() && !text.eq_ignore_ascii_case("none")))
}

fn names(graph: &Graph, node: NodeIx) -> impl Iterator<Item = &str> {
    let inputs = graph.get(node).map_or(&[][..], |node| &node.inputs);
    inputs.iter().map(|input| &*input.name).filter(|name| is_row(name))
}

/// A row that is on and names a file.
fn is_on(graph: &Graph, node: NodeIx, name: &str) -> bool {
    let member = |key: &str| graph.input(node, &format!("{name}.{key}")).map(|input| &input.value);
    member("on") == Some(&Value::Bool(true)) && is_chosen(graph, node, &format!("{name}.lora"))
}

/// True when all LoRAs of a node are told, with their strengths.
pub(super) fn are_known(graph: &Graph, node: NodeIx) -> bool {
    match graph.class(node) {
        POWER_LORA_LOADER => names(graph, node).all(|name| graph.input(node, &format!("{name}.on")).is_some()),
        "Lora Loader Stack (rgthree)" => resolve(graph, node, "lora_01").value().is_some(),
        "WanVideoLoraSelectMulti" => resolve(graph, node, "lora_0").value().is_some(),
        _ => true,
    }
}
