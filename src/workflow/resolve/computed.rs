//! Nodes that make a value of their inputs and nothing else. Sources: ComfyUI 0.33.0 comfy_extras/nodes_string.py,
//! nodes_logic.py, nodes_number_convert.py, nodes_resolution.py, and the CustomCombo node; ComfyUI-Easy-Use py/nodes/logic.py.

use super::super::graph::Value;

/// Longest text that is made.
const MAX_TEXT: usize = 100_000;

/// What output `slot` of a class is, given its inputs; `None` for a class that is not listed, or when an input is not
/// known.
pub(super) fn output(class: &str, slot: u32, mut input: impl FnMut(&str) -> Option<Value>) -> Option<Value> {
    let mut text = |name: &str| input(name).and_then(|value| value.as_text().map(str::to_owned));
    let made = match (class, slot) {
        ("StringConcatenate", 0) => {
            let (first, second) = (text("string_a")?, text("string_b")?);
            Value::Text(first + &text("delimiter")? + &second)
        }
        ("StringReplace", 0) => Value::Text(text("string")?.replace(&text("find")?, &text("replace")?)),
        ("StringTrim", 0) => Value::Text(trimmed(&text("string")?, &text("mode")?)?),
        ("CaseConverter", 0) => Value::Text(cased(&text("string")?, &text("mode")?)?),
        ("StringLength", 0) => Value::Int(text("string")?.chars().count() as i64),
        ("CustomCombo", 0) => Value::Text(text("choice")?),
        ("ComfyNotNode", 0) => Value::Bool(!truth(&input("value")?)?),
        ("easy float", 0) => Value::Float((number(&input("value")?)? * 1000.0).round_ties_even() / 1000.0),
        ("ComfyNumberConvert", 0) => Value::Float(number(&input("value")?)?),
        ("ComfyNumberConvert", 1) => whole(&input("value")?)?,
        ("ResolutionSelector", 0 | 1) => {
            let ratio = text("aspect_ratio")?;
            let (megapixels, multiple) = (input("megapixels")?.to_f64()?, input("multiple")?.to_i64()?);
            Value::Int(*resolution(&ratio, megapixels, multiple)?.get(slot as usize)?)
        }
        _ => return None,
    };
    made.as_text().is_none_or(|text| text.len() <= MAX_TEXT).then_some(made)
}

fn trimmed(text: &str, mode: &str) -> Option<String> {
    Some(match mode {
        "Both" => text.trim().to_owned(),
        "Left" => text.trim_start().to_owned(),
        "Right" => text.trim_end().to_owned(),
        _ => return None,
    })
}

/// Only the modes that Rust and Python agree on.
fn cased(text: &str, mode: &str) -> Option<String> {
    match mode {
        "UPPERCASE" => Some(text.to_uppercase()),
        "lowercase" => Some(text.to_lowercase()),
        _ => None,
    }
}

/// Python's truth of a value.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Int(value) => Some(*value != 0),
        Value::Float(value) => Some(*value != 0.0),
        Value::Text(text) => Some(!text.is_empty()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    value.to_f64().filter(|number| number.is_finite())
}

fn whole(value: &Value) -> Option<Value> {
    let number = number(value)?;
    match value {
        Value::Int(whole) => Some(Value::Int(*whole)),
        Value::Text(text) if text.trim().parse::<i64>().is_ok() => text.trim().parse().ok().map(Value::Int),
        _ => (number.abs() < 9.0e15).then_some(Value::Int(number.trunc() as i64)),
    }
}

/// Width and height of about so many megapixels, each rounded to the multiple as Python rounds.
fn resolution(ratio: &str, megapixels: f64, multiple: i64) -> Option<[i64; 2]> {
    let (width, height) = ratio.split_once(' ')?.0.split_once(':')?;
    let (width, height): (f64, f64) = (width.parse().ok()?, height.parse().ok()?);
    let usable = width > 0.0 && height > 0.0 && megapixels > 0.0 && megapixels < 1.0e4 && multiple > 0;
    usable.then(|| {
        let scale = (megapixels * 1024.0 * 1024.0 / (width * height)).sqrt();
        let side = |ratio: f64| (ratio * scale / multiple as f64).round_ties_even() as i64 * multiple;
        [side(width), side(height)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(class: &str, slot: u32, inputs: &[(&str, Value)]) -> Option<Value> {
        output(class, slot, |name| inputs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()))
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn texts_and_numbers_as_the_nodes_make_them() {
        let parts = [("string_a", text("a fox")), ("string_b", text("at night")), ("delimiter", text(", "))];
        assert_eq!(made("StringConcatenate", 0, &parts), Some(text("a fox, at night")));
        assert_eq!(made("StringConcatenate", 0, &parts[..2]), None, "a part is not known");
        assert_eq!(made("ComfyNumberConvert", 1, &[("value", text(" 12 "))]), Some(Value::Int(12)));
        assert_eq!(made("ComfyNumberConvert", 1, &[("value", Value::Float(-2.7))]), Some(Value::Int(-2)));
        assert_eq!(made("ComfyNumberConvert", 0, &[("value", text("many"))]), None);
        assert_eq!(made("ComfyNotNode", 0, &[("value", Value::Int(0))]), Some(Value::Bool(true)));
        let wide = [
            ("aspect_ratio", text("16:9 (Widescreen)")),
            ("megapixels", Value::Float(1.0)),
            ("multiple", Value::Int(8)),
        ];
        assert_eq!(made("ResolutionSelector", 0, &wide), Some(Value::Int(1368)));
        assert_eq!(made("ResolutionSelector", 1, &wide), Some(Value::Int(768)));
        assert_eq!(made("ResolutionSelector", 2, &wide), None);
        assert_eq!(made("TextGenerate", 0, &wide), None);
    }
}
