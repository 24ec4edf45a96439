//! The files of one run and the facts in them.

mod bytes;
mod file;
pub mod media;
mod repeats;
mod reuse;
mod runs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::catalog::nodes::Catalog;
use crate::discover::{Found, Kind};
use crate::facts::allow::{self, Allow};
use crate::facts::checkout;
use crate::facts::launch;
use crate::facts::models::Model;
use crate::facts::structure::Structure;
use crate::facts::workflow as workflow_facts;
use crate::parallel;
use crate::read;
use crate::read::json::{JsonDoc, JsonError, JsonRef};
use crate::read::oddities;
use crate::read::script::{Dialect, Script};
use crate::read::settings::Launcher;
use crate::read::weights::Fault;
use crate::source::{ReadError, Source};
use crate::span::Span;
use crate::workflow::format::{self, Wrapper};
use crate::workflow::graph::Graph;
pub use file::{Content, File, ScriptFile, Trouble, TroubleKind, WorkflowFile};
use repeats::Repeats;
use runs::Runs;

/// Reads files in parallel, keeping their order. JSON that is no workflow is dropped unless it was named.
///
/// # Errors
/// The message for the first *named* file that cannot be opened: such a path is a mistake of the caller.
pub fn read_all(found: &[Found], checked: bool, catalog: &Catalog, drafts: &Drafts) -> Result<Vec<File>, String> {
    let (mut files, mut repeats) = (Vec::with_capacity(found.len()), Repeats::default());
    for part in found.chunks(AT_ONCE) {
        let read = parallel::each(part, |_, found| read_one(found, checked, catalog, drafts));
        for (found, read) in part.iter().zip(read) {
            for file in read? {
                repeats.add(&mut files, file, found.named);
            }
        }
    }
    Ok(files)
}

/// Bytes that take the place of those on disk, by path.
pub type Drafts = BTreeMap<PathBuf, Vec<u8>>;

/// How many files are read before those that only repeat others are let go.
const AT_ONCE: usize = 1024;

fn read_one(found: &Found, checked: bool, catalog: &Catalog, drafts: &Drafts) -> Result<Vec<File>, String> {
    let drafted = drafts.contains_key(&found.path);
    if found.kind == Kind::Media && !drafted {
        return Ok(media::read(found, checked, catalog)?.into_iter().collect());
    }
    if found.kind == Kind::Model {
        return Ok(vec![model(&found.path, checked)?]);
    }
    let draft = drafts.get(&found.path).map(|bytes| Ok(Source::from_bytes(&found.path, bytes.clone())));
    let source = match draft.unwrap_or_else(|| Source::read_into(&found.path, reuse::memory())) {
        Ok(source) => source,
        Err(error @ ReadError::Io { .. }) if found.named => return Err(error.to_string()),
        Err(error) => return Ok(vec![unreadable(&found.path, found.kind, checked, &error)]),
    };
    // In the place of a media file stands the workflow that was in it.
    let kind = if found.kind == Kind::Media { Kind::Json } else { found.kind };
    let mut files = interpret_all(source, kind, found.named, checked, catalog);
    for file in &mut files {
        if let Content::Script(script) = &mut file.content {
            script.launches.iter_mut().for_each(|launch| launch.checkout = checkout::find(&found.path, launch));
        }
        reuse::let_go(file, found.named);
    }
    Ok(files)
}

/// A model file has no text to point into: findings are about the whole.
fn model(path: &Path, checked: bool) -> Result<File, String> {
    let model = Model::open(path);
    if let Err(error) = &model.file {
        return Err(format!("cannot read {}: {error}", path.display()));
    }
    let limit = model.file.as_ref().ok().and_then(|file| match &file.fault {
        Some(Fault::Limit(words)) => Some(format!("{}: {words}", path.display())),
        _ => None,
    });
    let trouble =
        limit.map(|message| Trouble { kind: TroubleKind::Limit, span: Span::default(), message }).into_iter().collect();
    let source = Source::from_text(path, "");
    Ok(File { trouble, content: Content::Model(Arc::new(model)), ..File::nothing(source, Kind::Model, checked) })
}

fn unreadable(path: &Path, kind: Kind, checked: bool, error: &ReadError) -> File {
    let kind_of_trouble =
        if matches!(error, ReadError::TooLarge { .. }) { TroubleKind::Limit } else { TroubleKind::Broken };
    let trouble = Trouble { kind: kind_of_trouble, span: Span::default(), message: error.to_string() };
    let source = Source::from_text(PathBuf::from(path), "");
    File { trouble: vec![trouble], ..File::nothing(source, kind, checked) }
}

/// As [`interpret_all`], where a text is one file: of the history of several runs the first.
pub fn interpret(source: Source, kind: Kind, named: bool, checked: bool, catalog: &Catalog) -> Option<File> {
    interpret_all(source, kind, named, checked, catalog).into_iter().next()
}

