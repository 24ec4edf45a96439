//! Which nodes the server runs: those that an output node needs.

use crate::workflow::graph::{Graph, NodeIx, Role, Value};

/// Which nodes an output node needs.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// By the index of the node: needed by a node that is known to be an output.
    certain: Vec<bool>,
    /// Needed by a node that may be one: its class is unknown, or it stands for nodes that are not followed.
    possible: Vec<bool>,
    /// Output nodes that are known to be such.
    pub outputs: usize,
    /// Nodes that may be output nodes.
    pub maybe: usize,
}

impl Reach {
    /// Follows every link upwards, both branches of a switch: the server validates them all.
    pub(super) fn of(graph: &Graph) -> Self {
        let is_output = |&node: &NodeIx| graph.spec(node).is_some_and(|spec| spec.output_node);
        let outputs: Vec<NodeIx> = graph.real().filter(is_output).collect();
        let maybe = |&node: &NodeIx| match graph.get(node).map(|node| node.role) {
            Some(Role::Real) => graph.spec(node).is_none(),
            Some(Role::Opaque) => true,
            _ => false,
        };
        let maybe: Vec<NodeIx> = graph.indices().filter(maybe).collect();
        let counts = (outputs.len(), maybe.len());
        Self { certain: marked(graph, outputs), possible: marked(graph, maybe), outputs: counts.0, maybe: counts.1 }
    }

    /// True when the server is known to run the node.
    pub fn runs(&self, node: NodeIx) -> bool {
        self.certain.get(node.0 as usize).copied().unwrap_or(false)
    }

    /// True when the server may run the node.
    pub fn may_run(&self, node: NodeIx) -> bool {
        self.runs(node) || self.possible.get(node.0 as usize).copied().unwrap_or(false)
    }
}

fn marked(graph: &Graph, mut stack: Vec<NodeIx>) -> Vec<bool> {
    let mut marks = vec![false; graph.nodes.len()];
    while let Some(node) = stack.pop() {
        let Some(mark) = marks.get_mut(node.0 as usize) else { continue };
        if std::mem::replace(mark, true) {
            continue;
        }
        let inputs = graph.get(node).map_or(&[][..], |node| &node.inputs);
        stack.extend(inputs.iter().filter_map(|input| match input.value {
            Value::Link { node, .. } => Some(node),
            _ => None,
        }));
    }
    marks
}
