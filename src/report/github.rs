//! The format `github`: workflow commands that GitHub Actions turns into annotations of the changed files.
//!
//! How the runner reads them: its ActionCommand and IssueCommandExtension (actions/runner). In data `%`, CR and LF are
//! written as `%25`, `%0D`, `%0A`; in properties `:` and `,` as well.

use std::io;

use super::root::Root;
use super::{Report, safe, summary};
use crate::finding::{Finding, Severity};
use crate::outcome::Outcome;

/// Annotations of one kind that GitHub shows for a step; the others stand in the log only.
pub const MAX_SHOWN: usize = 10;

/// The format `github`.
#[derive(Clone, Debug)]
pub struct Github {
    /// Whether the summary is left out.
    pub quiet: bool,
    /// What paths are relative to.
    pub root: Root,
}

impl Report for Github {
    /// Worst first, as only the first of each kind are shown.
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        for severity in [Severity::Error, Severity::Warning, Severity::Info] {
            for finding in outcome.findings.iter().filter(|finding| finding.severity == severity) {
                writeln!(out, "{}", self.command(finding, outcome))?;
            }
        }
        if !self.quiet {
            out.write_all(limits(outcome).as_bytes())?;
            out.write_all(summary::text(outcome).as_bytes())?;
        }
        Ok(())
    }
}

impl Github {
    fn command(&self, finding: &Finding, outcome: &Outcome) -> String {
        let file = &outcome.files[finding.primary.file];
        let word = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let (code, name) = (finding.rule.code, finding.rule.name);
        let place = file.source.place(finding.primary.span.start);
        let mut properties = vec![("file", self.root.path(&file.source))];
        // Lines of a text inside an image are not those of the file.
        if file.embedded.is_none() {
            properties.extend(lines(finding, outcome));
        }
        properties.push(("title", format!("{code} {name}")));
        let properties: Vec<String> =
            properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
        // The log shows the message alone, so the place stands there as well.
        let path = safe::line(&file.place_path());
        let message = format!("{path}:{}:{}: {code} {}", place.line, place.column, safe::line(&finding.message));
        let help = if finding.help.is_empty() { String::new() } else { format!("\n{}", safe::line(&finding.help)) };
        format!("::{word} {}::{}", properties.join(","), data(&format!("{message}{help}")))
    }
}

/// Lines, and columns where all lies on one line: GitHub takes them there only. `endColumn` is one past the last character.
fn lines(finding: &Finding, outcome: &Outcome) -> Vec<(&'static str, String)> {
    let source = &outcome.files[finding.primary.file].source;
    let [start, end] = [finding.primary.span.start, finding.primary.span.end].map(|offset| source.place(offset));
    let mut all = vec![("line", start.line.to_string()), ("endLine", end.line.to_string())];
    if start.line == end.line {
        all.extend([("col", start.column.to_string()), ("endColumn", end.column.to_string())]);
    }
    all
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&safe::escaped(text)).replace(':', "%3A").replace(',', "%2C")
}

/// A word where not all annotations are shown.
fn limits(outcome: &Outcome) -> String {
    let severities = [Severity::Error, Severity::Warning, Severity::Info];
    match severities.iter().any(|&severity| outcome.count(severity) > MAX_SHOWN) {
        true => format!("GitHub shows {MAX_SHOWN} annotations of a kind for a step: the others stand in this log\n"),
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_as_the_runner_reads_them() {
        assert_eq!(data("a%\r\nb: c,d"), "a%25%0D%0Ab: c,d");
        assert_eq!(property("a%,b:c\nd\u{1b}::add-mask::e"), "a%25%2Cb%3Ac%0Ad\\u{1b}%3A%3Aadd-mask%3A%3Ae");
    }
}
