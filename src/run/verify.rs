//! What will be sent, and everything that is known about it: the files are checked, the workflow is converted, the values that the user
//! gives go in, and the prompt that comes out of this is checked again, under the starts of the same files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::inputs::{self, Change, Wish};
use super::prompt::titled;
use crate::catalog::nodes::Catalog;
use crate::finding::{FileIx, Finding, Location, settle};
use crate::outcome::Outcome;
use crate::project::{Drafts, File};
use crate::read::json::{JsonDoc, JsonRef};
use crate::source::Source;
use crate::targets::Target;
use crate::workflow::convert::{self, Converted};
use crate::workflow::format::{Format, Wrapper, detect};
use crate::workflow::graph::Graph;
use crate::{Options, check};

/// What is asked to be verified.
#[derive(Debug)]
pub struct Question<'a> {
    /// The check: its first path is the workflow.
    pub options: &'a Options,
    /// The values that go in.
    pub wishes: &'a [Wish],
    /// Chooses among `{a|b}` in prompts; without it the first option is taken.
    pub seed: Option<u64>,
}

/// A prompt that was verified.
#[derive(Debug)]
pub struct Verified {
    /// The check: the findings about the files as far as they concern what is sent, those about the prompt itself, and the forecasts of
    /// what is sent.
    pub outcome: Outcome,
    /// The workflow among its files.
    pub workflow: FileIx,
    /// The prompt as a graph.
    pub graph: Graph,
    /// The prompt, byte for byte what was checked.
    pub json: String,
    /// The values that went in.
    pub changes: Vec<Change>,
    /// Ids of the prompt and those that the same nodes have in the file, where they differ.
    pub renamed: Vec<(String, String)>,
    /// What could not be carried over from the saved workflow: place in words, and what.
    pub lost: Vec<String>,
    /// The saved workflow as JSON; `None` for an API prompt, and where values went in: it would tell another story.
    pub saved: Option<String>,
}

impl Verified {
    /// Where a node of the prompt, or one of its inputs, is written in the file: `path:line:column`; `None` for one that is not there.
    pub fn place(&self, node: &str, input: Option<&str>) -> Option<String> {
        let written = self.renamed.iter().find(|(sent, _)| sent == node).map_or(node, |(_, written)| written);
        let file = self.outcome.files.get(self.workflow)?;
        let graph = &file.workflow()?.graph;
        let found = graph.by_id(written)?;
        let input = input.and_then(|name| graph.input(found, name)).map(|input| input.span);
        let span = input.or_else(|| graph.get(found).map(|node| node.class_span))?;
        let place = file.source.place(span.start);
        Some(format!("{}:{}:{}", file.place_path(), place.line, place.column))
    }

    /// The id that the forecasts have for a node of the prompt: that of the file, unless values went in and the prompt was forecast.
    pub fn forecast_node<'a>(&'a self, node: &'a str) -> &'a str {
        let renamed = self.renamed.iter().find(|(sent, _)| sent == node).filter(|_| self.changes.is_empty());
        renamed.map_or(node, |(_, written)| written)
    }
}

/// Checks, converts, puts the values in, and checks what came out.
///
/// # Errors
/// A sentence about a file that cannot be read or holds no workflow that can be sent, or about a value that has no place.
pub fn verify(question: &Question) -> Result<Verified, String> {
    let outcome = check(question.options)?;
    of_checked(question, outcome)
}

/// As [`verify`], after the files were checked.
///
/// # Errors
/// As [`verify`].
pub fn of_checked(question: &Question, outcome: Outcome) -> Result<Verified, String> {
    let path = question.options.paths.first().ok_or("no workflow was named")?;
    let workflow = workflow_in(&outcome, path)?;
    let catalog = &question.options.machine.catalog;
    let file = &outcome.files[workflow];
    let (converted, saved) = converted(file, question)?;
    let lost = converted.lost.iter().map(|(span, words)| format!("{}: {words}", place(file, span.start))).collect();
    let plain = titled(&converted.json);
    let (json, changes) = inputs::apply(&plain, question.wishes, catalog, &converted.renamed)?;
    let renamed = converted.renamed;
    let graph = graph(&json, catalog)?;
    if changes.is_empty() {
        return Ok(Verified { outcome, workflow, graph, json, changes, renamed, lost, saved });
    }
    let again = |json: &str| {
        let body = body(json, &outcome.files[workflow]);
        check(&Options { drafts: drafts(question.options, path, body), ..self::again(question.options) })
    };
    // What the prompt without the values would be said to have is lost knowledge: a saved workflow tells more of its nodes.
    let artefacts = again(&plain)?.findings;
    let second = again(&json)?;
    let sent = workflow_in(&second, path)?;
    let joining = Joining { changes: &changes, renamed: &renamed, workflow, sent, artefacts };
    let outcome = joining.join(outcome, second);
    Ok(Verified { outcome, workflow, graph, json, changes, renamed, lost, saved: None })
}

