//! A few lines of a source around a finding, cut to a window: long lines are never printed whole.
//!
//! miette panics on labels beyond column 65,535 and prints whole lines (its issue is known as swc 10518), so it is handed a
//! small text made here: every line at most [`WIDTH`] characters, control characters escaped, offsets mapped.

use crate::finding::{Finding, Location};
use crate::outcome::Outcome;
use crate::redact;
use crate::report::safe;
use crate::source::Source;
use crate::span::Span;

/// Most characters of one line that are shown.
const WIDTH: usize = 110;

/// Bytes around the window that are searched for secrets: a name or the start of a key may be cut off.
const AROUND: usize = 4096;

/// Most lines of one span that are shown.
const LINES: usize = 4;

/// The shown text, its first line's number and the spans of the labels inside it.
#[derive(Debug, PartialEq)]
pub struct Excerpt {
    /// What is shown.
    pub text: String,
    /// Number of its first line, from 1.
    pub first_line: usize,
    /// The labels, in the order in which they were asked for.
    pub labels: Vec<Span>,
}

/// The excerpt of a finding, and what else belongs to it.
#[derive(Debug)]
pub struct Marked<'a> {
    /// The lines, with the place of the finding as their label.
    pub shown: Excerpt,
    /// Places in these lines, with a few words each.
    pub near: Vec<(Span, &'a str)>,
    /// Places elsewhere.
    pub far: Vec<&'a (Location, String)>,
}

/// Shows the lines of a finding.
pub fn of<'a>(finding: &'a Finding, outcome: &Outcome) -> Marked<'a> {
    let file = &outcome.files[finding.primary.file];
    let (same, mut far): (Vec<_>, Vec<_>) =
        finding.related.iter().partition(|(location, _)| location.file == finding.primary.file);
    let spans: Vec<Span> = same.iter().map(|(location, _)| location.span).collect();
    let (shown, places) = excerpt(&file.source, finding.primary.span, &spans, file.secrets());
    let mut near = Vec::new();
    for (related, place) in same.into_iter().zip(places) {
        match place {
            Some(span) => near.push((span, related.1.as_str())),
            None => far.push(related),
        }
    }
    let place = |related: &&(Location, String)| finding.related.iter().position(|other| std::ptr::eq(other, *related));
    far.sort_by_key(place);
    Marked { shown, near, far }
}

/// Shows the lines of `primary` and of those labels that lie on the same or neighbouring lines.
/// Labels elsewhere are answered by `None` in the second list.
/// What lies in `secret` is masked, and so is what looks like a secret.
pub fn excerpt(source: &Source, primary: Span, others: &[Span], secret: &[Span]) -> (Excerpt, Vec<Option<Span>>) {
    let first = source.line_of(primary.start as usize);
    let last = source.line_of(primary.end.saturating_sub(1).max(primary.start) as usize).min(first + LINES - 1);
    let near = |span: &Span| (first.saturating_sub(2)..=last + 2).contains(&source.line_of(span.start as usize));
    let lines = others.iter().filter(|span| near(span)).map(|span| source.line_of(span.start as usize));
    let (from, to) = lines.fold((first, last), |(from, to), line| (from.min(line), to.max(line)));
    let mut window = Window { source, secret, text: String::new(), map: Vec::new() };
    for line in from..=to {
        let anchor =
            if line == first { primary } else { others.iter().copied().find(|span| near(span)).unwrap_or(primary) };
        window.line(line, anchor);
    }
    let label = window.find(primary);
    let rest = others.iter().map(|span| near(span).then(|| window.find(*span))).collect();
    (Excerpt { text: window.text, first_line: from + 1, labels: vec![label] }, rest)
}

struct Window<'a> {
    source: &'a Source,
    secret: &'a [Span],
    text: String,
    /// Offset in the file and offset in the window of every shown character, ascending.
    map: Vec<(u32, u32)>,
}

