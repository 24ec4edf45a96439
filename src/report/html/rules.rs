//! The rules that fired, each once: why, when it is wrong, how it is known.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::code::prose;
use super::layout::Layout;
use crate::rules::Rule;

/// The end of the page: what the codes lead to.
pub fn appendix(layout: &Layout) -> Markup {
    let rules: BTreeMap<&str, &Rule> = layout.shown().map(|finding| (finding.rule.code, finding.rule)).collect();
    html! {
        @if !rules.is_empty() {
            section {
                h2 { "Rules" }
                @for rule in rules.values() { (entry(rule)) }
            }
        }
    }
}

fn entry(rule: &Rule) -> Markup {
    html! {
        details.rules {
            summary { b { (rule.code) } " " (rule.title) }
            // A link to what is inside opens it.
            div id=(rule.code) {
                p { (prose(rule.why)) }
                @if !rule.exceptions.trim().is_empty() { p { b { "Exceptions. " } (prose(rule.exceptions)) } }
                p.note { "Allow it with " code { "wanlint: allow " (rule.name) " - reason" } }
                ul.assumed { @for line in rule.evidence { li { (linked(line)) } } }
            }
        }
    }
}

/// Words, with addresses as links.
fn linked(line: &str) -> Markup {
    html! {
        @for word in line.split_inclusive(' ') {
            @if word.starts_with("https://") { a href=(word.trim_end()) rel="noreferrer" { (word) } } @else { (prose(word)) }
        }
    }
}
