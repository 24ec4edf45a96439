//! Text becomes spanned documents. Readers have no opinions: what a text means is decided in [`facts`](crate::facts).

pub mod batch;
pub mod json;
pub mod script;
pub mod shell;
mod traced;
