//! Why memory ran out, by the phase it ran out in, and what to change.
//!
//! Only what the error, the samples and the forecast say: where they do not explain it, that is said.

use super::event::ExecutionError;
use super::sample::Sampled;
use crate::compare::DRIFT_MIB;
use crate::forecast::{Phase, RangedForecast, Verdict, Work};
use crate::read::log::{self, Event, Figure, OutOfMemory};
use crate::read::script::base_name;
use crate::report::vram::fit::in_words;
use crate::targets::fit::Fit;

/// What is known when memory has run out.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The error.
    pub error: &'a ExecutionError,
    /// The node's id in the workflow, as the forecast has it.
    pub node: &'a str,
    /// What was forecast before the run.
    pub forecast: Option<&'a RangedForecast>,
    /// What was seen of the card.
    pub sampled: Option<&'a Sampled>,
    /// The forecast with the VRAM that others really held.
    pub with_held: Option<&'a RangedForecast>,
    /// What would fit with it; see [`crate::targets::Target::fit`].
    pub fit: Option<&'a Fit>,
}

/// Why, and what to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// Where and why, most telling first.
    pub reasons: Vec<String>,
    /// What to change, best first.
    pub changes: Vec<String>,
}

/// Explains an error; `None` where it is none of memory.
pub fn explain(known: &Known) -> Option<Explanation> {
    if !known.error.is_out_of_memory() {
        return None;
    }
    let phase = known.phase();
    let figures = figures(&known.error.message);
    let mut reasons = vec![place(known, phase)];
    reasons.extend(in_figures(&figures));
    reasons.extend(known.others());
    reasons.extend(phase.and_then(|phase| known.forecast_said(phase)));
    let mut changes = Vec::new();
    changes.extend(known.close_programs());
    changes.extend(fragmented(&figures));
    changes.extend(by_work(phase, &known.error.class));
    changes.extend(known.ways());
    Some(Explanation { reasons, changes })
}

impl<'a> Known<'a> {
    fn phase(&self) -> Option<&'a Phase> {
        self.forecast?.worst.phases.iter().find(|phase| phase.node.as_deref() == Some(self.node))
    }

    /// VRAM that others held beyond what the forecast took for possible, MiB.
    fn surplus(&self) -> Option<f64> {
        let surplus = self.sampled?.others_at_start_mib - self.forecast?.worst.others_mib;
        (surplus > DRIFT_MIB).then_some(surplus)
    }

    fn others(&self) -> Option<String> {
        let (sampled, forecast) = (self.sampled?, self.forecast?);
        let held = sampled.others_at_start_mib;
        match self.surplus() {
            Some(surplus) => Some(format!(
                "at the start other programs and the CUDA context held {held:.0} MiB, {surplus:.0} MiB more than the forecast took ({:.0} MiB)",
                forecast.worst.others_mib
            )),
            None => Some(format!(
                "at the start other programs and the CUDA context held {held:.0} MiB, as the forecast took"
            )),
        }
    }

    fn forecast_said(&self, phase: &Phase) -> Option<String> {
        let peak = phase.peak_mib?;
        let forecast = self.forecast?;
        let room = forecast.worst.total_mib - forecast.worst.others_mib;
        let needs = format!("the forecast for it was {:.0} to {:.0} MiB of {room:.0} MiB", peak.0, peak.1);
        if phase.exceeds || peak.1 > room {
            return Some(format!("{needs}: it may not fit"));
        }
        match self.surplus() {
            Some(_) => Some(needs),
            None => Some(format!(
                "{needs}: something took at least {:.0} MiB that the forecast does not know of",
                room - peak.1
            )),
        }
    }

    fn close_programs(&self) -> Option<String> {
        let (surplus, sampled) = (self.surplus()?, self.sampled?);
        Some(format!(
            "close programs that hold VRAM ({surplus:.0} MiB more than expected), or state --vram-used {:.0}MiB and check again",
            sampled.others_at_start_mib
        ))
    }

    /// What the forecast says would fit, where it agrees that it does not now.
    fn ways(&self) -> Vec<String> {
        let agrees = self.with_held.is_some_and(|now| matches!(now.worst.verdict, Verdict::Spills | Verdict::Oom));
        self.fit
            .filter(|_| agrees)
            .into_iter()
            .flat_map(|fit| &fit.ways)
            .map(|way| format!("by the forecast: {}", in_words(way)))
            .collect()
    }
}

