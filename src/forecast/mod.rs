//! The memory model of ComfyUI for Wan: budget, load decision, true activation, by phase.
//!
//! Pure functions of a [`plan::Plan`] and a [`setting::Setting`]; nothing here knows workflow files, scripts or findings.

pub mod activation;
pub mod budget;
pub mod dynamic;
mod eras;
mod evict;
pub mod fit;
mod fixed;
pub mod flop;
mod line;
pub mod load;
pub mod modules;
pub mod phase;
pub mod plan;
mod ram;
pub mod range;
pub mod setting;
pub mod sizes;
mod swap;
pub mod sweep;
pub mod tiles;
pub mod time;
mod weights;

pub use budget::reserve_default;
pub use dynamic::{Regime, regime};
pub use eras::OLDEST;
pub use fit::{largest_frames, largest_reserve_that_loads_completely};
pub use modules::{Module, Name, Op, Tree};
pub use phase::{Load, Phase};
pub use plan::{ModelUse, Patched, Plan, Step, Work};
pub use range::{RangedForecast, over_range};
pub use setting::{MemoryFlags, Os, Setting};
pub use tiles::Tile;

use crate::catalog::models::Storage;
use crate::facts::versions::Version;
use crate::text::mib_range;
use evict::Pool;

/// What a plan needs on a machine.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// Total VRAM of this point, MiB.
    pub total_mib: f64,
    /// VRAM held by others at this point, MiB.
    pub others_mib: f64,
    /// Which loader the launch gets.
    pub regime: Regime,
    /// One entry for each step of the plan, in order.
    pub phases: Vec<Phase>,
    /// The largest upper peak, MiB; `None` when that of some phase is not known.
    pub peak_mib: Option<f64>,
    /// The smallest headroom, MiB; `None` likewise.
    pub headroom_mib: Option<f64>,
    /// System memory for weights and frames in the step that needs most, MiB: at least and at most.
    pub ram_mib: (f64, f64),
    /// The answer.
    pub verdict: Verdict,
    /// What had to be assumed.
    pub assumptions: Vec<String>,
}

/// The answer of a forecast, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Everything loads completely and fits.
    Fits,
    /// The sampler's weights do not all stay on the GPU.
    Offloads,
    /// Windows pages VRAM into system memory instead of failing.
    Spills,
    /// CUDA out of memory.
    Oom,
    /// Not modelled; the first assumption says why.
    Unknown,
}

impl Verdict {
    /// The word of the JSON schema.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Offloads => "offloads",
            Self::Spills => "spills",
            Self::Oom => "oom",
            Self::Unknown => "unknown",
        }
    }

    /// For people.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Spills => "spills into system memory",
            Self::Oom => "out of memory",
            _ => self.name(),
        }
    }
}

/// Forecasts a plan at one point.
pub fn forecast(plan: &Plan, setting: &Setting) -> Forecast {
    let regime = regime(setting);
    if let Some(reason) = not_modelled(&plan.steps, setting) {
        return unknown(regime, setting, reason);
    }
    let phases = modelled(&plan.steps, setting);
    let peaks = phases.iter().map(|phase| Some(phase.peak_mib?.1));
    let peak_mib = peaks.reduce(|left, right| Some(left?.max(right?))).flatten();
    let headroom_mib = peak_mib.map(|peak| setting.available_mib() - peak);
    Forecast {
        total_mib: setting.total_mib,
        others_mib: setting.others_mib,
        regime,
        verdict: verdict(&phases, setting),
        peak_mib,
        headroom_mib,
        ram_mib: ram::largest(&phases),
        assumptions: assumptions(plan, setting),
        phases,
    }
}

/// The phases of steps, from a card that holds nothing of ours; none where they are not modelled.
pub fn phases(steps: &[Step], setting: &Setting) -> Vec<Phase> {
    if not_modelled(steps, setting).is_some() { Vec::new() } else { modelled(steps, setting) }
}

fn modelled(steps: &[Step], setting: &Setting) -> Vec<Phase> {
    let regime = regime(setting);
    let mut pool = Pool::new(setting);
    let mut phases: Vec<Phase> = Vec::with_capacity(steps.len());
    for step in steps {
        phases.push(match (regime, &step.model.swap) {
            (_, Some(swap)) => swap::phase(step, swap, &pool, setting),
            (Regime::Dynamic, None) if !dynamic::opts_out(step, setting) => dynamic::phase(step, &mut pool, setting),
            (_, None) => fixed::phase(step, &mut pool, setting),
        });
        let least = ram::least(&phases, &pool, setting);
        if let Some(phase) = phases.last_mut() {
            phase.ram_mib.0 = least;
        }
    }
    ram::complete(&mut phases, setting);
    leave_open(steps, &mut phases, setting);
    phases
}

/// Where a name leaves the weights open, no line is told in advance: neither that of its load nor those of loads that it gives way to.
fn leave_open(steps: &[Step], phases: &mut [Phase], setting: &Setting) {
    let mut open = false;
    for (phase, step) in phases.iter_mut().zip(steps) {
        if let Some(lightest) = step.model.lightest() {
            open = true;
            phase.least_weights_mib = lightest.weights_mib(setting);
            (phase.log_line, phase.lowvram_patches) = (None, None);
        }
    }
    if open {
        phases.iter_mut().for_each(|phase| phase.unload_lines.clear());
    }
}

