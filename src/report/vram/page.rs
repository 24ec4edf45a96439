//! The forecast as one page, and what of it the page of a check shows too.

use maud::{Markup, html};

use super::{Extras, fit, safe, step_in_words, times, with_times};
use crate::forecast::time::StepTime;
use crate::forecast::{Forecast, Phase, Regime, Work};
use crate::outcome::Outcome;
use crate::report::page::{self, bars, sentence};
use crate::targets::fit::Fit;
use crate::targets::{Target, Variant};
use crate::text::{gib, gib_range, mib_range};

/// The whole page.
pub fn page(outcome: &Outcome, extras: Extras) -> String {
    let main = html! { @for target in &outcome.targets { (section(target, outcome, extras)) } };
    let below = safe::line(&super::super::summary::machine(&outcome.machine));
    page::page("VRAM forecast", &[below], &main, &units(), "")
}

/// What the amounts mean, for the end of a page.
pub fn units() -> Markup {
    html! { " · MiB are 2" sup { "20" } " bytes, as ComfyUI's \"MB\"" }
}

fn section(target: &Target, outcome: &Outcome, extras: Extras) -> Markup {
    let file = &outcome.files[target.workflow];
    html! {
        section {
            h2 { (safe::line(crate::read::script::base_name(&file.shown_path()))) }
            p.where { (safe::line(&target.name(&outcome.files))) }
            @match (&target.work, target.shown()) {
                (Err(gap), _) => p.gap { "Not forecast: " (safe::line(&gap.words)) },
                (Ok(_), None) => (cards(target, outcome)),
                (Ok(_), Some(variant)) => (forecast(target, variant, outcome, extras)),
            }
        }
    }
}

fn forecast(target: &Target, variant: &Variant, outcome: &Outcome, extras: Extras) -> Markup {
    let times = times(target, variant, outcome, extras.known);
    let fit = extras.fit.then(|| target.fit(&outcome.machine));
    html! {
        (verdict(variant))
        (facts(variant))
        h3 { "Phase by phase" }
        (timeline(variant))
        (phases(variant, &times))
        @if let Some(fit) = &fit { (what_fits(fit.as_ref())) }
        h3 { "Assumed" }
        ul.assumed {
            @for note in with_times(super::assumptions(target, variant, outcome), &times) { li { (note) } }
        }
    }
}

/// The phases as bars over the card's memory.
pub fn timeline(variant: &Variant) -> Markup {
    html! {
        (bars::legend())
        (bars::timeline(&variant.forecast.middle))
        @if variant.forecast.best.others_mib != variant.forecast.worst.others_mib {
            p.note { "The bars are those of the middle of what other programs may hold." }
        }
    }
}

/// Each phase with its figures.
pub fn phases(variant: &Variant, times: &[Option<StepTime>]) -> Markup {
    html! {
        @for (index, phase) in variant.forecast.middle.phases.iter().enumerate() {
            (card(index, phase, variant, times.get(index).and_then(Option::as_ref)))
        }
    }
}

/// What comes of it, in one line.
pub fn verdict(variant: &Variant) -> Markup {
    let (best, worst) = (&variant.forecast.best, &variant.forecast.worst);
    html! {
        div class=(format!("verdict {}", class(variant))) {
            strong { (sentence(&variant.forecast.in_words())) }
            @if let Some(peak) = best.peak_mib.zip(worst.peak_mib).map(|(one, other)| one.max(other)) {
                span { "peak " b { (gib(peak)) } " of " (gib(best.total_mib)) }
            }
            @if let Some(headroom) = worst.headroom_mib.zip(best.headroom_mib) {
                span { "headroom " b { (gib_range(headroom)) } }
            }
        }
    }
}

/// The colour of a verdict.
pub fn class(variant: &Variant) -> &'static str {
    variant.forecast.worst.verdict.name()
}

/// What the forecast starts from.
pub fn facts(variant: &Variant) -> Markup {
    let (best, middle, worst) = (&variant.forecast.best, &variant.forecast.middle, &variant.forecast.worst);
    let regime = if middle.regime == Regime::Static { "static" } else { "dynamic" };
    html! {
        dl.facts {
            div { dt { "ComfyUI" } dd { (variant.setting.version) ", " (regime) " loading" } }
            div { dt { "Total" } dd { (mib_range((worst.total_mib, best.total_mib))) } }
            div { dt { "Held by others" } dd { (mib_range((best.others_mib, worst.others_mib))) } }
            div { dt { "Reserve" } dd { (mib_range((super::reserve(variant, middle), super::reserve(variant, middle)))) } }
            div { dt { "System memory" } dd { (gib_range((best.ram_mib.0, worst.ram_mib.1))) } }
        }
    }
}

/// One phase with its figures and the line that ComfyUI will log.
fn card(index: usize, phase: &Phase, variant: &Variant, time: Option<&StepTime>) -> Markup {
    let at = |forecast: &Forecast| forecast.phases.get(index).and_then(|phase| phase.headroom_mib);
    let headroom = at(&variant.forecast.worst).zip(at(&variant.forecast.best));
    html! {
        article {
            h4 {
                span.number { (index + 1) }
                (phase.work.name())
                @if let Some(node) = &phase.node { " " small { "node " (safe::line(node)) } }
            }
            p.file { (safe::line(crate::read::script::base_name(&phase.file))) }
            @if !matches!(phase.work, Work::TextEncode | Work::ClipVision) {
                p.size { (phase.width) "×" (phase.height) ", " (phase.frames) " frames" }
            }
            @if let Some(line) = &phase.log_line { pre { (safe::line(line)) } }
            dl.figures {
                div { dt { "Weights" } dd { (mib_range((phase.least_weights_mib, phase.weights_mib))) } }
                @if phase.streamed_mib > 0.0 { div.warn { dt { "Streamed" } dd { (whole(phase.streamed_mib)) } } }
                @if let Some(activation) = phase.activation_mib { div { dt { "Activation" } dd { (mib_range(activation)) } } }
                @if let Some((_, peak)) = phase.peak_mib { div { dt { "Peak" } dd { (gib(peak)) } } }
                @if let Some(headroom) = headroom { div { dt { "Headroom" } dd { (gib_range(headroom)) } } }
            }
            @if let Some(line) = time.and_then(step_in_words) { p.step { (sentence(&line)) } }
        }
    }
}

fn whole(mib: f64) -> String {
    mib_range((mib, mib))
}

fn what_fits(found: Option<&Fit>) -> Markup {
    html! {
        h3 { "What fits" }
        @match found {
            None => p.note { "Unknown, because the forecast is." },
            Some(found) => table {
                thead { tr { th { "" } th { "change" } th { "figures" } } }
                tbody {
                    @for way in &found.ways {
                        tr {
                            td { span class=(if way.certain { "tag certain" } else { "tag may" }) { (if way.certain { "certain" } else { "may" }) } }
                            td { (fit::change(&way.change)) }
                            td { (fit::figures(&way.forecast)) }
                        }
                    }
                }
            },
        }
    }
}

fn cards(target: &Target, outcome: &Outcome) -> Markup {
    let rows = target.on_common_cards(&outcome.files, &outcome.machine);
    html! {
        p.note { "No card is stated: common ones, with what other programs usually hold." }
        table {
            thead { tr { @for name in super::cards::HEAD { th { (name) } } } }
            tbody { @for row in &rows { tr { @for cell in super::cards::cells(row) { td { (cell) } } } } }
        }
        @if let Some(row) = rows.first() {
            h3 { "Assumed" }
            ul.assumed { @for note in super::cards::assumptions(target, row, outcome) { li { (note) } } }
        }
    }
}
