//! What is said about the whole check.

use maud::{Markup, html};

use super::layout::{self, Layout, Section};
use crate::finding::Severity;
use crate::fix::engine::Note;
use crate::outcome::Outcome;
use crate::report::{summary, vram};

/// Most notes about fixes, and most entries of the table of contents.
const MOST: usize = 200;

/// The counts.
pub fn summary(outcome: &Outcome, layout: &Layout) -> Markup {
    let rules: usize = outcome.not_checked.values().map(std::collections::BTreeSet::len).sum();
    let (safe, more) = outcome.fixable();
    let mut trust = String::new();
    summary::trust(&mut trust, outcome);
    let all = [Severity::Error, Severity::Warning, Severity::Info];
    html! {
        div.tiles {
            @for severity in all {
                @let count = outcome.count(severity);
                div class=(format!("tile {} {}", severity, if count == 0 { "none" } else { "" })) {
                    b { (count) } span { (summary::counted(count, &severity.to_string()).trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ')) }
                }
            }
            div.tile { b { (outcome.checked_files()) } span { "files checked" } }
            @if safe + more > 0 { div.tile { b { (safe) @if more > 0 { small { " + " (more) } } } span { "fixable" } } }
            div.tile { b { (outcome.suppression.suppressed) } span { "suppressed" } }
            @if rules > 0 { a.tile href="#not-checked" { b { (rules) } span { "not checked" } } }
        }
        p.counts { (summary::counts(outcome)) (summary::fixes(outcome)) }
        @for line in trust.lines() { p.note { (line) } }
        @if layout.sections.iter().all(|section| section.findings.is_empty()) { p.clean { "Nothing was found." } }
    }
}

/// Links to the sections with findings, where there are several. The others are in the table of forecasts.
pub fn contents(layout: &Layout) -> Markup {
    let found: Vec<&Section> = layout.sections.iter().filter(|section| !section.findings.is_empty()).collect();
    let left = found.len().saturating_sub(MOST);
    html! {
        @if found.len() > 1 {
            nav {
                ol {
                    @for section in found.iter().take(MOST) {
                        li { a href=(format!("#{}", section.id)) { (section.short) @if let Some(start) = &section.start { " " small { "on " (start) } } }
                            " " (badges(section)) }
                    }
                }
                @if left > 0 { p.note { "and " (left) " more below" } }
            }
        }
    }
}

/// How many findings a section has, by severity.
pub fn badges(section: &Section) -> Markup {
    let counts = layout::counts(section.findings.iter().map(|(_, finding)| *finding));
    html! {
        @for (severity, count) in counts {
            span class=(format!("badge {severity}")) title=(summary::counted(count, &severity.to_string())) { (count) }
        }
    }
}

/// Findings for which there was no room.
pub fn left_out(layout: &Layout) -> Markup {
    let count: usize = layout.left_out.values().map(|(_, count)| count).sum();
    html! {
        @if count > 0 {
            section {
                h2 { "Not shown one by one" }
                p.where { (summary::counted(count, "more finding")) ", none worse than those above. "
                    code { "wanlint check --output-format concise" } " prints each." }
                table {
                    tbody { @for (rule, count) in layout.left_out.values() {
                        tr { td.amount { (count) } td { b { (rule.code) } } td { (rule.title) } }
                    } }
                }
            }
        }
    }
}

/// What was mended, where somebody asked for it.
pub fn repair(outcome: &Outcome) -> Markup {
    let repair = &outcome.repair;
    let [made, kept] = if repair.written { ["fixed", "not fixed"] } else { ["would fix", "would not fix"] };
    let mut notes: Vec<(&str, &Note)> = repair.made.iter().flatten().map(|note| (made, note)).collect();
    notes.extend(repair.held_back.iter().map(|note| (kept, note)));
    let left = notes.len().saturating_sub(MOST);
    html! {
        @if !notes.is_empty() {
            section {
                h2 { "Fixes" }
                ul.assumed {
                    @for (word, note) in notes.iter().take(MOST) { li { b { (word) } " " (summary::note(note)) } }
                    @if left > 0 { li { "and " (left) " more" } }
                }
            }
        }
    }
}

/// What could not be decided, and what would allow it.
pub fn not_checked(outcome: &Outcome) -> Markup {
    html! {
        @if !outcome.not_checked.is_empty() {
            section #not-checked {
                h2 { "Not checked" }
                p.where { "These rules need a fact that is not known. They are neither right nor wrong here." }
                dl.needs {
                    @for (need, codes) in &outcome.not_checked {
                        dt { (need.remedy()) }
                        dd { @for code in codes { code { (code) } " " } }
                    }
                }
            }
        }
    }
}

/// What every forecast assumes.
pub fn assumed(outcome: &Outcome) -> Markup {
    let notes = vram::notes(outcome);
    html! {
        @if !notes.is_empty() {
            section {
                h2 { "Assumed" }
                ul.assumed {
                    @for note in notes.iter().take(MOST) { li { (note) } }
                    @if notes.len() > MOST { li { "and " (notes.len() - MOST) " more" } }
                }
            }
        }
    }
}
