//! Arguments that come: a flag for a start, a value for a flag, a variable that is handed on.

use std::ops::Range;

use super::flags::{Found, agreed, arguments, places, with_quotes};
use super::gaps::around;
use super::reading::{Said, Wanted, Way, holds};
use super::words::replace;
use super::{Change, Text};
use crate::facts::launch::Launch;
use crate::fix::Refusal;
use crate::read::script::{Dialect, Step, Word};
use crate::span::Span;

/// What is added: as it is written, and as a program gets it.
pub(super) struct New<'a> {
    pub written: Vec<&'a str>,
    pub said: Vec<Said>,
}

impl<'a> New<'a> {
    pub fn words(text: &'a str) -> Result<Self, Refusal> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.,:/+= ".contains(letter);
        if text.is_empty() || !text.chars().all(plain) {
            return Err("the new words would need quotes".to_owned());
        }
        let written: Vec<&str> = text.split_whitespace().collect();
        let said = written.iter().map(|word| ((*word).to_owned(), true)).collect();
        Ok(Self { written, said })
    }
}

/// The start at the place gets the flag of the text, behind its other arguments.
pub(super) fn add(of: &Text, at: Span, text: &str) -> Result<Vec<Change>, Refusal> {
    let new = New::words(text)?;
    let ways = ways(of, at)?;
    let flag = new.written.first().copied().unwrap_or_default();
    let has = |launch: &Launch| launch.flags.iter().any(|one| one.written == flag || one.name == Some(flag));
    if ways.iter().any(|&index| has(&of.script.launches[index])) {
        return Err(format!("some path of the script has {flag} already"));
    }
    behind(of, &ways, &new)
}

/// The start at the place gets what a variable holds: its name is expanded behind the other arguments.
pub(super) fn pass(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    let mut steps = of.script.script.steps.iter().filter_map(|step| match step {
        Step::Assign(assign) if assign.span == at => Some(assign),
        _ => None,
    });
    let assign = steps.next().filter(|assign| assign.value.known && assign.certain);
    let assign = assign.ok_or("what the variable holds is not known")?;
    let name = assign.name.text.trim();
    let reference = match of.dialect {
        Dialect::Batch => format!("%{name}%"),
        Dialect::Shell | Dialect::Service => format!("${name}"),
        _ => return Err("a variable is not split into words here".to_owned()),
    };
    let starts: Vec<_> = of.script.starts().collect();
    let [[launch, ..]] = starts.as_slice() else { return Err("the script has several starts".to_owned()) };
    let words = assign.value.text.split_whitespace().map(|word| (word.to_owned(), true));
    let new = New { written: vec![&reference], said: words.collect() };
    behind(of, &ways(of, launch.span)?, &new)
}

/// The flag at the place gets the text as its value.
pub(super) fn set_flag(of: &Text, at: Span, text: &str) -> Result<Vec<Change>, Refusal> {
    let flags = of.script.launches.iter().flat_map(|launch| &launch.flags);
    let flag = flags.into_iter().find(|flag| flag.whole == at).ok_or("no flag is written there")?;
    match flag.values.as_slice() {
        [value] => replace(of, value.span, text),
        [] => {
            let found: Vec<Found> = places(of, |launch| {
                let flags = launch.flags.iter().filter(|flag| flag.whole == at && flag.values.is_empty());
                flags.flat_map(|flag| arguments(launch, flag)).collect()
            });
            let (launch, range) = agreed(of, &found)?;
            let word = &launch.args[range.start];
            let ends: Vec<Found> = found.iter().map(|(index, range)| (*index, 0..range.end)).collect();
            insert(of, &ends, (word, word), &New::words(text)?).ok_or_else(not_the_same)
        }
        _ => Err("the flag has several values".to_owned()),
    }
}

fn not_the_same() -> Refusal {
    "what would be there is not read as the same start with more".to_owned()
}

/// The ways of the start at the place. What is written into its command is so for all of them.
fn ways(of: &Text, at: Span) -> Result<Vec<usize>, Refusal> {
    let launches = of.script.launches.iter().enumerate();
    // What a called part gets from its caller makes the same command longer or shorter.
    let here = launches.filter(|(_, launch)| launch.span.start == at.start);
    let ways: Vec<usize> = here.map(|(index, _)| index).collect();
    match ways.iter().all(|way| of.held.is_empty() || of.held.contains(way)) {
        _ if ways.is_empty() => Err("no start is written there".to_owned()),
        true => Ok(ways),
        false => Err("on other paths the start is right as it is".to_owned()),
    }
}

/// Behind the last argument, or at the end of the command.
fn behind(of: &Text, ways: &[usize], new: &New) -> Result<Vec<Change>, Refusal> {
    let launch = &of.script.launches[ways[0]];
    let count = before_unknown(launch);
    let here: Vec<Found> = ways.iter().map(|&way| (way, 0..count)).collect();
    let last: Vec<Found> = ways.iter().map(|&way| (way, 0..of.script.launches[way].args.len())).collect();
    let mut changes = ends(of, launch, new).into_iter().map(|change| vec![change]);
    changes
        .find(|changes| comes(of, changes, &here, new) || (here != last && comes(of, changes, &last, new)))
        .ok_or_else(not_the_same)
}

