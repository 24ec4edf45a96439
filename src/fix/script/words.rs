//! Words of commands that become others.

use super::addition::New;
use super::flags::{agreed, places, words_at};
use super::reading::{Said, Wanted, Way, holds, said, steps};
use super::{Change, Text, changed};
use crate::fix::Refusal;
use crate::read::script::{Command, Script, Step, Word};
use crate::span::Span;

/// A word, or the part of one at the place, becomes another one.
pub(super) fn replace(of: &Text, at: Span, text: &str) -> Result<Vec<Change>, Refusal> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.,:/+=".contains(letter);
    if text.is_empty() || !text.chars().all(plain) {
        return Err("the new word would need quotes".to_owned());
    }
    let covers = |word: &Word| word.span.start <= at.start && at.end <= word.span.end;
    let found = places(of, |launch| {
        let words = launch.args.iter().enumerate().filter(|(_, word)| covers(word));
        words.map(|(index, _)| index..index + 1).collect()
    });
    if found.is_empty() {
        return in_command(of, at, text);
    }
    let (launch, range) = agreed(of, &found)?;
    let (change, new) = in_word(&launch.args[range.start], at, text)?;
    let way = |index: usize, way: &mut Way| {
        for (_, range) in found.iter().filter(|(at, _)| *at == index) {
            if let Some(arg) = way.args.get_mut(range.start) {
                arg.0.clone_from(&new);
            }
        }
    };
    let changes = vec![change];
    match holds(of, &changes, &Wanted { way: &way, ..Wanted::SAME }) {
        true => Ok(changes),
        false => Err("the changed text is not read as the same start with the other word".to_owned()),
    }
}

/// A word of another command becomes another one.
fn in_command(of: &Text, at: Span, text: &str) -> Result<Vec<Change>, Refusal> {
    let (own, index) = command(of, at)?;
    let (change, new) = in_word(&own.words[index], at, text)?;
    let command = |span: Span, mut words: Vec<Said>| {
        if span == own.span
            && let Some(word) = words.get_mut(index)
        {
            word.0.clone_from(&new);
        }
        Some(words)
    };
    let changes = vec![change];
    match holds(of, &changes, &Wanted { command: &command, ..Wanted::SAME }) {
        true => Ok(changes),
        false => Err("the changed text is not read as the same command with the other word".to_owned()),
    }
}

/// More words come behind the one at the place.
pub(super) fn add(of: &Text, at: Span, text: &str) -> Result<Vec<Change>, Refusal> {
    let (own, index) = command(of, at)?;
    let new: Vec<Said> = New::words(text)?.said;
    let with = |mut words: Vec<Said>| {
        words.splice(index + 1..=index, new.iter().cloned());
        words
    };
    let command = |span: Span, words: Vec<Said>| Some(if span == own.span { with(words) } else { words });
    let changes = vec![(Span::new(at.end, at.end), format!(" {text}"))];
    let wanted = Wanted { command: &command, ..Wanted::SAME };
    let after = changed(of.text, &changes).map(|text| crate::read::read(of.dialect, &text));
    let whole = with(own.words.iter().map(said).collect());
    // Of a start only what stands behind main.py is compared there.
    let reads = |script: Script| commands(&script).any(|one| one.words.iter().map(said).eq(whole.iter().cloned()));
    match after.is_some_and(reads) && holds(of, &changes, &wanted) {
        true => Ok(changes),
        false => Err("the changed text is not read as the same command with more words".to_owned()),
    }
}

fn commands(script: &Script) -> impl Iterator<Item = &Command> {
    steps(script).filter_map(|step| match step {
        Step::Command(command) => Some(command),
        Step::Assign(_) => None,
    })
}

/// The command that has just this word, and which of its words it is.
fn command<'a>(of: &'a Text, at: Span) -> Result<(&'a Command, usize), Refusal> {
    let index = |command: &Command| command.words.iter().position(|word| word.span == at);
    let found = commands(&of.script.script).find_map(|command| Some((command, index(command)?)));
    found.ok_or_else(|| "no word of a command is written there".to_owned())
}

/// The part of a word at the place becomes the text: the change, and the new word.
fn in_word(word: &Word, at: Span, text: &str) -> Result<(Change, String), Refusal> {
    let inside = |offset: &u32| at.range().contains(&(*offset as usize));
    let (Some(from), Some(till)) = (word.at.iter().position(inside), word.at.iter().rposition(inside)) else {
        return Err("the word does not stand there as it is".to_owned());
    };
    let [start, end] = [word.at[from], word.at[till] + 1];
    if (end - start) as usize != till + 1 - from {
        return Err("the word is not written in one piece".to_owned());
    }
    let (head, tail) = (word.text.get(..from).unwrap_or_default(), word.text.get(till + 1..).unwrap_or_default());
    Ok(((Span::new(start, end), text.to_owned()), format!("{head}{text}{tail}")))
}

/// The words at the place, one blank between each, become one in quotes.
pub(super) fn quote(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    let found = places(of, |launch| words_at(launch, at).into_iter().collect());
    let (launch, range) = agreed(of, &found)?;
    let words: Vec<&str> = launch.args[range.clone()].iter().map(|word| word.text.as_str()).collect();
    let one = words.join(" ");
    // A backslash in front of the quote would take it for a letter.
    if of.text.get(at.range()) != Some(one.as_str()) || one.ends_with('\\') || one.contains(['"', '$', '`', '%', '!']) {
        return Err("the words are not plain".to_owned());
    }
    let way = |index: usize, way: &mut Way| {
        for (_, range) in found.iter().filter(|(at, _)| *at == index) {
            way.args.splice(range.clone(), [(one.clone(), true)]);
        }
    };
    let ends = [at.start, at.end].map(|end| (Span::new(end, end), "\"".to_owned()));
    let changes = Vec::from(ends);
    match holds(of, &changes, &Wanted { way: &way, ..Wanted::SAME }) {
        true => Ok(changes),
        false => Err("the changed text is not read as the same start with one word".to_owned()),
    }
}
