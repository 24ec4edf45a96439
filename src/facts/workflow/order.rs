//! Which nodes run, and in which order: ComfyUI's `ExecutionList` (comfy_execution/graph.py) without its caches.

use std::collections::BTreeSet;

use crate::workflow::format::Format;
use crate::workflow::graph::{Graph, NodeIx, Role, Value};

/// The nodes that run.
pub(super) struct Order {
    pub nodes: Vec<NodeIx>,
    pub no_output: bool,
}

pub(super) fn order(graph: &Graph) -> Order {
    let mut plan = Plan::new(graph);
    let mut outputs: Vec<NodeIx> = graph.indices().filter(|&node| plan.output[node.0 as usize]).collect();
    if matches!(graph.format, Format::Ui { .. }) {
        // The browser sends an object, whose keys that are whole numbers JavaScript puts first, in rising order.
        outputs.sort_by_key(|&node| graph.get(node).and_then(|node| node.id.parse().ok()).unwrap_or(u32::MAX));
    }
    let no_output = outputs.is_empty();
    let starts = if no_output { graph.real().collect() } else { outputs };
    for node in starts {
        plan.need(node);
    }
    Order { nodes: plan.run(), no_output }
}

struct Plan<'g> {
    graph: &'g Graph,
    output: Vec<bool>,
    /// Place in `pending`; ComfyUI prefers earlier ones.
    place: Vec<Option<u32>>,
    pending: Vec<NodeIx>,
    /// How many needed nodes must run first.
    blocked: Vec<u32>,
    consumers: Vec<Vec<NodeIx>>,
}

impl<'g> Plan<'g> {
    fn new(graph: &'g Graph) -> Self {
        let count = graph.nodes.len();
        Self {
            graph,
            output: outputs(graph),
            place: vec![None; count],
            pending: Vec::new(),
            blocked: vec![0; count],
            consumers: vec![Vec::new(); count],
        }
    }

    /// `TopologicalSort.add_node`: depth first, the last input first.
    fn need(&mut self, start: NodeIx) {
        let mut stack = vec![start];
        while let Some(node) = stack.pop() {
            let index = node.0 as usize;
            if self.place[index].is_some() {
                continue;
            }
            self.place[index] = Some(self.pending.len() as u32);
            self.pending.push(node);
            for from in needed(self.graph, node) {
                stack.push(from);
                let consumers = &mut self.consumers[from.0 as usize];
                // Two links from one node count once: the other one has just been noted.
                if consumers.last() != Some(&node) {
                    consumers.push(node);
                    self.blocked[index] += 1;
                }
            }
        }
    }

    /// `ux_friendly_pick_node`: outputs first, then what an output waits for, then what that waits for, then the rest.
    fn ranks(&self) -> Vec<u8> {
        let near = |flags: &[bool]| -> Vec<bool> {
            self.consumers.iter().map(|consumers| consumers.iter().any(|node| flags[node.0 as usize])).collect()
        };
        let one = near(&self.output);
        let two = near(&one);
        let rank = |index: usize| match (self.output[index], one[index], two[index]) {
            (true, _, _) => 0,
            (_, true, _) => 1,
            (_, _, true) => 2,
            _ => 3,
        };
        (0..self.output.len()).map(rank).collect()
    }

    /// Nodes of a circle never become ready; they come last, as they were found.
    fn run(mut self) -> Vec<NodeIx> {
        let ranks = self.ranks();
        let key = |plan: &Self, node: NodeIx| {
            let index = node.0 as usize;
            (ranks[index], plan.place[index].unwrap_or(u32::MAX), node)
        };
        let free = |node: &&NodeIx| self.blocked[node.0 as usize] == 0;
        let mut ready: BTreeSet<_> = self.pending.iter().filter(free).map(|&node| key(&self, node)).collect();
        let mut done = Vec::with_capacity(self.pending.len());
        while let Some((_, _, node)) = ready.pop_first() {
            done.push(node);
            for consumer in std::mem::take(&mut self.consumers[node.0 as usize]) {
                let left = &mut self.blocked[consumer.0 as usize];
                *left -= 1;
                if *left == 0 {
                    ready.insert(key(&self, consumer));
                }
            }
        }
        let circle = self.pending.iter().copied().filter(|node| self.blocked[node.0 as usize] > 0);
        done.extend(circle);
        done
    }
}

/// Output nodes of the catalogue. A class outside it that nobody takes anything from would not be there for nothing, so
/// it counts as one too (VHS_VideoCombine, a subgraph that saves).
fn outputs(graph: &Graph) -> Vec<bool> {
    let mut consumed = vec![false; graph.nodes.len()];
    for node in graph.nodes.iter().filter(|node| node.role != Role::Absent) {
        for input in &node.inputs {
            if let Value::Link { node: from, .. } = input.value {
                consumed[from.0 as usize] = true;
            }
        }
    }
    let output = |node: NodeIx| match (graph.get(node).map(|node| node.role), graph.spec(node)) {
        (Some(Role::Real), Some(spec)) => spec.output_node,
        (Some(Role::Real | Role::Opaque), None) => !consumed[node.0 as usize],
        _ => false,
    };
    graph.indices().map(output).collect()
}

/// The nodes a node waits for: a switch only for the branch it takes.
fn needed(graph: &Graph, node: NodeIx) -> Vec<NodeIx> {
    let inputs = graph.get(node).map_or(&[][..], |node| &node.inputs);
    let links = inputs.iter().filter(|input| !graph.is_idle(node, &input.name));
    links.filter_map(|input| if let Value::Link { node, .. } = input.value { Some(node) } else { None }).collect()
}
