//! Forecasts: all of them in a table, and one at the head of its target.

use maud::{Markup, html};

use super::layout::{Of, Section};
use super::top;
use crate::outcome::Outcome;
use crate::report::safe;
use crate::report::vram::{self, page};
use crate::targets::{Target, Variant};
use crate::text::{gib, gib_range};

/// Most rows of the table.
const MOST: usize = 300;

/// What is known of every target, a row each; nothing for one target, whose section says it.
pub fn overview(outcome: &Outcome) -> Markup {
    let all: Vec<(usize, &Target, &Variant)> = outcome
        .targets
        .iter()
        .enumerate()
        .filter_map(|(index, target)| Some((index, target, target.shown()?)))
        .collect();
    let left = all.len().saturating_sub(MOST);
    html! {
        @if all.len() > 1 {
            section {
                h2 { "Forecasts" }
                table.forecasts {
                    thead { tr { th { "workflow" } th { "start" } th { "verdict" } th { "peak" } th { "headroom" } } }
                    tbody { @for (index, target, variant) in all.iter().take(MOST) { (row(*index, target, variant, outcome)) } }
                }
                @if left > 0 { p.note { "and " (left) " more: " code { "wanlint vram" } " shows those of the workflows that it is given" } }
            }
        }
    }
}

fn row(index: usize, target: &Target, variant: &Variant, outcome: &Outcome) -> Markup {
    let (best, worst) = (&variant.forecast.best, &variant.forecast.worst);
    let workflow = safe::line(&outcome.files[target.workflow].shown_path());
    html! {
        tr {
            td.path { @if index < super::layout::MOST_TARGETS { a href=(format!("#target{index}")) { (workflow) } } @else { (workflow) } }
            td.path { (safe::line(&target.starts_in_words(&outcome.files))) }
            td { span class=(format!("tag {}", page::class(variant))) { (variant.forecast.in_words()) } }
            td.amount data-label="peak" { @if let Some((one, other)) = best.peak_mib.zip(worst.peak_mib) { (gib(one.max(other))) } @else { "unknown" } }
            td.amount data-label="headroom" { @if let Some(range) = worst.headroom_mib.zip(best.headroom_mib) { (gib_range(range)) } @else { "unknown" } }
        }
    }
}

/// The head of a target's section: its names, and its forecast as far as there is one.
pub fn head(target: &Target, section: &Section, outcome: &Outcome) -> Markup {
    debug_assert!(matches!(section.of, Of::Target(_)));
    html! {
        h2 { (section.short) " " (top::badges(section)) }
        p.where { (section.name) }
        @match (&target.work, target.shown()) {
            (Err(gap), _) => p.gap { "Not forecast: " (safe::line(&gap.words)) },
            (Ok(_), None) => p.gap { "Not forecast: no card is stated (--gpu \"RTX 5090\")" },
            (Ok(_), Some(variant)) => (forecast(target, variant, outcome)),
        }
    }
}

fn forecast(target: &Target, variant: &Variant, outcome: &Outcome) -> Markup {
    let times = vram::times(target, variant, outcome, None);
    html! {
        (page::verdict(variant))
        (page::timeline(variant))
        details.phases {
            summary { "Phase by phase" }
            (page::facts(variant))
            (page::phases(variant, &times))
        }
    }
}