fn graph(json: &str, catalog: &Catalog) -> Result<Graph, String> {
    let doc = JsonDoc::parse(json).map_err(|error| error.to_string())?;
    let root = doc.root(json).ok_or("the prompt is empty")?;
    Graph::from_detected(&detect(root), catalog).map_err(str::to_owned)
}

/// `path:line:column`.
fn place(file: &File, at: u32) -> String {
    let place = file.source.place(at);
    format!("{}:{}:{}", file.source.shown_path(), place.line, place.column)
}

fn workflow_in(outcome: &Outcome, path: &Path) -> Result<FileIx, String> {
    let mut own = outcome.files.iter().enumerate().filter(|(_, file)| file.source.path() == path);
    let found = own.clone().find(|(_, file)| file.workflow().is_some());
    match found {
        Some((_, file)) if file.run.is_some() => Err(format!(
            "{}: it is the history of several runs: wanlint convert --run ID -o prompt.json makes a prompt of one",
            path.display()
        )),
        Some((index, _)) => Ok(index),
        None => {
            let trouble = own.find_map(|(_, file)| file.trouble.first().map(|trouble| trouble.message.clone()));
            Err(format!("{}: {}", path.display(), trouble.unwrap_or_else(|| "no workflow is in it".to_owned())))
        }
    }
}

/// The API prompt of a file, and the saved workflow that it was made from.
fn converted(file: &File, question: &Question) -> Result<(Converted, Option<String>), String> {
    let text = file.source.text();
    let doc = JsonDoc::parse(text).map_err(|error| format!("{}: {error}", place(file, error.offset)))?;
    let root = doc.root(text).ok_or_else(|| format!("{}: the file is empty", file.source.shown_path()))?;
    let found = detect(root);
    let options = convert::Options { seed: question.seed };
    let converted = convert::convert(&found, &question.options.machine.catalog, options)
        .map_err(|refusal| format!("{}: {}", place(file, refusal.span.start), refusal.message))?;
    let saved = match found.format {
        Format::Ui { .. } => Some(found.root),
        _ if found.wrapper == Wrapper::None => None,
        _ => found.beside,
    };
    Ok((converted, saved.map(|saved| saved.raw().to_owned())))
}

/// The prompt as it is checked: with the suppressions of the saved workflow, whose nodes keep their ids.
fn body(json: &str, file: &File) -> String {
    let text = file.source.text();
    let doc = JsonDoc::parse(text).unwrap_or_default();
    let found = doc.root(text).map(detect);
    let allow = |root: JsonRef<'_>| Some(root.get("extra")?.get("wanlint")?.get("allow")?.raw().to_owned());
    let allow = found.and_then(|found| [Some(found.root), found.beside].into_iter().flatten().find_map(allow));
    let extra = allow.map_or_else(String::new, |allow| {
        format!(r#","extra_data":{{"extra_pnginfo":{{"workflow":{{"extra":{{"wanlint":{{"allow":{allow}}}}}}}}}}}"#)
    });
    format!("{{\"prompt\":{json}{extra}}}")
}

fn drafts(options: &Options, path: &Path, body: String) -> Drafts {
    let mut drafts = options.drafts.clone();
    drafts.insert(path.to_path_buf(), body.into_bytes());
    drafts
}

/// The same check once more.
pub(crate) fn again(options: &Options) -> Options {
    Options {
        launch: options.launch.clone(),
        more: options.more.clone(),
        selection: options.selection.clone(),
        exclude: options.exclude.clone(),
        media: options.media,
        baseline: options.baseline.clone(),
        models: options.models.clone(),
        ..Options::new(options.paths.clone(), options.config.clone(), options.machine.clone())
    }
}

/// Two checks, of the file and of the prompt that was made from it, become one.
struct Joining<'a> {
    changes: &'a [Change],
    renamed: &'a [(String, String)],
    workflow: FileIx,
    sent: FileIx,
    /// Findings about the prompt before the values went in.
    artefacts: Vec<Finding>,
}

