//! Scripts inside other scripts: text that was put together from pieces of a file is read, and its steps moved to the pieces.

use super::script::{Assign, Command, Script, Step, Word};
use super::traced::Byte;
use crate::span::Span;

/// Most variables that a command takes over from the assignments before it.
const MAX_ENV: usize = 64;

/// Most variables that all commands of one text take over, and the longest value of one.
const MAX_COPIES: usize = 4096;
const MAX_COPIED: usize = 1024;

/// Reads `bytes` with `read`. What cannot be known is letters to the reader and unknown in the result.
pub(crate) fn read(bytes: &[Byte], whole: Span, read: impl Fn(&str) -> Script) -> Vec<Step> {
    let letter = |byte: &Byte| if byte.unknown { b'x' } else { byte.value };
    let Ok(text) = String::from_utf8(bytes.iter().map(letter).collect()) else { return Vec::new() };
    let origin = Origin { bytes, whole };
    read(&text).steps.into_iter().map(|step| origin.step(step)).collect()
}

/// The steps of a process of its own: its variables end with it, so its commands get them along.
pub(crate) fn isolated(steps: Vec<Step>, certain: bool) -> Vec<Step> {
    let (mut env, mut copies) = (Vec::new(), MAX_COPIES);
    let isolate = |mut step: Step| {
        match &mut step {
            Step::Assign(assign) => {
                assign.certain &= certain;
                remember(&mut env, assign);
                assign.exported = false;
            }
            Step::Command(command) => {
                command.certain &= certain;
                inherit(command, &env, &mut copies);
            }
        }
        step
    };
    steps.into_iter().map(isolate).collect()
}

fn remember(env: &mut Vec<Assign>, assign: &Assign) {
    env.retain(|earlier| earlier.name.text != assign.name.text);
    if assign.exported && env.len() < MAX_ENV && assign.value.text.len() <= MAX_COPIED {
        env.push(assign.clone());
    }
}

fn inherit(command: &mut Command, env: &[Assign], copies: &mut usize) {
    let outer = env.iter().filter(|outer| command.env.iter().all(|own| own.name.text != outer.name.text));
    let outer: Vec<Assign> = outer.take(*copies).cloned().collect();
    *copies -= outer.len();
    command.env.splice(0..0, outer);
}

/// Puts all places into the text, on the borders of characters: parsers that met a fault may be off.
pub(crate) fn settle(step: &mut Step, text: &str) {
    let last = (text.len() as u32).saturating_sub(1);
    let word = |word: &mut Word| {
        word.span = aligned(word.span, text);
        word.at.iter_mut().for_each(|at| *at = (*at).min(last));
    };
    let assign = |assign: &mut Assign| {
        assign.span = aligned(assign.span, text);
        [&mut assign.name, &mut assign.value].into_iter().for_each(word);
    };
    match step {
        Step::Assign(one) => assign(one),
        Step::Command(command) => {
            command.span = aligned(command.span, text);
            command.env.iter_mut().for_each(assign);
            command.words.iter_mut().for_each(word);
        }
    }
}

/// The smallest span of whole characters around a span.
pub(crate) fn aligned(span: Span, text: &str) -> Span {
    let (mut start, mut end) = ((span.start as usize).min(text.len()), (span.end as usize).min(text.len()));
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    Span::new(start as u32, end.max(start) as u32)
}

/// Moves steps of a text to the file that the text was taken from, byte by byte.
pub(crate) fn moved(steps: Vec<Step>, origins: &[Byte], whole: Span) -> Vec<Step> {
    let origin = Origin { bytes: origins, whole };
    steps.into_iter().map(|step| origin.step(step)).collect()
}

/// The place of a part of a text in the file that the text was taken from.
pub(crate) fn place(span: Span, origins: &[Byte], whole: Span) -> Span {
    Origin { bytes: origins, whole }.span(span)
}

struct Origin<'a> {
    bytes: &'a [Byte],
    whole: Span,
}

impl Origin<'_> {
    fn step(&self, step: Step) -> Step {
        match step {
            Step::Assign(assign) => Step::Assign(self.assign(assign)),
            Step::Command(command) => Step::Command(Command {
                env: command.env.into_iter().map(|assign| self.assign(assign)).collect(),
                words: command.words.into_iter().map(|word| self.word(word)).collect(),
                span: self.span(command.span),
                certain: command.certain,
            }),
        }
    }

    fn assign(&self, assign: Assign) -> Assign {
        let span = self.span(assign.span);
        Assign { name: self.word(assign.name), value: self.word(assign.value), span, ..assign }
    }

    fn word(&self, word: Word) -> Word {
        let sources: Option<Vec<&Byte>> = word.at.iter().map(|&at| self.bytes.get(at as usize)).collect();
        let Some(sources) = sources else { return self.lost() };
        let known = word.known && !sources.iter().any(|byte| byte.unknown);
        let pairs = word.text.bytes().zip(&sources);
        let letters = pairs.map(|(letter, source)| if source.unknown { source.value } else { letter }).collect();
        let Ok(text) = String::from_utf8(letters) else { return self.lost() };
        Word { text, span: self.span(word.span), known, at: sources.iter().map(|byte| byte.at).collect() }
    }

    fn lost(&self) -> Word {
        Word { text: String::new(), span: self.whole, known: false, at: Vec::new() }
    }

    fn span(&self, span: Span) -> Span {
        let at = |index: u32| self.bytes.get(index as usize).map(|byte| byte.at);
        if span.start >= span.end {
            let start = at(span.start).unwrap_or(self.whole.end);
            return Span::new(start, start);
        }
        let till = self.bytes.get(span.end as usize - 1).map(|byte| byte.till);
        match (at(span.start), till) {
            (Some(start), Some(till)) if start < till => Span::new(start, till),
            _ => self.whole,
        }
    }
}
