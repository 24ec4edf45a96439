//! Lines that belong to the command of a start and do not reach it, and one that reaches it and should not.

use super::addition::{self, New};
use super::gaps::sign;
use super::moving::top;
use super::reading::{Said, Wanted, Way, holds, said};
use super::{Change, Text, changed};
use crate::facts::launch::{self, Launch};
use crate::fix::Refusal;
use crate::read::script::{Command, Dialect, Step, Word};
use crate::span::Span;

/// The start above a place, and the line of flags below that was meant for it.
pub(super) struct Lost<'a> {
    /// Where the start is written.
    start: Span,
    /// What is read as a command of its own; `None` when nothing is read behind the start (`exec`).
    command: Option<&'a Command>,
}

impl<'a> Lost<'a> {
    /// The first command from the place on that is nothing but flags.
    pub fn of(of: &'a Text, at: Span) -> Result<Self, Refusal> {
        let start = start_above(of, at)?;
        let commands = of.script.script.steps.iter().filter_map(|step| match step {
            Step::Command(command) if command.span.start >= at.start => Some(command),
            _ => None,
        });
        let command = commands.min_by_key(|command| command.span.start);
        let known = |command: &Command| command.words.iter().all(|word| word.known) && command.env.is_empty();
        let opens = |command: &Command| command.words.first().is_some_and(|word| word.text.starts_with("--"));
        match command.is_none_or(|command| known(command) && opens(command)) {
            true => Ok(Self { start, command }),
            false => Err("no line of flags stands there".to_owned()),
        }
    }

    /// True when the words of the line are the last ones of the start afterwards, and all else is as it was.
    pub fn reaches(&self, of: &Text, changes: &[Change]) -> bool {
        let touched = |word: &Word| changes.iter().any(|(at, _)| at.start < word.span.end && word.span.start < at.end);
        // In a shell a backslash in front of a blank makes a word of it.
        let blank = |word: &Word| word.text.trim().is_empty() && touched(word);
        let more = match self.command {
            Some(command) => command.words.iter().map(said).collect(),
            None => self.more(of, changes, blank),
        };
        let way = |index: usize, way: &mut Way| {
            if of.script.launches[index].span == self.start {
                let mut words = of.script.launches[index].args.iter();
                way.args.retain(|_| !words.next().is_some_and(blank));
                way.args.extend(more.iter().cloned());
            }
        };
        let gone = |span: Span| self.command.is_some_and(|command| command.span == span);
        let command = |span: Span, words: Vec<Said>| (!gone(span)).then_some(words);
        more.first().is_some_and(|first| first.0.starts_with("--"))
            && holds(of, changes, &Wanted { way: &way, command: &command, ..Wanted::SAME })
    }

    /// What the start has more of in the changed text.
    fn more(&self, of: &Text, changes: &[Change], blank: impl Fn(&Word) -> bool) -> Vec<Said> {
        let script = changed(of.text, changes).map(|text| crate::read::read(of.dialect, &text));
        let launches = script.map(|script| launch::launches(&script)).unwrap_or_default();
        let starts = |launch: &&Launch| launch.span.start == self.start.start;
        let old =
            of.script.launches.iter().find(starts).map_or(0, |old| old.args.iter().filter(|word| !blank(word)).count());
        let new = launches.iter().find(starts).map(|new| new.args.iter().skip(old).map(said).collect());
        new.unwrap_or_default()
    }
}

/// The last start that begins above a place.
fn start_above(of: &Text, at: Span) -> Result<Span, Refusal> {
    let starts = of.script.launches.iter().map(|launch| launch.span).filter(|span| span.start < at.start);
    starts.max_by_key(|span| span.start).ok_or_else(|| "no start stands above it".to_owned())
}

/// The line of flags at the place moves up to the end of its start.
pub(super) fn join(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    let lost = Lost::of(of, at)?;
    let span = lost.command.ok_or("no line of flags stands there")?.span;
    let written = of.text.get(span.range()).unwrap_or_default();
    let line = line(of.text, span);
    if written.contains('\n') || of.text[line.range()].trim() != written {
        return Err("the flags do not stand on one line of their own".to_owned());
    }
    let launch =
        of.script.launches.iter().find(|launch| launch.span == lost.start).ok_or("no start stands above it")?;
    let new = New { written: vec![written], said: Vec::new() };
    let ways = addition::ends(of, launch, &new).into_iter().map(|change| vec![change, (line, String::new())]);
    ways.into_iter().find(|changes| lost.reaches(of, changes)).ok_or_else(apart)
}

