//! The format `html`: one page that needs neither network nor script.
//!
//! It stays bounded: the worst findings are shown whole, the others are counted by rule; the same goes for forecasts.

mod code;
mod diff;
mod findings;
mod forecasts;
mod layout;
mod rules;
mod top;

use std::io;

use maud::{Markup, html};

use self::layout::{Layout, Of, Section};
use super::page::page;
use super::vram::page::units;
use super::{Report, safe, summary};
use crate::outcome::Outcome;

/// The format `html`.
#[derive(Clone, Copy, Debug)]
pub struct Html;

impl Report for Html {
    fn write(&self, outcome: &Outcome, out: &mut dyn io::Write) -> io::Result<()> {
        let below = safe::line(&summary::machine(&outcome.machine));
        out.write_all(page("ComfyUI check", &[below], &main(outcome), &units(), "").as_bytes())
    }
}

fn main(outcome: &Outcome) -> Markup {
    let layout = Layout::of(outcome);
    html! {
        (top::summary(outcome, &layout))
        (top::contents(&layout))
        (forecasts::overview(outcome))
        @for section in &layout.sections { (self::section(section, outcome)) }
        (top::left_out(&layout))
        (top::repair(outcome))
        (top::not_checked(outcome))
        (top::assumed(outcome))
        (rules::appendix(&layout))
    }
}

fn section(section: &Section, outcome: &Outcome) -> Markup {
    html! {
        section id=(section.id) {
            @match section.of {
                Of::Target(index) => (forecasts::head(&outcome.targets[index], section, outcome)),
                Of::File(_) => {
                    h2 { (section.short) " " (top::badges(section)) }
                    p.where { (section.name) }
                }
            }
            @for &(index, finding) in &section.findings { (findings::card(index, finding, section, outcome)) }
            @if !section.also.is_empty() {
                p.also { "Holds here too: " @for (index, finding) in &section.also { a href=(format!("#f{index}")) { (finding.rule.code) } " " } }
            }
        }
    }
}
