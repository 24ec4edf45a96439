//! `NODE.input=value`: the node by id, title or class.

use super::{Prompt, Slot};
use crate::text::nearest;
use crate::workflow::graph::NodeIx;

/// The input that a text names, and the value behind it. Ids, titles, names of inputs and values may all hold dots and equals signs,
/// so every way to read the text is tried; the first that names an input counts.
pub(super) fn named(prompt: &Prompt<'_>, text: &str) -> Result<(Slot, String), String> {
    let Some(first) = text.find('=') else {
        return Err(format!("--set {text}: write NODE.input=value, as in --set 98.length=81"));
    };
    let mut fault = None;
    for (equals, _) in text.match_indices('=') {
        let (address, value) = (&text[..equals], &text[equals + 1..]);
        for (dot, _) in address.match_indices('.') {
            let (name, input) = (&address[..dot], &address[dot + 1..]);
            match node(prompt, name) {
                Ok(found) if has(prompt, found, input) => return Ok(((found, input.to_owned()), value.to_owned())),
                Ok(found) => fault = fault.or(Some(no_input(prompt, found, input))),
                Err(Some(several)) => fault = fault.or(Some(several)),
                Err(None) => {}
            }
        }
    }
    let address = &text[..first];
    Err(fault.unwrap_or_else(|| match address.split_once('.') {
        Some((name, _)) => format!("--set {address}: {}", no_node(prompt, name)),
        None => format!("--set {text}: write NODE.input=value, as in --set 98.length=81"),
    }))
}

/// The node of an id (that of the prompt or that of the file), else of a title, else of a class. An error holds a sentence where several
/// nodes have the name.
pub(super) fn node(prompt: &Prompt<'_>, name: &str) -> Result<NodeIx, Option<String>> {
    let renamed = prompt.renamed.iter().find(|(_, written)| written == name).map(|(sent, _)| sent.as_str());
    if let Some(found) = renamed.and_then(|id| prompt.graph.by_id(id)).or_else(|| prompt.graph.by_id(name)) {
        return Ok(found);
    }
    let with = |fits: &dyn Fn(NodeIx) -> bool| prompt.graph.real().filter(|&node| fits(node)).collect::<Vec<_>>();
    let titled = with(&|node| prompt.graph.get(node).and_then(|node| node.title.as_deref()) == Some(name));
    let found = if titled.is_empty() { with(&|node| prompt.graph.class(node) == name) } else { titled };
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(None),
        several => {
            let ids: Vec<&str> = several.iter().take(12).map(|&node| prompt.id(node)).collect();
            Err(Some(format!("'{name}' names {} nodes: take one of the ids {}", several.len(), ids.join(", "))))
        }
    }
}

/// A sentence about a name that no node has.
pub(super) fn no_node(prompt: &Prompt<'_>, name: &str) -> String {
    let graph = &prompt.graph;
    let names = graph.real().flat_map(|node| [prompt.title(node), graph.class(node).to_owned()]).collect::<Vec<_>>();
    let near = nearest(name, names.iter().map(String::as_str)).filter(|_| name.len() <= 200);
    let hint = near.map_or_else(
        || "wanlint convert shows the ids, titles and classes of the prompt".to_owned(),
        |near| format!("is '{near}' meant?"),
    );
    format!("no node of the prompt has the id, the title or the class '{name}'; {hint}")
}

/// True for an input that the node has, or that its class takes under the choices that it holds.
fn has(prompt: &Prompt<'_>, node: NodeIx, input: &str) -> bool {
    prompt.graph.input(node, input).is_some() || widgets(prompt, node).any(|name| name == input)
}

fn widgets(prompt: &Prompt<'_>, node: NodeIx) -> impl Iterator<Item = &'static str> {
    let graph = &prompt.graph;
    let chosen =
        move |name: &str| graph.input(node, name)?.value.as_text().map(|text| std::borrow::Cow::Owned(text.to_owned()));
    let all = graph.spec(node).into_iter().flat_map(|spec| &spec.widgets);
    all.filter(move |widget| !widget.name.is_empty() && widget.shown(chosen)).map(|widget| widget.name)
}

fn no_input(prompt: &Prompt<'_>, node: NodeIx, input: &str) -> String {
    let own = prompt.graph.get(node).map_or(&[][..], |node| &node.inputs);
    let literals = own.iter().filter(|input| input.value.is_literal()).map(|input| input.name.to_string());
    let mut names: Vec<String> = literals.chain(widgets(prompt, node).map(str::to_owned)).collect();
    names.sort_unstable();
    names.dedup();
    let takes = if names.is_empty() { "it has none that holds a value".to_owned() } else { names.join(", ") };
    format!("--set: {} has no input '{input}': {takes}", prompt.called(node))
}
