//! What ComfyUI's argument parser refuses about the values of flags.

use super::{Flag, Launch};
use crate::catalog::flags::{Arity, Shape, ValueType};
use crate::facts::versions::Version;
use crate::read::script::Word;
use crate::span::Span;

/// A refused flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagProblem {
    /// Index of the flag in [`Launch::flags`].
    pub flag: usize,
    /// The place to show: the value if there is one, else the flag.
    pub span: Span,
    /// What is wrong.
    pub fault: Fault,
}

/// Why a flag is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It needs a value and has none.
    MissingValue,
    /// It takes none and has one.
    UnexpectedValue,
    /// More values than it accepts.
    TooManyValues {
        /// The number it accepts.
        limit: usize,
    },
    /// The value is not of this type.
    WrongType {
        /// The type.
        wanted: ValueType,
    },
    /// The value is not one of these.
    WrongChoice {
        /// The allowed values.
        choices: Vec<&'static str>,
    },
}

/// All refused flags of a launch. With an unknown version only what every version that has the flag refuses; the fault named is
/// that of the newest one.
pub fn problems(launch: &Launch, version: Option<Version>) -> Vec<FlagProblem> {
    let refused = |(index, flag)| {
        let (span, fault) = refusal(flag, version)?;
        Some(FlagProblem { flag: index, span, fault })
    };
    launch.flags.iter().enumerate().filter(|(_, flag)| flag.known).filter_map(refused).collect()
}

fn refusal(flag: &Flag, version: Option<Version>) -> Option<(Span, Fault)> {
    let spec = flag.spec.filter(|spec| version.is_none_or(|version| spec.exists_in(version) != Some(false)))?;
    let faults: Option<Vec<_>> = spec.shapes(version).iter().map(|shape| fault(flag, shape)).collect();
    faults?.pop()
}

/// What is wrong with a flag if it takes what `shape` says.
fn fault(flag: &Flag, shape: &Shape) -> Option<(Span, Fault)> {
    let limit = match shape.arity {
        Arity::None => 0,
        Arity::One | Arity::Optional => 1,
        Arity::Any | Arity::Some => shape.limit.unwrap_or(usize::MAX),
    };
    let needs = matches!(shape.arity, Arity::One | Arity::Some);
    match flag.values.get(limit) {
        Some(value) if limit == 0 => Some((value.span, Fault::UnexpectedValue)),
        Some(value) => Some((value.span, Fault::TooManyValues { limit })),
        None if needs && flag.values.is_empty() => Some((flag.span, Fault::MissingValue)),
        None => flag.values.iter().enumerate().find_map(|(index, value)| wrong(value, index, shape)),
    }
}

fn wrong(value: &Word, index: usize, shape: &Shape) -> Option<(Span, Fault)> {
    if !value.known {
        return None;
    }
    let listed = shape.choices.is_empty() || shape.choices.contains(&value.text.as_str());
    if !listed && (index == 0 || !shape.first_only) {
        return Some((value.span, Fault::WrongChoice { choices: shape.choices.clone() }));
    }
    let fits = match shape.value_type {
        ValueType::Int => is_int(&value.text),
        ValueType::Float => is_float(&value.text),
        ValueType::Text | ValueType::Dir => true,
    };
    (!fits).then_some((value.span, Fault::WrongType { wanted: shape.value_type }))
}

/// What Python's `int()` accepts in base ten.
fn is_int(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    joined(digits).is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What Python's `float()` accepts: as Rust, and single underscores between digits.
fn is_float(text: &str) -> bool {
    joined(text.trim()).is_some_and(|text| text.parse::<f64>().is_ok())
}

/// The text without its underscores; `None` when one does not stand between two digits.
fn joined(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |index: Option<usize>| index.and_then(|index| bytes.get(index)).is_some_and(u8::is_ascii_digit);
    let placed = |(index, byte): (usize, &u8)| *byte != b'_' || (digit(index.checked_sub(1)) && digit(Some(index + 1)));
    bytes.iter().enumerate().all(placed).then(|| text.replace('_', ""))
}
