//! Text becomes spanned documents. Readers have no opinions: what a text means is decided in [`facts`](crate::facts).

pub mod batch;
pub mod compose;
pub mod dockerfile;
pub mod dotenv;
mod embedded;
pub mod extra_paths;
pub mod json;
pub mod media;
pub mod notebook;
pub mod oddities;
mod piece;
pub mod powershell;
pub mod python;
pub mod script;
pub mod service;
pub mod shell;
mod syntax;
mod traced;
mod value;
pub mod weights;

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
    }
}
