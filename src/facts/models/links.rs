//! Where a workflow says its model files come from: `properties.models` of its nodes, as the official templates carry it.

use std::collections::BTreeMap;

use crate::read::json::JsonRef;

/// Deepest nesting and most nodes that are looked at.
const DEPTH: usize = 12;
const NODES: usize = 20_000;

/// Longest address that is kept, in bytes.
const LONGEST: usize = 500;

/// An address for a model file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// `https://...`
    pub url: String,
    /// The folder below `models` that it belongs in.
    pub directory: Option<String>,
}

/// Addresses by file name, of all nodes and of those inside subgraphs.
pub fn in_workflow(root: JsonRef) -> BTreeMap<String, Link> {
    let mut links = BTreeMap::new();
    let mut left = NODES;
    graph(root, DEPTH, &mut left, &mut links);
    links
}

fn graph(root: JsonRef, depth: usize, left: &mut usize, links: &mut BTreeMap<String, Link>) {
    for node in root.get("nodes").into_iter().flat_map(|nodes| nodes.items()) {
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        let models = node.get("properties").and_then(|properties| properties.get("models"));
        links.extend(models.into_iter().flat_map(|models| models.items()).filter_map(link));
    }
    let inner = root.get("definitions").and_then(|definitions| definitions.get("subgraphs"));
    if depth > 0 {
        inner.into_iter().flat_map(|list| list.items()).for_each(|inner| graph(inner, depth - 1, left, links));
    }
}

fn link(model: JsonRef) -> Option<(String, Link)> {
    let text = |key: &str| model.get(key).and_then(|value| value.as_str()).map(|text| text.into_owned());
    let web = |url: &String| url.len() <= LONGEST && (url.starts_with("https://") || url.starts_with("http://"));
    let directory = text("directory").filter(|directory| directory.len() <= LONGEST);
    Some((text("name")?, Link { url: text("url").filter(web)?, directory }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::json::JsonDoc;

    #[test]
    fn nodes_and_subgraphs_carry_addresses() {
        let model = |name: &str, url: &str| {
            format!(r#"{{"properties":{{"models":[{{"name":"{name}","url":"{url}","directory":"vae"}}]}}}}"#)
        };
        let text = format!(
            r#"{{"nodes":[{},{}],"definitions":{{"subgraphs":[{{"nodes":[{}]}}]}}}}"#,
            model("a", "https://x/a"),
            model("b", "javascript:1"),
            model("c", "http://x/c")
        );
        let doc = JsonDoc::parse(&text).unwrap();
        let links = in_workflow(doc.root(&text).unwrap());
        assert_eq!(links.keys().collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!(links["a"].directory.as_deref(), Some("vae"));
    }
}
