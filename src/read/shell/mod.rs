//! Shell scripts (POSIX and bash), structured by tree-sitter, expanded here.
//!
//! Followed: assignments, `export`, arrays, `${X:-default}`, word splitting, prefix assignments and `env`, `exec`, `nohup`,
//! lists, pipelines, redirections; functions, each call with its arguments; texts that are run as commands (`eval`, `bash -c`,
//! `tmux`, `screen`, `su -c`); scripts that are written by here-documents, `echo` and `printf`. The variables of a subshell end
//! with it. Commands in `if`, loops, `case`, functions that nothing calls and behind `||` (or `&&` after a test) are uncertain;
//! conditions are not evaluated.

mod branches;
mod command;
mod expand;
mod functions;
mod glued;
mod nested;
mod scope;
mod walk;
mod written;

use tree_sitter::Tree;

use super::embedded;
use super::route::Route;
use super::script::{Dialect, Script, Step};
use super::syntax;
use super::traced::Byte;
use crate::span::Span;

/// Reads a shell script. Every text gives a script; places that could not be followed are listed in it.
pub fn read(text: &str) -> Script {
    inner(text, 0)
}

/// Reads a text that `depth` others are around of.
fn inner(text: &str, depth: usize) -> Script {
    match parse(text) {
        Ok(tree) => walk::script(text, &tree, Route::open(), depth),
        Err(reason) => Script::unreadable(Dialect::Shell, text, reason),
    }
}

/// The tree of a script.
///
/// # Errors
/// Why there is none.
pub(super) fn parse(text: &str) -> Result<Tree, &'static str> {
    let language = tree_sitter_bash::LANGUAGE.into();
    let tree = syntax::parse(text, &language)?;
    match glued::line_ends(text, &tree) {
        none if none.is_empty() => Ok(tree),
        some => syntax::parse_with(text, &some, &language),
    }
}

/// Reads a parsed script on a route.
pub(super) fn read_on(text: &str, tree: &Tree, route: Route) -> Script {
    walk::script(text, tree, route, 0)
}

/// Reads a command line that another script holds; its steps lie where the bytes were written.
pub(super) fn read_traced(bytes: &[Byte], whole: Span) -> Vec<Step> {
    embedded::read(bytes, whole, read)
}
