//! The workflow room: graphs, resolved values, facts. Recorded data is read from `WANLINT_SHARED` or `../shared`.

// Helpers of tests may fail and print as tests do; clippy knows only functions marked #[test].
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

// The tests of media files use the rest of it.
#[allow(dead_code)]
#[path = "media/build.rs"]
mod build;
#[path = "workflow/catalog.rs"]
mod catalog;
#[path = "workflow/command.rs"]
mod command;
#[path = "workflow/convert.rs"]
mod convert;
#[path = "workflow/custom.rs"]
mod custom;
#[path = "workflow/embedded.rs"]
mod embedded;
#[path = "workflow/everywhere.rs"]
mod everywhere;
#[path = "workflow/fixture.rs"]
mod fixture;
#[path = "workflow/golden.rs"]
mod golden;
#[path = "workflow/groups.rs"]
mod groups;
#[path = "workflow/hostile.rs"]
mod hostile;
#[path = "workflow/official.rs"]
mod official;
#[path = "workflow/recorded.rs"]
mod recorded;
#[path = "workflow/stages.rs"]
mod stages;
#[path = "workflow/subgraphs.rs"]
mod subgraphs;
#[path = "workflow/ui.rs"]
mod ui;

use std::path::{Path, PathBuf};

use wanlint::read::json::JsonDoc;
use wanlint::workflow::graph::Graph;

/// A folder of the recorded data; `None` (and a line that says so) where it is absent.
fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("WANLINT_SHARED").map(PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let path = root.join("data").join(folder);
    if !path.is_dir() {
        println!("skipped: {folder} is not there, set WANLINT_SHARED");
        return None;
    }
    Some(path)
}

/// The files of a folder with this ending, sorted.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    files.sort();
    files
}

fn read(text: &str) -> Result<Graph, &'static str> {
    let doc = JsonDoc::parse(text).unwrap();
    Graph::read(doc.root(text).unwrap())
}
