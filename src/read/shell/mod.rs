//! Shell scripts (POSIX and bash), structured by tree-sitter, expanded here.
//!
//! Followed: assignments, `export`, arrays, `${X:-default}`, word splitting, prefix assignments and `env`, `exec`, `nohup`,
//! lists, pipelines, redirections. Commands in `if`, loops, `case`, functions and behind `||` (or `&&` after a test) are
//! uncertain; conditions are not evaluated and functions not called. Assignments in a subshell are taken as lasting.

mod command;
mod expand;
mod walk;

use tree_sitter::Tree;

use super::embedded;
use super::route::Route;
use super::script::{Dialect, Script, Step};
use super::syntax;
use super::traced::Byte;
use crate::span::Span;

/// Reads a shell script. Every text gives a script; places that could not be followed are listed in it.
pub fn read(text: &str) -> Script {
    match parse(text) {
        Ok(tree) => read_on(text, &tree, Route::open()),
        Err(reason) => Script::unreadable(Dialect::Shell, text, reason),
    }
}

/// The tree of a script.
///
/// # Errors
/// Why there is none.
pub(super) fn parse(text: &str) -> Result<Tree, &'static str> {
    syntax::parse(text, &tree_sitter_bash::LANGUAGE.into())
}

/// Reads a parsed script on a route.
pub(super) fn read_on(text: &str, tree: &Tree, route: Route) -> Script {
    walk::script(text, tree, route)
}

/// Reads a command line that another script holds; its steps lie where the bytes were written.
pub(super) fn read_traced(bytes: &[Byte], whole: Span) -> Vec<Step> {
    embedded::read(bytes, whole, read)
}