/// Turns one source into a file with facts, the history of several runs into one for each of them; none for JSON that is no
/// workflow and was only met while walking.
pub fn interpret_all(source: Source, kind: Kind, named: bool, checked: bool, catalog: &Catalog) -> Vec<File> {
    let (mut trouble, kind) = (Vec::new(), settled(kind, &source));
    let content = match kind {
        Kind::Json => match workflow(source.text(), catalog) {
            Ok(Read::Workflow(workflow)) => Content::Workflow(workflow),
            Ok(Read::Runs(runs)) => return runs::files(source, runs, checked),
            Err(Unread::NoWorkflow(why)) if named => {
                let message = format!("this JSON is not a ComfyUI workflow: {why}");
                trouble.push(Trouble { kind: TroubleKind::Broken, span: Span::default(), message });
                Content::Nothing
            }
            Err(Unread::NoWorkflow(_)) => return Vec::new(),
            Err(Unread::Broken(fault)) if named || source.encoding().is_odd() || looks_like_workflow(source.text()) => {
                trouble.push(fault);
                Content::Nothing
            }
            Err(_) => return Vec::new(),
        },
        Kind::Config | Kind::Media | Kind::Model | Kind::Log => Content::Nothing,
        Kind::Settings => Content::Settings(read::ini::read(source.text())),
        Kind::Script(dialect) => {
            Content::Script(script(source.text(), read::read(dialect, source.text()), &mut trouble))
        }
    };
    // Many files only look like launch files: what starts nothing and describes no container is not counted while walking.
    let idle = matches!(&content, Content::Script(script) if is_idle(script));
    if !idle || named {
        trouble.splice(0..0, bytes::trouble(&source, kind, &content));
    }
    if idle && !named && trouble.is_empty() {
        return Vec::new();
    }
    let allows = allows(&source, &content);
    vec![File { content, trouble, allows, ..File::nothing(source, kind, checked) }]
}

/// JSON with the name and the content of a launcher's settings is that; any other may be a workflow.
fn settled(kind: Kind, source: &Source) -> Kind {
    if kind != Kind::Json {
        return kind;
    }
    let name = source.path().file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    let launcher = Launcher::of_json(&name, source.text());
    launcher.map_or(kind, |launcher| Kind::Script(Dialect::Settings(launcher)))
}

/// The configuration as a file of the run, so that findings can point into it.
pub fn configuration(path: &Path, checked: bool) -> Option<File> {
    let source = Source::read(path).ok()?;
    Some(File::nothing(source, Kind::Config, checked))
}

fn allows(source: &Source, content: &Content) -> Vec<Allow> {
    match content {
        Content::Script(script) => allow::in_script(source, &script.script),
        Content::Workflow(workflow) => workflow.allows.clone(),
        Content::Model(_) | Content::Settings(_) | Content::Nothing => Vec::new(),
    }
}

/// Nothing in it concerns ComfyUI: sources and settings of other programs, empty scripts.
fn is_idle(file: &ScriptFile) -> bool {
    let shell = matches!(file.script.dialect, Dialect::Batch | Dialect::Shell | Dialect::PowerShell | Dialect::Dotenv);
    let says_something = shell && !file.script.steps.is_empty();
    let posts = !file.script.blind_posts.is_empty();
    file.launches.is_empty() && file.script.containers.is_empty() && !says_something && !posts
}

fn script(text: &str, script: Script, trouble: &mut Vec<Trouble>) -> Box<ScriptFile> {
    let unread = script.unread.iter();
    let (mut launches, paths) = launch::on_paths(text, &script);
    for launch in &mut launches {
        launch.oddities = oddities::around(launch.dialect, text, launch.span);
    }
    // A script that starts no ComfyUI is none of our business, however odd it is.
    if !launches.is_empty() {
        trouble.extend(unread.map(|(span, message)| Trouble {
            kind: TroubleKind::Broken,
            span: *span,
            message: message.clone(),
        }));
    }
    Box::new(ScriptFile { script, launches, paths })
}

/// What a text gives.
enum Read {
    Workflow(Box<WorkflowFile>),
    Runs(Runs),
}

/// Why a text gives no workflow.
enum Unread {
    /// It is JSON and none.
    NoWorkflow(&'static str),
    /// It is no JSON.
    Broken(Trouble),
}

fn workflow(text: &str, catalog: &Catalog) -> Result<Read, Unread> {
    let broken = |error: JsonError| Trouble {
        kind: if error.is_limit() { TroubleKind::Limit } else { TroubleKind::Broken },
        span: character(text, error.offset),
        message: error.message,
    };
    let read = |doc: &JsonDoc| {
        let root = doc.root(text).ok_or("it holds nothing")?;
        let found = format::detect(root);
        match found.wrapper {
            Wrapper::Runs => Ok(Read::Runs(Runs::read(root, catalog))),
            _ => workflow_of(root, &found, catalog).map(Read::Workflow),
        }
    };
    reuse::parsed(text, read).map_err(|error| Unread::Broken(broken(error)))?.map_err(Unread::NoWorkflow)
}

/// `root` is all that belongs to the workflow, its wrapper included.
fn workflow_of(
    root: JsonRef<'_>,
    found: &format::Detected<'_>,
    catalog: &Catalog,
) -> Result<Box<WorkflowFile>, &'static str> {
    let (graph, pages) = Graph::with_pages(found, catalog)?;
    let structure = Structure::of(root, found, &graph, &pages);
    let facts = workflow_facts::facts(&graph);
    let allows = [Some(found.root), found.beside].into_iter().flatten().flat_map(allow::in_workflow).collect();
    Ok(Box::new(WorkflowFile { graph, structure, facts, allows }))
}

/// The whole character at an offset; nothing at the end of the text.
fn character(text: &str, offset: u32) -> Span {
    let letter = text.get(offset as usize..).and_then(|rest| rest.chars().next());
    Span::new(offset, offset + letter.map_or(0, char::len_utf8) as u32)
}

/// Broken JSON met while walking is reported only when it can hardly be anything else than a workflow.
fn looks_like_workflow(text: &str) -> bool {
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    has("\"class_type\"") || (has("\"nodes\"") && (has("\"last_node_id\"") || has("\"widgets_values\"")))
}
