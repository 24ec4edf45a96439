//! A bench as one page: no script, no network; every run is a dot.

use maud::{Markup, html};

use super::{HEAD, heading, row, title, used, words};
use crate::bench::run::{Role, Run};
use crate::bench::verdict::Summary;
use crate::bench::{Record, Verdict};
use crate::report::{page, safe};

/// The whole page.
pub fn page(record: &Record, verdict: &Verdict) -> String {
    let main = html! {
        section {
            (table(verdict))
            h3 { "Every run" }
            ul.legend.runs {
                li { svg viewBox="0 0 20 20" { circle.run cx="10" cy="10" r="7" {} } "measured" }
                li { svg viewBox="0 0 20 20" { circle.cold cx="10" cy="10" r="6" {} } "cold" }
                li { svg viewBox="0 0 20 20" { (cross(10.0, 10.0)) } "does not count" }
            }
            (dots(record, verdict))
        }
        @for summary in &verdict.variants {
            @let sentences = words::sentences(record, summary);
            @if !sentences.is_empty() {
                section {
                    h2 { (title(summary)) }
                    ul.says { @for sentence in &sentences { li { (sentence) } } }
                }
            }
        }
        @for note in words::notes(record, verdict) { p.note { (note) } }
    };
    page::page("Bench", &heading(record), &main, &html! {}, include_str!("style.css"))
}

fn table(verdict: &Verdict) -> Markup {
    let rows: Vec<[String; 7]> = verdict.variants.iter().map(row).collect();
    let used = used(&rows);
    html! {
        table {
            thead { tr { @for &at in &used { th { (HEAD[at]) } } } }
            tbody { @for row in &rows { tr { @for &at in &used { td data-head=(HEAD[at]) { (row[at]) } } } } }
        }
    }
}

/// Units of the drawing.
const WIDTH: f64 = 1000.0;
const ROW: f64 = 84.0;
const TOP: f64 = 40.0;
const EDGE: f64 = 24.0;

/// A row for each variant over one axis of seconds that begins at nothing: a small difference looks small.
fn dots(record: &Record, verdict: &Verdict) -> Markup {
    let longest = record.runs.iter().filter_map(|run| run.measured.seconds).fold(1.0, f64::max);
    let x = |seconds: f64| round(EDGE + seconds / (longest * 1.05) * (WIDTH - 2.0 * EDGE));
    let height = TOP + ROW * verdict.variants.len() as f64;
    html! {
        svg.timeline.dots viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label="The length of every run in seconds" {
            @for tick in ticks(longest) {
                line.tick x1=(x(tick)) x2=(x(tick)) y1=(TOP - 8.0) y2=(height) {}
                text.tick x=(x(tick)) y=(TOP - 14.0) text-anchor="middle" { (tick) " s" }
            }
            @for (index, summary) in verdict.variants.iter().enumerate() { (line(record, summary, TOP + ROW * index as f64, &x)) }
        }
    }
}

fn line(record: &Record, summary: &Summary, top: f64, x: &impl Fn(f64) -> f64) -> Markup {
    let y = top + ROW * 0.68;
    let mean = crate::bench::stats::mean(&summary.seconds);
    html! {
        text.name x=(EDGE) y=(top + ROW * 0.3) { (safe::line(&summary.name)) }
        line.tick x1=(EDGE) x2=(WIDTH - EDGE) y1=(y) y2=(y) {}
        @if let Some(mean) = mean { line.mean x1=(x(mean)) x2=(x(mean)) y1=(y - 17.0) y2=(y + 17.0) {} }
        @for (order, run) in record.runs_of(&summary.name) {
            @if let Some(seconds) = run.measured.seconds {
                g {
                    title { "run " (order + 1) ", " (run.role.word()) ": " (format!("{seconds:.2}")) " s" }
                    (mark(run, summary.left_out.iter().any(|left| left.order == order), x(seconds), y))
                }
            }
        }
    }
}

fn mark(run: &Run, left_out: bool, x: f64, y: f64) -> Markup {
    html! {
        @match run.role {
            _ if left_out => (cross(x, y)),
            Role::Measured => circle.run cx=(x) cy=(y) r="8" {},
            Role::Cold | Role::WarmUp => circle.cold cx=(x) cy=(y) r="7" {},
        }
    }
}

fn cross(x: f64, y: f64) -> Markup {
    let (left, right, up, down) = (x - 6.0, x + 6.0, y - 6.0, y + 6.0);
    html! { path.out d=(format!("M{left} {up}L{right} {down}M{left} {down}L{right} {up}")) {} }
}

/// About six marks at round numbers.
fn ticks(longest: f64) -> Vec<f64> {
    let raw = longest / 6.0;
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= raw).unwrap_or(raw);
    (0..10).map(|at| round(f64::from(at) * step)).take_while(|tick| *tick <= longest * 1.02).collect()
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
