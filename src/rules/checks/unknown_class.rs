//! WF005: node types that the server does not have.

use std::collections::BTreeMap;

use crate::catalog::nodes::{Catalog, Era, NEW, OLD};
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::WorkflowView;
use crate::text::{distance, nearest};
use crate::workflow::format::Format;
use crate::workflow::graph::{Graph, NodeIx, Value};

/// Classes that the server replaces by itself since 0.14.0.
const REPLACED: [&str; 2] = ["Load3DAnimation", "Preview3DAnimation"];

/// Says of each class once what is wrong with it, at its first node.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let graph = &view.workflow.graph;
    let mut classes: BTreeMap<&str, Vec<NodeIx>> = BTreeMap::new();
    for node in graph.real().filter(|&node| !graph.class(node).is_empty()) {
        classes.entry(graph.class(node)).or_default().push(node);
    }
    // A file with more classes than that is none that a person made.
    for (class, nodes) in classes.into_iter().take(500) {
        match judge(view, class, &nodes) {
            Verdict::Known => {}
            Verdict::Unknown => sink.not_checked(rule, Need::Nodes),
            Verdict::Absent(why, help, near) => {
                let Some(first) = nodes.first().and_then(|&node| graph.get(node)) else { continue };
                let more = match nodes.len() {
                    1 => String::new(),
                    count => format!(" ({count} nodes)"),
                };
                let fill = [("class", class.to_owned()), ("why", why + &more), ("help", help)];
                let finding = sink.fire(rule, view.at(first.class_span), &fill).about(view.node(nodes[0]));
                if let Some(near) = near {
                    let act = |&node: &NodeIx| Act::At(Verb::RenameClass, view.at_class(node), near.to_owned());
                    finding.offer("near", nodes.iter().map(act).collect(), &[("near", near.to_owned())]);
                }
            }
        }
    }
}

enum Verdict {
    Known,
    /// Custom, or newer than what is known.
    Unknown,
    /// Why, what to do, and the class that was most likely meant.
    Absent(String, String, Option<&'static str>),
}

fn judge(view: &WorkflowView, class: &str, nodes: &[NodeIx]) -> Verdict {
    let graph = &view.workflow.graph;
    let catalog = graph.catalog();
    if let Some(server) = catalog.server() {
        let virtual_node = graph.format != Format::Api && !nodes.iter().any(|&node| is_linked(graph, node));
        return match server.has(class) || virtual_node {
            true => Verdict::Known,
            false => {
                let why = "is not a node of the stated server".to_owned();
                Verdict::Absent(why, server_help(catalog, class), misspelt(catalog, class))
            }
        };
    }
    if let Some(spec) = catalog.lookup(class) {
        let lacks = |era: Era| !spec.custom && catalog.form_of(spec, era).is_none();
        return match view.of.machine.comfyui {
            Some(version) if version <= OLD && lacks(Era::Old) => {
                Verdict::Absent(format!("is not in ComfyUI {version} yet"), "Update ComfyUI.".to_owned(), None)
            }
            Some(version) if version >= NEW && !REPLACED.contains(&class) && lacks(Era::New) => {
                let help = "Use the node that took its place, or the older ComfyUI.".to_owned();
                Verdict::Absent(format!("is no longer in ComfyUI {version}"), help, None)
            }
            _ => Verdict::Known,
        };
    }
    match misspelt(catalog, class) {
        Some(near) => {
            Verdict::Absent("is not a node of ComfyUI".to_owned(), format!("Did you mean {near}?"), Some(near))
        }
        None => Verdict::Unknown,
    }
}

/// The browser keeps nodes of its own (labels, switches for groups), which nothing is linked to and no server needs.
fn is_linked(graph: &Graph, node: NodeIx) -> bool {
    let links_to = |value: &Value| matches!(value, Value::Link { node: from, .. } if *from == node);
    let any = |node: NodeIx, test: &dyn Fn(&Value) -> bool| {
        graph.get(node).is_some_and(|node| node.inputs.iter().any(|input| test(&input.value)))
    };
    any(node, &|value| !value.is_literal()) || graph.real().any(|other| any(other, &links_to))
}

fn server_help(catalog: &Catalog, class: &str) -> String {
    match misspelt(catalog, class) {
        Some(near) => format!("Did you mean {near}?"),
        None => {
            "Install the pack that brings it. If it is installed, its import failed: ComfyUI's log says why.".to_owned()
        }
    }
}

/// A class name that this one was most likely meant to be: two letters away. Packs like to name their nodes like those of
/// ComfyUI with a sign, a number or a plural behind: these are no slips.
fn misspelt(catalog: &Catalog, class: &str) -> Option<&'static str> {
    // Longer than any class name by far; the search takes time with the length.
    if class.len() > 200 {
        return None;
    }
    let near = nearest(class, catalog.names_about(class.chars().count()))?;
    let signs = |text: &str| text.chars().filter(|letter| !letter.is_ascii_alphabetic()).collect::<String>();
    let longer = class.starts_with(near) || near.starts_with(class);
    let slip = class.len() > 6 && distance(class, near) <= 2 && signs(class) == signs(near) && !longer;
    slip.then_some(near)
}

#[cfg(test)]
mod tests {
    use super::misspelt;
    use crate::catalog::nodes::Catalog;

    #[test]
    fn slips_are_told_from_names_of_packs() {
        let catalog = Catalog::default();
        assert_eq!(misspelt(&catalog, "KSamplr"), Some("KSampler"));
        assert_eq!(misspelt(&catalog, "VAEDecoed"), Some("VAEDecode"));
        for pack in
            ["ImageFlip+", "LoadImages", "KSampler (Efficient)", "VAEDecode2", "easy kSampler", "WanVideoSampler"]
        {
            assert_eq!(misspelt(&catalog, pack), None, "{pack}");
        }
    }
}
