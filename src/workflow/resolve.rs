//! The literal that an input really gets, and the node a link really comes from.

mod computed;

use super::graph::{Graph, NodeIx, Value};
use super::math::{self, Number};
use super::{contexts, switches};
use crate::catalog::nodes::NodeSpec;
use crate::span::Span;

/// Longest chain of nodes that is followed.
const MAX_DEPTH: usize = 32;
/// How many steps one question may take, whatever the graph looks like.
const FUEL: u32 = 128;

/// What an input resolves to.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// A literal.
    Known {
        /// The literal.
        value: Value,
        /// Where it is written; the class of the node for a default.
        span: Span,
        /// The nodes it came through, from the consumer to the one that holds it.
        path: Vec<NodeIx>,
    },
    /// Something feeds the input, but its value cannot be told without running the workflow.
    Unknown,
    /// Nothing feeds the input and the schema has no default.
    Absent,
}

impl Resolved {
    /// The literal.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Self::Known { value, .. } => Some(value),
            _ => None,
        }
    }
}

/// The literal that an input gets, followed through primitives, switches, reroutes and simple arithmetic.
/// An input that is not there gets the default of its schema.
pub fn resolve(graph: &Graph, node: NodeIx, input: &str) -> Resolved {
    Resolver { graph, fuel: FUEL, path: Vec::new() }.input(node, input)
}

/// As [`resolve`], for one output of a node.
pub fn resolve_output(graph: &Graph, node: NodeIx, slot: u32) -> Resolved {
    Resolver { graph, fuel: FUEL, path: Vec::new() }.output(node, slot)
}

/// The node and output that an input's link really comes from: reroutes and switches with a known choice are followed.
/// `None` when the input is not linked or leads nowhere.
pub fn source(graph: &Graph, node: NodeIx, input: &str) -> Option<(NodeIx, u32)> {
    let (mut node, mut slot) = link(graph, node, input)?;
    for _ in 0..MAX_DEPTH {
        let next = match graph.class(node) {
            "Reroute" => first_link(graph, node),
            _ => match graph.choice(node) {
                Some(taken) => link(graph, node, taken),
                None => match contexts::given(graph, node, slot) {
                    Some(given) => Some(given),
                    None => return Some((node, slot)),
                },
            },
        };
        (node, slot) = next?;
    }
    None
}

/// The input of a two-way switch that a choice takes.
pub fn branch(choice: bool) -> &'static str {
    if choice { "on_true" } else { "on_false" }
}

/// The link that is written at an input, not followed any further.
pub fn link(graph: &Graph, node: NodeIx, input: &str) -> Option<(NodeIx, u32)> {
    as_link(&graph.input(node, input)?.value)
}

fn as_link(value: &Value) -> Option<(NodeIx, u32)> {
    match value {
        Value::Link { node, slot } => Some((*node, *slot)),
        _ => None,
    }
}

fn first_link(graph: &Graph, node: NodeIx) -> Option<(NodeIx, u32)> {
    graph.get(node)?.inputs.iter().find_map(|input| as_link(&input.value))
}

struct Resolver<'a> {
    graph: &'a Graph,
    fuel: u32,
    path: Vec<NodeIx>,
}

