//! Tests on values: texts, steps, and what the messages say of them.

use super::super::{ValueTest, When};
use crate::workflow::graph::Value;

pub(super) fn text_holds(test: &ValueTest, text: &str) -> bool {
    match test {
        ValueTest::OneOf(list) => list.contains(&text),
        ValueTest::NotOneOf(list) => !list.contains(&text),
        ValueTest::Truthy(wanted) => truthy(text) == *wanted,
        ValueTest::OffStep { step, from } => text.parse::<i64>().is_ok_and(|value| off_step(value, *step, *from)),
        ValueTest::AtLeastInput(_) | ValueTest::Bare(_) => false,
    }
}

/// What scripts mean by "on": anything but nothing, 0, false, no, off.
pub fn truthy(text: &str) -> bool {
    !matches!(text.to_ascii_lowercase().as_str(), "" | "0" | "false" | "no" | "off")
}

pub(super) fn off_step(value: i64, step: i64, from: i64) -> bool {
    step > 0 && value.checked_sub(from).is_some_and(|above| above.rem_euclid(step) != 0)
}

/// The nearest allowed value and the largest one below, for tests with a step.
pub(super) fn allowed(when: &When, value: &Value) -> (String, String) {
    let (Some(ValueTest::OffStep { step, from }), Some(value)) = (&when.value, value.to_i64()) else {
        return (String::new(), String::new());
    };
    let above = value.saturating_sub(*from).rem_euclid(*step);
    let below = value.saturating_sub(above);
    let nearest = if 2 * above >= *step { below.saturating_add(*step) } else { below };
    (nearest.max(*from).max(1).to_string(), below.max(*from).max(1).to_string())
}

/// A literal as the user wrote it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Subject;
    use super::*;

    #[test]
    fn steps_and_texts() {
        assert!(off_step(80, 4, 1) && !off_step(81, 4, 1) && !off_step(i64::MIN, 4, 1));
        let when = When {
            subject: Subject::Node(&[]),
            inputs: &["length"],
            value: Some(ValueTest::OffStep { step: 4, from: 1 }),
            blank_end: false,
            channels: None,
            quantised: None,
            comfyui: None,
            torch: None,
            nvidia: false,
            os: None,
            with: &[],
            without: &[],
        };
        assert_eq!(allowed(&when, &Value::Int(80)), ("81".to_owned(), "77".to_owned()));
        assert_eq!(allowed(&when, &Value::Int(78)), ("77".to_owned(), "77".to_owned()));
        assert!(truthy("1") && !truthy("OFF"));
    }
}
