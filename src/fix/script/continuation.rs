//! Line ends: blanks behind them, signs that are missing, carriage returns.

use super::gaps::sign;
use super::joining::Lost;
use super::reading::words;
use super::{Change, Text, changed};
use crate::fix::Refusal;
use crate::read::script::Dialect;
use crate::span::Span;

/// The blanks at the place go, and the line behind them belongs to the command again.
pub(super) fn trim(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    let text = of.text.get(at.range()).unwrap_or_default();
    let kept = text.trim_end_matches([' ', '\t']);
    let line_ends =
        of.text.get(at.end as usize..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['\r', '\n']));
    match kept.len() < text.len() && line_ends {
        true => reaching(of, at, (Span::new(at.start + kept.len() as u32, at.end), String::new())),
        false => Err("no blanks stand at the end of a line there".to_owned()),
    }
}

/// The change, when with it the line of flags that follows reaches its start.
fn reaching(of: &Text, at: Span, change: Change) -> Result<Vec<Change>, Refusal> {
    let changes = vec![change];
    match Lost::of(of, at)?.reaches(of, &changes) {
        true => Ok(changes),
        false => Err("the changed text is not read as one start with these flags".to_owned()),
    }
}

/// The line in front of the one at the place gets the sign that continues it.
pub(super) fn continue_line(of: &Text, at: Span) -> Result<Vec<Change>, Refusal> {
    if !matches!(of.dialect, Dialect::Batch | Dialect::Shell | Dialect::PowerShell) {
        return Err("lines are not continued by a sign here".to_owned());
    }
    let head = of.text.get(..at.start as usize).unwrap_or_default();
    let above = head.rfind('\n').map(|end| &head[..end]).ok_or("no line stands above it")?;
    let above = above.strip_suffix('\r').unwrap_or(above);
    if above.ends_with([' ', '\t'])
        || above.lines().last().is_none_or(|line| line.trim().is_empty() || line.contains('#'))
    {
        return Err("the line above is not one that is continued".to_owned());
    }
    let end = above.len() as u32;
    reaching(of, at, (Span::new(end, end), format!(" {}", sign(of.dialect))))
}

/// Every line ends in a line feed alone, and the words are what they were without the carriage returns.
pub(super) fn line_feeds(of: &Text) -> Result<Vec<Change>, Refusal> {
    let ends = of.text.match_indices("\r\n").map(|(at, _)| (Span::new(at as u32, at as u32 + 1), String::new()));
    let changes: Vec<Change> = ends.collect();
    let after = changed(of.text, &changes).map(|text| crate::read::read(of.dialect, &text));
    let bare = |word: String| Some(word.replace('\r', "")).filter(|word| !word.is_empty());
    let old = words(&of.script.script).filter_map(bare);
    match after.is_some_and(|after| words(&after).filter_map(bare).eq(old)) {
        true => Ok(changes),
        false => Err("the lines would not be read as the same words".to_owned()),
    }
}
