//! Settings of a subgraph that its instance shows (`properties.proxyWidgets`) and that nothing inside has any more.
//!
//! Only an entry with a value loses something. Where a class is not known, or was saved by another release, nobody can tell which
//! widgets it has, and what a nested instance shows has had several names: those are left alone.

use super::{Aside, MOST, SetAside, Structure, same, shown};
use crate::catalog::nodes::{Catalog, Era};
use crate::read::json::{JsonRef, Kind};
use crate::validate::inputs;
use crate::workflow::browser;
use crate::workflow::graph::{Graph, NodeIx, Role, Value};

/// An instance that shows settings.
pub(super) struct Host<'a> {
    pub node: NodeIx,
    /// `[[id, widget], ...]`.
    pub list: JsonRef<'a>,
    pub values: Option<JsonRef<'a>>,
}

/// Finds the entries that lead to nothing. Where there are not as many values as entries, no value surely belongs to one.
pub(super) fn scan(hosts: &[Host<'_>], root: JsonRef<'_>, (graph, catalog): (&Graph, &Catalog), out: &mut Structure) {
    for host in hosts {
        let values = host.values.filter(|values| values.is_array() && values.count() == host.list.count());
        let values = values.into_iter().flat_map(|values| values.items());
        for (entry, value) in host.list.items().zip(values) {
            let id = entry.item(0).map(|id| id.as_str().map_or_else(|| id.raw().to_owned(), |id| id.into_owned()));
            let name = entry.item(1).and_then(|name| name.as_str());
            let (Some(id), Some(name)) = (id, name) else { continue };
            let scalar = !matches!(value.kind(), Kind::Array | Kind::Object | Kind::Null) && !value.is_text("");
            if !scalar || browser::is_kept(&name) || name.starts_with("$$") || out.set_aside.len() >= MOST {
                continue;
            }
            let place = Entry { host: host.node, id: &id, name: &name };
            let Some(why) = place.fault(root, graph, catalog, out) else { continue };
            if !applies(graph, host.node, &name, &Value::literal(value)) {
                let (name, span) = (name.into_owned(), value.span());
                out.set_aside.push(SetAside { node: host.node, name, value: shown(value), span, why });
            }
        }
    }
}

/// True when a node inside has the same value all the same.
pub(super) fn applies(graph: &Graph, instance: NodeIx, name: &str, value: &Value) -> bool {
    let inside = graph.nodes.iter().filter(|node| node.host == Some(instance));
    let mut inputs = inside.flat_map(|node| &node.inputs).filter(|input| input.name == name);
    inputs.any(|input| same(&input.value, value))
}

struct Entry<'e> {
    host: NodeIx,
    id: &'e str,
    name: &'e str,
}

impl Entry<'_> {
    /// What the entry points at and is not there.
    fn fault(&self, root: JsonRef<'_>, graph: &Graph, catalog: &Catalog, out: &Structure) -> Option<Aside> {
        // -1 stands for an input of the subgraph itself.
        if self.id == "-1" {
            return (self.has_input(root, graph) == Some(false)).then_some(Aside::NoInput);
        }
        let path = format!("{}:{}", graph.get(self.host)?.id, self.id);
        match graph.by_id(&path) {
            None => Some(Aside::NoNode(self.id.to_owned())),
            Some(node) => self.lacks(node, graph, catalog, out).then_some(Aside::NoWidget(node)),
        }
    }

    /// Whether the definition has an input of this name; `None` where it is not among those of the file.
    fn has_input(&self, root: JsonRef<'_>, graph: &Graph) -> Option<bool> {
        let mut list = root.get("definitions")?.get("subgraphs")?.items();
        let class = graph.class(self.host);
        let definition = list.find(|definition| definition.get("id").is_some_and(|id| id.is_text(class)))?;
        let mut ports = definition.get("inputs")?.items();
        let called = |port: JsonRef<'_>, key: &str| port.get(key).is_some_and(|name| name.is_text(self.name));
        Some(ports.any(|port| called(port, "name") || called(port, "label")))
    }

    /// True for a node that surely has no such widget.
    fn lacks(&self, node: NodeIx, graph: &Graph, catalog: &Catalog, out: &Structure) -> bool {
        let (class, name) = (graph.class(node), self.name);
        let read = graph.get(node).is_some_and(|node| node.role == Role::Real);
        if !read || out.is_newer(node) || out.is_shifted(node) || graph.input(node, name).is_some() {
            return false;
        }
        let known = catalog.lookup(class).is_some_and(|spec| !spec.custom && !spec.accepts_all);
        let has = |era| catalog.at(class, era).is_some_and(|spec| inputs::has(spec, name));
        known && !browser::has(class, name) && ![Era::Stated, Era::New, Era::Old].into_iter().any(has)
    }
}
