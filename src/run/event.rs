//! What a server says over its WebSocket, from ComfyUI 0.2 to 0.33: the names of the events did not change since 0.3.64.
//!
//! Order and completeness are not relied on: frames come late, twice, or never (see `watch`).

use serde_json::{Map, Value};

use super::history::{OutputFile, output_files};

/// One text frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// How many prompts wait or run, of everybody; the first one tells the client's own id.
    Status {
        /// Prompts that wait or run.
        remaining: u64,
        /// The id this client has.
        sid: Option<String>,
    },
    /// What the server can do.
    Features(Map<String, Value>),
    /// A prompt begins.
    Start {
        /// Its id.
        prompt: String,
    },
    /// Nodes whose results are there already.
    Cached {
        /// The prompt's id.
        prompt: String,
        /// Ids of nodes.
        nodes: Vec<String>,
    },
    /// A node begins; none: the server is through with the prompt, well or not.
    Executing {
        /// The prompt's id; servers before 0.2 left it out.
        prompt: Option<String>,
        /// The node's id.
        node: Option<String>,
    },
    /// A step of a node that counts.
    Progress(Step),
    /// How far all nodes of the prompt are that have begun.
    State {
        /// The prompt's id.
        prompt: String,
        /// The nodes that have begun.
        nodes: Vec<NodeState>,
    },
    /// An output node has a result.
    Executed {
        /// The prompt's id.
        prompt: String,
        /// The node's id.
        node: String,
        /// Files that it wrote.
        files: Vec<OutputFile>,
    },
    /// The prompt is through and well.
    Success {
        /// Its id.
        prompt: String,
    },
    /// A node failed and the prompt with it.
    Failed(Box<ExecutionError>),
    /// Somebody interrupted it.
    Interrupted(Interruption),
    /// Another event, by its name: newer servers and packs have their own.
    Other(String),
}

/// A step of a node that counts: a sampler's, a tile of a decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The prompt's id; servers before 0.3 left it out.
    pub prompt: Option<String>,
    /// The node's id.
    pub node: Option<String>,
    /// Steps done.
    pub value: f64,
    /// Steps in all.
    pub max: f64,
}

/// How far one node is.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeState {
    /// The node's id in the prompt, also where it made others while it ran.
    pub node: String,
    /// What the server calls it: `pending`, `running`, `finished`, `error`.
    pub state: String,
    /// Steps done.
    pub value: f64,
    /// Steps in all.
    pub max: f64,
}

/// Why a prompt failed, from the event or from the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionError {
    /// The prompt's id.
    pub prompt: String,
    /// The node that failed.
    pub node: String,
    /// Its class.
    pub class: String,
    /// Python's name of the exception: `torch.OutOfMemoryError`.
    pub kind: String,
    /// What it says; the server adds advice of its own.
    pub message: String,
    /// Python's lines, outermost first.
    pub traceback: Vec<String>,
    /// Nodes that were through before.
    pub executed: Vec<String>,
}

impl ExecutionError {
    /// Whether the GPU's memory did not suffice. PyTorch names the exception; its asynchronous allocator, and drivers of other
    /// makes, say it in the text alone.
    pub fn is_out_of_memory(&self) -> bool {
        let text = self.message.to_ascii_lowercase();
        self.kind.contains("OutOfMemory")
            || text.contains("out of memory")
            || text.contains("allocation on device")
            || text.contains("not enough memory")
    }

    /// The first line of what it says.
    pub fn first_line(&self) -> &str {
        self.message.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
    }
}

/// A prompt that was interrupted, by its owner or by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// The prompt's id.
    pub prompt: String,
    /// The node that ran.
    pub node: Option<String>,
    /// Its class.
    pub class: Option<String>,
}

impl Event {
    /// Reads a text frame. `None`: it is no event at all.
    pub fn read(text: &str) -> Option<Self> {
        let frame: Value = serde_json::from_str(text).ok()?;
        let kind = frame.get("type")?.as_str()?;
        Some(Self::of(kind, frame.get("data").unwrap_or(&Value::Null)))
    }

    /// An event by its name and data, as the history keeps it too. What lacks its parts is another event.
    pub fn of(kind: &str, data: &Value) -> Self {
        let known = match kind {
            "status" => status(data),
            "feature_flags" => data.as_object().cloned().map(Self::Features),
            "execution_start" => id(data, "prompt_id").map(|prompt| Self::Start { prompt }),
            "execution_cached" => {
                id(data, "prompt_id").map(|prompt| Self::Cached { prompt, nodes: strings(data, "nodes") })
            }
            "executing" => {
                let node = id(data, "display_node").or_else(|| id(data, "node"));
                Some(Self::Executing { prompt: id(data, "prompt_id"), node })
            }
            "progress" => step(data).map(Self::Progress),
            "progress_state" => state(data),
            "executed" => executed(data),
            "execution_success" => id(data, "prompt_id").map(|prompt| Self::Success { prompt }),
            "execution_error" => error(data).map(|error| Self::Failed(Box::new(error))),
            "execution_interrupted" => interruption(data).map(Self::Interrupted),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Other(kind.to_owned()))
    }

    /// The prompt it tells of, where it names one.
    pub fn prompt(&self) -> Option<&str> {
        match self {
            Self::Status { .. } | Self::Features(_) | Self::Other(_) => None,
            Self::Executing { prompt, .. } => prompt.as_deref(),
            Self::Progress(step) => step.prompt.as_deref(),
            Self::Failed(error) => Some(&error.prompt),
            Self::Interrupted(interruption) => Some(&interruption.prompt),
            Self::Start { prompt }
            | Self::Cached { prompt, .. }
            | Self::State { prompt, .. }
            | Self::Executed { prompt, .. }
            | Self::Success { prompt } => Some(prompt),
        }
    }
}

