//! The rows of rgthree's Power Lora Loader: `{"on": true, "lora": "x.safetensors", "strength": 1, "strengthTwo": null}`.
//!
//! Source: rgthree-comfy `src_web/comfyui/power_lora_loader.ts` and `py/power_lora_loader.py`, August 2026. A saved node holds the rows
//! among dividers and buttons, without names; the browser names them `lora_1`, `lora_2`, ... as it loads them. In the graph each
//! member of a row is an input of its own: `lora_1.lora`.

use super::graph::{Input, MAX_INPUTS, Value};
use crate::read::json::JsonRef;

/// The class.
pub(crate) const POWER_LORA_LOADER: &str = "Power Lora Loader (rgthree)";

/// What stands in front of the rows, and behind them, in a prompt.
pub(super) const HEADER: (&str, &str) = ("PowerLoraLoaderHeaderWidget", "{\"type\":\"PowerLoraLoaderHeaderWidget\"}");
pub(super) const BUTTON: (&str, &str) = ("\u{2795} Add Lora", "\"\"");

/// The rows of a saved node with the names that the browser gives them.
pub(super) fn rows(values: Option<JsonRef<'_>>) -> impl Iterator<Item = (String, JsonRef<'_>)> {
    let values = values.into_iter().flat_map(|values| values.items()).take(MAX_INPUTS);
    let rows = values.filter(|json| json.get("lora").is_some());
    rows.enumerate().map(|(at, json)| (format!("lora_{}", at + 1), json))
}

/// The members of a row as inputs.
pub(super) fn members<'j>(row: &Input, json: JsonRef<'j>) -> impl Iterator<Item = Input> + use<'j> {
    let (name, from) = (row.name.clone(), row.from);
    json.entries().filter_map(move |(key, value)| {
        let name = format!("{name}.{}", key.as_str()?).into();
        Some(Input { name, span: value.span(), key_span: key.span(), value: Value::literal(value), from })
    })
}

/// True for a row by its name, which the server takes without regard to case.
pub(crate) fn is_row(name: &str) -> bool {
    name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("lora_")) && !name.contains('.')
}