/// Before this step's load everything else gives way, whatever it is: what is cleared exceeds the card, or the launch keeps nothing.
pub fn clears_card(step: &Step, setting: &Setting) -> bool {
    let all = 1.1 * weights::Weights::of(&step.model, setting).size_mib + budget::need(step, setting).clear;
    let kept = matches!(setting.flags.vram, setting::VramMode::High | setting::VramMode::GpuOnly);
    let on_card = step.model.swap.is_none() && !fixed::on_cpu(step, setting);
    on_card && !kept && (setting.flags.disable_smart_memory || all >= setting.total_mib)
}

/// Why there is no answer: an older release, or weights whose size no rule gives.
fn not_modelled(steps: &[Step], setting: &Setting) -> Option<String> {
    if setting.version < OLDEST {
        return Some(format!("ComfyUI {} is not modelled: Wan is, from {OLDEST}", setting.version));
    }
    if !setting.total_mib.is_finite() || !setting.others_mib.is_finite() {
        return Some("the card's memory is not a number".to_owned());
    }
    steps.iter().find_map(|step| match step.model.spec.storage {
        Storage::Other(name) => Some(format!("the size of {} in {name} is not modelled", step.model.file)),
        _ => too_old(step, setting),
    })
}

/// The release has no such class of models, or the card computes in another type than the sizes assume.
fn too_old(step: &Step, setting: &Setting) -> Option<String> {
    let of = step.model.spec.kind.listed()?.class.as_ref()?;
    if setting.compute < (8, 0) {
        let logged = step.model.spec.class;
        return Some(format!("{logged} is modelled on cards of compute capability 8.0 and later only"));
    }
    let known = of.class.factor(&of.config, setting.version).is_some();
    (!known).then(|| format!("ComfyUI {} does not know the models of class {} yet", setting.version, of.class.name))
}

fn unknown(regime: Regime, setting: &Setting, reason: String) -> Forecast {
    Forecast {
        total_mib: setting.total_mib,
        others_mib: setting.others_mib,
        regime,
        phases: Vec::new(),
        peak_mib: None,
        headroom_mib: None,
        ram_mib: (0.0, 0.0),
        verdict: Verdict::Unknown,
        assumptions: vec![reason],
    }
}

fn verdict(phases: &[Phase], setting: &Setting) -> Verdict {
    let of = |phase: &Phase| match phase.exceeds {
        true if setting.os == Os::Windows => Verdict::Spills,
        true if !phase.tiled => Verdict::Oom,
        _ if phase.offloads() || phase.load == Load::Swapped && phase.streamed_mib > 0.0 => Verdict::Offloads,
        _ => Verdict::Fits,
    };
    let known = phases.iter().map(of).max().unwrap_or(Verdict::Fits);
    // What does not fit without working memory does not fit with it; anything better is open.
    let open = known < Verdict::Spills && phases.iter().any(|phase| phase.peak_mib.is_none());
    if open { Verdict::Unknown } else { known }
}

fn assumptions(plan: &Plan, setting: &Setting) -> Vec<String> {
    let sampling = || plan.steps.iter().filter(|step| step.work == Work::Sample);
    let old = setting.version < Version::new(0, 3, 59);
    let kitchen = setting.cuda13.is_none() && setting.since(8, 0);
    let partial_attention = matches!(setting.flags.attention, setting::Attention::Split | setting::Attention::Quad);
    let vace = sampling().any(|step| step.model.spec.kind.wan().is_some_and(|shape| shape.vace_layers > 0));
    let buffer = setting.version >= Version::new(0, 3, 76) && setting.version < Version::new(0, 4, 0);
    let swapped = sampling().any(|step| step.model.swap.is_some());
    let notes = [
        (vace, "one VACE control is assumed: each further one takes three more tensors of the video's hidden size"),
        (swapped, "WanVideoWrapper's working memory was not traced: that of ComfyUI's own model is assumed"),
        (
            swapped && sampling().any(|step| step.model.swap.is_some() && step.model.loras > 0),
            "LoRAs that WanVideoWrapper does not merge take VRAM of their own, which is not counted",
        ),
        (buffer, "the streaming buffer of ComfyUI 0.3.76 and 0.3.77 was never checked against a log"),
        (kitchen, "torch may or may not be built for CUDA 13: the working memory is a range"),
        (sampling().any(|step| step.cfg.is_none()), "cfg is unknown: both guidance passes are assumed"),
        (
            sampling().any(|step| step.model.loras > 0 && !matches!(step.model.patched, Patched::Listed(_))),
            "which weights the LoRAs patch is assumed, not read",
        ),
        (old, "the working memory before ComfyUI 0.3.59 was not traced: that of 0.3.59 is assumed"),
        (
            partial_attention,
            "the working memory of split and quad attention is not modelled: that of PyTorch attention is assumed",
        ),
        (setting.compute < (7, 0), "this GPU is older than the model's data types assume"),
    ];
    let stated = notes.into_iter().filter(|(holds, _)| *holds).map(|(_, note)| note.to_owned());
    stated.chain(bounded(plan, setting)).collect()
}

/// What names leave open.
fn bounded(plan: &Plan, setting: &Setting) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for model in plan.steps.iter().map(|step| &step.model) {
        let Some(lightest) = model.lightest() else { continue };
        let file = crate::read::script::base_name(&model.file);
        let range = mib_range((lightest.weights_mib(setting), model.weights_mib(setting)));
        let note = format!(
            "the name of {file} bounds its weights ({range}): figures are those of the heaviest, --models tells"
        );
        if !all.contains(&note) {
            all.push(note);
        }
    }
    all
}