impl Joining<'_> {
    /// The prompt counts; what is wrong with it in the same way as with the file is told at the file.
    fn join(&self, mut first: Outcome, mut second: Outcome) -> Outcome {
        let place = self.places(&mut first, &mut second);
        first.targets = second.targets.into_iter().map(|target| moved(target, &place)).collect();
        first.not_checked = second.not_checked;
        first.findings = settle(self.findings(&first.findings, second.findings, &place));
        first
    }

    /// What only the file can tell (nodes that are not sent, places) stays, unless it is about a value that was replaced.
    fn findings(&self, old: &[Finding], new: Vec<Finding>, place: &[FileIx]) -> Vec<Finding> {
        let one = |finding: Finding| {
            let twin = old.iter().find(|old| self.same(old, &finding)).filter(|_| finding.primary.file == self.sent);
            let twin = twin.filter(|_| !self.is_changed(&finding)).map(|twin| (twin.primary, twin.related.clone()));
            let mut finding = self.at_place(finding, place);
            if let Some(twin) = twin {
                (finding.primary, finding.related) = twin;
            }
            finding
        };
        let known = |new: &Finding| old.iter().any(|old| self.same(old, new));
        let is_artefact = |new: &Finding| self.artefacts.iter().any(|artefact| self.same(artefact, new)) && !known(new);
        let mut findings: Vec<Finding> = new.into_iter().filter(|new| !is_artefact(new)).map(one).collect();
        let of_file =
            |old: &&Finding| old.primary.file == self.workflow && old.targets.is_empty() && !self.is_changed(old);
        let more = old.iter().filter(of_file).filter(|old| !findings.iter().any(|new| self.same(old, new)));
        let more: Vec<Finding> = more.cloned().collect();
        findings.extend(more);
        findings
    }

    /// A finding of the second check among the files of both. Its fixes are those of a text that nobody wrote.
    fn at_place(&self, mut finding: Finding, place: &[FileIx]) -> Finding {
        let at = |location: Location| Location { file: place[location.file], ..location };
        finding.related = finding.related.into_iter().map(|(location, words)| (at(location), words)).collect();
        finding.primary = at(finding.primary);
        finding.fixes.clear();
        if let Some(node) = &mut finding.node {
            node.id = self.written(&node.id).to_owned();
        }
        finding
    }

    /// Moves what only the second check read behind the files of the first; the new place of each of its files.
    fn places(&self, first: &mut Outcome, second: &mut Outcome) -> Vec<FileIx> {
        let mut places = Vec::new();
        for (index, mut file) in std::mem::take(&mut second.files).into_iter().enumerate() {
            let known = first.files.iter().position(|known| known.source.path() == file.source.path());
            match known.filter(|_| index != self.sent) {
                Some(known) => places.push(known),
                None => {
                    if index == self.sent {
                        let name = format!("{} (the prompt that is sent)", file.source.shown_path());
                        file.source = Arc::new(Source::from_text(PathBuf::from(name), file.source.text()));
                        file.checked = false;
                    }
                    places.push(first.files.len());
                    first.files.push(file);
                }
            }
        }
        places
    }

    fn same(&self, file: &Finding, sent: &Finding) -> bool {
        let node = |finding: &Finding| finding.node.as_ref().map(|node| self.written(&node.id).to_owned());
        file.rule.code == sent.rule.code && node(file) == node(sent)
    }

    fn written<'b>(&'b self, id: &'b str) -> &'b str {
        self.renamed.iter().find(|(sent, _)| sent == id).map_or(id, |(_, written)| written)
    }

    fn is_changed(&self, finding: &Finding) -> bool {
        let changed: BTreeSet<&str> = self.changes.iter().map(|change| self.written(&change.node)).collect();
        finding.node.as_ref().is_some_and(|node| changed.contains(self.written(&node.id)))
    }
}

fn moved(mut target: Target, place: &[FileIx]) -> Target {
    target.workflow = place[target.workflow];
    target.same_graph = target.same_graph.iter().map(|&file| place[file]).collect();
    target.launches = target.launches.iter().map(|&(file, launch)| (place[file], launch)).collect();
    target
}
