//! Reads files of variables.

use super::script::{Dialect, Script};

/// Reads a text; what could not be followed is in the script's `unread`.
pub fn read(_text: &str) -> Script {
    Script::new(Dialect::Dotenv)
}
