//! The arithmetic of ComfyMathExpression: numbers, names, + - * / // % **, & | ~ on whole numbers and a few functions,
//! with Python's meaning. Everything else is unknown, never guessed.

/// Deepest nesting of an expression that is read.
const MAX_DEPTH: usize = 40;
/// Longest expression that is read, in bytes.
const MAX_LEN: usize = 500;

/// A number as Python has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

use Number::{Float, Int};

/// The value of an expression; `None` when it uses something that is not modelled or fails.
pub(super) fn evaluate(text: &str, name: &dyn Fn(&str) -> Option<Number>) -> Option<Number> {
    if text.len() > MAX_LEN {
        return None;
    }
    let mut parser = Parser { rest: text, name };
    let value = parser.binary(0, 0)?;
    parser.rest.trim_start().is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a str,
    name: &'a dyn Fn(&str) -> Option<Number>,
}

/// Operators by rising strength; `//` before `/` and `**` before `*` because the longer one must be tried first.
const LEVELS: [&[&str]; 4] = [&["|"], &["&"], &["+", "-"], &["//", "/", "*", "%"]];

impl Parser<'_> {
    fn binary(&mut self, level: usize, depth: usize) -> Option<Number> {
        let Some(operators) = LEVELS.get(level) else { return self.unary(depth) };
        let mut left = self.binary(level + 1, depth)?;
        while let Some(operator) = operators.iter().find(|operator| self.takes_operator(operator)) {
            let right = self.binary(level + 1, depth)?;
            left = apply(operator, left, right)?;
        }
        Some(left)
    }

    fn takes_operator(&mut self, operator: &str) -> bool {
        let power = operator == "*" && self.rest.trim_start().starts_with("**");
        !power && self.takes(operator)
    }

    fn takes(&mut self, token: &str) -> bool {
        let found = self.rest.trim_start().strip_prefix(token);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn unary(&mut self, depth: usize) -> Option<Number> {
        if depth > MAX_DEPTH {
            return None;
        }
        if self.takes("-") {
            return apply("-", Int(0), self.unary(depth + 1)?);
        }
        if self.takes("~") {
            return as_int(self.unary(depth + 1)?).map(|value| Int(!value));
        }
        if self.takes("+") {
            return self.unary(depth + 1);
        }
        let base = self.atom(depth)?;
        if self.takes("**") { apply("**", base, self.unary(depth + 1)?) } else { Some(base) }
    }

    fn atom(&mut self, depth: usize) -> Option<Number> {
        if self.takes("(") {
            let value = self.binary(0, depth + 1)?;
            return self.takes(")").then_some(value);
        }
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_')).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        self.rest = after;
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return word.parse().map(Int).ok().or_else(|| finite(word));
        }
        if self.takes("(") { self.call(word, depth) } else { (self.name)(word) }
    }

    fn call(&mut self, function: &str, depth: usize) -> Option<Number> {
        let mut arguments = vec![self.binary(0, depth + 1)?];
        while self.takes(",") {
            arguments.push(self.binary(0, depth + 1)?);
        }
        if self.takes(")") { call(function, &arguments) } else { None }
    }
}

fn finite(word: &str) -> Option<Number> {
    word.parse().ok().filter(|value: &f64| value.is_finite()).map(Float)
}

fn as_float(value: Number) -> f64 {
    match value {
        Int(value) => value as f64,
        Float(value) => value,
    }
}

fn as_int(value: Number) -> Option<i64> {
    match value {
        Int(value) => Some(value),
        Float(_) => None,
    }
}

fn apply(operator: &str, left: Number, right: Number) -> Option<Number> {
    if let (Int(a), Int(b)) = (left, right)
        && operator != "/"
    {
        return whole(operator, a, b);
    }
    let (a, b) = (as_float(left), as_float(right));
    let value = match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" if b != 0.0 => a / b,
        "//" if b != 0.0 => (a / b).floor(),
        "%" if b != 0.0 => a - b * (a / b).floor(),
        "**" => a.powf(b),
        _ => return None,
    };
    value.is_finite().then_some(Float(value))
}

fn whole(operator: &str, a: i64, b: i64) -> Option<Number> {
    let value = match operator {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "//" => floor_div(a, b),
        "%" => floor_div(a, b).and_then(|quotient| a.checked_sub(quotient.checked_mul(b)?)),
        "**" => a.checked_pow(u32::try_from(b).ok()?),
        "&" => Some(a & b),
        "|" => Some(a | b),
        _ => None,
    };
    value.map(Int)
}

fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    let exact = a.checked_rem(b)? == 0;
    Some(if !exact && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

fn call(function: &str, arguments: &[Number]) -> Option<Number> {
    let &first = arguments.first()?;
    match (function, arguments.len()) {
        ("min" | "max", 2..) => {
            let better = |a: f64, b: f64| if function == "min" { b < a } else { b > a };
            let pick = |best: Number, &next: &Number| if better(as_float(best), as_float(next)) { next } else { best };
            Some(arguments[1..].iter().fold(first, pick))
        }
        ("int", 1) => to_int(as_float(first).trunc(), first),
        ("round", 1) => to_int(as_float(first).round_ties_even(), first),
        ("floor", 1) => to_int(as_float(first).floor(), first),
        ("ceil", 1) => to_int(as_float(first).ceil(), first),
        ("float", 1) => Some(Float(as_float(first))),
        ("abs", 1) => Some(match first {
            Int(value) => Int(value.checked_abs()?),
            Float(value) => Float(value.abs()),
        }),
        _ => None,
    }
}

fn to_int(rounded: f64, original: Number) -> Option<Number> {
    match original {
        Int(value) => Some(Int(value)),
        Float(_) => (rounded.abs() < 9.0e15).then_some(Int(rounded as i64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eval(text: &str) -> Option<Number> {
        evaluate(text, &|name| match name {
            "a" => Some(Int(81)),
            "b" => Some(Float(2.5)),
            _ => None,
        })
    }

    #[test]
    fn computes_as_python_does() {
        for (text, value) in [
            ("a * 16 + 1", Int(1297)),
            ("(a // 32) * 32", Int(64)),
            ("-7 // 2", Int(-4)),
            ("-7 % 4", Int(1)),
            ("a & -8", Int(80)),
            ("a & ~1", Int(80)),
            ("max(5, round(b * 24)) + (5 - (max(5, round(b * 24)) % 17)) % 17", Int(73)),
            ("round(b)", Int(2)),
            ("floor (a * b + 1)", Int(203)),
            ("2 ** 3 ** 2", Int(512)),
            ("-2 ** 2", Int(-4)),
            ("a / 2", Float(40.5)),
            ("min(a,b)", Float(2.5)),
        ] {
            assert_eq!(eval(text), Some(value), "{text}");
        }
    }

    #[test]
    fn what_it_does_not_know_is_unknown() {
        let deep = "(".repeat(400);
        for text in ["", "a +", "c", "a > 3", "1/0", "1 // 0", "sin(a)", "a b", "9e999", "9 ** 99", "~b", &deep, ")"] {
            assert_eq!(eval(text), None, "{text}");
        }
    }
}
