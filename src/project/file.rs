//! One file of a run: its text, what it holds and what is wrong with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::discover::Kind;
use crate::facts::allow::Allow;
use crate::facts::launch::{Launch, Paths};
use crate::facts::models::Model;
use crate::facts::models::links::{self, Link};
use crate::facts::structure::Structure;
use crate::facts::workflow::WorkflowFacts;
use crate::read::ini::Ini;
use crate::read::json::JsonDoc;
use crate::read::media::Embedded;
use crate::read::script::{Script, Step};
use crate::redact;
use crate::source::Source;
use crate::span::Span;
use crate::workflow::format;
use crate::workflow::graph::Graph;

/// One file that was read.
#[derive(Debug)]
pub struct File {
    /// Its text: of a media file the text inside it. Runs of one history share theirs.
    pub source: Arc<Source>,
    /// Where the text lies, when it is a part of a media file: places are those of the text, the path is that of the file.
    pub embedded: Option<Embedded>,
    /// Which run it is, of a history with several: each of them is a file here.
    pub run: Option<Run>,
    /// What it was read as.
    pub kind: Kind,
    /// True when it was named, or met below a folder that was named: it gets findings. False for partners.
    pub checked: bool,
    /// What is in it.
    pub content: Content,
    /// What went wrong while reading.
    pub trouble: Vec<Trouble>,
    /// Suppressions written in it.
    pub allows: Vec<Allow>,
    /// Suppressions in another text of the same media file: they count, but there is no place to point at.
    pub allows_beside: Vec<Allow>,
    /// The path of the media file that holds the same text and stands for this one.
    pub repeats: Option<String>,
    pub(super) secrets: OnceLock<Vec<Span>>,
    pub(super) links: OnceLock<BTreeMap<String, Link>>,
}

/// A run of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Its place among the runs of the file.
    pub place: usize,
}

/// What a file holds.
#[derive(Debug)]
pub enum Content {
    /// A script with its ComfyUI starts.
    Script(Box<ScriptFile>),
    /// A workflow.
    Workflow(Box<WorkflowFile>),
    /// Settings of a program beside ComfyUI.
    Settings(Ini),
    /// A model file that was named.
    Model(Arc<Model>),
    /// Nothing that wanlint looks at.
    Nothing,
}

/// A script and its launches.
#[derive(Debug)]
pub struct ScriptFile {
    /// The script.
    pub script: Script,
    /// The starts of ComfyUI in it; one that differs between paths stands here once for every way in which it is started.
    pub launches: Vec<Launch>,
    /// The paths on which the starts differ.
    pub paths: Paths,
}

/// A workflow: its graph and what follows from it.
#[derive(Debug)]
pub struct WorkflowFile {
    /// Nodes and links.
    pub graph: Graph,
    /// What the text holds that the graph does not show.
    pub structure: Structure,
    /// Loaders, samplers, sizes.
    pub facts: WorkflowFacts,
    /// Suppressions written in it.
    pub allows: Vec<Allow>,
}

/// A fault of the file itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// What kind of fault.
    pub kind: TroubleKind,
    /// Where.
    pub span: Span,
    /// In words.
    pub message: String,
}

/// Kinds of faults; each is one INPUT rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// Not readable as what it claims to be, or cut off.
    Broken,
    /// Bytes outside the encodings that are read.
    Encoding,
    /// Too large, or nested too deep.
    Limit,
    /// A media file in which there is none.
    NoWorkflow,
}

impl ScriptFile {
    /// The places from which ComfyUI is started, each with all ways of starting it.
    pub fn starts(&self) -> impl Iterator<Item = &[Launch]> {
        self.launches.chunk_by(|left, right| left.span == right.span)
    }

