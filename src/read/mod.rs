//! Text becomes spanned documents. Readers have no opinions: what a text means is decided in [`facts`](crate::facts).

pub mod batch;
pub mod compose;
pub mod dockerfile;
pub mod dotenv;
mod embedded;
pub mod extra_paths;
pub mod ini;
pub mod json;
pub mod log;
pub mod media;
pub mod notebook;
pub mod oddities;
mod piece;
pub mod powershell;
pub mod python;
pub mod route;
pub mod script;
pub mod service;
pub mod settings;
pub mod shell;
mod syntax;
mod traced;
mod value;
pub mod weights;

use route::Route;
use script::{Dialect, Script};

/// Reads a script of any kind. Whatever the text is, a script comes back: what could not be followed is in its `unread`.
pub fn read(dialect: Dialect, text: &str) -> Script {
    match dialect {
        Dialect::Batch => batch::read(text),
        Dialect::Shell => shell::read(text),
        Dialect::PowerShell => powershell::read(text),
        Dialect::Python => python::read(text),
        Dialect::Notebook => notebook::read(text),
        Dialect::Dockerfile => dockerfile::read(text),
        Dialect::Compose => compose::read(text),
        Dialect::Dotenv => dotenv::read(text),
        Dialect::Service => service::read(text),
        Dialect::Settings(launcher) => settings::read(launcher, text),
    }
}

/// A script that is read several times, on different routes.
pub struct Reading<'t>(Form<'t>);

enum Form<'t> {
    Batch(&'t str),
    Shell(&'t str, tree_sitter::Tree),
    PowerShell(&'t str),
    Python(&'t str, tree_sitter::Tree),
}

impl<'t> Reading<'t> {
    /// Prepares a text; `None` for kinds of files without branches, and for what cannot be parsed.
    pub fn new(dialect: Dialect, text: &'t str) -> Option<Self> {
        Some(Self(match dialect {
            Dialect::Batch => Form::Batch(text),
            Dialect::Shell => Form::Shell(text, shell::parse(text).ok()?),
            Dialect::PowerShell => Form::PowerShell(text),
            Dialect::Python => Form::Python(text, python::parse(text).ok()?),
            _ => return None,
        }))
    }

    /// What a run on that route does.
    pub fn on(&self, route: &Route) -> Script {
        match &self.0 {
            Form::Batch(text) => batch::read_on(text, route.clone()),
            Form::Shell(text, tree) => shell::read_on(text, tree, route.clone()),
            Form::PowerShell(text) => powershell::read_on(text, route.clone()),
            Form::Python(text, tree) => python::read_on(text, tree, route.clone()),
        }
    }
}

/// Whether a comment begins at an offset, by the grammar of the language: a sign in a string or in a text that a command gets is none.
/// `None` for languages in which a line that begins so is one wherever no line is continued, and for what cannot be parsed.
pub fn comment_at(dialect: Dialect, text: &str, at: u32) -> Option<bool> {
    let tree = match dialect {
        Dialect::Shell => shell::parse(text).ok()?,
        Dialect::Python => python::parse(text).ok()?,
        Dialect::PowerShell => return Some(powershell::comment_at(text, at)),
        _ => return None,
    };
    Some(syntax::kind_at(&tree, at).is_some_and(|kind| kind == "comment"))
}