/// The ways to write something behind the arguments of a start, the best one first.
pub(super) fn ends(of: &Text, launch: &Launch, new: &New) -> Vec<Change> {
    let args = &launch.args[..before_unknown(launch)];
    let last = args.last().unwrap_or(&launch.main);
    let like = args.iter().rfind(|word| word.text.starts_with("--")).unwrap_or(last);
    let own = launch.span.start <= last.span.start && last.span.end <= launch.span.end;
    let end = Span::new(launch.span.end, launch.span.end);
    // Flags of comfy-cli that are ComfyUI's stand behind two dashes.
    let at_end = [" ", " -- "].map(|gap| (end, format!("{gap}{}", new.written.join(" "))));
    let mut ways = written(of, (last, like), new);
    // Words out of a variable may be others' too, and are a variable's business.
    ways.extend(at_end);
    if !own {
        ways.rotate_right(2);
    }
    ways
}

/// How many arguments stand in front of those at the end that are not known: `%*` may hold a flag that is to win.
fn before_unknown(launch: &Launch) -> usize {
    let known = launch.args.iter().rposition(|word| word.known).map_or(0, |at| at + 1);
    let open = known.checked_sub(1).is_some_and(|last| launch.args[last].text.starts_with('-'));
    if open { launch.args.len() } else { known }
}

/// The words behind a word.
fn insert(of: &Text, found: &[Found], words: (&Word, &Word), new: &New) -> Option<Vec<Change>> {
    let mut changes = written(of, words, new).into_iter().map(|change| vec![change]);
    changes.find(|changes| comes(of, changes, found, new))
}

/// The ways to write words behind a word, separated and quoted as another one is.
fn written(of: &Text, (last, like): (&Word, &Word), new: &New) -> Vec<Change> {
    let place = whole(of, last.span).end;
    let mut ways = Vec::new();
    for like in [like, last].map(|word| whole(of, word.span)) {
        let gap = around(of, like).and_then(|around| of.text.get(around.before.range()));
        for gap in gap.filter(|gap| !gap.is_empty()).into_iter().chain([" ", ", "]) {
            ways.push((Span::new(place, place), joined(of, like, gap, new)));
        }
    }
    ways
}

/// Each word behind a gap; between a flag and its value no line ends where none need to.
fn joined(of: &Text, like: Span, gap: &str, new: &New) -> String {
    let quote = quote(of, like);
    let inner = match () {
        () if gap.contains(',') => ", ",
        () if of.dialect == Dialect::Compose && gap.contains('-') => gap,
        () if !quote.is_empty() && gap.contains('\n') => gap,
        () => " ",
    };
    let quotes = |word: &str| match () {
        () if of.dialect == Dialect::Compose && quote.is_empty() && inner != " " && !is_text(word) => "\"",
        () => quote,
    };
    let words = new.written.iter().enumerate().map(|(index, word)| (if index == 0 { gap } else { inner }, word));
    words.map(|(gap, word)| format!("{gap}{0}{word}{0}", quotes(word))).collect()
}

/// What YAML does not take for a number or a truth value.
fn is_text(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    !word.starts_with(|first: char| first.is_ascii_digit() || "+.".contains(first))
        && !["true", "false", "yes", "no", "on", "off", "null"].contains(&word.as_str())
}

/// The word with its quotes, which some readers leave out; in the strings of a notebook they are escaped.
fn whole(of: &Text, span: Span) -> Span {
    let (head, tail) = (&of.text[..span.start as usize], &of.text[span.end as usize..]);
    match head.ends_with(ESCAPED) && tail.starts_with(ESCAPED) {
        true => Span::new(span.start - 2, span.end + 2),
        false => with_quotes(of, span),
    }
}

/// A quote in a string of JSON.
const ESCAPED: &str = "\\\"";

fn quote(of: &Text, span: Span) -> &'static str {
    let own = of.text.get(span.range()).unwrap_or_default();
    let is_in = |quote: &&str| own.len() > quote.len() && own.starts_with(quote) && own.ends_with(quote);
    [ESCAPED, "\"", "'"].into_iter().find(is_in).unwrap_or_default()
}

/// True when the starts get just the new words at the ends of these ranges.
fn comes(of: &Text, changes: &[Change], found: &[(usize, Range<usize>)], new: &New) -> bool {
    let way = |index: usize, way: &mut Way| {
        let mut ends: Vec<usize> = found.iter().filter(|(at, _)| *at == index).map(|(_, range)| range.end).collect();
        ends.sort_unstable();
        ends.dedup();
        for end in ends.into_iter().rev().filter(|end| *end <= way.args.len()).collect::<Vec<_>>() {
            way.args.splice(end..end, new.said.iter().cloned());
        }
    };
    holds(of, changes, &Wanted { way: &way, ..Wanted::SAME })
}
