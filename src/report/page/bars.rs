//! The phases as bars over the card's memory.

use maud::{Markup, html};

use crate::forecast::{Forecast, Phase};
use crate::report::safe;
use crate::text::gib;

/// Units of the drawing from the left to the right edge of the card's memory.
const WIDTH: f64 = 1000.0;
/// Height of a bar and of its row, with the label above.
const BAR: f64 = 34.0;
const ROW: f64 = 74.0;
/// Room above the first row for the scale.
const TOP: f64 = 34.0;

/// What the colours mean.
pub fn legend() -> Markup {
    let entries =
        [("others", "held by others"), ("weights", "weights"), ("activation", "activation"), ("free", "free")];
    html! {
        ul.legend { @for (class, words) in entries { li { i class=(class) {} (words) } } }
    }
}

/// All phases, one bar each, over a line for the card's total.
pub fn timeline(forecast: &Forecast) -> Markup {
    let peaks = forecast.phases.iter().filter_map(|phase| phase.peak_mib).map(|(_, high)| high + forecast.others_mib);
    // What does not fit is drawn beyond the line, up to half a card.
    let scale = forecast.total_mib.max(1.0);
    let most = peaks.fold(scale, f64::max).min(scale * 1.5) * 1.02;
    let x = |mib: f64| (mib / most * WIDTH).clamp(0.0, WIDTH);
    let height = TOP + ROW * forecast.phases.len() as f64;
    let total = x(scale);
    html! {
        svg.timeline viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label="Memory of each phase against the card's total" {
            @for (at, mib) in ticks(scale) {
                line.tick x1=(round(x(mib))) x2=(round(x(mib))) y1=(TOP - 8.0) y2=(height) {}
                text.tick x=(round(x(mib))) y=(TOP - 14.0) text-anchor=(if at == 0 { "start" } else { "middle" }) { (format!("{:.0}", mib / 1024.0)) }
            }
            @for (index, phase) in forecast.phases.iter().enumerate() { (row(index, phase, forecast, &x)) }
            line.total x1=(round(total)) x2=(round(total)) y1=(TOP - 8.0) y2=(height) {}
            text.total x=(round(total - 6.0)) y=(TOP - 14.0) text-anchor="end" { (gib(scale)) }
        }
    }
}

/// Marks at every 4 GiB, or so many more that there are eight at most; none beside the total's label.
fn ticks(total: f64) -> Vec<(usize, f64)> {
    let mut step = 4096.0;
    while total / step > 8.0 {
        step *= 2.0;
    }
    if total < 8192.0 {
        step = 1024.0;
    }
    (0..9).map(|at| (at, at as f64 * step)).filter(|(_, mib)| *mib < total * 0.86).collect()
}

fn row(index: usize, phase: &Phase, forecast: &Forecast, x: &impl Fn(f64) -> f64) -> Markup {
    let top = TOP + ROW * index as f64;
    let y = top + ROW - BAR - 8.0;
    let activation = phase.activation_mib.map_or(0.0, |(_, high)| high);
    let held = phase.peak_mib.map_or(phase.weights_mib, |(_, high)| (high - activation).max(0.0));
    let others = forecast.others_mib.max(0.0);
    let parts = [
        ("others", 0.0, others, "held by others"),
        ("weights", others, others + held, "weights and what else of ours stays"),
        ("activation", others + held, others + held + activation, "activation"),
    ];
    let edge = x(forecast.total_mib);
    let used = others + held + activation;
    let peak = phase.peak_mib.map_or("peak unknown".to_owned(), |(_, high)| format!("peak {}", gib(high)));
    html! {
        text.name x="0" y=(y - 10.0) { (index + 1) ". " (phase.work.name()) " " tspan.file { (safe::line(crate::read::script::base_name(&phase.file))) } }
        rect.free x="0" y=(y) width=(round(edge)) height=(BAR) rx="5" {}
        @for (class, from, to, words) in parts {
            @if x(to) - x(from) >= 0.5 {
                rect class=(class) x=(round(x(from))) y=(y) width=(round(x(to) - x(from))) height=(BAR) {
                    title { (words) ": " (gib(to - from)) }
                }
            }
        }
        @if x(used) > edge + 0.5 {
            rect.over x=(round(edge)) y=(y) width=(round(x(used) - edge)) height=(BAR) { title { "beyond the card" } }
        }
        text.peak x=(round((x(used) + 8.0).min(WIDTH - 4.0))) y=(y + BAR / 2.0 + 6.0) text-anchor=(if x(used) > WIDTH * 0.82 { "end" } else { "start" }) { (peak) }
    }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