/// Where it happened.
fn place(known: &Known, phase: Option<&Phase>) -> String {
    let (node, class) = (known.node, &known.error.class);
    let Some(phase) = phase else {
        return format!("VRAM ran out in node {node} ({class}), which is not forecast");
    };
    let size = format!("{} frames of {}x{}", phase.frames, phase.width, phase.height);
    let file = base_name(&phase.file);
    let what = match phase.work {
        Work::TextEncode => format!("while {file} read the prompt"),
        Work::ClipVision => format!("while {file} looked at the image"),
        Work::VaeEncode => format!("while {file} encoded {size}"),
        Work::Sample => format!("while {file} sampled {size}"),
        Work::VaeDecode => format!("while {file} decoded {size}"),
    };
    format!("VRAM ran out in node {node} ({class}), {what}")
}

/// The figures of the message, in whatever words its release has.
fn figures(message: &str) -> OutOfMemory {
    let entries = log::read(message).entries;
    let found = entries.into_iter().find_map(|entry| match entry.event {
        Event::OutOfMemory(found) => Some(found),
        _ => None,
    });
    found.unwrap_or_default()
}

fn in_figures(figures: &OutOfMemory) -> Option<String> {
    let of = |figure: Figure, words: &str| figures.get(figure).map(|mib| format!("{mib:.0} MiB {words}"));
    let parts: Vec<String> = [
        of(Figure::Requested, "were asked for"),
        of(Figure::Free, "were free"),
        of(Figure::InUse, "were held by ComfyUI"),
        of(Figure::Unallocated, "of that unused by PyTorch"),
        of(Figure::Total, "are on the card"),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// PyTorch had enough for itself, but not in one piece.
fn fragmented(figures: &OutOfMemory) -> Option<String> {
    let (unused, asked) = (figures.get(Figure::Unallocated)?, figures.get(Figure::Requested)?);
    (unused > asked).then(|| {
        format!(
            "PyTorch held {unused:.0} MiB in pieces that it did not use: start ComfyUI with --cuda-malloc, or on Linux with \
             PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True"
        )
    })
}

/// What helps in a phase whatever the figures are.
fn by_work(phase: Option<&Phase>, class: &str) -> Vec<String> {
    let work = phase.map(|phase| phase.work);
    let tile = phase.and_then(|phase| phase.tile);
    let words: &[&str] = match (work, tile) {
        (Some(Work::TextEncode), _) => &["load the text encoder with device cpu, or in its fp8 file"],
        (Some(Work::VaeDecode), None) => &[
            "decode in small tiles: VAE Decode (Tiled) with tile_size 256 and temporal_size 16, less where that does not do",
        ],
        (Some(Work::VaeEncode), None) => &["encode in small tiles: VAE Encode (Tiled) with tile_size 256"],
        (Some(Work::VaeDecode | Work::VaeEncode), Some(_)) => {
            &["a smaller tile_size, and for video a smaller temporal_size"]
        }
        (Some(Work::Sample), _) => {
            &["fewer frames or a smaller size", "--reserve-vram with more GiB: weights make room then"]
        }
        (Some(Work::ClipVision), _) => &[],
        (None, _) if class.contains("Upscale") => &["upscale fewer frames at once, or by a smaller factor"],
        (None, _) => &[],
    };
    words.iter().map(|words| (*words).to_owned()).collect()
}
