//! Which kind of workflow a JSON value is.

use crate::read::json::JsonRef;

/// The kind of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// What the browser saves: nodes with positions, values by position.
    Ui {
        /// The file's `version` (0.4: links are arrays, 1: links are objects); `None` when it states none.
        version: Option<f64>,
    },
    /// What a server runs: an object of nodes with `class_type` and `inputs`.
    Api,
    /// Neither, and why.
    NotAWorkflow(&'static str),
}

/// What surrounds the workflow in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapper {
    /// Nothing.
    None,
    /// The body of a POST to `/prompt`: the workflow is its `prompt`.
    Prompt,
    /// An object with a `workflow` member.
    Workflow,
    /// One run of the server's history: an object whose only member has the list `prompt`, whose third item is the workflow.
    History,
}

/// A workflow found in a JSON value.
#[derive(Clone, Debug)]
pub struct Detected<'a> {
    /// Its kind.
    pub format: Format,
    /// The workflow itself, without its wrapper.
    pub root: JsonRef<'a>,
    /// What was around it.
    pub wrapper: Wrapper,
    /// The workflow of the browser that came with an API prompt (`extra_pnginfo` of the request): it takes no part in what
    /// runs, but may carry suppressions.
    pub beside: Option<JsonRef<'a>>,
}

/// Says what a JSON value is; a wrapper around a workflow is taken off.
pub fn detect(root: JsonRef<'_>) -> Detected<'_> {
    let format = plain(root);
    if format.is_workflow() {
        return Detected { format, root, wrapper: Wrapper::None, beside: None };
    }
    for (key, wrapper) in [("prompt", Wrapper::Prompt), ("workflow", Wrapper::Workflow)] {
        if let Some(inner) = root.get(key) {
            let format = plain(inner);
            if format.is_workflow() {
                return Detected { format, root: inner, wrapper, beside: root.get("extra_data").and_then(browser) };
            }
        }
    }
    in_history(root).unwrap_or(Detected { format, root, wrapper: Wrapper::None, beside: None })
}

/// Why a history is no workflow.
const SEVERAL_RUNS: &str =
    "it is the history of several runs, and which one is meant is not known: save one of them, as /history/ID gives it";

/// One run as `/history` gives it: `{"<id>": {"prompt": [number, id, graph, extra_data, outputs], ...}}` (ComfyUI 0.3.64,
/// execution.py, PromptQueue.get_history). Of several runs none is taken.
fn in_history(root: JsonRef<'_>) -> Option<Detected<'_>> {
    let mut runs = root.entries().map(|(_, run)| run);
    let run = runs.next()?.get("prompt")?;
    let graph = run.item(2)?;
    let format = plain(graph);
    let beside = run.item(3).and_then(browser);
    let several = runs.next().is_some_and(|run| run.get("prompt").is_some_and(|prompt| prompt.item(2).is_some()));
    match several {
        _ if !format.is_workflow() => None,
        true => {
            let format = Format::NotAWorkflow(SEVERAL_RUNS);
            Some(Detected { format, root, wrapper: Wrapper::None, beside: None })
        }
        false => Some(Detected { format, root: graph, wrapper: Wrapper::History, beside }),
    }
}

fn browser(extra: JsonRef<'_>) -> Option<JsonRef<'_>> {
    extra.get("extra_pnginfo")?.get("workflow")
}

impl Format {
    /// True for both kinds of workflow.
    pub fn is_workflow(&self) -> bool {
        !matches!(self, Self::NotAWorkflow(_))
    }
}

fn plain(root: JsonRef<'_>) -> Format {
    if root.is_array() {
        return Format::NotAWorkflow("the file holds a list, a workflow is an object");
    }
    if !root.is_object() {
        return Format::NotAWorkflow("the file does not hold an object");
    }
    if root.get("nodes").is_some_and(|nodes| nodes.is_array()) {
        return Format::Ui { version: root.get("version").and_then(|version| version.as_f64()) };
    }
    if root.entries().any(|(_, node)| node.get("class_type").is_some()) {
        return Format::Api;
    }
    Format::NotAWorkflow("it has neither a 'nodes' list (saved workflow) nor nodes with 'class_type' (API prompt)")
}
