//! The cells of the table, and how figures are written.

use crate::bench::compare::{Answer, Reason};
use crate::bench::stats::interval::Interval;
use crate::bench::verdict::Summary;
use crate::report::summary::counted;
use crate::text::gib;

/// A cell without anything.
pub(super) const NONE: &str = "-";

pub(super) fn cold(summary: &Summary) -> String {
    let all: Vec<String> = summary.cold.iter().map(|value| seconds(*value)).collect();
    if all.is_empty() { NONE.to_owned() } else { all.join(", ") }
}

pub(super) fn measured(summary: &Summary) -> String {
    let all = &summary.seconds;
    let Some(mean) = crate::bench::stats::mean(all) else {
        return if summary.skipped.is_some() { "not run".to_owned() } else { NONE.to_owned() };
    };
    let runs = counted(all.len(), "run");
    let low = all.iter().copied().fold(f64::INFINITY, f64::min);
    let high = all.iter().copied().fold(0.0, f64::max);
    match all.len() {
        1 => format!("{} ({runs})", seconds(mean)),
        _ => format!("{} ({:.1}..{:.1}, {runs})", seconds(mean), low, high),
    }
}

pub(super) fn step(summary: &Summary) -> String {
    match (summary.step, summary.bar) {
        (Some((mean, _)), _) => format!("{mean:.2} s"),
        (None, Some((shown, steps))) => format!("{shown:.2} s (bar of {})", counted(steps as usize, "step")),
        (None, None) => NONE.to_owned(),
    }
}

pub(super) fn offloaded(summary: &Summary) -> String {
    summary.offloaded_mib.map_or_else(|| NONE.to_owned(), |mib| format!("{mib:.0} MiB"))
}

pub(super) fn peak(summary: &Summary) -> String {
    summary.peak_mib.map_or_else(|| NONE.to_owned(), gib)
}

pub(super) fn against(summary: &Summary) -> String {
    if summary.skipped.is_some() {
        return "skipped".to_owned();
    }
    let Some(against) = &summary.against else { return NONE.to_owned() };
    match (against.answer, against.whole.as_ref().and_then(|whole| whole.ratio)) {
        (Answer::Nothing(Reason::NoRun), _) => "not measured".to_owned(),
        (Answer::Nothing(Reason::OneRun), _) => "not proven: one run".to_owned(),
        (Answer::Nothing(Reason::OneAfterTheOther), _) => "not proven: not mixed".to_owned(),
        (Answer::NoDifference, _) => "no difference measured".to_owned(),
        (Answer::Slower | Answer::Faster, Some(ratio)) => percent_range(ratio),
        (Answer::Slower, None) => "slower".to_owned(),
        (Answer::Faster, None) => "faster".to_owned(),
    }
}

/// `120.1 s`, below ten seconds `9.87 s`.
pub(super) fn seconds(value: f64) -> String {
    if value.abs() < 10.0 { format!("{value:.2} s") } else { format!("{value:.1} s") }
}

fn signed(value: f64) -> String {
    if value.abs() < 10.0 { format!("{value:+.2}") } else { format!("{value:+.1}") }
}

pub(super) fn range(found: Interval) -> String {
    format!("{} s ({} to {})", signed(found.value), signed(found.low), signed(found.high))
}

fn percent(ratio: f64) -> String {
    format!("{:+.1}", (ratio - 1.0) * 100.0)
}

pub(super) fn percent_range(ratio: Interval) -> String {
    format!("{} % ({} to {})", percent(ratio.value), percent(ratio.low), percent(ratio.high))
}
