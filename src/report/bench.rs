//! A bench for people and for scripts: the table, what follows from it, and the runs as dots.

mod cells;
mod page;
mod values;
mod words;

use std::fmt::Write as _;

use super::safe;
use crate::bench::verdict::Summary;
use crate::bench::{Record, Verdict};

pub use page::page;
pub use values::value;

/// Heads of the table.
const HEAD: [&str; 7] =
    ["variant", "cold run", "measured", "a step", "in system memory", "peak VRAM", "against the baseline"];

/// The report for a terminal.
pub fn text(record: &Record, verdict: &Verdict) -> String {
    let mut out = String::new();
    for line in heading(record) {
        let _ = writeln!(out, "{line}");
    }
    let rows: Vec<[String; 7]> = verdict.variants.iter().map(row).collect();
    let used = used(&rows);
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.max().unwrap_or_default().max(HEAD[at].len())
    };
    let heads = HEAD.map(str::to_owned);
    for cells in std::iter::once(&heads).chain(&rows) {
        let line: Vec<String> = used.iter().map(|&at| format!("{:1$}", cells[at], width(at))).collect();
        let _ = writeln!(out, "{}", line.join("  ").trim_end());
    }
    for summary in &verdict.variants {
        let sentences = words::sentences(record, summary);
        if sentences.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}", title(summary));
        for sentence in &sentences {
            let _ = write!(out, "{}", paragraph(sentence));
        }
    }
    for note in notes(record, verdict) {
        let _ = write!(out, "\n{}", textwrap::fill(&note, WIDTH) + "\n");
    }
    out
}

/// Columns of the longest line of prose.
const WIDTH: usize = 110;

fn paragraph(sentence: &str) -> String {
    textwrap::fill(sentence, textwrap::Options::new(WIDTH).initial_indent("  - ").subsequent_indent("    ")) + "\n"
}

/// The same to be pasted into an issue.
pub fn markdown(record: &Record, verdict: &Verdict) -> String {
    let mut out = String::new();
    for line in heading(record) {
        let _ = writeln!(out, "{}  ", escaped(&line));
    }
    let rows: Vec<[String; 7]> = verdict.variants.iter().map(row).collect();
    let used = used(&rows);
    let line = |cells: &[String; 7]| {
        let cells: Vec<String> = used.iter().map(|&at| escaped(&cells[at])).collect();
        format!("| {} |", cells.join(" | "))
    };
    let _ = writeln!(out, "\n{}\n|{}", line(&HEAD.map(str::to_owned)), "---|".repeat(used.len()));
    for row in &rows {
        let _ = writeln!(out, "{}", line(row));
    }
    for summary in &verdict.variants {
        let sentences = words::sentences(record, summary);
        if sentences.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n**{}**\n", escaped(&title(summary)));
        for sentence in &sentences {
            let _ = writeln!(out, "- {}", escaped(sentence));
        }
    }
    for note in notes(record, verdict) {
        let _ = writeln!(out, "\n{}", escaped(&note));
    }
    out
}

/// Text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push(' '),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' | '#' | '@' | '!' => out.extend(['\\', letter]),
            _ => out.push(letter),
        }
    }
    out
}

/// What was measured, on what.
fn heading(record: &Record) -> Vec<String> {
    let machine = &record.machine;
    let system = machine.os.as_ref().map(|os| if os == "windows" { "Windows".to_owned() } else { os.clone() });
    let comfyui = machine.comfyui.as_ref().map(|version| format!("ComfyUI {version}"));
    let torch = machine.torch.as_ref().map(|version| format!("torch {version}"));
    let parts: Vec<String> = [machine.gpu.clone(), system, comfyui, torch].into_iter().flatten().collect();
    let mut all = vec![format!("bench: {}", safe::line(&record.workflow))];
    if !parts.is_empty() {
        all.push(format!("machine: {}", safe::line(&parts.join(", "))));
    }
    all.extend(record.source.as_ref().map(|source| format!("source: {}", safe::line(source))));
    all
}

/// What is to be said of the whole.
fn notes(record: &Record, verdict: &Verdict) -> Vec<String> {
    words::notes(record, verdict)
}

fn title(summary: &Summary) -> String {
    let name = safe::line(&summary.name);
    if summary.changes.is_empty() { name } else { format!("{name}: {}", safe::line(&summary.changes.join(", "))) }
}

/// The columns that have something to show.
fn used(rows: &[[String; 7]]) -> Vec<usize> {
    (0..HEAD.len()).filter(|&at| rows.iter().any(|row| row[at] != cells::NONE)).collect()
}

fn row(summary: &Summary) -> [String; 7] {
    [
        safe::line(&summary.name),
        cells::cold(summary),
        cells::measured(summary),
        cells::step(summary),
        cells::offloaded(summary),
        cells::peak(summary),
        cells::against(summary),
    ]
}
