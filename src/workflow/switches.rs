//! Nodes that hand on one of their inputs as it is.
//!
//! Sources: ComfyUI 0.33.0 comfy_extras/nodes_logic.py; kijai/ComfyUI-KJNodes nodes/nodes.py (LazySwitchKJ), yolain/ComfyUI-Easy-Use
//! py/nodes/logic.py, rgthree/rgthree-comfy py/any_switch.py (all August 2026).

use std::borrow::Cow;

use super::format::Format;
use super::graph::{Graph, NodeIx, Value};
use super::resolve::branch;

/// Takes the first of its inputs that is not None, and waits for all of them.
pub(super) const ANY_SWITCH: &str = "Any Switch (rgthree)";

/// The index switch of Easy-Use takes an index below this, though it has more inputs.
const INDEXED: i64 = 10;

/// Custom nodes that never give None, sorted. Of ComfyUI's own all give something.
const GIVERS: [&str; 10] = [
    "BOOLConstant",
    "CLIPLoaderGGUF",
    "DiffusionModelLoaderKJ",
    "DualCLIPLoaderGGUF",
    "FloatConstant",
    "GGUFLoaderKJ",
    "INTConstant",
    "StringConstant",
    "UnetLoaderGGUF",
    "UnetLoaderGGUFAdvanced",
];

/// The input that a node with one input and one output hands on, having cleaned something up.
pub(super) fn handed_on(class: &str) -> Option<&'static str> {
    matches!(class, "easy cleanGpuUsed" | "easy clearCacheAll" | "easy clearCacheKey").then_some("anything")
}

/// The input that says which of two others is handed on.
pub(super) fn two_way(class: &str) -> Option<&'static str> {
    match class {
        "ComfySwitchNode" | "LazySwitchKJ" => Some("switch"),
        "easy ifElse" => Some("boolean"),
        _ => None,
    }
}

/// True for a node that hands on one of several inputs.
pub(super) fn is_switch(class: &str) -> bool {
    two_way(class).is_some() || class == ANY_SWITCH || class == "easy anythingIndexSwitch"
}

/// The input that a switch takes; `None` where only the run can tell. `value` resolves an input of the node.
pub(super) fn taken(
    graph: &Graph,
    node: NodeIx,
    mut value: impl FnMut(&str) -> Option<Value>,
) -> Option<Cow<'static, str>> {
    let class = graph.class(node);
    if let Some(switch) = two_way(class) {
        let Some(Value::Bool(choice)) = value(switch) else { return None };
        return Some(Cow::Borrowed(branch(choice)));
    }
    match class {
        "easy anythingIndexSwitch" => {
            let Some(Value::Int(index @ 0..INDEXED)) = value("index") else { return None };
            Some(Cow::Owned(format!("value{index}")))
        }
        ANY_SWITCH => first(graph, node).map(Cow::Owned),
        _ => None,
    }
}

/// The first input that surely gets something, as long as those before it surely get nothing.
fn first(graph: &Graph, node: NodeIx) -> Option<String> {
    for input in graph.get(node)?.inputs.iter().filter(|input| input.name.starts_with("any_")) {
        if gives(graph, &input.value)? {
            return Some(input.name.to_string());
        }
    }
    None
}

/// Whether an input gets something other than None; `None` where nobody can tell.
pub(super) fn gives(graph: &Graph, value: &Value) -> Option<bool> {
    match value {
        Value::Null => Some(false),
        // The browser leaves out an input whose node is muted, or bypassed with nothing to hand on. A server takes no such link.
        Value::Dangling { .. } => (graph.format != Format::Api).then_some(false),
        Value::Link { node, .. } => {
            let (class, spec) = (graph.class(*node), graph.spec(*node)?);
            let sure = !spec.custom && !is_switch(class) || GIVERS.binary_search(&class).is_ok();
            sure.then_some(true)
        }
        _ => Some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::GIVERS;
    use crate::catalog::nodes::lookup;

    #[test]
    fn givers_are_sorted_and_custom() {
        assert!(GIVERS.is_sorted());
        assert!(GIVERS.iter().all(|class| lookup(class).is_some_and(|spec| spec.custom)));
    }
}
