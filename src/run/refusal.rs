//! Why a server does not take a prompt, in the words of both eras: servers before and after 0.12 name some errors differently,
//! and none is lost that is not known here.

use std::fmt;

use serde_json::Value;

use super::event::{id, strings};

mod advice;

/// A prompt that the server did not take as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// 400 mostly; 200 where only a part of the outputs is valid; 500 where the server tripped over it.
    pub status: u16,
    /// The server's name of the error: `prompt_outputs_failed_validation`. Empty where it gives none.
    pub kind: String,
    /// What the server says.
    pub message: String,
    /// The server's details, often empty.
    pub details: String,
    /// What is wrong at which node.
    pub nodes: Vec<NodeError>,
    /// The prompt that the server runs nevertheless, with the outputs that are valid.
    pub queued: Option<String>,
}

/// One error at one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeError {
    /// The node's id in the prompt.
    pub node: String,
    /// Its class.
    pub class: String,
    /// The input meant, where there is one.
    pub input: Option<String>,
    /// The server's name of the error: `value_not_in_list`.
    pub kind: String,
    /// What the server says.
    pub message: String,
    /// The server's details.
    pub details: String,
}

impl Refused {
    /// Reads an answer to `POST /prompt`. `None`: it takes the prompt as a whole.
    pub fn read(status: u16, text: &str) -> Option<Self> {
        let Ok(answer) = serde_json::from_str::<Value>(text) else { return Some(Self::plain(status, text)) };
        let mut nodes = node_errors(&answer);
        let queued = id(&answer, "prompt_id").filter(|_| status == 200);
        if status == 200 && nodes.is_empty() {
            return None;
        }
        let error = answer.get("error").unwrap_or(&Value::Null);
        // Some proxies and older servers put a plain text there.
        let said = error.as_str().map(str::to_owned);
        let kind = id(error, "type").unwrap_or_default();
        let details = id(error, "details").unwrap_or_default();
        let message = said.or_else(|| id(error, "message")).unwrap_or_default();
        if nodes.is_empty() {
            nodes.extend(class_error(error, &kind, &message, &details));
        }
        Some(Self { status, kind, message, details, nodes, queued })
    }

    /// The server tripped over the prompt and says so in plain text.
    fn plain(status: u16, text: &str) -> Self {
        let message = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(500).collect();
        Self { status, kind: String::new(), message, details: String::new(), nodes: Vec::new(), queued: None }
    }

    /// Whether nodes depend on each other in a circle. Servers before 0.20 name no node then, and nothing else has that form.
    pub fn is_cycle(&self) -> bool {
        let silent =
            self.kind == "prompt_outputs_failed_validation" && self.nodes.is_empty() && self.details.is_empty();
        silent || self.nodes.iter().any(|node| node.kind == "dependency_cycle")
    }

    /// What to do, where it is known.
    pub fn advice(&self) -> Option<&'static str> {
        if self.is_cycle() {
            return advice::of("dependency_cycle");
        }
        let of_nodes = self.nodes.iter().find_map(NodeError::advice);
        of_nodes.or_else(|| advice::of(&self.kind)).or_else(|| advice::of_status(self.status))
    }
}

impl NodeError {
    /// What to do, where it is known.
    pub fn advice(&self) -> Option<&'static str> {
        if self.kind == "missing_node_type" && self.class.is_empty() {
            return Some("that entry has no class_type: at the top level of a prompt only nodes may stand");
        }
        advice::of(&self.kind)
    }
}

/// One line: what the server says, without its repetitions.
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.status == 200 {
            return f.write_str(
                "the server would run only a part of the workflow: outputs behind the nodes with errors are left out",
            );
        }
        if self.is_cycle() {
            return f.write_str("the server refuses the prompt: nodes depend on each other in a circle");
        }
        write!(f, "the server refuses the prompt with status {}", self.status)?;
        let said = if self.message.is_empty() { &self.kind } else { &self.message };
        if !said.is_empty() {
            write!(f, ": {}", said.trim_end_matches('.'))?;
        }
        if !self.details.is_empty() && !self.message.contains(&self.details) && self.nodes.is_empty() {
            write!(f, " ({})", self.details)?;
        }
        Ok(())
    }
}

/// `node 2 (ImageScale), input width: Required input is missing`.
impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.node)?;
        if !self.class.is_empty() {
            write!(f, " ({})", self.class)?;
        }
        if let Some(input) = &self.input {
            write!(f, ", input {input}")?;
        }
        let said = if self.message.is_empty() { &self.kind } else { &self.message };
        write!(f, ": {}", said.trim_end_matches('.'))?;
        if !self.details.is_empty() && self.input.as_ref() != Some(&self.details) {
            write!(f, " ({})", self.details)?;
        }
        Ok(())
    }
}

fn node_errors(answer: &Value) -> Vec<NodeError> {
    let nodes = answer.get("node_errors").and_then(Value::as_object);
    let errors = nodes.into_iter().flatten().flat_map(|(node, entry)| {
        let class = id(entry, "class_type").unwrap_or_default();
        let errors = entry.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(move |error| node_error(node, &class, error))
    });
    errors.collect()
}

