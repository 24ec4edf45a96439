//! The table over common cards, for when nobody stated one.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::safe;
use crate::forecast::{Forecast, Phase, Work};
use crate::outcome::Outcome;
use crate::targets::Target;
use crate::targets::cards::OnCard;
use crate::text::{gib_range, mib_range, rounded};

/// The table, under a sentence that says why it stands there.
pub fn text(out: &mut String, target: &Target, outcome: &Outcome) {
    let rows = target.on_common_cards(&outcome.files, &outcome.machine);
    let Some(first) = rows.first() else { return };
    let setting = &first.variant.setting;
    let _ = writeln!(
        out,
        "  no card is stated (--gpu NAME), so these are common ones; ComfyUI {}, {}",
        setting.version, setting.os
    );
    let lines: Vec<[String; 6]> = rows.iter().map(cells).collect();
    let head = HEAD.map(str::to_owned);
    let widths: Vec<usize> =
        (0..6).map(|at| lines.iter().chain([&head]).map(|line| line[at].chars().count()).max().unwrap_or(0)).collect();
    for line in [&head].into_iter().chain(&lines) {
        let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let _ = writeln!(out, "    {}", padded.collect::<Vec<_>>().join("  ").trim_end());
    }
    for note in assumptions(target, first, outcome) {
        let _ = writeln!(out, "  assumed: {note}");
    }
}

/// What holds for all cards: the generation is known for each, and what others hold differs.
pub fn assumptions(target: &Target, first: &OnCard, outcome: &Outcome) -> Vec<String> {
    let mut notes = super::assumptions(target, &first.variant, outcome);
    notes.retain(|note| !note.starts_with("the card's generation") && !note.starts_with("other programs"));
    if outcome.machine.stated_others.is_none() {
        notes.push("other programs and the CUDA context hold what is usual on the card and the system".to_owned());
    }
    notes.extend(first.step.iter().flat_map(|step| &step.notes).filter(|note| note.contains("an estimate")).map(
        |_| {
            "a step is an estimate from public measurements, without loading and compiling; \"over\" is a bound"
                .to_owned()
        },
    ));
    notes
}

/// Names of the columns.
pub const HEAD: [&str; 6] = ["card", "verdict", "peak", "headroom", "weights", "a step"];

pub fn cells(row: &OnCard) -> [String; 6] {
    let (best, worst) = (&row.variant.forecast.best, &row.variant.forecast.worst);
    let range = |one: Option<f64>, other: Option<f64>| one.zip(other).map_or("unknown".to_owned(), gib_range);
    let step = row.step.as_ref().map_or(String::new(), |step| match (step.expected, step.limit) {
        (Some((low, high)), _) => format!("{low:.0} to {high:.0} s"),
        (None, Some(limit)) => format!("over {limit:.0} s"),
        _ => String::new(),
    });
    [
        format!("{} ({:.0} GB)", row.card.short.trim_end_matches(" 16GB"), row.card.nominal_mib / 1024.0),
        row.variant.forecast.in_words().split(',').next().unwrap_or_default().to_owned(),
        range(best.peak_mib, worst.peak_mib),
        range(worst.headroom_mib, best.headroom_mib),
        weights(best, worst),
        step,
    ]
}

/// What of the sampled weights stays in system memory and crosses the bus at every step.
fn weights(best: &Forecast, worst: &Forecast) -> String {
    let most = |forecast: &Forecast, of: fn(&Phase) -> f64| {
        let sampling = forecast.phases.iter().filter(|phase| phase.work == Work::Sample);
        sampling.map(of).fold(0.0, f64::max)
    };
    let (low, high) = (most(best, |phase| phase.least_streamed_mib), most(worst, |phase| phase.streamed_mib));
    match (low > 0.0, high > 0.0) {
        (_, false) => "all on the card".to_owned(),
        (false, true) => format!("up to {} streamed", mib_range((high, high))),
        (true, true) => format!("{} streamed", mib_range((low, high))),
    }
}

/// One object for a target: the cards as a list.
pub fn value(target: &Target, outcome: &Outcome) -> Option<Value> {
    let rows = target.on_common_cards(&outcome.files, &outcome.machine);
    let first = rows.first()?;
    let launch = target.launches.first().map(|&(file, _)| outcome.files[file].source.shown_path());
    Some(json!({
        "schema": 1,
        "workflow": outcome.files[target.workflow].source.shown_path(),
        "launch": launch,
        "comfyui": first.variant.setting.version.to_string(),
        "cards": rows.iter().map(card).collect::<Vec<_>>(),
        "assumptions": assumptions(target, first, outcome).iter().map(|note| safe::line(note)).collect::<Vec<_>>(),
    }))
}

fn card(row: &OnCard) -> Value {
    let (best, worst) = (&row.variant.forecast.best, &row.variant.forecast.worst);
    let word = |forecast: &Forecast| format!("{:?}", forecast.verdict).to_lowercase();
    json!({
        "gpu": row.card.name,
        "verdict": [word(best), word(worst)],
        "peak_mib": [best.peak_mib.map(rounded), worst.peak_mib.map(rounded)],
        "headroom_mib": [worst.headroom_mib.map(rounded), best.headroom_mib.map(rounded)],
        "step_seconds": row.step.as_ref().map(super::values::step_seconds),
    })
}
