//! The report for people: every finding with the bytes underlined, then a summary.

use std::io;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, Severity as Grade,
    SourceCode, SourceSpan, SpanContents,
};

use super::excerpt::{self, Excerpt};
use super::{Report, safe};
use crate::finding::{Finding, Location, Severity};
use crate::outcome::Outcome;
use crate::source::Place;

/// The format `full`.
#[derive(Clone, Copy, Debug)]
pub struct Full {
    /// Whether colours are used.
    pub color: bool,
    /// Whether only findings are printed, without the summary.
    pub quiet: bool,
}

impl Report for Full {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        let handler = self.handler();
        for finding in &outcome.findings {
            let mut text = String::new();
            let shown = Shown::new(finding, outcome);
            handler.render_report(&mut text, &shown).map_err(io::Error::other)?;
            out.write_all(text.trim_start_matches('\n').as_bytes())?;
            out.write_all(b"\n")?;
        }
        if !self.quiet {
            out.write_all(super::summary::text(outcome).as_bytes())?;
        }
        Ok(())
    }
}

impl Full {
    fn handler(self) -> GraphicalReportHandler {
        let theme = if self.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        GraphicalReportHandler::new_themed(theme).with_links(false).with_width(110).with_context_lines(1)
    }
}

/// One finding as miette wants it.
#[derive(Debug)]
struct Shown<'a> {
    finding: &'a Finding,
    code: String,
    message: String,
    help: Option<String>,
    window: Window,
    labels: Vec<(SourceSpan, String)>,
}

impl<'a> Shown<'a> {
    fn new(finding: &'a Finding, outcome: &Outcome) -> Self {
        let file = &outcome.files[finding.primary.file];
        let marked = excerpt::of(finding, outcome);
        let near = marked.near.iter().map(|(span, words)| (as_miette(*span), safe::line(words)));
        let labels = std::iter::once((as_miette(marked.shown.labels[0]), String::new())).chain(near).collect();
        let place = file.source.place(finding.primary.span.start);
        let name = safe::line(&file.place_path());
        let help = help(finding, outcome, &marked.far);
        Self {
            finding,
            code: format!("{}[{}] {}", finding.severity, finding.rule.code, finding.rule.name),
            message: safe::line(&finding.message),
            help: (!help.is_empty()).then_some(help),
            window: Window { shown: marked.shown, name, place },
            labels,
        }
    }
}

fn as_miette(span: crate::span::Span) -> SourceSpan {
    (span.start as usize, span.len()).into()
}

fn help(finding: &Finding, outcome: &Outcome, far: &[&(Location, String)]) -> String {
    let mut lines = Vec::new();
    if !finding.help.is_empty() {
        lines.push(safe::line(&finding.help));
    }
    for (location, words) in far {
        let file = &outcome.files[location.file];
        let place = file.source.place(location.span.start);
        let path = safe::line(&file.place_path());
        lines.push(format!("{}: {path}:{}:{}", safe::line(words), place.line, place.column));
    }
    lines.extend(super::ways::of(finding, outcome));
    if !finding.targets.is_empty() {
        let names: Vec<String> = finding.targets.iter().map(|name| safe::line(name)).collect();
        lines.push(format!("holds for: {}", names.join("; ")));
    }
    lines.join("\n")
}

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<Grade> {
        Some(match self.finding.severity {
            Severity::Error => Grade::Error,
            Severity::Warning => Grade::Warning,
            Severity::Info => Grade::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|text| Box::new(text) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.window.shown.text.trim().is_empty()).then_some(&self.window)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.labels.iter().enumerate().map(|(index, (span, words))| {
            let words = (!words.is_empty()).then(|| words.clone());
            if index == 0 {
                LabeledSpan::new_primary_with_span(words, *span)
            } else {
                LabeledSpan::new_with_span(words, *span)
            }
        });
        Some(Box::new(labels))
    }
}

/// The excerpt as a whole is the source that miette sees.
#[derive(Debug)]
struct Window {
    shown: Excerpt,
    name: String,
    place: Place,
}

impl SourceCode for Window {
    /// miette asks twice: without context for the place in the header, with context for the lines to show.
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.shown.text.as_bytes();
        let all: SourceSpan = (0, text.len()).into();
        let (line, column) = match before {
            0 => (self.place.line as usize - 1, self.place.column as usize - 1),
            _ => (self.shown.first_line - 1, 0),
        };
        let lines = self.shown.text.lines().count();
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), text, all, line, column, lines)))
    }
}