fn status(data: &Value) -> Option<Event> {
    let remaining = data.pointer("/status/exec_info/queue_remaining")?.as_u64()?;
    Some(Event::Status { remaining, sid: id(data, "sid") })
}

fn step(data: &Value) -> Option<Step> {
    let (value, max) = (number(data, "value")?, number(data, "max")?);
    Some(Step { prompt: id(data, "prompt_id"), node: id(data, "node"), value, max })
}

fn state(data: &Value) -> Option<Event> {
    let nodes = data.get("nodes")?.as_object()?;
    let nodes = nodes.iter().filter_map(|(name, node)| {
        // A node that expands into others while it runs is shown as the one of the prompt; it is not through when one of them is.
        let shown = id(node, "display_node_id").unwrap_or_else(|| name.clone());
        let state = id(node, "state").filter(|state| shown == *name || state != "finished")?;
        Some(NodeState {
            node: shown,
            state,
            value: number(node, "value").unwrap_or(0.0),
            max: number(node, "max").unwrap_or(1.0),
        })
    });
    Some(Event::State { prompt: id(data, "prompt_id")?, nodes: nodes.collect() })
}

fn executed(data: &Value) -> Option<Event> {
    let node = id(data, "display_node").or_else(|| id(data, "node"))?;
    let files = output_files(&node, data.get("output").unwrap_or(&Value::Null));
    Some(Event::Executed { prompt: id(data, "prompt_id")?, node, files })
}

/// Why a prompt failed, out of the data of `execution_error`. The tensors among the inputs are left out.
fn error(data: &Value) -> Option<ExecutionError> {
    Some(ExecutionError {
        prompt: id(data, "prompt_id")?,
        node: id(data, "node_id").unwrap_or_default(),
        class: id(data, "node_type").unwrap_or_default(),
        kind: id(data, "exception_type").unwrap_or_default(),
        message: id(data, "exception_message").unwrap_or_default().trim().to_owned(),
        traceback: strings(data, "traceback"),
        executed: strings(data, "executed"),
    })
}

fn interruption(data: &Value) -> Option<Interruption> {
    Some(Interruption { prompt: id(data, "prompt_id")?, node: id(data, "node_id"), class: id(data, "node_type") })
}

/// A text, or a number where older packs sent one.
pub(super) fn id(data: &Value, key: &str) -> Option<String> {
    match data.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn number(data: &Value, key: &str) -> Option<f64> {
    data.get(key)?.as_f64().filter(|value| value.is_finite())
}

/// Texts of an array; of an object, its keys.
pub(super) fn strings(data: &Value, key: &str) -> Vec<String> {
    let all = data.get(key).and_then(Value::as_array);
    all.map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect()).unwrap_or_default()
}

/// What a binary frame is; its contents are not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// A picture of the state of a sampler (types 1 and 4).
    Preview,
    /// A text for a node (type 3).
    Text,
    /// Anything else.
    Unknown,
}

impl Binary {
    /// By the number in front, big endian.
    pub fn of(frame: &[u8]) -> Self {
        match frame.first_chunk().map(|head| u32::from_be_bytes(*head)) {
            Some(1 | 4) => Self::Preview,
            Some(3) => Self::Text,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames() {
        let read = |text: &str| Event::read(text).expect("an event");
        assert_eq!(
            read(r#"{"type": "executing", "data": {"node": null, "prompt_id": "p"}}"#),
            Event::Executing { prompt: Some("p".into()), node: None }
        );
        let state = r#"{"type":"progress_state","data":{"prompt_id":"p","nodes":{"3.0.1":{"value":2,"max":4.0,"state":"running",
            "node_id":"3.0.1","display_node_id":"3"}}}}"#;
        let node = NodeState { node: "3".into(), state: "running".into(), value: 2.0, max: 4.0 };
        assert_eq!(read(state), Event::State { prompt: "p".into(), nodes: vec![node] });
        assert_eq!(read(r#"{"type": "crystools.monitor", "data": {}}"#), Event::Other("crystools.monitor".into()));
        assert_eq!(read(r#"{"type": "progress", "data": {"value": "x"}}"#), Event::Other("progress".into()));
        for text in ["", "[]", "{}", "null", r#"{"type": 1}"#, "{\"type\": \"status\""] {
            assert_eq!(Event::read(text), None, "{text}");
        }
    }

    #[test]
    fn out_of_memory() {
        let error = |kind: &str, message: &str| ExecutionError {
            prompt: "p".into(),
            node: "9".into(),
            class: "KSampler".into(),
            kind: kind.into(),
            message: message.into(),
            traceback: Vec::new(),
            executed: Vec::new(),
        };
        assert!(error("torch.OutOfMemoryError", "").is_out_of_memory());
        assert!(error("torch.AcceleratorError", "CUDA error: out of memory").is_out_of_memory());
        assert!(error("RuntimeError", "Allocation on device 0 would exceed allowed memory.").is_out_of_memory());
        assert!(!error("RuntimeError", "mat1 and mat2 shapes cannot be multiplied").is_out_of_memory());
    }

    #[test]
    fn binary_frames() {
        assert_eq!(Binary::of(&[0, 0, 0, 1, 0, 0, 0, 1]), Binary::Preview);
        assert_eq!(Binary::of(&[0, 0, 0, 4]), Binary::Preview);
        assert_eq!(Binary::of(&[0, 0, 0, 3]), Binary::Text);
        assert_eq!(Binary::of(&[0, 0, 0]), Binary::Unknown);
    }
}
