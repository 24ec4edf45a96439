//! What would make a workflow fit: fewer frames, a smaller size, a flag less, a smaller file, a larger card.
//!
//! It fits when the weights of every sampled model stay on the card, nothing spills into system memory and nothing fails. Each way is
//! forecast like the workflow itself: for certain where it holds over the whole range of what is not known, else it may.

use super::{Target, Variant};
use crate::catalog::gpus::{self, Gpu};
use crate::catalog::models::{Storage, identify};
use crate::facts::machine::Machine;
use crate::forecast::fit::{largest_frames_where, largest_size_where, with_frames, with_size};
use crate::forecast::setting::{Attention, Dtype, VramMode};
use crate::forecast::{Forecast, MemoryFlags, Plan, RangedForecast, Setting, Step, Verdict, Work, over_range};

/// What is done differently.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// This many frames at the workflow's size.
    Frames(u32),
    /// This size with the workflow's frames.
    Size(u32, u32),
    /// These flags are removed.
    Without(Vec<&'static str>),
    /// Files, and those of the catalog that take their place.
    Files(Vec<(String, String)>),
    /// A card of this size in MiB: these.
    Card(f64, Vec<&'static str>),
}

/// A change with its forecast.
#[derive(Clone, Debug)]
pub struct Way {
    /// The change.
    pub change: Change,
    /// It fits over the whole range; else at best.
    pub certain: bool,
    /// The forecast with it.
    pub forecast: RangedForecast,
}

/// Everything that was looked at.
#[derive(Clone, Debug, Default)]
pub struct Fit {
    /// The workflow fits as it is, for certain.
    pub as_it_is: bool,
    /// What fits, in the order of [`Change`].
    pub ways: Vec<Way>,
}

impl Target {
    /// What fits on a machine; `None` where nothing can be forecast.
    pub fn fit(&self, machine: &Machine) -> Option<Fit> {
        let (variant, work) = (self.shown()?, self.work.as_ref().ok()?);
        if variant.forecast.worst.verdict == Verdict::Unknown {
            return None;
        }
        let seeker = Seeker { plan: &work.plan, variant };
        let as_it_is = fits(&variant.forecast.worst);
        let mut ways = seeker.frames();
        ways.extend(seeker.size());
        if !as_it_is {
            ways.extend(seeker.flags());
            ways.extend(seeker.files());
        }
        ways.extend(self.cards(machine));
        Some(Fit { as_it_is, ways })
    }

    /// The smallest cards on which it fits: for certain, and the smallest on which it may where that is smaller.
    fn cards(&self, machine: &Machine) -> Vec<Way> {
        let mut cards: Vec<Gpu> = gpus::all().filter(|card| card.class != "laptop").collect();
        cards.sort_by(|one, other| one.nominal_mib.total_cmp(&other.nominal_mib));
        let mut ways: Vec<Way> = Vec::new();
        for card in cards {
            if ways.last().is_some_and(|way| way.certain && !is_of(way, card.nominal_mib)) {
                break;
            }
            let Some(variant) = self.on(&machine.on_card(&card)) else { continue };
            let certain = fits(&variant.forecast.worst);
            if certain || fits(&variant.forecast.best) {
                add_card(&mut ways, &card, certain, variant.forecast);
            }
        }
        ways
    }
}

fn is_of(way: &Way, nominal_mib: f64) -> bool {
    matches!(way.change, Change::Card(size, _) if size == nominal_mib)
}

/// Cards of one size stand together, those on which it may fit apart from those on which it does.
fn add_card(ways: &mut Vec<Way>, card: &Gpu, certain: bool, forecast: RangedForecast) {
    let same = ways.iter_mut().find(|way| way.certain == certain && is_of(way, card.nominal_mib));
    if let Some(Way { change: Change::Card(_, names), .. }) = same {
        names.push(card.short);
    } else if !ways.iter().any(|way| way.certain == certain) {
        ways.push(Way { change: Change::Card(card.nominal_mib, vec![card.short]), certain, forecast });
    }
}

fn fits(forecast: &Forecast) -> bool {
    forecast.verdict == Verdict::Fits
}

struct Seeker<'a> {
    plan: &'a Plan,
    variant: &'a Variant,
}

