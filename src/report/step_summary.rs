//! A page in Markdown for the summary of a step in GitHub Actions: findings worst first, forecasts, what was not checked.

use std::fmt::Write as _;

use super::root::Root;
use super::{safe, summary, vram};
use crate::finding::{Finding, Severity};
use crate::outcome::Outcome;

/// Most bytes of the summary of one step; GitHub shows nothing of a longer one.
pub const MAX_BYTES: usize = 1 << 20;

/// Bytes kept free for the line that says what is left out.
const SPARE: usize = 200;

/// The page, in at most so many bytes.
pub fn text(outcome: &Outcome, root: &Root, most: usize) -> String {
    let mut page = Page { text: String::new(), most: most.saturating_sub(SPARE), full: false };
    page.add(&format!("### wanlint: {}\n\n", plain(&summary::counts(outcome))));
    page.add(&format!("{}\n\n", plain(&summary::machine(&outcome.machine))));
    findings(&mut page, outcome, root);
    forecasts(&mut page, outcome);
    not_checked(&mut page, outcome);
    if page.full {
        page.text.push_str("\nMore is left out here: a summary has 1 MiB at most. The log has all of it.\n");
    }
    if page.text.len() <= most { page.text } else { String::new() }
}

struct Page {
    text: String,
    most: usize,
    full: bool,
}

impl Page {
    /// Adds a whole part, as long as there is room for it.
    fn add(&mut self, part: &str) {
        self.full |= self.text.len() + part.len() > self.most;
        if !self.full {
            self.text.push_str(part);
        }
    }
}

fn findings(page: &mut Page, outcome: &Outcome, root: &Root) {
    if outcome.findings.is_empty() {
        return;
    }
    page.add("| | Rule | Place | What |\n|---|---|---|---|\n");
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        for finding in outcome.findings.iter().filter(|finding| finding.severity == severity) {
            page.add(&row(finding, outcome, root));
        }
    }
    page.add("\n");
}

fn row(finding: &Finding, outcome: &Outcome, root: &Root) -> String {
    let file = &outcome.files[finding.primary.file];
    let place = file.source.place(finding.primary.span.start);
    let within = file.embedded.map(|embedded| format!(" ({embedded})")).unwrap_or_default();
    let at = format!("{}{within}:{}:{}", root.path(&file.source), place.line, place.column);
    let help = if finding.help.is_empty() { String::new() } else { format!("<br>{}", plain(&finding.help)) };
    let (severity, code, name) = (finding.severity, finding.rule.code, finding.rule.name);
    format!("| {severity} | {code} {name} | {} | {}{help} |\n", plain(&at), plain(&finding.message))
}

fn forecasts(page: &mut Page, outcome: &Outcome) {
    let lines = vram::lines(outcome);
    if lines.is_empty() {
        return;
    }
    page.add("#### Forecast\n\n");
    for line in &lines {
        // The starts stand indented below their workflow.
        let indent = if line.starts_with(' ') { "  " } else { "" };
        page.add(&format!("{indent}- {}\n", plain(line.trim_start().trim_start_matches("forecast: "))));
    }
    page.add("\n");
}

fn not_checked(page: &mut Page, outcome: &Outcome) {
    for (need, codes) in &outcome.not_checked {
        let codes: Vec<&str> = codes.iter().copied().collect();
        page.add(&format!("- not checked: {} ({})\n", codes.join(", "), plain(need.remedy())));
    }
}

/// Text of others for Markdown: every sign that could mean something there is written as a number, so it is shown as it is.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for character in safe::escaped(text).chars() {
        match character {
            '\n' | '\t' => out.push(' '),
            '.' | ',' | '-' | '/' | '(' | ')' | '%' | ' ' => out.push(character),
            sign if sign.is_ascii_punctuation() => {
                let _ = write!(out, "&#{};", u32::from(sign));
            }
            character => out.push(character),
        }
    }
    // An address would become a link: its colon is no sign any more, but this beginning needs none.
    out.replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_shows_texts_as_they_are() {
        assert_eq!(plain("a|b <b> `c` [d](e)"), "a&#124;b &#60;b&#62; &#96;c&#96; &#91;d&#93;(e)");
        assert_eq!(
            plain("@all https://x www.x.org\n::error::"),
            "&#64;all https&#58;//x www&#46;x.org &#58;&#58;error&#58;&#58;"
        );
    }

    #[test]
    fn a_page_ends_between_its_parts() {
        let mut page = Page { text: String::new(), most: 5, full: false };
        ["abc", "def", "g"].iter().for_each(|part| page.add(part));
        assert_eq!((page.text.as_str(), page.full), ("abc", true));
    }
}
