//! Values: converted as the server does, then held against limits and lists.

use super::{Judge, Kind};
use crate::catalog::nodes::{Era, NEW, Options, Widget, WidgetKind};
use crate::text::{distance, nearest};
use crate::workflow::graph::Value;

/// Entries of lists of models that are no files: a list of nothing else says nothing about files.
const NO_FILES: [&str; 4] = ["pixel_space", "none", "[None]", "None"];

/// Lists that custom nodes add to (RES4LYF and others), and those of the cards that a server has.
const EXTENDED: [&str; 4] = ["sampler_name", "scheduler", "sampler", "device"];

impl Judge<'_> {
    pub(super) fn value(&self, widget: &'static Widget, value: &Value) -> Option<Kind> {
        match widget.kind {
            WidgetKind::Int | WidgetKind::Float(_) => number(widget, value),
            WidgetKind::Combo => self.choice(widget, value),
            WidgetKind::DynamicCombo => match (value, widget.offers(value.as_text()?)) {
                (Value::Text(text), Some(false)) => {
                    let near = close(text, widget);
                    (self.lists_are_known(widget) || near.is_some()).then_some(Kind::NoBranch(near))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn choice(&self, widget: &'static Widget, value: &Value) -> Option<Kind> {
        let offered = match value {
            Value::Text(text) => widget.offers(text)?,
            Value::Int(number) => widget.offers_number(*number as f64)?,
            Value::Float(number) => widget.offers_number(*number)?,
            Value::Null => false,
            _ => return None,
        };
        if offered {
            return None;
        }
        let text = value.as_text().unwrap_or_default();
        if let Options::Host(_) = widget.options {
            let missing = self.era == Era::Stated && is_missing(widget, text);
            return missing.then(|| Kind::NoFile(close(text, widget)));
        }
        let near = close(text, widget);
        let certain = self.lists_are_known(widget) || near.is_some() || *value == Value::Null;
        (!widget.own_check && certain).then_some(Kind::NotInList(near))
    }

    /// A list only grows from release to release, and for some inputs with custom nodes.
    fn lists_are_known(&self, widget: &Widget) -> bool {
        let short = widget.name.rsplit('.').next().unwrap_or_default();
        self.era == Era::Stated || self.version.is_some_and(|version| version <= NEW) && !EXTENDED.contains(&short)
    }
}

/// A file that is not on the list of a server which has files. A node that looks for the file itself (LoadImage) finds it in
/// folders too, which no list shows.
fn is_missing(widget: &Widget, text: &str) -> bool {
    let listed = widget.options().iter().any(|file| !NO_FILES.contains(&file.as_str()));
    let elsewhere = widget.own_check && text.contains(['/', '\\', '[']);
    listed && !text.is_empty() && !elsewhere
}

/// The choice that a text was most likely meant to be: the same but for its case, or a slip of the hand. Digits are no slip:
/// `beta57` is a scheduler of its own.
pub fn close(text: &str, widget: &Widget) -> Option<String> {
    // Longer than any choice by far; the search takes time with the length.
    if text.len() > 500 {
        return None;
    }
    let options = widget.options();
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let slips = match text.chars().count() {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    let same = options.iter().find(|option| option.eq_ignore_ascii_case(text));
    let near = nearest(text, options.iter().map(String::as_str));
    let near = near.filter(|near| distance(text, near) <= slips && digits(text) == digits(near));
    same.map(String::as_str).or(near).map(str::to_owned)
}

fn number(widget: &Widget, value: &Value) -> Option<Kind> {
    let whole = widget.kind == WidgetKind::Int;
    let number = match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) if whole && !number.is_finite() => return Some(Kind::NoNumber("INT")),
        Value::Float(number) if whole => number.trunc(),
        Value::Float(number) => *number,
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Text(text) => match read(text, whole) {
            Some(number) => number,
            None => return Some(Kind::NoNumber(widget.kind_name())),
        },
        Value::Null => return Some(Kind::NoNumber(widget.kind_name())),
        _ => return None,
    };
    let range = widget.range;
    match (range.min, range.max) {
        _ if widget.own_check => None,
        (Some(min), _) if number < min => Some(Kind::Below(min)),
        (_, Some(max)) if number > max => Some(Kind::Above(max)),
        _ => None,
    }
}

/// A text as Python's `int()` and `float()` read it: blanks around it, `_` between digits.
fn read(text: &str, whole: bool) -> Option<f64> {
    let text = text.trim();
    let between = |at: usize| {
        let digit = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
        digit(at.checked_sub(1)) && digit(at.checked_add(1))
    };
    if !text.match_indices('_').all(|(at, _)| between(at)) {
        return None;
    }
    let plain = text.replace('_', "");
    let digits = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole && !is_whole { None } else { plain.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn texts_are_read_as_python_does() {
        assert_eq!(read(" 128 ", true), Some(128.0));
        assert_eq!(read("1_000", true), Some(1000.0));
        assert_eq!(read("-3", true), Some(-3.0));
        assert_eq!(read("64.9", false), Some(64.9));
        assert_eq!(read("inf", false), Some(f64::INFINITY));
        for none in ["64.9", "", "x", "_1", "1__0", "+", "1e3"] {
            assert_eq!(read(none, true), None, "{none}");
        }
        assert_eq!(read("word", false), None);
    }
}