impl Seeker<'_> {
    fn corners(&self) -> (Setting, Setting) {
        let at = |corner: &Forecast| Setting {
            total_mib: corner.total_mib,
            others_mib: corner.others_mib,
            ..self.variant.setting.clone()
        };
        (at(&self.variant.forecast.worst), at(&self.variant.forecast.best))
    }

    fn forecast(&self, plan: &Plan, flags: MemoryFlags) -> RangedForecast {
        let RangedForecast { best, worst, .. } = &self.variant.forecast;
        let setting = Setting { flags, ..self.variant.setting.clone() };
        over_range(plan, &setting, (worst.total_mib, best.total_mib), (best.others_mib, worst.others_mib))
    }

    /// The most at the worst corner, and at the best one where that is more.
    fn most<T: PartialEq>(
        &self,
        search: impl Fn(&Setting) -> Option<T>,
        change: impl Fn(&T) -> (Change, Plan),
    ) -> Vec<Way> {
        let (worst, best) = self.corners();
        let (certain, possible) = (search(&worst), search(&best));
        let possible = possible.filter(|possible| certain.as_ref() != Some(possible));
        let way = |found: T, certain| {
            let (change, plan) = change(&found);
            Way { change, certain, forecast: self.forecast(&plan, self.variant.setting.flags.clone()) }
        };
        certain
            .into_iter()
            .map(|found| way(found, true))
            .collect::<Vec<_>>()
            .into_iter()
            .chain(possible.map(|found| way(found, false)))
            .collect()
    }

    fn frames(&self) -> Vec<Way> {
        self.most(
            |setting| largest_frames_where(self.plan, setting, fits),
            |&frames| (Change::Frames(frames), with_frames(self.plan, frames)),
        )
    }

    fn size(&self) -> Vec<Way> {
        self.most(
            |setting| largest_size_where(self.plan, setting, fits),
            |&(width, height)| (Change::Size(width, height), with_size(self.plan, width, height)),
        )
    }

    /// Each flag that may cost memory alone, and all of them together where none does alone.
    fn flags(&self) -> Vec<Way> {
        let flags = &self.variant.setting.flags;
        let present: Vec<&Removable> = REMOVABLE.iter().filter(|one| (one.present)(flags)).collect();
        let without = |removed: &[&Removable]| {
            let mut flags = flags.clone();
            removed.iter().for_each(|one| (one.remove)(&mut flags));
            let names = removed.iter().map(|one| one.name).collect();
            self.way(Change::Without(names), self.plan, flags)
        };
        let alone: Vec<Way> = present.iter().filter_map(|one| without(&[one])).collect();
        if alone.is_empty() && present.len() > 1 { without(&present).into_iter().collect() } else { alone }
    }

    /// The fp8 files of the sampled models, and of the text encoder as well where these alone do not suffice.
    fn files(&self) -> Vec<Way> {
        let mut tried = Vec::new();
        for wanted in [|step: &Step| step.work == Work::Sample, |_: &Step| true] {
            let (plan, files) = with_siblings(self.plan, wanted);
            if files.is_empty() || tried.contains(&files) {
                continue;
            }
            if let Some(way) = self.way(Change::Files(files.clone()), &plan, self.variant.setting.flags.clone()) {
                return vec![way];
            }
            tried.push(files);
        }
        Vec::new()
    }

    fn way(&self, change: Change, plan: &Plan, flags: MemoryFlags) -> Option<Way> {
        let forecast = self.forecast(plan, flags);
        fits(&forecast.best).then(|| Way { change, certain: fits(&forecast.worst), forecast })
    }
}

/// The plan with smaller files of the catalog where there are some, and which took whose place.
fn with_siblings(plan: &Plan, wanted: fn(&Step) -> bool) -> (Plan, Vec<(String, String)>) {
    let (mut plan, mut files) = (plan.clone(), Vec::new());
    for step in plan.steps.iter_mut().filter(|step| wanted(step)) {
        let Some(smaller) = sibling(step) else { continue };
        if let Some(spec) = identify(&smaller) {
            step.model.spec = spec;
            let pair = (std::mem::replace(&mut step.model.file, smaller.clone()), smaller);
            if !files.contains(&pair) {
                files.push(pair);
            }
        }
    }
    (plan, files)
}

/// The published fp8 file of the same model.
fn sibling(step: &Step) -> Option<String> {
    let same = |name: &String| {
        let known = identify(name);
        known.is_some_and(|spec| spec.kind == step.model.spec.kind && spec.storage == Storage::Fp8Scaled)
    };
    scaled_names(step).into_iter().find(same)
}

/// What the file of a model with scaled 8-bit weights would be called; nothing for one that has 8 bits already.
pub(super) fn scaled_names(step: &Step) -> Vec<String> {
    let wide = matches!(step.model.spec.storage, Storage::Fp16 | Storage::Bf16 | Storage::Fp32);
    let tags = ["_fp16", "_bf16", "_fp32"].into_iter().filter(|tag| wide && step.model.file.contains(tag));
    tags.flat_map(|tag| ["_fp8_scaled", "_fp8_e4m3fn_scaled"].map(|to| step.model.file.replace(tag, to))).collect()
}

/// A flag that may cost memory.
pub(super) struct Removable {
    pub(super) name: &'static str,
    pub(super) present: fn(&MemoryFlags) -> bool,
    pub(super) remove: fn(&mut MemoryFlags),
}

pub(super) const REMOVABLE: [Removable; 10] = [
    Removable {
        name: "--reserve-vram",
        present: |flags| flags.reserve_gib.is_some(),
        remove: |flags| flags.reserve_gib = None,
    },
    vram_mode("--highvram", |flags| flags.vram == VramMode::High),
    vram_mode("--gpu-only", |flags| flags.vram == VramMode::GpuOnly),
    vram_mode("--novram", |flags| flags.vram == VramMode::No),
    vram_mode("--lowvram", |flags| flags.vram == VramMode::Low),
    attention("--use-split-cross-attention", |flags| flags.attention == Attention::Split),
    attention("--use-quad-cross-attention", |flags| flags.attention == Attention::Quad),
    Removable {
        name: "--disable-smart-memory",
        present: |flags| flags.disable_smart_memory,
        remove: |flags| flags.disable_smart_memory = false,
    },
    Removable {
        name: "--fp32-vae",
        present: |flags| flags.vae_dtype == Some(Dtype::Fp32),
        remove: |flags| flags.vae_dtype = None,
    },
    Removable {
        name: "--vram-headroom",
        present: |flags| flags.vram_headroom_gib > 0.0,
        remove: |flags| flags.vram_headroom_gib = 0.0,
    },
];

const fn vram_mode(name: &'static str, present: fn(&MemoryFlags) -> bool) -> Removable {
    Removable { name, present, remove: |flags| flags.vram = VramMode::Normal }
}

const fn attention(name: &'static str, present: fn(&MemoryFlags) -> bool) -> Removable {
    Removable { name, present, remove: |flags| flags.attention = Attention::Default }
}