    /// The values of variables that are named like keys, in whatever way the language sets them.
    fn secrets(&self) -> Vec<Span> {
        let written = self.script.written.iter().flat_map(|script| &script.steps);
        let assigns = self.script.steps.iter().chain(written).flat_map(|step| match step {
            Step::Assign(assign) => std::slice::from_ref(assign),
            Step::Command(command) => command.env.as_slice(),
        });
        let secret = assigns.filter(|assign| assign.value.known && redact::is_secret_name(&assign.name.text));
        secret.map(|assign| assign.value.part(0, assign.value.text.len())).collect()
    }
}

impl File {
    /// A file in which there is nothing.
    pub(crate) fn nothing(source: Source, kind: Kind, checked: bool) -> Self {
        Self::shared(Arc::new(source), kind, checked)
    }

    /// As [`File::nothing`], in a text that other files hold too.
    pub(super) fn shared(source: Arc<Source>, kind: Kind, checked: bool) -> Self {
        let content = Content::Nothing;
        let (trouble, allows, allows_beside) = Default::default();
        let (embedded, run, repeats, secrets, links) = Default::default();
        Self { source, embedded, run, kind, checked, content, trouble, allows, allows_beside, repeats, secrets, links }
    }

    /// Its path, and which run it is of a history with several: `history.json (run 6b1f)`.
    pub fn name(&self) -> String {
        let path = self.source.shown_path();
        self.run.as_ref().map_or(path.clone(), |run| format!("{path} (run {})", run.id))
    }

    /// The path for people; of a text inside another file also which: `clip.mp4 (prompt in MP4)`.
    pub fn shown_path(&self) -> String {
        let path = self.name();
        self.embedded.map_or(path.clone(), |embedded| format!("{path} ({embedded})"))
    }

    /// The path for a line and a column behind it: those of a run are of the whole file.
    pub fn place_path(&self) -> String {
        if self.run.is_some() { self.source.shown_path() } else { self.shown_path() }
    }

    /// The launches of a script; none for anything else.
    pub fn launches(&self) -> &[Launch] {
        match &self.content {
            Content::Script(script) => &script.launches,
            _ => &[],
        }
    }

    /// The script, when the file is one.
    pub fn script(&self) -> Option<&ScriptFile> {
        match &self.content {
            Content::Script(script) => Some(script),
            _ => None,
        }
    }

    /// The workflow, when the file is one.
    pub fn workflow(&self) -> Option<&WorkflowFile> {
        match &self.content {
            Content::Workflow(workflow) => Some(workflow),
            _ => None,
        }
    }

    /// Values that no report may show, where only the structure tells that they are secret: the inputs of a workflow that are
    /// named like keys, and the variables of a script that are. Looked up when the first finding of the file is shown.
    pub fn secrets(&self) -> &[Span] {
        self.secrets.get_or_init(|| {
            let nodes = self.workflow().into_iter().flat_map(|workflow| &workflow.graph.nodes);
            let inputs = nodes.flat_map(|node| &node.inputs);
            let texts = inputs.filter(|input| input.value.as_text().is_some_and(|text| !text.is_empty()));
            let inputs = texts.filter(|input| redact::is_secret_name(&input.name)).map(|input| input.span);
            inputs.chain(self.script().into_iter().flat_map(ScriptFile::secrets)).collect()
        })
    }

    /// Where a workflow says its model files come from, by file name. Looked up when the first of them is found missing.
    pub fn model_links(&self) -> &BTreeMap<String, Link> {
        self.links.get_or_init(|| {
            let text = self.source.text();
            let doc = JsonDoc::parse(text).ok();
            let root = doc.as_ref().and_then(|doc| doc.root(text));
            let of_run = |run: &Run| Some(format::runs(root?).nth(run.place)?.found);
            let found = self.run.as_ref().map_or_else(|| root.map(format::detect), of_run);
            found.map(|found| links::in_workflow(found.root)).unwrap_or_default()
        })
    }

    /// The folder of the file.
    pub fn folder(&self) -> &Path {
        self.source.path().parent().unwrap_or(Path::new(""))
    }
}
