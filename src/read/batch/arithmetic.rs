//! `set /a`: integers of 32 bits, as cmd computes them.
//!
//! Source: `set /?`, and "Rules for how CMD.EXE parses numbers" (dbenham, 2012): 0x is hexadecimal, a leading 0 octal, a decimal
//! number beyond 2147483647 an error. A name without a value counts 0, but what the script has not set may come from outside.

use super::super::traced::Byte;

/// Most bytes of one expression.
const MAX_LENGTH: usize = 2000;

/// Deepest nesting of brackets and signs.
const MAX_DEPTH: usize = 40;

/// A variable that an expression sets.
pub(super) struct Computed {
    /// Where its name stands in the expression.
    pub name: std::ops::Range<usize>,
    /// Where the expression for its value stands.
    pub value: std::ops::Range<usize>,
    /// The number; `None` when it cannot be known.
    pub number: Option<i32>,
}

/// Computes the expressions in the text behind `set /a`. `lookup` gives the text of a variable that the script has set.
/// `None` for what is no such expression.
pub(super) fn compute(bytes: &[Byte], lookup: &mut dyn FnMut(&str) -> Option<String>) -> Option<Vec<Computed>> {
    if bytes.len() > MAX_LENGTH {
        return None;
    }
    let unknown: Vec<bool> = bytes.iter().map(|byte| byte.unknown).collect();
    let text: Vec<u8> = bytes.iter().map(|byte| if byte.value == b'"' { b' ' } else { byte.value }).collect();
    let mut reader = Reader { text: &text, unknown: &unknown, at: 0, depth: 0, lookup, done: Vec::new() };
    loop {
        reader.assignment()?;
        match reader.peek() {
            None => return Some(reader.done),
            Some(b',') => reader.at += 1,
            Some(_) => return None,
        }
    }
}

/// The number in a variable or of a literal, by the rules of `set /a`.
pub(super) fn number(text: &str) -> Option<i32> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let lower = digits.to_ascii_lowercase();
    let value = match lower.strip_prefix("0x") {
        Some(hex) if hex.len() <= 8 => u32::from_str_radix(hex, 16).ok()? as i32,
        Some(_) => return None,
        None if lower.len() > 1 && lower.starts_with('0') => i32::from_str_radix(&lower, 8).ok()?,
        None => lower.parse().ok()?,
    };
    plain.then_some(if negative { value.wrapping_neg() } else { value })
}

/// The inner `None` is a value that cannot be known, the outer one a text that is no expression.
type Found = Option<Option<i32>>;

struct Reader<'a> {
    text: &'a [u8],
    unknown: &'a [bool],
    at: usize,
    depth: usize,
    lookup: &'a mut dyn FnMut(&str) -> Option<String>,
    done: Vec<Computed>,
}

/// Binary operators, the weakest first.
const LEVELS: [&[&[u8]]; 6] = [&[b"|"], &[b"^"], &[b"&"], &[b"<<", b">>"], &[b"+", b"-"], &[b"*", b"/", b"%"]];

/// What may stand in front of the equals sign.
const ASSIGNS: [&[u8]; 10] = [b"<<", b">>", b"*", b"/", b"%", b"+", b"-", b"&", b"^", b"|"];

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn takes(&mut self, sign: &[u8]) -> bool {
        self.peek();
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(sign));
        self.at += if found { sign.len() } else { 0 };
        found
    }

    /// `X=1`, `X+=1`, or an expression alone.
    fn assignment(&mut self) -> Found {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let found = self.assigned();
        self.depth -= 1;
        found
    }

    fn assigned(&mut self) -> Found {
        self.peek();
        let start = self.at;
        let name = self.name();
        let end = self.at;
        let operator = ASSIGNS.into_iter().find(|sign| self.takes(sign));
        if name.is_empty() || !self.takes(b"=") {
            self.at = start;
            return self.binary(0);
        }
        self.peek();
        let value_start = self.at;
        let right = self.assignment()?;
        let number = match operator {
            None => right,
            Some(sign) => self.variable(&name).zip(right).and_then(|(left, right)| applied(sign, left, right)),
        };
        let number = number.filter(|_| !self.unknown[start..end].contains(&true));
        let trimmed = self.text[value_start..self.at].trim_ascii_end().len();
        self.done.push(Computed { name: start..end, value: value_start..value_start + trimmed, number });
        Some(number)
    }

    fn name(&mut self) -> String {
        let letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
        let rest = &self.text[self.at.min(self.text.len())..];
        if rest.first().is_none_or(|first| first.is_ascii_digit()) {
            return String::new();
        }
        let length = rest.iter().take_while(|byte| letter(byte)).count();
        self.at += length;
        String::from_utf8_lossy(&rest[..length]).into_owned()
    }

    /// A variable that this or an earlier statement has set.
    fn variable(&mut self, name: &str) -> Option<i32> {
        let own = |done: &&Computed| self.text[done.name.clone()].eq_ignore_ascii_case(name.as_bytes());
        match self.done.iter().rev().find(own) {
            Some(done) => done.number,
            None => number(&(self.lookup)(name)?),
        }
    }

    fn binary(&mut self, level: usize) -> Found {
        let Some(signs) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(sign) = signs.iter().find(|sign| self.takes(sign)) {
            let right = self.binary(level + 1)?;
            left = left.zip(right).and_then(|(left, right)| applied(sign, left, right));
        }
        Some(left)
    }

    fn unary(&mut self) -> Found {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let found = match self.peek()? {
            b'-' => self.signed(|value| value.wrapping_neg()),
            b'+' => self.signed(|value| value),
            b'~' => self.signed(|value| !value),
            b'!' => self.signed(|value| i32::from(value == 0)),
            b'(' => {
                self.at += 1;
                let inner = self.assignment()?;
                self.takes(b")").then_some(inner)
            }
            _ => self.operand(),
        };
        self.depth -= 1;
        found
    }

    fn signed(&mut self, change: fn(i32) -> i32) -> Found {
        self.at += 1;
        Some(self.unary()?.map(change))
    }

    fn operand(&mut self) -> Found {
        let start = self.at;
        let name = self.name();
        if !name.is_empty() {
            let known = !self.unknown[start..self.at].contains(&true);
            return Some(self.variable(&name).filter(|_| known));
        }
        let unknown = self.unknown[start..].iter().take_while(|unknown| **unknown).count();
        let length = self.text[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        self.at += length.max(unknown);
        if self.at == start {
            return None;
        }
        let known = !self.unknown[start..self.at].contains(&true);
        let text = String::from_utf8_lossy(&self.text[start..self.at]);
        Some(number(&text).filter(|_| known))
    }
}

fn applied(sign: &[u8], left: i32, right: i32) -> Option<i32> {
    match sign {
        b"+" => Some(left.wrapping_add(right)),
        b"-" => Some(left.wrapping_sub(right)),
        b"*" => Some(left.wrapping_mul(right)),
        b"/" => left.checked_div(right),
        b"%" => left.checked_rem(right),
        b"&" => Some(left & right),
        b"|" => Some(left | right),
        b"^" => Some(left ^ right),
        b"<<" => left.checked_shl(u32::try_from(right).ok()?),
        _ => left.checked_shr(u32::try_from(right).ok()?),
    }
}
