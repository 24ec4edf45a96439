//! Assignments: they go, get another value, or the form that their language wants.

use super::reading::{Wanted, holds};
use super::{Change, Text};
use crate::facts::launch::Launch;
use crate::fix::Refusal;
use crate::read::script::{Assign, Dialect, Step};
use crate::span::Span;

/// The assignment goes, with its line when it is alone there.
pub(super) fn remove(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    if let Some(name) = in_front(of, at) {
        agreed(of, at)?;
        let behind = of.text.get(at.end as usize..).unwrap_or_default();
        let blanks = behind.len() - behind.trim_start_matches(' ').len();
        let cut = Span::new(at.start, at.end + blanks as u32);
        return kept(of, vec![(cut, String::new())], vec![name]);
    }
    let assign = assign(of, at)?;
    let (line, lead, rest) = line(of.text, at);
    if of.dialect == Dialect::Compose && is_only(of.text, line) {
        return Err("nothing would be left in its list".to_owned());
    }
    let prefix = lead.trim();
    let dash = of.dialect == Dialect::Compose && prefix == "-";
    let word = matches!(prefix, "ENV" | "export") || prefix == "Environment=";
    let plain = (prefix.is_empty() || dash || word) && rest.trim().is_empty();
    if !plain {
        return Err("something else stands on the line of the assignment".to_owned());
    }
    checked(of, vec![(line, String::new())], assign)
}

/// The assignment gets another value.
pub(super) fn set(of: &Text, at: Span, text: &str) -> Result<Vec<Change>, Refusal> {
    let assign = assign(of, at)?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.,:/+".contains(letter);
    let value = &assign.value;
    // What stands there already needs no other quotes than it has.
    if !text.chars().all(|letter| plain(letter) || value.text.contains(letter)) || text.is_empty() {
        return Err("the new value would need quotes".to_owned());
    }
    let (Some(first), Some(last)) = (value.at.first(), value.at.last()) else {
        return Err("the assignment has no value".to_owned());
    };
    let span = Span::new(*first, last + 1);
    if of.text.get(span.range()) != Some(value.text.as_str()) {
        return Err("the value is not written in one piece".to_owned());
    }
    checked(of, vec![(span, text.to_owned())], assign)
}

/// In batch `set X = 1` becomes `set "X=1"`; what other languages want stands in [`super::rewriting`].
pub(super) fn rewrite(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    let assign = assign(of, at)?;
    if !assign.value.known || !assign.name.known {
        return Err("how the variable is set is not plain".to_owned());
    }
    let text = of.text.get(at.range()).unwrap_or_default();
    let body = text.get(..3).filter(|word| word.eq_ignore_ascii_case("set")).and_then(|_| text.get(3..));
    let body = body.filter(|body| body.starts_with([' ', '\t'])).ok_or("the assignment is no plain set")?;
    let bare = body.trim();
    let bare = bare.strip_prefix('"').and_then(|bare| bare.strip_suffix('"')).unwrap_or(bare);
    let (name, value) = bare.split_once('=').ok_or("the assignment has no value")?;
    let (name, value) = (name.trim(), value.trim());
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    if name.contains(['"', '%', '!', '^', '/', ' '])
        || value.contains(['"', '^', '!', '&', '|', '<', '>'])
        || value.is_empty()
    {
        return Err("how the variable is set is not plain".to_owned());
    }
    let lead = &text[..3 + body.len() - body.trim_start().len()];
    let behind = of.text.get(at.end as usize..).unwrap_or_default();
    let apart = text.ends_with([' ', '\t']) && !behind.is_empty() && !behind.starts_with(['\r', '\n']);
    let blank = if apart { " " } else { "" };
    checked(of, vec![(at, format!("{lead}\"{name}={value}\"{blank}"))], assign)
}

