//! The runs of a history: each a workflow of its own, all in one text.

use std::collections::HashMap;
use std::sync::Arc;

use super::file::Run;
use super::{Content, File, Trouble, TroubleKind, WorkflowFile, bytes, workflow_of};
use crate::catalog::nodes::Catalog;
use crate::discover::Kind;
use crate::read::json::JsonRef;
use crate::source::Source;
use crate::span::Span;
use crate::workflow::format;

/// Most runs that are read of one file, and most nodes of all of them.
const MOST_RUNS: usize = 1000;
const MOST_NODES: usize = 100_000;
/// Longest id that is kept, in letters; the server's own have 36.
const LONGEST_ID: usize = 80;

/// What is read of a history with several runs.
pub(super) struct Runs {
    list: Vec<One>,
    /// Where the part begins that is not read.
    rest: Option<Span>,
}

/// A run: its id, and what it ran or the earlier run that ran the very same.
type One = (String, Result<Box<WorkflowFile>, String>);

impl Runs {
    /// Reads the runs of a history.
    pub fn read(root: JsonRef<'_>, catalog: &Catalog) -> Self {
        let (mut list, mut known, mut nodes): (Vec<One>, HashMap<&str, String>, usize) = Default::default();
        for run in format::runs(root) {
            if list.len() >= MOST_RUNS || nodes >= MOST_NODES {
                return Self { list, rest: Some(run.found.root.span()) };
            }
            let (id, text) = (run.id.chars().take(LONGEST_ID).collect::<String>(), run.found.root.raw());
            let content = match known.get(text) {
                Some(earlier) => Err(earlier.clone()),
                None => match workflow_of(run.found.root, &run.found, catalog) {
                    Ok(workflow) => Ok(workflow),
                    Err(_) => continue,
                },
            };
            nodes += content.as_ref().map_or(0, |workflow| workflow.graph.nodes.len());
            known.entry(text).or_insert_with(|| id.clone());
            list.push((id, content));
        }
        Self { list, rest: None }
    }
}

/// The files of the runs.
pub(super) fn files(source: Source, runs: Runs, checked: bool) -> Vec<File> {
    let limit = runs.rest.map(|span| Trouble {
        kind: TroubleKind::Limit,
        span: Span::new(span.start, span.start + 1),
        message: format!("only the first {} runs of this history are read", runs.list.len()),
    });
    let mut trouble: Vec<Trouble> =
        bytes::trouble(&source, Kind::Json, &Content::Nothing).into_iter().chain(limit).collect();
    let source = Arc::new(source);
    let runs = runs.list.into_iter().enumerate();
    let mut files: Vec<File> = runs
        .map(|(place, (id, content))| {
            let file = File::shared(source.clone(), Kind::Json, checked);
            let run = Some(Run { id, place });
            let file = File { run, trouble: std::mem::take(&mut trouble), ..file };
            match content {
                Ok(workflow) => File { allows: workflow.allows.clone(), content: Content::Workflow(workflow), ..file },
                Err(earlier) => File { repeats: Some(format!("run {earlier}")), ..file },
            }
        })
        .collect();
    share_secrets(&mut files);
    files
}

/// A finding shows the line that it points at, and all runs may stand in one line.
fn share_secrets(files: &mut [File]) {
    let mut all: Vec<Span> = files.iter().flat_map(File::secrets).copied().collect();
    all.sort_unstable();
    files.iter_mut().for_each(|file| file.secrets = all.clone().into());
}