impl Resolver<'_> {
    fn input(&mut self, node: NodeIx, name: &str) -> Resolved {
        if self.fuel == 0 || self.path.len() >= MAX_DEPTH {
            return Resolved::Unknown;
        }
        self.fuel -= 1;
        self.path.push(node);
        let resolved = match self.graph.input(node, name) {
            None => self.default(node, name),
            Some(input) => match &input.value {
                Value::Link { node, slot } => self.output(*node, *slot),
                Value::Dangling { .. } => Resolved::Unknown,
                literal => self.known(literal.clone(), input.span, input.from),
            },
        };
        self.path.pop();
        resolved
    }

    fn known(&self, value: Value, span: Span, from: Option<NodeIx>) -> Resolved {
        let path = self.path.iter().copied().chain(from).collect();
        Resolved::Known { value, span, path }
    }

    fn default(&self, node: NodeIx, name: &str) -> Resolved {
        // Of a custom node only one version is known, unless the server told it.
        let sure = |spec: &&NodeSpec| !spec.custom || self.graph.catalog().states(spec.class);
        let spec = self.graph.spec(node).filter(sure);
        let default = spec.and_then(|spec| spec.widget(name)).and_then(|widget| widget.default());
        match (default, self.graph.get(node)) {
            (Some(value), Some(node)) => self.known(value.into(), node.class_span, None),
            _ => Resolved::Absent,
        }
    }

    /// A chain that ends without a value is unknown for whoever asked, even where nothing feeds the last input.
    fn output(&mut self, node: NodeIx, slot: u32) -> Resolved {
        let resolved = match (self.graph.class(node), slot) {
            ("PrimitiveInt" | "PrimitiveFloat" | "PrimitiveBoolean" | "PrimitiveString", 0)
            | ("PrimitiveStringMultiline" | "INTConstant" | "FloatConstant" | "BOOLConstant", 0) => {
                self.input(node, "value")
            }
            ("easy int" | "easy boolean" | "easy string", 0) => self.input(node, "value"),
            ("easy positive", 0) => self.input(node, "positive"),
            ("SeedNode" | "easy seed", 0) => self.input(node, "seed"),
            ("StringConstant", 0) => self.input(node, "string"),
            ("SaveText", 0) => self.input(node, "text"),
            ("WanCameraEmbedding", 1) => self.input(node, "width"),
            ("WanCameraEmbedding", 2) => self.input(node, "height"),
            ("WanCameraEmbedding", 3) => self.input(node, "length"),
            (class, 0) if switches::is_switch(class) => self.switch(node, class),
            (class, 0) if switches::handed_on(class).is_some() => {
                self.input(node, switches::handed_on(class).unwrap_or_default())
            }
            ("ComfyMathExpression", _) => self.math(node, slot),
            ("Reroute", 0) => self.reroute(node),
            (class, _) if contexts::is_context(class) => self.context(node, slot),
            (class, _) => self.computed(node, class, slot),
        };
        if resolved == Resolved::Absent { Resolved::Unknown } else { resolved }
    }

    /// A value that a node makes: the place of the first of its inputs stands for it.
    fn computed(&mut self, node: NodeIx, class: &str, slot: u32) -> Resolved {
        let mut place = None;
        let made = computed::output(class, slot, |name| match self.input(node, name) {
            Resolved::Known { value, span, path } => {
                place.get_or_insert((span, path));
                Some(value)
            }
            Resolved::Unknown | Resolved::Absent => None,
        });
        match (made, place) {
            (Some(value), Some((span, path))) => Resolved::Known { value, span, path },
            _ => Resolved::Unknown,
        }
    }

    fn context(&mut self, node: NodeIx, slot: u32) -> Resolved {
        let Some((from, slot)) = contexts::given(self.graph, node, slot) else { return Resolved::Unknown };
        if self.fuel == 0 || self.path.len() >= MAX_DEPTH {
            return Resolved::Unknown;
        }
        self.fuel -= 1;
        self.path.push(node);
        let resolved = self.output(from, slot);
        self.path.pop();
        resolved
    }

    fn reroute(&mut self, node: NodeIx) -> Resolved {
        let first = self.graph.get(node).and_then(|node| node.inputs.first());
        match first.map(|input| &*input.name) {
            Some(name) => self.input(node, name),
            None => Resolved::Unknown,
        }
    }

    /// A switch whose choice is unknown still has a known value when both branches carry the same literal.
    fn switch(&mut self, node: NodeIx, class: &str) -> Resolved {
        let graph = self.graph;
        if let Some(taken) = switches::taken(graph, node, |name| self.input(node, name).value().cloned()) {
            return self.input(node, &taken);
        }
        if switches::two_way(class).is_none() {
            return Resolved::Unknown;
        }
        let (no, yes) = (self.input(node, branch(false)), self.input(node, branch(true)));
        if no.value().is_some() && no.value() == yes.value() { no } else { Resolved::Unknown }
    }

    /// Outputs: the result as FLOAT, as INT, as BOOL.
    fn math(&mut self, node: NodeIx, slot: u32) -> Resolved {
        let Resolved::Known { value: Value::Text(expression), span, path } = self.input(node, "expression") else {
            return Resolved::Unknown;
        };
        let names = self.operands(node);
        let name = |wanted: &str| names.iter().find(|(name, _)| name == wanted).map(|(_, number)| *number);
        let value = match (math::evaluate(&expression, &name), slot) {
            (Some(Number::Float(value)), 0) => Value::Float(value),
            (Some(Number::Int(value)), 0) => Value::Float(value as f64),
            (Some(Number::Int(value)), 1) => Value::Int(value),
            (Some(Number::Float(value)), 1) if value.abs() < 9.0e15 => Value::Int(value.trunc() as i64),
            (Some(Number::Float(value)), 2) => Value::Bool(value != 0.0),
            (Some(Number::Int(value)), 2) => Value::Bool(value != 0),
            _ => return Resolved::Unknown,
        };
        Resolved::Known { value, span, path }
    }

    fn operands(&mut self, node: NodeIx) -> Vec<(String, Number)> {
        let graph = self.graph;
        let inputs = graph.get(node).map_or(&[][..], |node| &node.inputs);
        let mut operands = Vec::new();
        let letters =
            inputs.iter().filter_map(|input| input.name.strip_prefix("values.")).filter(|name| name.len() == 1);
        for name in letters {
            let number = match self.input(node, &format!("values.{name}")).value() {
                Some(Value::Int(value)) => Number::Int(*value),
                Some(Value::Float(value)) => Number::Float(*value),
                Some(Value::Bool(value)) => Number::Int(i64::from(*value)),
                _ => continue,
            };
            operands.push((name.to_owned(), number));
        }
        operands
    }
}
