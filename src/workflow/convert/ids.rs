//! Ids that the browser gives anew: a node inside a subgraph whose id is taken by the main graph or by an earlier
//! definition gets the next free number when the file is loaded (`subgraphDeduplication.ts`).

use std::collections::{HashMap, HashSet};

use crate::read::json::JsonRef;

/// Definition and place of a node in it -> its new id.
pub(super) struct NewIds(HashMap<(u32, u32), i64>);

impl NewIds {
    pub fn read(root: JsonRef<'_>) -> Self {
        let mut used: HashSet<i64> = ids(root).flatten().collect();
        let stated = root.get("last_node_id").or_else(|| root.get("state").and_then(|state| state.get("lastNodeId")));
        let mut last = stated.and_then(|last| last.as_i64()).unwrap_or_default();
        let mut given = HashMap::new();
        let list = root.get("definitions").and_then(|definitions| definitions.get("subgraphs"));
        for (definition, graph) in list.into_iter().flat_map(|list| list.items()).enumerate() {
            for (place, id) in ids(graph).enumerate() {
                let Some(id) = id else { continue };
                if used.insert(id) {
                    last = last.max(id);
                    continue;
                }
                last = last.saturating_add(1);
                while !used.insert(last) && last < i64::MAX {
                    last += 1;
                }
                given.insert((definition as u32, place as u32), last);
            }
        }
        Self(given)
    }

    /// The new id of a node, by its definition and its place in it.
    pub fn get(&self, definition: u32, place: u32) -> Option<i64> {
        self.0.get(&(definition, place)).copied()
    }
}

/// The ids of a graph's nodes; `None` for one that is no number.
fn ids<'a>(graph: JsonRef<'a>) -> impl Iterator<Item = Option<i64>> + use<'a> {
    let nodes = graph.get("nodes").into_iter().flat_map(|nodes| nodes.items());
    nodes.filter(|node| node.is_object()).map(|node| node.get("id").and_then(|id| id.as_i64()))
}
