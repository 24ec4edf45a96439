//! The graph of a workflow: which format a file has, its nodes and links, and the value an input really gets.

mod api;
pub(crate) mod browser;
pub(crate) mod bypass;
mod content;
mod contexts;
pub mod convert;
pub mod everywhere;
pub mod fingerprint;
pub mod format;
pub mod graph;
pub(crate) mod loras;
mod math;
pub mod resolve;
mod switches;
mod ui;
pub(crate) use ui::{Page, Raw};
pub(crate) mod widgets;
