//! Logs of ComfyUI: what a server said at its start, which models it loaded how, how long steps took, where memory ran out.
//!
//! Line by line: escapes of terminals, `[LEVEL]` tags and times in front of a line are passed over, progress bars are split at
//! their carriage returns. Lines that say nothing about memory or time are skipped. A log may be of any release, an excerpt, or no
//! log at all: whatever the text is, a document comes back.

mod bar;
mod load;
mod memory;
mod oom;
mod prefix;
mod start;

pub use bar::Bar;
pub use load::{Load, Loaded, Unload};
pub use memory::Device;
pub use oom::{Figure, OutOfMemory};
pub use start::{Fact, System};

use crate::span::Span;

/// Most events that are kept: a server that ran for months writes more, and its newest lines are no better than its first.
const MOST: usize = 200_000;

/// Most words of commands that are kept, in all: nobody starts a server so often.
const MOST_WORDS: usize = 50_000;

/// Bars that may be drawn at the same time: tqdm writes nested ones in turn.
const AT_ONCE: usize = 4;

/// Longest part of a line that is looked at, in bytes: no line that counts is longer.
const LONGEST: usize = 8192;

/// What a log says, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogDocument {
    /// The lines that say something.
    pub entries: Vec<Entry>,
    /// The text goes on behind the last entry: it was longer than anyone reads.
    pub cut: bool,
}

/// A line, or the part of one between carriage returns.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where it stands, without blanks around it.
    pub span: Span,
    /// What it says.
    pub event: Event,
}

/// What one line says.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Something about the machine or the start.
    Fact(Fact),
    /// A line of a form that only some releases write.
    Trait(Trait),
    /// `got prompt`
    Prompt,
    /// `invalid prompt: ...`: the prompt was refused and never runs.
    Refused,
    /// `Prompt executed in 120.12 seconds`
    Executed(f64),
    /// `Requested to load WAN21`
    Requested(String),
    /// A model was loaded.
    Load(Load),
    /// A model gave way.
    Unload(Unload),
    /// `2 models unloaded.`
    ModelsUnloaded(u32),
    /// A progress bar, at its last state.
    Bar(Bar),
    /// Memory ran out.
    OutOfMemory(OutOfMemory),
    /// A VAE pass is tried again in tiles.
    Tiled,
}

/// Forms of lines that bound the release, besides those of loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trait {
    /// `[INFO] ` and the like in front (v0.23.0 and later).
    Levels,
}

/// Reads a log.
pub fn read(text: &str) -> LogDocument {
    let mut reader = Reader::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mut from = at;
        for part in line.split_inclusive('\r') {
            if reader.document.entries.len() >= MOST {
                reader.document.cut = true;
                return reader.document;
            }
            reader.part(part, from);
            from += part.len();
        }
        at += line.len();
    }
    reader.document
}

/// Collects entries; knows what the line before was about.
#[derive(Default)]
struct Reader {
    document: LogDocument,
    levels: bool,
    /// Words of commands that were kept.
    words: usize,
}

impl Reader {
    fn part(&mut self, part: &str, at: usize) {
        let kept = part.trim();
        if kept.is_empty() {
            return;
        }
        let start = at + (part.len() - part.trim_start().len());
        let span = Span::new(offset(start), offset(start + kept.len()));
        let shown = prefix::shown(head(kept));
        let (text, level) = prefix::without(&shown);
        if level && !self.levels {
            self.levels = true;
            self.push(span, Event::Trait(Trait::Levels));
        }
        if !oom::continues(self.document.entries.last_mut(), text, span) {
            self.line(text, span);
        }
    }

    fn line(&mut self, text: &str, span: Span) {
        // In the order of how many lines say it: bars come by the thousand.
        let event = bar::read(text)
            .map(Event::Bar)
            .or_else(|| load::read(text))
            .or_else(|| memory::read(text))
            .or_else(|| oom::read(text))
            .or_else(|| start::read(text).map(Event::Fact));
        match event {
            Some(Event::Bar(bar)) => self.bar(bar, span),
            Some(Event::OutOfMemory(found)) => self.out_of_memory(found, span),
            Some(Event::Fact(Fact::Arguments(words))) => {
                self.words += words.len();
                if self.words <= MOST_WORDS {
                    self.push(span, Event::Fact(Fact::Arguments(words)));
                }
            }
            Some(event) => self.push(span, event),
            None => {}
        }
    }

    /// A bar is written again at every step: its last state stands for all, where it was written last.
    fn bar(&mut self, bar: Bar, span: Span) {
        let entries = &mut self.document.entries;
        let mut bars = entries.iter().rev().take(AT_ONCE).map_while(|entry| match &entry.event {
            Event::Bar(last) => Some(bar.follows(last)),
            _ => None,
        });
        let earlier = bars.position(|follows| follows);
        if let Some(back) = earlier {
            entries.remove(entries.len() - 1 - back);
        }
        self.push(span, Event::Bar(bar));
    }

    /// The exception, its traceback and ComfyUI's answer to it are one event.
    fn out_of_memory(&mut self, found: OutOfMemory, span: Span) {
        match self.document.entries.last_mut() {
            Some(Entry { event: Event::OutOfMemory(last), .. }) => last.join(found),
            _ => self.push(span, Event::OutOfMemory(found)),
        }
    }

    fn push(&mut self, span: Span, event: Event) {
        self.document.entries.push(Entry { span, event });
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The part of a line that is looked at.
fn head(line: &str) -> &str {
    let mut end = line.len().min(LONGEST);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.get(..end).unwrap_or_default()
}

/// The number at the start of a text and what follows it. Python writes `inf`, `nan` and exponents, too; those two are no numbers here.
fn number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim_start();
    let part = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | 'e' | 'E' | '+' | '-');
    let mut end = text.find(|letter| !part(letter)).unwrap_or(text.len());
    // `2.5.` ends a sentence, `0.85-` a range.
    while end > 0 && !text.as_bytes().get(end - 1).is_some_and(u8::is_ascii_digit) {
        end -= 1;
    }
    let value: f64 = text.get(..end)?.parse().ok()?;
    value.is_finite().then(|| (value, text.get(end..).unwrap_or_default()))
}

/// The number right in front of a phrase: `11329.26` in `11329.26 MB usable` for ` MB usable`.
fn number_before(text: &str, phrase: &str) -> Option<f64> {
    let before = text.get(..text.find(phrase)?)?;
    digits_at_end(before).parse().ok().filter(|value: &f64| value.is_finite())
}

/// The digits and points that a text ends with.
fn digits_at_end(text: &str) -> &str {
    text.rsplit(|letter: char| !(letter.is_ascii_digit() || letter == '.')).next().unwrap_or_default()
}

/// What follows a phrase.
fn after<'a>(text: &'a str, phrase: &str) -> Option<&'a str> {
    text.get(text.find(phrase)? + phrase.len()..)
}

/// The first word of a text: a class or version.
fn word(text: &str) -> Option<&str> {
    text.split_whitespace().next()
}
