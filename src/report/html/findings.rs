//! One finding.

use maud::{Markup, html};

use super::layout::Section;
use super::{code, diff};
use crate::finding::Finding;
use crate::fix::{Fix, Grade};
use crate::outcome::Outcome;
use crate::report::{safe, ways};

/// Most targets that are named one by one, and most fixes that are shown.
const MOST: usize = 6;

/// Everything about a finding.
pub fn card(index: usize, finding: &Finding, section: &Section, outcome: &Outcome) -> Markup {
    html! {
        article class=(format!("finding {}", finding.severity)) id=(format!("f{index}")) {
            p.head {
                span.severity { (finding.severity) } " "
                a.rule href=(format!("#{}", finding.rule.code)) { (finding.rule.code) } " "
                span.name { (finding.rule.name) } " "
                span.path { (code::place(finding.primary, outcome)) }
            }
            p.message { (code::prose(&safe::line(&finding.message))) }
            (code::excerpt(finding, outcome))
            @if let Some(node) = &finding.node {
                p.node {
                    "node " b { (safe::line(&node.id)) } " " (safe::line(&node.class))
                    @if let Some(title) = &node.title { " \u{201c}" (safe::line(title)) "\u{201d}" }
                    @if let Some(subgraph) = &node.subgraph { " in " (safe::line(subgraph)) }
                }
            }
            @if !finding.help.is_empty() { p.help { (code::prose(&safe::line(&finding.help))) } }
            @for fix in finding.fixes.iter().take(MOST) { (self::fix(fix, outcome)) }
            (targets(finding, section))
        }
    }
}

fn fix(fix: &Fix, outcome: &Outcome) -> Markup {
    let (word, changes) = (ways::word(fix, outcome), diff::changes(fix, outcome));
    let shown = html! {
        span class=(format!("tag {}", grade(fix, changes.is_empty()))) { (word) } " " (safe::line(&fix.title))
    };
    html! {
        @if changes.is_empty() { p.fix { (shown) } }
        @else { details.fix open[fix.grade == Grade::Safe] { summary { (shown) } @for change in &changes { (diff::markup(change)) } } }
    }
}

fn grade(fix: &Fix, by_hand: bool) -> &'static str {
    if by_hand { Grade::Display.name() } else { fix.grade.name() }
}

/// The targets, unless it is the one that the section is about.
fn targets(finding: &Finding, section: &Section) -> Markup {
    let names: Vec<String> = finding.targets.iter().take(MOST).map(|name| safe::line(name)).collect();
    let more = finding.targets.len() - names.len();
    html! {
        @if !names.is_empty() && names != [section.name.as_str()] {
            ul.targets {
                @for name in &names { li { (name) } }
                @if more > 0 { li { "and " (more) " more" } }
            }
        }
    }
}
