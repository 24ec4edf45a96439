//! Lines of files with places marked in them.

use maud::{Markup, html};

use crate::finding::Finding;
use crate::outcome::Outcome;
use crate::report::excerpt::{self, Marked};
use crate::report::safe;
use crate::span::Span;

/// The lines of a finding, and what belongs to them; the second part lists places elsewhere.
pub fn excerpt(finding: &Finding, outcome: &Outcome) -> Markup {
    let marked = excerpt::of(finding, outcome);
    html! {
        @if !marked.shown.text.trim().is_empty() { (lines(&marked)) }
        @if !(marked.near.is_empty() && marked.far.is_empty()) {
            ul.places {
                @for (_, words) in &marked.near { li { i.mark {} (safe::line(words)) } }
                @for (location, words) in &marked.far { li { (safe::line(words)) ": " span.path { (place(*location, outcome)) } } }
            }
        }
    }
}

/// `launch.bat:6:3`.
pub fn place(location: crate::finding::Location, outcome: &Outcome) -> String {
    let file = &outcome.files[location.file];
    let place = file.source.place(location.span.start);
    format!("{}:{}:{}", safe::line(&file.place_path()), place.line, place.column)
}

fn lines(marked: &Marked) -> Markup {
    let mut at = 0;
    let lines = marked.shown.text.split_inclusive('\n').map(|line| {
        let span = at..at + line.trim_end_matches('\n').len();
        at += line.len();
        span
    });
    html! {
        div.code {
            @for (index, line) in lines.enumerate() {
                div.row { span.line { (marked.shown.first_line + index) } code { (pieces(marked, line)) } }
            }
        }
    }
}

/// A line cut where a mark begins or ends.
fn pieces(marked: &Marked, line: std::ops::Range<usize>) -> Markup {
    let primary = marked.shown.labels.first().copied().unwrap_or_default();
    let inside = |at: &usize| line.start < *at && *at < line.end;
    let ends = |span: Span| [span.start as usize, span.end as usize];
    let mut cuts: Vec<usize> = marked.near.iter().flat_map(|(span, _)| ends(*span)).chain(ends(primary)).collect();
    cuts.retain(inside);
    cuts.extend([line.start, line.end]);
    cuts.sort_unstable();
    cuts.dedup();
    html! {
        @for piece in cuts.windows(2) {
            @let text = marked.shown.text.get(piece[0]..piece[1]).unwrap_or_default();
            @if holds(primary, piece[0]) { mark.at { (text) } }
            @else if marked.near.iter().any(|(span, _)| holds(*span, piece[0])) { mark.near { (text) } }
            @else { (text) }
        }
    }
}

fn holds(span: Span, at: usize) -> bool {
    (span.start as usize..span.end as usize).contains(&at)
}

/// Text in which backquotes mean code.
pub fn prose(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
