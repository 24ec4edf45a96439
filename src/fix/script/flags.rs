//! Flags and words of a start: which they are, and how they go.

use std::ops::Range;

use super::gaps::{Around, around, opener};
use super::reading::{Wanted, Way, holds};
use super::{Change, Text};
use crate::facts::launch::{Flag, Launch};
use crate::fix::Refusal;
use crate::read::script::{Dialect, Word};
use crate::span::Span;

/// Where the words stand among the arguments of a start: its index, the words.
pub(super) type Found = (usize, Range<usize>);

/// The flag goes with its values.
pub(super) fn remove(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    let found: Vec<Found> = places(of, |launch| {
        let flags = launch.flags.iter().filter(|flag| flag.whole == at || flag.span == at);
        flags.flat_map(|flag| arguments(launch, flag)).collect()
    });
    without(of, &found)
}

/// The arguments at the place go.
pub(super) fn remove_word(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    without(of, &places(of, |launch| words_at(launch, at).into_iter().collect()))
}

/// A value of the flag goes; with its only value the flag, since bare it may mean something else.
pub(super) fn remove_value(of: &Text, at: Span, text: &str) -> Result<Vec<Change>, Refusal> {
    let flags = || of.script.launches.iter().flat_map(|launch| &launch.flags).filter(|flag| flag.whole == at);
    if !flags().all(|flag| flag.values.iter().any(|value| value.known && value.text == text)) {
        return Err(format!("the flag does not have the value {text}"));
    }
    if flags().all(|flag| flag.values.len() == 1) {
        return remove(of, at);
    }
    let found = places(of, |launch| {
        let flags = launch.flags.iter().filter(|flag| flag.whole == at);
        let values = flags.flat_map(|flag| arguments(launch, flag));
        values
            .flat_map(|range| range.filter(|&index| launch.args[index].text == text))
            .map(|index| index..index + 1)
            .collect()
    });
    without(of, &found)
}

pub(super) fn places(of: &Text, find: impl Fn(&Launch) -> Vec<Range<usize>>) -> Vec<Found> {
    let launches = of.script.launches.iter().enumerate();
    launches.flat_map(|(index, launch)| find(launch).into_iter().map(move |range| (index, range))).collect()
}

/// The words that begin and end where the place does, in the order in which the start gets them.
pub(super) fn words_at(launch: &Launch, at: Span) -> Option<Range<usize>> {
    let inside = |word: &Word| at.start <= word.span.start && word.span.end <= at.end;
    let first = launch.args.iter().position(|word| inside(word) && word.span.start == at.start)?;
    let end = first + launch.args[first..].iter().take_while(|word| inside(word)).count();
    launch.args[..end].last().filter(|last| last.span.end == at.end).map(|_| first..end)
}

/// Where a flag and its values stand.
pub(super) fn arguments<'a>(launch: &'a Launch, flag: &'a Flag) -> impl Iterator<Item = Range<usize>> + 'a {
    let values = if flag.with_equals { 0 } else { flag.values.len() };
    let own = move |word: &Word| {
        word.text.starts_with(&flag.written)
            && (word.span == flag.span || word.span == flag.whole || is_part(flag, word))
    };
    let words = launch.args.iter().enumerate().filter(move |(_, word)| own(word));
    words.map(move |(index, _)| index..index + 1 + values).filter(|range| range.end <= launch.args.len())
}

/// A value that stands behind the flag makes the whole longer than the word.
fn is_part(flag: &Flag, word: &Word) -> bool {
    word.span.start == flag.whole.start && word.span.end <= flag.whole.end
}

/// What is done to the words must be right for every start that has them: the finding holds in all of these, or they are the same.
pub(super) fn agreed<'a>(of: &'a Text, found: &[Found]) -> Result<(&'a Launch, Range<usize>), Refusal> {
    let launch = |index: usize| of.script.launches.get(index);
    let (first, range) = found.first().ok_or("no argument of a start is written there")?;
    let one = launch(*first).ok_or("no start is written there")?;
    let texts = |launch: &'a Launch| launch.args.iter().map(|word| &word.text);
    let held = !of.held.is_empty() && found.iter().all(|(index, _)| of.held.contains(index));
    let same = || found.iter().filter_map(|(index, _)| launch(*index)).all(|other| texts(other).eq(texts(one)));
    if held || same() {
        Ok((one, range.clone()))
    } else {
        Err("other starts of the script take the same words".to_owned())
    }
}

