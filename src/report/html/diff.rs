//! What a fix changes, as lines that go and lines that come.

use std::ops::Range;

use maud::{Markup, html};
use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::fix::{self, Edit, Fix};
use crate::outcome::Outcome;
use crate::project::File;
use crate::redact;
use crate::report::safe;

/// Most lines of one change.
const LINES: usize = 40;

/// Most characters of a line.
const WIDTH: usize = 160;

/// Characters that stay in front of what differs.
const BEFORE: usize = 40;

/// Bytes of a file around a change that are looked at.
const AROUND: usize = 2048;

/// Most bytes that a change takes up in a file; a larger one has its title only.
const MOST_BYTES: u32 = 1 << 16;

/// Edits so near to each other, in bytes, are shown as one change.
const NEAR: u32 = 400;

/// Most changes of one fix.
const MOST: usize = 4;

/// A part of a file before and after.
pub struct Change {
    /// `launch.bat:12`.
    place: String,
    lines: Vec<(char, String)>,
    /// Lines that are not shown.
    left: usize,
}

/// The changes of a fix, place by place; none where it cannot be made.
pub fn changes(fix: &Fix, outcome: &Outcome) -> Vec<Change> {
    let mut edits = fix::edits(fix, &outcome.files).unwrap_or_default();
    edits.sort();
    let near = |one: &Edit, two: &Edit| one.file == two.file && two.span.start.saturating_sub(one.span.end) < NEAR;
    let groups = edits.chunk_by(near).take(MOST);
    groups.filter_map(|group| change(group, &outcome.files[group.first()?.file])).collect()
}

/// The markup of a change.
pub fn markup(change: &Change) -> Markup {
    html! {
        p.path { (change.place) }
        div.code.diff {
            @for (sign, line) in &change.lines {
                div class=(match sign { '-' => "row gone", '+' => "row new", _ => "row" }) { span.line { (sign) } code { (line) } }
            }
            @if change.left > 0 { div.row { span.line {} code { "\u{2026} " (change.left) " more lines" } } }
        }
    }
}

fn change(edits: &[Edit], file: &File) -> Option<Change> {
    let (first, last) = (edits.first()?, edits.last()?);
    if last.span.end.saturating_sub(first.span.start) > MOST_BYTES {
        return None;
    }
    let region = region(file, first.span.start as usize, last.span.end as usize);
    let (old, new) = sides(edits, file, &region);
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut lines = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (gone, come) = (&old[op.old_range()], &new[op.new_range()]);
        match op.tag() {
            DiffTag::Equal => lines.extend(gone.iter().map(|line| (' ', window(line, 0)))),
            _ => {
                let at = |index: usize| gone.get(index).zip(come.get(index)).map_or(0, |(one, two)| common(one, two));
                lines.extend(gone.iter().enumerate().map(|(index, line)| ('-', window(line, at(index)))));
                lines.extend(come.iter().enumerate().map(|(index, line)| ('+', window(line, at(index)))));
            }
        }
    }
    let left = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    let place = file.source.place(first.span.start);
    Some(Change { place: format!("{}:{}", safe::line(&file.place_path()), place.line), lines, left })
}

/// The lines of a change and one around it on each side, or as much of them as is looked at.
fn region(file: &File, start: usize, end: usize) -> Range<usize> {
    let source = &file.source;
    let first = source.line_span(source.line_of(start).saturating_sub(1)).start as usize;
    let last = source.line_span(source.line_of(end) + 1).end as usize;
    let text = source.text();
    let low = (first.max(start.saturating_sub(AROUND))..=start).find(|at| text.is_char_boundary(*at)).unwrap_or(start);
    let high = last.max(end).min(end + AROUND).min(text.len());
    let high = (end..=high).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(end);
    low..high
}

/// Both texts of a region, with secrets masked.
fn sides(edits: &[Edit], file: &File, region: &Range<usize>) -> (String, String) {
    let secrets = secrets(file, region);
    let (mut new, mut at) = (String::new(), region.start);
    for edit in edits {
        new.push_str(&masked(file, at..edit.span.start as usize, &secrets));
        new.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    new.push_str(&masked(file, at..region.end, &secrets));
    (shown(&masked(file, region.clone(), &secrets)), shown(&new))
}

/// Text that is safe to print, without the marks of line ends.
fn shown(text: &str) -> String {
    safe::plain(&text.replace("\r\n", "\n"))
}

fn secrets(file: &File, region: &Range<usize>) -> Vec<Range<usize>> {
    let text = file.source.text();
    // The name of a secret, or its beginning, may lie outside.
    let low = (region.start.saturating_sub(AROUND)..=region.start).find(|at| text.is_char_boundary(*at));
    let high = (region.end..=region.end + AROUND).rev().find(|at| text.is_char_boundary(*at));
    let (low, high) = (low.unwrap_or(region.start), high.unwrap_or(region.end));
    let found = redact::spans(text.get(low..high).unwrap_or_default());
    let found = found.into_iter().map(|span| span.start + low..span.end + low);
    found.chain(file.secrets().iter().map(|span| span.range())).collect()
}

fn masked(file: &File, range: Range<usize>, secrets: &[Range<usize>]) -> String {
    let text = file.source.text().get(range.clone()).unwrap_or_default();
    let hidden = |at: usize| secrets.iter().any(|secret| secret.contains(&(range.start + at)));
    text.char_indices().map(|(at, letter)| if hidden(at) && letter != '\n' { '*' } else { letter }).collect()
}

/// How many characters two lines have in common at their beginning.
fn common(one: &str, two: &str) -> usize {
    one.chars().zip(two.chars()).take_while(|(one, two)| one == two).count()
}

/// A line, or of a long one what is around a character.
fn window(line: &str, at: usize) -> String {
    let count = line.chars().count();
    if count <= WIDTH {
        return line.to_owned();
    }
    let from = at.saturating_sub(BEFORE).min(count - WIDTH);
    let part: String = line.chars().skip(from).take(WIDTH).collect();
    let (front, back) = (if from > 0 { "\u{2026}" } else { "" }, if from + WIDTH < count { "\u{2026}" } else { "" });
    format!("{front}{part}{back}")
}
