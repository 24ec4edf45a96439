//! The heads of `if` and `for`: everything before the command that they guard.

use super::super::traced::{Byte, text_of};
use super::arithmetic;
use super::lexer::Lexer;

/// Reads the condition of an `if`; the next byte is the first of its command. `None`: nobody knows what it says.
pub(super) fn condition(lexer: &mut Lexer<'_>) -> Option<bool> {
    let (mut fold, mut negated) = (false, false);
    loop {
        let word = token(lexer);
        match text_of(&word).to_lowercase().as_str() {
            "/i" => fold = true,
            "not" => negated = !negated,
            "exist" | "errorlevel" | "cmdextversion" => {
                token(lexer);
                return None;
            }
            "defined" => {
                let name = token(lexer);
                return defined(lexer, &name).map(|found| found != negated);
            }
            _ => return comparison(lexer, &word, fold).map(|found| found != negated),
        }
    }
}

/// An empty value is no variable; one with letters that are known is one.
fn defined(lexer: &mut Lexer<'_>, name: &[Byte]) -> Option<bool> {
    if !is_known(name) {
        return None;
    }
    let (value, exact) = lexer.names.now(&text_of(name).to_lowercase())?;
    let letters = value.iter().any(|byte| !byte.unknown);
    (exact && (letters || value.is_empty())).then_some(!value.is_empty())
}

/// After the left side: `==` or a word such as `equ`, and the right side.
fn comparison(lexer: &mut Lexer<'_>, left: &[Byte], fold: bool) -> Option<bool> {
    skip_separators(lexer, b" \t");
    let operator = if lexer.peek().is_some_and(|byte| byte.is_live(b'=')) {
        skip_separators(lexer, b" \t=");
        "==".to_owned()
    } else {
        text_of(&token(lexer)).to_lowercase()
    };
    let right = token(lexer);
    let known = is_known(left) && is_known(&right) && !left.is_empty() && !right.is_empty();
    known.then(|| compared(&text_of(left), &operator, &text_of(&right), fold))?
}

fn compared(left: &str, operator: &str, right: &str, fold: bool) -> Option<bool> {
    let numbers = arithmetic::number(left).zip(arithmetic::number(right)).filter(|_| operator != "==");
    let order = numbers.map(|(left, right)| left.cmp(&right));
    // How cmd folds and sorts letters beyond ASCII depends on the machine.
    let plain = left.is_ascii() && right.is_ascii();
    let same = (plain || !fold).then(|| if fold { left.eq_ignore_ascii_case(right) } else { left == right });
    match operator {
        "==" => same,
        "equ" => order.map(std::cmp::Ordering::is_eq).or(same),
        "neq" => order.map(std::cmp::Ordering::is_ne).or(same.map(|same| !same)),
        "lss" => order.map(std::cmp::Ordering::is_lt),
        "leq" => order.map(std::cmp::Ordering::is_le),
        "gtr" => order.map(std::cmp::Ordering::is_gt),
        "geq" => order.map(std::cmp::Ordering::is_ge),
        _ => None,
    }
}

/// `%%i in (...)` of a `for`.
#[derive(Default)]
pub(super) struct LoopHead {
    /// `/l`, `/f`, `/r`, `/d` without the slash; 0 when there is none.
    pub option: u8,
    /// The variable.
    pub letter: u8,
    /// What stands between the brackets.
    pub list: Vec<Byte>,
    /// A `do` was found.
    pub complete: bool,
}

/// Reads the head of a `for`; the next byte is the one behind `do`.
pub(super) fn loop_head(lexer: &mut Lexer<'_>) -> LoopHead {
    let (mut head, mut depth, mut word) = (LoopHead::default(), 0_usize, Vec::new());
    while let Some(byte) = lexer.peek().filter(|byte| depth > 0 || !byte.is_live(b'\n')) {
        if byte.is_live(b'(') {
            depth += 1;
        } else if byte.is_live(b')') {
            depth = depth.saturating_sub(1);
        }
        if depth > 1 || (depth == 1 && !byte.is_live(b'(')) {
            head.list.push(byte);
        }
        let separates = byte.is_blank() || byte.is_live(b'\n') || byte.is_live(b')');
        if separates || (depth == 0 && byte.is_live(b'(')) {
            if depth == 0 && text_of(&word).eq_ignore_ascii_case("do") {
                head.complete = true;
                return head;
            }
            if depth == 0 {
                head.take(&word);
            }
            word.clear();
        } else if word.len() < 4 && !byte.is_live(b'(') {
            word.push(byte);
        }
        lexer.next();
    }
    head
}

impl LoopHead {
    fn take(&mut self, word: &[Byte]) {
        match text_of(word).to_lowercase().as_bytes() {
            [b'/', option, ..] => self.option = *option,
            // In the body of another loop both signs are left.
            [b'%', _] | [b'%', b'%', _] if self.letter == 0 => self.letter = word.last().map_or(0, |byte| byte.value),
            _ => {}
        }
    }

    /// The items that the loop takes; `None` when files, output or unknown values decide.
    pub fn items(&self) -> Option<Vec<Vec<Byte>>> {
        let quoted = |byte: &Byte| !byte.live && !byte.unknown;
        let separates = |byte: &Byte| !quoted(byte) && b" \t,;=\n".contains(&byte.value);
        let wild = |byte: &Byte| byte.unknown || matches!(byte.value, b'*' | b'?');
        if self.letter == 0 || self.list.iter().any(wild) {
            return None;
        }
        let items: Vec<Vec<Byte>> =
            self.list.split(separates).filter(|item| !item.is_empty()).map(<[Byte]>::to_vec).collect();
        match self.option {
            0 => Some(items),
            b'l' => self.counted(&items),
            _ => None,
        }
    }

    /// `(start,step,end)`.
    fn counted(&self, items: &[Vec<Byte>]) -> Option<Vec<Vec<Byte>>> {
        let number = |item: &Vec<Byte>| arithmetic::number(&text_of(item)).map(i64::from);
        let [start, step, end] = items else { return None };
        let (start, step, end) = (number(start)?, number(step)?, number(end)?);
        if step == 0 {
            return None;
        }
        let origin = *self.list.first()?;
        let mut numbers = Vec::new();
        let mut at = start;
        while (step > 0 && at <= end) || (step < 0 && at >= end) {
            if numbers.len() > super::repeat::MAX_ITEMS {
                return None;
            }
            numbers.push(at.to_string().bytes().map(|value| Byte { value, ..origin }).collect());
            at += step;
        }
        Some(numbers)
    }
}

fn is_known(bytes: &[Byte]) -> bool {
    bytes.iter().all(|byte| !byte.unknown)
}

/// One word of a condition: up to a blank or an equals sign outside quotes.
fn token(lexer: &mut Lexer<'_>) -> Vec<Byte> {
    skip_separators(lexer, b" \t,;");
    let mut word = Vec::new();
    while let Some(byte) = lexer.peek() {
        let ends = byte.is_live(b'\n') || byte.is_live(b'=') || (byte.is_blank() && byte.live);
        if ends {
            break;
        }
        word.push(byte);
        lexer.next();
    }
    word
}

/// Skips live bytes of a set.
pub(super) fn skip_separators(lexer: &mut Lexer<'_>, set: &[u8]) {
    while lexer.peek().is_some_and(|byte| byte.live && set.contains(&byte.value)) {
        lexer.next();
    }
}
