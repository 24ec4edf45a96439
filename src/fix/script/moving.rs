//! Assignments that come to stand in front of a start.

use std::collections::BTreeSet;

use super::gaps::sign;
use super::reading::{Wanted, Way, holds, said};
use super::variables::{assign, line};
use super::{Change, Text};
use crate::facts::allow::MARK;
use crate::facts::launch::Launch;
use crate::fix::Refusal;
use crate::read::script::Dialect;
use crate::span::Span;

/// The line of an assignment moves in front of the start that it came too late for.
pub(super) fn move_up(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    let assign = assign(of, at)?;
    let (own, lead, rest) = line(of.text, at);
    if !matches!(lead.trim(), "" | "export") || !rest.trim().is_empty() || !assign.value.known {
        return Err("something else stands on the line of the assignment".to_owned());
    }
    let earlier = of.script.launches.iter().filter(|launch| launch.span.end <= at.start);
    let start = earlier.max_by_key(|launch| launch.span.start).ok_or("no start stands above it")?;
    let text = of.text[own.range()].trim_end_matches(['\r', '\n']).trim_start();
    let place = above(of, start.span, text)?;
    // Without a line end of its own it takes the one in front.
    let head = &of.text[..own.start as usize];
    let open = !of.text[own.range()].ends_with('\n');
    let from = if open { head.trim_end_matches(['\n', '\r']).len() as u32 } else { own.start };
    let value = (assign.name.text.as_str(), said(&assign.value));
    comes(of, vec![place, (Span::new(from, own.end), String::new())], start.span, value)
}

/// A variable of the text (`NAME=VALUE`) is set in front of the start at the place.
pub(super) fn add(of: &Text, at: Span, text: &str) -> Result<Vec<Change>, Refusal> {
    let (name, value) = text.split_once('=').ok_or("the text is no assignment")?;
    let line = match of.dialect {
        Dialect::Batch => format!("set {name}={value}"),
        Dialect::Shell => format!("export {name}={value}"),
        Dialect::PowerShell => format!("$env:{name} = \"{value}\""),
        Dialect::Service => format!("Environment={name}={value}"),
        Dialect::Dockerfile => format!("ENV {name}={value}"),
        _ => return Err("a variable has no line of its own here".to_owned()),
    };
    comes(of, vec![above(of, at, &line)?], at, (name, (value.to_owned(), true)))
}

/// A line above the one on which a start begins, indented as that.
fn above(of: &Text, start: Span, text: &str) -> Result<Change, Refusal> {
    let (own, lead, _) = line(of.text, start);
    let indent = &lead[..lead.len() - lead.trim_start_matches([' ', '\t']).len()];
    let place = top(of.text, own.start);
    let head = &of.text[..place as usize];
    if head.trim_end_matches(['\r', '\n']).ends_with(sign(of.dialect)) {
        return Err("the line of the start continues another one".to_owned());
    }
    let end = if head.ends_with("\r\n") || of.text[own.range()].ends_with("\r\n") { "\r\n" } else { "\n" };
    Ok((Span::new(place, place), format!("{indent}{text}{end}")))
}

/// Where a line comes to stand that is to be above another one: above comments that allow something there, too.
pub(super) fn top(text: &str, line: u32) -> u32 {
    let above =
        |at: u32| text[..at as usize].strip_suffix('\n').map(|head| head.rfind('\n').map_or(0, |end| end as u32 + 1));
    let mut place = line;
    while let Some(start) = above(place).filter(|&start| text[start as usize..place as usize].contains(MARK)) {
        place = start;
    }
    place
}

/// Just the start at the place sees the variable, and all else is as it was.
fn comes(
    of: &Text,
    changes: Vec<Change>,
    start: Span,
    (name, value): (&str, (String, bool)),
) -> Result<Vec<Change>, Refusal> {
    let there = |launch: &Launch| launch.span.start == start.start;
    let targets: BTreeSet<usize> =
        of.script.launches.iter().enumerate().filter(|(_, launch)| there(launch)).map(|(index, _)| index).collect();
    if targets.is_empty() {
        return Err("no start is written there".to_owned());
    }
    if !of.held.is_empty() && targets.iter().any(|target| !of.held.contains(target)) {
        return Err("on other paths the start is right as it is".to_owned());
    }
    let way = |index: usize, way: &mut Way| {
        if targets.contains(&index) {
            way.env.insert(name.to_owned(), value.clone());
        }
    };
    let names = [name.to_owned()];
    match holds(of, &changes, &Wanted { way: &way, names: &names, env: true, ..Wanted::SAME }) {
        true => Ok(changes),
        false => Err("the changed text is not read as the same starts with the variable".to_owned()),
    }
}
