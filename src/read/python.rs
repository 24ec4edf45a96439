//! Reads Python scripts that start ComfyUI or prepare its environment.

use super::script::{Dialect, Script};

/// Reads a text; what could not be followed is in the script's `unread`.
pub fn read(_text: &str) -> Script {
    Script::new(Dialect::Python)
}