fn apart() -> Refusal {
    "the changed text is not read as one start with these flags".to_owned()
}

/// The comment at the place, and those that follow it, move in front of the command.
pub(super) fn comment_up(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    if !matches!(of.dialect, Dialect::Batch | Dialect::Shell) {
        return Err("comments do not end a command here".to_owned());
    }
    let start = start_above(of, at)?;
    let inside = start.end >= at.end;
    let mut block = line(of.text, at);
    while !inside
        && block.end < of.text.len() as u32
        && of.text[block.end as usize..].trim_start_matches([' ', '\t']).starts_with('#')
    {
        block = block.to(line(of.text, Span::new(block.end, block.end)));
    }
    let first = line(of.text, start).start;
    let place = top(of.text, first);
    let lead = &of.text[first as usize..start.start as usize];
    let indent = &lead[..lead.len() - lead.trim_start_matches([' ', '\t']).len()];
    let moved: String = of.text[block.range()].split_inclusive('\n').map(|line| plain(of, indent, line)).collect();
    let changes = vec![(Span::new(place, place), moved), (block, String::new())];
    let right = if inside { without_words(of, at, &changes) } else { Lost::of(of, at)?.reaches(of, &changes) };
    if right { Ok(changes) } else { Err(apart()) }
}

/// The line of a comment without the sign that seems to continue it.
fn plain(of: &Text, indent: &str, line: &str) -> String {
    let text = line.trim_end_matches(['\r', '\n']);
    let end = &line[text.len()..];
    let bare = text.trim();
    let bare = bare.strip_suffix(sign(of.dialect)).unwrap_or(bare).trim_end();
    format!("{indent}{bare}{end}")
}

/// The words of the comment are arguments no more.
fn without_words(of: &Text, at: Span, changes: &[Change]) -> bool {
    let inside = |word: &Word| at.start <= word.span.start && word.span.end <= at.end;
    let way = |index: usize, way: &mut Way| {
        let mut words = of.script.launches[index].args.iter();
        way.args.retain(|_| !words.next().is_some_and(inside));
    };
    holds(of, changes, &Wanted { way: &way, ..Wanted::SAME })
}

/// Two words that the line end at the place made one are parted again.
pub(super) fn part(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    let text = of.text.get(at.range()).unwrap_or_default();
    let line = text.split(['\r', '\n']).next().unwrap_or_default();
    let word = line.trim_end_matches(sign(of.dialect));
    if !text.contains('\n') || word.len() == line.len() {
        return Err("no line ends in a continued word there".to_owned());
    }
    let place = at.start + word.len() as u32;
    let before = |word: &Word| word.at.iter().filter(|at| **at < place).count();
    let both = |word: &Word| (1..word.at.len()).contains(&before(word));
    if !of.script.launches.iter().flat_map(|launch| &launch.args).any(both) {
        return Err("nothing is glued together there".to_owned());
    }
    let way = |index: usize, way: &mut Way| {
        let launch: &Launch = &of.script.launches[index];
        if let Some(glued) = launch.args.iter().position(both) {
            let word = &launch.args[glued];
            let (one, other) = word.text.split_at(before(word));
            let parts = [one, other].map(|part| (part.to_owned(), word.known));
            way.args.splice(glued..=glued, parts);
        }
    };
    let changes = vec![(Span::new(place, place), " ".to_owned())];
    match holds(of, &changes, &Wanted { way: &way, ..Wanted::SAME }) {
        true => Ok(changes),
        false => Err("the changed text is not read as two words".to_owned()),
    }
}

/// The lines that a span touches, with their ends.
fn line(text: &str, at: Span) -> Span {
    let start = text[..at.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let end = text[at.end as usize..].find('\n').map_or(text.len(), |end| at.end as usize + end + 1);
    Span::new(start as u32, end as u32)
}
