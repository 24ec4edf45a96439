//! Forecasts: as JSON, as a table with a bar per phase, and as one line under a check.

mod cards;
pub mod fit;
pub mod page;
pub mod sweep;
mod values;

use std::fmt::Write as _;

use super::safe;
use crate::forecast::time::{Known, StepTime};
use crate::forecast::{Forecast, Load, Phase, RangedForecast, Regime, Tile, Work, reserve_default};
use crate::outcome::Outcome;
use crate::targets::{Target, Variant};
use crate::text::{gib, gib_range, mib_range};

pub use page::page;
pub use values::values;

/// What is shown beside the forecast.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras<'a> {
    /// A run whose step time is known: others are scaled from it.
    pub known: Option<&'a Known>,
    /// What would fit.
    pub fit: bool,
    /// Common cards, where none is stated.
    pub cards: bool,
}

/// Characters of a whole card in a bar.
const BAR: f64 = 48.0;

/// The verdict over the range, as the word of the JSON schema: the worst where it is certain, else "unknown" is avoided by
/// naming the worst.
pub fn verdict(forecast: &RangedForecast) -> &'static str {
    forecast.worst.verdict.name()
}

/// What is known about the length of the steps, phase by phase.
pub fn times(target: &Target, variant: &Variant, outcome: &Outcome, known: Option<&Known>) -> Vec<Option<StepTime>> {
    target.step_times((variant, &variant.forecast.middle.phases), &outcome.files, &outcome.machine, known)
}

