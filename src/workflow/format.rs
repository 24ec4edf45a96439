//! Which kind of workflow a JSON value is.

use std::borrow::Cow;

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
    /// Several runs of it: each is a workflow of its own, see [`runs`].
    Runs,
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
const SEVERAL_RUNS: &str = "it is the history of several runs, and which one is meant is not known";

/// What `/history` gives. Of several runs none is taken.
fn in_history(root: JsonRef<'_>) -> Option<Detected<'_>> {
    let mut runs = in_order(root);
    let run = runs.next()?;
    match runs.next() {
        None => Some(run.found),
        Some(_) => {
            let format = Format::NotAWorkflow(SEVERAL_RUNS);
            Some(Detected { format, root, wrapper: Wrapper::Runs, beside: None })
        }
    }
}

/// A run of a history.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// Its id.
    pub id: Cow<'a, str>,
    /// What it ran.
    pub found: Detected<'a>,
}

/// The runs of a history in the order of the file; none in anything else.
pub fn runs(root: JsonRef<'_>) -> impl Iterator<Item = Run<'_>> {
    let known = matches!(detect(root).wrapper, Wrapper::History | Wrapper::Runs);
    known.then(|| in_order(root)).into_iter().flatten()
}

/// Runs stand as `{"<id>": {"prompt": [number, id, graph, extra_data, outputs], ...}, ...}` (ComfyUI 0.3.64 and 0.33.0, execution.py,
/// PromptQueue.get_history). It is a history when the first member is a run.
fn in_order(root: JsonRef<'_>) -> impl Iterator<Item = Run<'_>> {
    let first = root.entries().next().is_some_and(|(key, json)| run(key, json).is_some());
    let entries = first.then(|| root.entries()).into_iter().flatten();
    entries.filter_map(|(key, json)| run(key, json))
}

fn run<'a>(key: JsonRef<'a>, json: JsonRef<'a>) -> Option<Run<'a>> {
    let prompt = json.get("prompt")?;
    let root = prompt.item(2)?;
    let format = plain(root);
    let beside = prompt.item(3).and_then(browser);
    let found = format.is_workflow().then_some(Detected { format, root, wrapper: Wrapper::History, beside })?;
    Some(Run { id: key.as_str()?, found })
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