fn node_error(node: &str, class: &str, error: &Value) -> NodeError {
    let extra = error.get("extra_info").unwrap_or(&Value::Null);
    let mut details = id(error, "details").unwrap_or_default();
    let circle = strings(extra, "cycle_nodes");
    if details.is_empty() && !circle.is_empty() {
        details = circle.join(" -> ");
    }
    NodeError {
        node: node.to_owned(),
        class: class.to_owned(),
        input: id(extra, "input_name"),
        kind: id(error, "type").unwrap_or_default(),
        message: id(error, "message").unwrap_or_default(),
        details,
    }
}

/// A node without a class that the server knows. Servers up to 0.11 name it in the details alone (`Node ID '#2'`), newer ones in the
/// extra information.
fn class_error(error: &Value, kind: &str, message: &str, details: &str) -> Option<NodeError> {
    let extra = error.get("extra_info").unwrap_or(&Value::Null);
    let old = || details.strip_prefix("Node ID '#")?.strip_suffix('\'').map(str::to_owned);
    let node = id(extra, "node_id").or_else(old)?;
    let unknown =
        message.strip_prefix("Cannot execute because node ").and_then(|rest| rest.strip_suffix(" does not exist."));
    let class = id(extra, "class_type").or_else(|| unknown.map(str::to_owned)).unwrap_or_default();
    let kind = if kind == "invalid_prompt" { "missing_node_type" } else { kind };
    Some(NodeError {
        node,
        class,
        input: None,
        kind: kind.to_owned(),
        message: message.to_owned(),
        details: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Refused {
        Refused::read(400, text).expect("refused")
    }

    #[test]
    fn both_names_of_an_unknown_class() {
        let old = r##"{"error": {"type": "invalid_prompt", "message": "Cannot execute because node NoSuchNode does not exist.",
            "details": "Node ID '#2'", "extra_info": {}}, "node_errors": {}}"##;
        let new = r##"{"error": {"type": "missing_node_type", "message": "Node 'My title' not found. The custom node may not be installed.",
            "details": "Node ID '#2'", "extra_info": {"node_id": "2", "class_type": "NoSuchNode", "node_title": "My title"}}, "node_errors": {}}"##;
        for text in [old, new] {
            let refused = refused(text);
            let node = &refused.nodes[0];
            assert_eq!((node.node.as_str(), node.class.as_str()), ("2", "NoSuchNode"));
            assert_eq!(node.kind, "missing_node_type");
            assert!(refused.advice().is_some_and(|text| text.contains("pack")), "{refused}");
            assert!(!refused.is_cycle());
        }
    }

    #[test]
    fn circles() {
        let old = r#"{"error": {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation",
            "details": "", "extra_info": {}}, "node_errors": {}}"#;
        let new = r#"{"error": {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation", "details": "",
            "extra_info": {}}, "node_errors": {"1": {"errors": [{"type": "dependency_cycle", "message": "Dependency cycle detected",
            "details": "", "extra_info": {"node_id": "1", "cycle_nodes": ["1", "2", "1"]}}], "dependent_outputs": ["3"], "class_type": "A"}}}"#;
        assert!(refused(old).is_cycle() && refused(new).is_cycle());
        assert_eq!(refused(old).to_string(), refused(new).to_string());
        assert_eq!(refused(new).nodes[0].details, "1 -> 2 -> 1");
    }

    #[test]
    fn a_half_valid_prompt_is_refused() {
        let text = r#"{"prompt_id": "p", "number": 3, "node_errors": {"4": {"errors": [{"type": "required_input_missing",
            "message": "Required input is missing", "details": "width", "extra_info": {"input_name": "width"}}], "class_type": "ImageScale"}}}"#;
        let half = Refused::read(200, text).expect("refused");
        assert_eq!(half.queued.as_deref(), Some("p"));
        assert_eq!(half.nodes[0].to_string(), "node 4 (ImageScale), input width: Required input is missing");
        assert_eq!(Refused::read(200, r#"{"prompt_id": "p", "number": 3, "node_errors": {}}"#), None);
    }

    #[test]
    fn no_json_and_unknown_names() {
        let plain = Refused::read(500, "500 Internal Server Error\n\nServer got itself in trouble").expect("refused");
        assert!(plain.to_string().contains("500 Internal Server Error Server got itself in trouble"));
        let odd = refused(r#"{"error": {"type": "quota_of_tuesday", "message": "Come back on Wednesday."}}"#);
        assert_eq!(odd.kind, "quota_of_tuesday");
        assert!(odd.to_string().ends_with(": Come back on Wednesday"));
        for text in ["null", "[]", "3", "{}", r#"{"error": "no"}"#, r#"{"node_errors": {"1": 3}}"#] {
            assert!(Refused::read(400, text).is_some(), "{text}");
        }
    }
}