/// Assumptions with those about time, each once.
pub fn with_times(mut notes: Vec<String>, times: &[Option<StepTime>]) -> Vec<String> {
    for note in times.iter().flatten().flat_map(|time| &time.notes) {
        let note = safe::line(note);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

fn reserve(variant: &Variant, at: &Forecast) -> f64 {
    let default = reserve_default(variant.setting.os, at.total_mib, variant.setting.version);
    variant.setting.flags.reserve_gib.map_or(default, |gib| gib * 1024.0)
}

/// What was assumed for a target.
pub fn assumptions(target: &Target, variant: &Variant, outcome: &Outcome) -> Vec<String> {
    let mut notes = Vec::new();
    if target.launches.is_empty() {
        notes.push("no launch script was found: ComfyUI started without flags".to_owned());
    }
    if outcome.machine.comfyui.is_none() && target.known.version.is_none() {
        notes.push(format!("ComfyUI's version is unknown: {} is shown", variant.setting.version));
    }
    if target.os.is_none() {
        notes.push(format!("the system is unknown: {} is shown", variant.setting.os));
    }
    if outcome.machine.torch.is_none() && variant.setting.version >= crate::facts::versions::Version::new(0, 12, 0) {
        notes.push("torch's version is unknown: 2.8 or later is shown".to_owned());
    }
    if outcome.machine.stated_others.is_none() {
        let range = mib_range(variant.others);
        notes.push(format!(
            "other programs and the CUDA context hold {range} (usual on {}, state it with --vram-used)",
            variant.setting.os
        ));
    }
    if outcome.machine.others_may_grow {
        notes.push(format!(
            "what the server shows as held when it is asked grows by 0 to {:.0} MiB until a model is loaded, by its CUDA context and small \
             tensors (70 and 86 measured on an H100, 170 in ComfyUI issue 10684)",
            crate::facts::machine::GROWTH_MIB
        ));
    }
    if outcome.machine.compute.is_none() {
        notes.push("the card's generation is unknown: compute capability 8.9 is taken".to_owned());
    }
    notes.extend(variant.forecast.middle.assumptions.iter().cloned());
    if let Ok(work) = &target.work {
        notes.extend(work.notes.iter().map(|note| safe::line(note)));
    }
    notes
}

/// Lines for the summary of a check: every workflow with its classes of starts.
pub fn lines(outcome: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    let mut last = None;
    for target in &outcome.targets {
        let Some(variant) = target.shown() else { continue };
        if last.replace(target.workflow) != Some(target.workflow) {
            lines.push(format!("forecast: {}", safe::line(&outcome.files[target.workflow].shown_path())));
        }
        lines.push(format!(
            "  {}: {}",
            safe::line(&target.starts_in_words(&outcome.files)),
            variant.forecast.in_short()
        ));
    }
    lines
}

/// The assumptions behind all forecasts of a check, each once.
pub fn notes(outcome: &Outcome) -> Vec<String> {
    let mut notes = Vec::new();
    for target in &outcome.targets {
        let Some(variant) = target.shown() else { continue };
        for note in assumptions(target, variant, outcome) {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes
}

/// The report of `wanlint vram` for people: every target with a bar per phase.
pub fn text(outcome: &Outcome, extras: Extras) -> String {
    let mut out = format!("machine: {}\n", super::summary::machine(&outcome.machine));
    if outcome.machine.has_gpu() {
        out.push_str("bars: o held by others, # weights loaded, a activation, . free\n");
    }
    for target in &outcome.targets {
        let _ = write!(out, "\n{}\n", safe::line(&target.name(&outcome.files)));
        match (&target.work, target.shown()) {
            (Err(gap), _) => {
                let _ = writeln!(out, "  not forecast: {}", safe::line(&gap.words));
            }
            (Ok(_), None) => cards::text(&mut out, target, outcome),
            (Ok(_), Some(variant)) => {
                one(&mut out, (target, variant), outcome, extras.known);
                if extras.fit {
                    fit::text(&mut out, target.fit(&outcome.machine).as_ref());
                }
            }
        }
    }
    out
}

fn one(out: &mut String, (target, variant): (&Target, &Variant), outcome: &Outcome, known: Option<&Known>) {
    let (best, middle, worst) = (&variant.forecast.best, &variant.forecast.middle, &variant.forecast.worst);
    let regime = if middle.regime == Regime::Static { "static" } else { "dynamic" };
    let total = mib_two((worst.total_mib, best.total_mib));
    let others = mib_two((best.others_mib, worst.others_mib));
    let reserve = reserve(variant, middle);
    let _ = writeln!(
        out,
        "  ComfyUI {}, {regime} loading: total {total}, held by others {others}, reserve {reserve:.2} MiB",
        variant.setting.version
    );
    if best.others_mib != worst.others_mib || best.total_mib != worst.total_mib {
        let _ =
            writeln!(out, "  log lines and bars are those of the middle: {:.2} MiB held by others", middle.others_mib);
    }
    let times = times(target, variant, outcome, known);
    for (index, phase) in middle.phases.iter().enumerate() {
        phase_text(out, phase, middle, (worst.phases.get(index), best.phases.get(index)));
        if let Some(line) = times.get(index).and_then(Option::as_ref).and_then(step_in_words) {
            let _ = writeln!(out, "    {line}");
        }
    }
    let _ = writeln!(out, "\n  verdict: {}", variant.forecast.in_short());
    let ram = gib_range((best.ram_mib.0, worst.ram_mib.1));
    let _ = writeln!(
        out,
        "  system memory: {ram} for weights and frames (ComfyUI itself, other nodes and the system on top)"
    );
    for note in with_times(assumptions(target, variant, outcome), &times) {
        let _ = writeln!(out, "  assumed: {note}");
    }
}

/// `a step: not below 21.7 s with 16-bit attention; expected 28 to 49 s`, `the pass: not below 2.7 s in 16 bit`.
pub fn step_in_words(time: &StepTime) -> Option<String> {
    if time.whole {
        return time.limit.map(|limit| format!("the pass: not below {} in 16 bit", seconds(limit, limit)));
    }
    let limit = time.limit.map(|limit| {
        let with = if time.full_precision { "with 16-bit attention" } else { "with dense attention in any format" };
        format!("not below {} {with}", seconds(limit, limit))
    });
    let expected = time.expected.map(|(low, high)| {
        let unit = |text: String| text.trim_end_matches(" s").to_owned();
        format!("expected {} to {}", unit(seconds(low, low)), seconds(high, low))
    });
    let parts: Vec<String> = limit.into_iter().chain(expected).collect();
    (!parts.is_empty()).then(|| format!("a step: {}", parts.join("; ")))
}

/// Seconds with as many digits as `scale` deserves.
fn seconds(value: f64, scale: f64) -> String {
    match scale {
        scale if scale < 1.0 => format!("{value:.2} s"),
        scale if scale < 100.0 => format!("{value:.1} s"),
        _ => format!("{value:.0} s"),
    }
}

fn phase_text(out: &mut String, phase: &Phase, forecast: &Forecast, corners: (Option<&Phase>, Option<&Phase>)) {
    let node = phase.node.as_deref().map(|id| format!(" (node {})", safe::line(id))).unwrap_or_default();
    let file = safe::line(crate::read::script::base_name(&phase.file));
    let size = match phase.work {
        Work::TextEncode | Work::ClipVision => String::new(),
        _ => format!(", {}x{}x{}{}", phase.width, phase.height, phase.frames, tiles(phase)),
    };
    let _ = writeln!(out, "\n  {}{node} {file}{size}", phase.work.name());
    for line in phase.unload_lines.iter().chain(&phase.log_line) {
        let _ = writeln!(out, "    {line}");
    }
    if phase.load == Load::Swapped {
        let (weights, swapped) = (phase.weights_mib, phase.streamed_mib);
        let _ = writeln!(out, "    weights {weights:.2} MiB, of which {swapped:.2} MiB are swapped in block by block");
    }
    if phase.load == Load::Dynamic {
        let _ = writeln!(out, "    {}", pages(phase));
    }
    let usable = |phase: Option<&Phase>| phase.and_then(|phase| phase.usable_mib).filter(|usable| *usable < 1e12);
    if let (Some(low), Some(high)) = (usable(corners.0), usable(corners.1)) {
        let estimate = phase.estimate_mib;
        let _ = writeln!(
            out,
            "    weights {}, estimate {estimate:.2} MiB, usable {}",
            weights(phase),
            mib_two((low, high))
        );
    }
    let bar = bar(phase, forecast);
    let _ = match phase.activation_mib.zip(phase.peak_mib) {
        Some((activation, peak)) => {
            writeln!(out, "    {bar} peak {}, activation {}", gib(peak.1), mib_range(activation))
        }
        None => writeln!(out, "    {bar} {} without activation, which is not modelled", gib(phase.held_mib)),
    };
}

/// `13629.08 MiB`; two ends where the file's name leaves the amount open.
fn weights(phase: &Phase) -> String {
    mib_two((phase.least_weights_mib, phase.weights_mib))
}

/// Where the weights of a dynamic model are, and what stays of earlier ones.
fn pages(phase: &Phase) -> String {
    let weights = phase.weights_mib;
    let mut line = match phase.streamed_mib {
        0.0 => format!("weights {}, all of which find room", self::weights(phase)),
        most => {
            let resident = ((weights - most).max(0.0), (weights - phase.least_streamed_mib).max(0.0));
            let (resident, streamed) = (mib_range(resident), mib_range((phase.least_streamed_mib, most)));
            let weights = self::weights(phase);
            format!("weights {weights}, of which {resident} find room and {streamed} are streamed at every pass")
        }
    };
    if phase.resident_mib > 0.0 {
        let _ = write!(line, "; {:.0} MiB of earlier models stay until room is needed", phase.resident_mib);
    }
    line
}

/// `, in tiles of 512x512, 61 frames`.
fn tiles(phase: &Phase) -> String {
    let tile = |tile: Tile| format!(", in tiles of {0}x{0}, {1} frames", tile.edge, tile.frames);
    phase.tile.map(tile).unwrap_or_default()
}

/// Others, weights and activation against the card: `[ooo######aaa......]`.
fn bar(phase: &Phase, forecast: &Forecast) -> String {
    let cells = |mib: f64| ((mib / forecast.total_mib.max(1.0)) * BAR).round().clamp(0.0, BAR) as usize;
    let mut bar = "o".repeat(cells(forecast.others_mib));
    bar.push_str(&"#".repeat(cells(phase.held_mib)));
    bar.push_str(&"a".repeat(cells(phase.activation_mib.unwrap_or_default().1)));
    let over = bar.len() > BAR as usize;
    bar.truncate(BAR as usize);
    format!("[{bar:.<width$}]{}", if over { "!" } else { "" }, width = BAR as usize)
}

/// `30969.26..31470.26 MiB` with two decimals, or one number.
fn mib_two((low, high): (f64, f64)) -> String {
    let (low, high) = (format!("{low:.2}"), format!("{high:.2}"));
    if low == high { format!("{low} MiB") } else { format!("{low}..{high} MiB") }
}
