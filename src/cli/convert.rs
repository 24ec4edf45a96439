//! `wanlint convert`: a saved workflow, or a media file that holds one, as the API prompt that the browser would send.

use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::facts::folder_of;
use super::output::to_file;
use super::{CLEAN, Streams, object_info, written};
use crate::catalog::nodes::Catalog;
use crate::config::Config;
use crate::project::media;
use crate::read::json::{JsonDoc, JsonRef};
use crate::read::media::Media;
use crate::report::safe;
use crate::source::Source;
use crate::span::Span;
use crate::workflow::convert::{Converted, Options, convert, indented};
use crate::workflow::format::{self, Detected, Run, Wrapper, detect};

/// Arguments of `wanlint convert`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// A workflow, or an image, video or sound that holds one; - reads standard input
    workflow: PathBuf,
    /// Write the prompt to a file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Choose among {a|b} in prompts by this number; without it the first option is taken
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Which run of a history: its id, or how that begins
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// What the server says about its nodes: the answer of its /object_info as a file, or the address to ask
    #[arg(long, value_name = "FILE|URL")]
    object_info: Option<String>,
    /// Use no configuration file
    #[arg(long)]
    isolated: bool,
}

/// Converts and prints. What could not be carried over is said on standard error.
///
/// # Errors
/// A file that cannot be read or holds no workflow, and workflows that the browser could not send either.
pub fn run(arguments: &Arguments, streams: &mut Streams) -> Result<u8, String> {
    let catalog = catalog(arguments)?;
    let source = source(&arguments.workflow, &catalog)?;
    let options = Options { seed: arguments.seed };
    let converted = converted(&source, &catalog, arguments.run.as_deref(), options)?;
    for (span, message) in &converted.lost {
        let line = safe::plain(&format!("note: {}: {message}", place(&source, *span)));
        written(writeln!(streams.err, "{line}"))?;
    }
    let text = indented(&converted.json) + "\n";
    match &arguments.output {
        Some(path) => to_file(path, |file| file.write_all(text.as_bytes()))?,
        None => written(streams.out.write_all(text.as_bytes()))?,
    }
    Ok(CLEAN)
}

/// The classes of the flag, else of the configuration beside the workflow, else the built-in ones.
fn catalog(arguments: &Arguments) -> Result<Catalog, String> {
    if let Some(named) = &arguments.object_info {
        return object_info::named(named);
    }
    match Config::find(&folder_of(&arguments.workflow)).filter(|_| !arguments.isolated) {
        Some(file) => object_info::configured(&Config::read(&file).map_err(|error| error.to_string())?),
        None => Ok(Catalog::default()),
    }
}

/// The text of a workflow. Of a media file the one that is checked too: the prompt, where there is one.
fn source(path: &Path, catalog: &Catalog) -> Result<Arc<Source>, String> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map_err(|error| format!("cannot read standard input: {error}"))?;
        let media = Media::read(&mut Cursor::new(&bytes)).ok().flatten();
        return match media {
            Some(media) => media::source(Path::new("<stdin>"), media, catalog),
            None => Ok(Arc::new(Source::from_bytes("<stdin>", bytes))),
        };
    }
    let source = || Source::read(path).map(Arc::new).map_err(|error| error.to_string());
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
        return source();
    }
    let cannot = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    match Media::open(path).map_err(cannot)? {
        Some(media) => media::source(path, media, catalog),
        None => source(),
    }
}

fn converted(source: &Source, catalog: &Catalog, run: Option<&str>, options: Options) -> Result<Converted, String> {
    let at = |offset: u32, message: &str| format!("{}: {message}", place(source, Span::new(offset, offset)));
    let doc = JsonDoc::parse(source.text()).map_err(|error| at(error.offset, &error.message))?;
    let Some(root) = doc.root(source.text()) else { return Err(at(0, "the file is empty")) };
    let found = chosen(root, run).map_err(|message| at(0, &message))?;
    convert(&found, catalog, options).map_err(|refusal| at(refusal.span.start, &refusal.message))
}

/// Most runs that a message names, and most letters of each.
const MOST_NAMED: usize = 10;
const MOST_LETTERS: usize = 80;

/// The workflow of the file; of a history the run that was named.
fn chosen<'a>(root: JsonRef<'a>, run: Option<&str>) -> Result<Detected<'a>, String> {
    let found = detect(root);
    let runs: Vec<Run<'a>> = match (run, found.wrapper) {
        (None, Wrapper::Runs) | (Some(_), _) => format::runs(root).collect(),
        (None, _) => return Ok(found),
    };
    let Some(start) = run else {
        return Err(format!("it is the history of {} runs, choose one with --run: {}", runs.len(), named(&runs)));
    };
    let exact = |run: &&Run<'_>| run.id == start;
    let fits: Vec<&Run<'a>> = match runs.iter().find(exact) {
        Some(run) => vec![run],
        None => runs.iter().filter(|run| run.id.starts_with(start)).collect(),
    };
    match fits.as_slice() {
        [run] => Ok(run.found.clone()),
        _ if runs.is_empty() => Err("--run is for a history, and this is none".to_owned()),
        [] => Err(format!("no run of this history is called '{start}': there are {}", named(&runs))),
        _ => Err(format!("'{start}' begins the names of {} runs of this history", fits.len())),
    }
}

fn named(runs: &[Run<'_>]) -> String {
    let mut names: Vec<String> =
        runs.iter().take(MOST_NAMED).map(|run| run.id.chars().take(MOST_LETTERS).collect()).collect();
    if runs.len() > MOST_NAMED {
        names.push(format!("and {} more", runs.len() - MOST_NAMED));
    }
    names.join(", ")
}

/// `path:line:column`.
fn place(source: &Source, span: Span) -> String {
    let place = source.place(span.start);
    format!("{}:{}:{}", source.shown_path(), place.line, place.column)
}
