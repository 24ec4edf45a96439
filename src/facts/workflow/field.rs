//! One value of a node: what it is when it can be told, and where it is written.

use crate::span::Span;
use crate::workflow::graph::{Graph, NodeIx, Value};
use crate::workflow::resolve::{Resolved, resolve};

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Field<T> {
    /// The value; `None` when it is only known when the workflow runs, or is missing.
    pub value: Option<T>,
    /// Where it is written, which may be at another node; the input or the class of the node when it is unknown.
    pub span: Span,
    /// The node that holds the value: a fix belongs there.
    pub node: NodeIx,
}

impl<T> Field<T> {
    /// Resolves an input and converts its literal.
    pub(super) fn read(graph: &Graph, node: NodeIx, input: &str, convert: impl Fn(&Value) -> Option<T>) -> Self {
        match resolve(graph, node, input) {
            Resolved::Known { value, span, path } => {
                Self { value: convert(&value), span, node: path.last().copied().unwrap_or(node) }
            }
            Resolved::Unknown | Resolved::Absent => Self { value: None, span: place(graph, node, input), node },
        }
    }
}

/// The input as written, else the class of the node.
fn place(graph: &Graph, node: NodeIx, input: &str) -> Span {
    let class = || graph.get(node).map_or(Span::default(), |node| node.class_span);
    graph.input(node, input).map_or_else(class, |input| input.span)
}

/// A whole number.
pub(super) fn int(graph: &Graph, node: NodeIx, input: &str) -> Field<i64> {
    Field::read(graph, node, input, Value::to_i64)
}

/// A number.
pub(super) fn float(graph: &Graph, node: NodeIx, input: &str) -> Field<f64> {
    Field::read(graph, node, input, Value::to_f64)
}

/// A text.
pub(super) fn text(graph: &Graph, node: NodeIx, input: &str) -> Field<String> {
    Field::read(graph, node, input, |value| value.as_text().map(str::to_owned))
}

/// A switch: `enable` and `disable` in the older nodes, a boolean in the newer ones.
pub(super) fn on_off(graph: &Graph, node: NodeIx, input: &str) -> Field<bool> {
    Field::read(graph, node, input, |value| match value {
        Value::Bool(on) => Some(*on),
        Value::Text(word) if word == "enable" => Some(true),
        Value::Text(word) if word == "disable" => Some(false),
        _ => None,
    })
}

/// Some field when the node has the input or its schema knows it.
pub(super) fn if_present<T>(
    graph: &Graph,
    node: NodeIx,
    input: &str,
    read: impl Fn(&Graph, NodeIx, &str) -> Field<T>,
) -> Option<Field<T>> {
    let known = graph.spec(node).is_some_and(|spec| spec.widget(input).is_some());
    (known || graph.input(node, input).is_some()).then(|| read(graph, node, input))
}