impl Window<'_> {
    fn line(&mut self, line: usize, anchor: Span) {
        let span = self.source.line_span(line);
        let content = self.source.slice(span);
        let at = (anchor.start.clamp(span.start, span.end) - span.start) as usize;
        let (from, cut_front) = start_of_window(content, at);
        if cut_front {
            self.text.push('\u{2026}');
        }
        let secret = self.secrets(span, from);
        for (shown, (offset, character)) in content[from..].char_indices().enumerate() {
            if shown == WIDTH {
                self.text.push('\u{2026}');
                break;
            }
            let hidden = secret.iter().any(|secret| secret.contains(&(from + offset)));
            let character = if hidden { '*' } else { character };
            self.map.push((span.start + (from + offset) as u32, self.text.len() as u32));
            match character {
                '\t' => self.text.push(' '),
                // `##[error]` is obeyed by logs wherever it stands.
                '[' if self.text.ends_with("##") => self.text.extend(character.escape_unicode()),
                character => safe::push(&mut self.text, character),
            }
        }
        self.map.push((span.end, self.text.len() as u32));
        self.text.push('\n');
    }

    /// Bytes of a line around the window that are hidden: one `*` for each character, so that places stay right.
    fn secrets(&self, line: Span, from: usize) -> Vec<std::ops::Range<usize>> {
        let content = self.source.slice(line);
        let near = |at: usize| (0..=at.min(content.len())).rev().find(|&at| content.is_char_boundary(at)).unwrap_or(0);
        let (low, high) = (near(from.saturating_sub(AROUND)), near(from + 4 * WIDTH + AROUND));
        let found = redact::spans(&content[low..high]);
        let named = self.secret.iter().filter(|secret| secret.start >= line.start && secret.start < line.end);
        let named = named.map(|secret| (secret.start - line.start) as usize..(secret.end - line.start) as usize);
        found.into_iter().map(|found| found.start + low..found.end + low).chain(named).collect()
    }

    /// A span of the file in the window, cut to what is shown and to one line.
    fn find(&self, span: Span) -> Span {
        let place = |offset: u32| {
            let index = self.map.partition_point(|&(file, _)| file < offset);
            self.map.get(index).or(self.map.last()).map_or(0, |&(_, shown)| shown)
        };
        let start = place(span.start);
        let line_end = self.text[start as usize..].find('\n').map_or(self.text.len(), |at| start as usize + at);
        Span::new(start, place(span.end).clamp(start, line_end as u32))
    }
}

/// Where the window begins in a line (on a character), and whether something in front of it is cut off.
fn start_of_window(content: &str, at: usize) -> (usize, bool) {
    if content.len() <= WIDTH || content.chars().count() <= WIDTH {
        return (0, false);
    }
    let wanted = at.saturating_sub(WIDTH / 3);
    let from = (0..=wanted).rev().find(|&index| content.is_char_boundary(index)).unwrap_or(0);
    (from, from > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_megabyte_line_is_cut_around_the_label() {
        let text = format!("{{\"pad\": \"{}\", \"steps\": 4}}", "x".repeat(1 << 20));
        let source = Source::from_text("w.json", &text);
        let start = text.find("\"steps\"").unwrap() as u32;
        let (shown, _) = excerpt(&source, Span::new(start, start + 10), &[], &[]);
        assert!(shown.text.len() < 300, "{}", shown.text.len());
        assert_eq!(&shown.text[shown.labels[0].range()], "\"steps\": 4");
    }

    #[test]
    fn neighbours_are_shown_and_far_labels_are_not() {
        let source = Source::from_text("a.bat", "one\r\ntwo \u{1b}[31m\r\nthree\r\n4\r\n5\r\n6\r\n7\r\n");
        let (shown, rest) = excerpt(&source, Span::new(5, 8), &[Span::new(0, 3), Span::new(30, 31)], &[]);
        assert_eq!(shown.text, "one\ntwo \\u{1b}[31m\n");
        assert_eq!(shown.first_line, 1);
        assert_eq!(&shown.text[shown.labels[0].range()], "two");
        assert_eq!(rest, [Some(Span::new(0, 3)), None]);
    }

    #[test]
    fn secrets_are_masked_and_labels_stay() {
        let source = Source::from_text("a.bat", "set HF_TOKEN=sesame & set ü=1\r\n");
        let (shown, rest) = excerpt(&source, Span::new(4, 19), &[Span::new(26, 28)], &[Span::new(29, 30)]);
        assert_eq!(shown.text, "set HF_TOKEN=ses*** & set ü=*\n");
        assert_eq!(&shown.text[shown.labels[0].range()], "HF_TOKEN=ses***");
        assert_eq!(rest[0].map(|span| &shown.text[span.range()]), Some("ü"));
    }
}