fn without(of: &Text, found: &[Found]) -> Result<Vec<Change>, Refusal> {
    let (launch, range) = agreed(of, found)?;
    let span = together(of, &launch.args[range])?;
    let around = around(of, span).ok_or("the words are not whole letters of the text")?;
    let way = |index: usize, way: &mut Way| {
        let mut gone: Vec<usize> =
            found.iter().filter(|(at, _)| *at == index).flat_map(|(_, range)| range.clone()).collect();
        gone.sort_unstable();
        gone.dedup();
        gone.iter().rev().filter(|&&at| at < way.args.len()).copied().collect::<Vec<_>>().into_iter().for_each(|at| {
            way.args.remove(at);
        });
    };
    let wanted = Wanted { way: &way, ..Wanted::SAME };
    let ways = cuts(of, span, &around).into_iter().map(|span| vec![(span, String::new())]);
    let mut ways = ways.filter(|changes| holds(of, changes, &wanted));
    ways.next().ok_or_else(|| "what would be left is not read as the same start without it".to_owned())
}

/// Some readers leave out the quotes around an item of a list.
pub(super) fn with_quotes(of: &Text, span: Span) -> Span {
    let bytes = of.text.as_bytes();
    let open = span.start.checked_sub(1).and_then(|at| bytes.get(at as usize));
    let close = bytes.get(span.end as usize);
    let quoted = open == close && open.is_some_and(|byte| matches!(byte, b'"' | b'\''));
    if quoted { Span::new(span.start - 1, span.end + 1) } else { span }
}

/// The bytes of arguments that follow each other, with nothing but what separates arguments between them.
fn together(of: &Text, words: &[Word]) -> Result<Span, Refusal> {
    let first = with_quotes(of, words.first().ok_or("there is no argument")?.span);
    let mut all = first;
    for word in &words[1..] {
        let span = with_quotes(of, word.span);
        match around(of, span).filter(|around| around.before.start == all.end && span.start > all.end) {
            Some(_) => all = all.to(span),
            None => return Err("the flag and its value are not written next to each other".to_owned()),
        }
    }
    Ok(all)
}

/// What may be cut out, the best way first.
fn cuts(of: &Text, span: Span, around: &Around) -> Vec<Span> {
    let mut cuts = Vec::new();
    let list = around.comma_before || around.comma_after;
    let back = around.before.to(span);
    let forth = span.to(around.after);
    match around.lines {
        Some((lines, true)) => cuts.push(lines),
        Some(_) => {}
        // Others follow on the line: the line stays.
        None if around.first && !list => cuts.push(forth),
        None => {}
    }
    if (!list || around.comma_before) && !around.before.is_empty() && !stands_alone(of, span, around) {
        cuts.push(back);
    }
    if !list || around.comma_after && !around.comma_before {
        cuts.push(forth);
    }
    if !list && may_be_empty(of, span) {
        cuts.push(span);
    }
    cuts
}

/// The only one in a list that can do without it.
fn stands_alone(of: &Text, span: Span, around: &Around) -> bool {
    let bytes = of.text.as_bytes();
    let opens = around.before.start.checked_sub(1).and_then(|at| bytes.get(at as usize));
    let quoted = bytes.get(span.start as usize).is_some_and(|byte| matches!(byte, b'"' | b'\''));
    quoted && opens.is_some_and(|byte| matches!(byte, b'[' | b'('))
}

fn may_be_empty(of: &Text, span: Span) -> bool {
    let quoted = of.text[span.range()].starts_with(['"', '\'']);
    if !quoted {
        return true;
    }
    let opener = opener(&of.text[..span.start as usize]);
    of.dialect == Dialect::Shell
        || matches!(opener, Some(('[', _)))
        || (of.dialect == Dialect::PowerShell && opener == Some(('(', Some('@'))))
}
