//! Splits arguments into flags, values and strays as Python's argparse does, with the flags of all versions together.

use super::Flag;
use crate::catalog::flags::{Arity, FlagSpec, by_prefix, lookup};
use crate::read::script::Word;
use crate::span::Span;

/// The parts of a command line.
#[derive(Default)]
pub(super) struct Parsed {
    pub flags: Vec<Flag>,
    pub stray: Vec<Word>,
    pub unknown: bool,
}

/// Reads the arguments behind `main.py`.
pub(super) fn parse(args: &[Word]) -> Parsed {
    let mut parsed = Parsed::default();
    let mut index = 0;
    while let Some(word) = args.get(index) {
        index += 1;
        if word.text == "--" {
            args[index..].iter().for_each(|word| parsed.loose(word));
            break;
        }
        if !is_option(word) {
            parsed.loose(word);
            continue;
        }
        let mut flag = begin(word);
        index += take_values(&mut flag, &args[index..], &mut parsed);
        parsed.flags.push(flag);
    }
    parsed
}

impl Parsed {
    /// An argument that belongs to no flag.
    fn loose(&mut self, word: &Word) {
        if word.known { self.stray.push(word.clone()) } else { self.unknown = true }
    }
}

/// True when argparse sees a flag in the word, known or not.
fn is_option(word: &Word) -> bool {
    let text = word.text.as_str();
    if !text.starts_with('-') || text.len() == 1 || is_negative_number(text) {
        return false;
    }
    let name = text.split('=').next().unwrap_or(text);
    // A blank makes an argument of what is no flag; and a name that is partly unknown may be anything.
    !(name.contains(' ') && lookup(name).is_none()) && (word.known || !name.contains(['%', '$', '!', '`']))
}

/// The flag named by a word, with the value behind `=`.
fn begin(word: &Word) -> Flag {
    let text = word.text.as_str();
    let (written, value) = match text.split_once('=') {
        Some((name, _)) if lookup(text).is_none() => (name, Some(name.len() + 1)),
        _ => (text, None),
    };
    let (spec, ambiguous) = resolve(written);
    let span = if value.is_some() { word.part(0, written.len()) } else { word.span };
    Flag {
        written: written.to_owned(),
        name: spec.map(|spec| spec.name),
        abbreviated: spec.is_some_and(|spec| spec.name != written && written != "-h"),
        ambiguous,
        span,
        whole: word.span,
        values: value.map(|from| tail(word, from)).into_iter().collect(),
        with_equals: value.is_some(),
        known: word.known,
        spec,
    }
}

/// The flag of that name or unique prefix, else the candidates.
fn resolve(written: &str) -> (Option<&'static FlagSpec>, Vec<&'static str>) {
    let exact = if written == "-h" { lookup("--help") } else { lookup(written) };
    if exact.is_some() || !written.starts_with("--") {
        return (exact, Vec::new());
    }
    match by_prefix(written).as_slice() {
        [only] => (Some(only), Vec::new()),
        several => (None, several.iter().map(|spec| spec.name).collect()),
    }
}

/// The part of a word from a byte on.
fn tail(word: &Word, from: usize) -> Word {
    let text = word.text.get(from..).unwrap_or_default().to_owned();
    let end = word.span.end;
    let span = if text.is_empty() { Span::new(end, end) } else { word.part(from, word.text.len()) };
    Word { text, span, known: word.known, at: word.at.get(from..).unwrap_or_default().to_vec() }
}

/// Gives a flag the words that it swallows and returns how many.
fn take_values(flag: &mut Flag, rest: &[Word], parsed: &mut Parsed) -> usize {
    let arity = flag.spec.and_then(|spec| spec.shape(None)).map_or(Arity::None, |shape| shape.arity);
    let most = match arity {
        _ if flag.with_equals => 0,
        Arity::None => 0,
        Arity::One | Arity::Optional => 1,
        Arity::Any | Arity::Some => usize::MAX,
    };
    let values = rest.iter().take(most).take_while(|word| is_value(word));
    for word in values {
        // An unknown word behind a flag that can do without may as well hold further flags.
        parsed.unknown |= !word.known && arity != Arity::One;
        flag.whole = join(flag.whole, word.span);
        flag.values.push(word.clone());
    }
    if flag.with_equals { 0 } else { flag.values.len() }
}

fn is_value(word: &Word) -> bool {
    word.text != "--" && !is_option(word)
}

/// The span over both, unless they lie in different places (a flag on the command line, its value in a variable).
fn join(flag: Span, value: Span) -> Span {
    if value.start >= flag.end { flag.to(value) } else { flag }
}

fn is_negative_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or_default();
    let (whole, part) = digits.split_once('.').unwrap_or(("", digits));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !part.is_empty() && all_digits(whole) && all_digits(part)
}