/// The assignment is handed to programs.
pub(super) fn export(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    let assign = assign(of, at)?;
    let (_, lead, _) = line(of.text, at);
    if of.dialect != Dialect::Shell || assign.exported || !lead.trim().is_empty() {
        return Err("the assignment does not stand at the beginning of a line of a shell".to_owned());
    }
    let changes = vec![(Span::new(at.start, at.start), "export ".to_owned())];
    let names = [assign.name.text.clone()];
    let seen = Some((assign.name.text.as_str(), assign.value.text.as_str()));
    match assign.value.known && holds(of, &changes, &Wanted { names: &names, seen, ..Wanted::SAME }) {
        true => Ok(changes),
        false => Err("no start would see the variable, or more would change".to_owned()),
    }
}

/// The variable of an assignment in front of a command of a shell: `X=1 python main.py`.
fn in_front(of: &Text, at: Span) -> Option<String> {
    let own = |step: &Step| matches!(step, Step::Command(command) if command.env.iter().any(|one| one.span == at));
    let shell = of.dialect == Dialect::Shell && of.script.script.steps.iter().any(own);
    let var = of.script.launches.iter().flat_map(|launch| &launch.env).find(|var| var.span == at);
    var.filter(|_| shell).map(|var| var.name.text.clone())
}

/// True for a line of YAML that is alone below its key.
fn is_only(text: &str, line: Span) -> bool {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(text.get(line.range()).unwrap_or_default());
    let same = |line: Option<&str>| line.is_some_and(|line| !line.trim().is_empty() && depth(line) == own);
    let (above, below) = (&text[..line.start as usize], &text[line.end as usize..]);
    !same(above.lines().next_back()) && !same(below.lines().next())
}

/// The assignment at a place.
pub(super) fn assign<'a>(of: &'a Text, at: Span) -> Result<&'a Assign, Refusal> {
    let script = &of.script.script;
    let steps = script.steps.iter().chain(script.written.iter().flat_map(|inner| &inner.steps));
    // What a container or a single command gets stands with its command.
    let of_step = |step: &'a Step| match step {
        Step::Assign(assign) => std::slice::from_ref(assign),
        Step::Command(command) => command.env.as_slice(),
    };
    let mut found = steps.flat_map(of_step).filter(|assign| assign.span == at);
    found.next_back().ok_or_else(|| "no plain assignment stands there".to_owned())
}

/// What is done to a variable must be right for every start that gets it from there.
fn agreed(of: &Text, at: Span) -> Result<(), Refusal> {
    let gets = |launch: &Launch| launch.env.iter().any(|var| var.span == at);
    let mut others = of.script.launches.iter().enumerate().filter(|(index, _)| !of.held.contains(index));
    match !of.held.is_empty() && others.any(|(_, launch)| gets(launch)) {
        true => Err("other starts of the script get the same variable".to_owned()),
        false => Ok(()),
    }
}

/// Everything but the variable stays as it is.
fn checked(of: &Text, changes: Vec<Change>, assign: &Assign) -> Result<Vec<Change>, Refusal> {
    agreed(of, assign.span)?;
    kept(of, changes, vec![assign.name.text.clone(), assign.name.text.trim().to_owned()])
}

fn kept(of: &Text, changes: Vec<Change>, names: Vec<String>) -> Result<Vec<Change>, Refusal> {
    match holds(of, &changes, &Wanted { names: &names, ..Wanted::SAME }) {
        true => Ok(changes),
        false => Err("more than the variable would change".to_owned()),
    }
}

/// The line of a span with its end, what stands in front of the span and what behind.
pub(super) fn line(text: &str, at: Span) -> (Span, &str, &str) {
    let (head, tail) =
        (text.get(..at.start as usize).unwrap_or_default(), text.get(at.end as usize..).unwrap_or_default());
    let start = head.rfind('\n').map_or(0, |at| at + 1);
    let end = tail.find('\n').map_or(tail.len(), |at| at + 1);
    (Span::new(start as u32, at.end + end as u32), &head[start..], &tail[..end])
}
