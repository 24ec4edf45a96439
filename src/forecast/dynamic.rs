//! Dynamic VRAM (comfy-aimdo): who gets it, what is logged, what stays resident.

use super::activation::{activation, vae_tiled};
use super::budget::need;
use super::eras::{self, Staging};
use super::evict::Pool;
use super::fixed::{forward_batch, on_cpu};
use super::line;
use super::load::patches;
use super::modules::{Module, Op, Tree};
use super::phase::{Load, Phase};
use super::plan::{Patched, Step};
use super::setting::{Os, Setting, VramMode};
use super::sizes::Layout;
use super::weights::Weights;
use crate::facts::versions::Version;

/// Weights are faulted in and evicted by pages of this many MiB.
const PAGE_MIB: f64 = 32.0;

/// Modules up to this many bytes are loaded at once from v0.23.0.
const SMALL_MODULE: u64 = 16 * 1024;

/// Which loader a launch gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// Budget and split are decided before each step.
    Static,
    /// Weights are paged in on use.
    Dynamic,
}

/// The regime of a launch on NVIDIA (main.py, cli_args.py): opt-in from v0.12.0, default from v0.16.0, on WSL from v0.33.0.
pub fn regime(setting: &Setting) -> Regime {
    let flags = &setting.flags;
    let recent_torch = setting.torch >= Version::new(2, 8, 0);
    let on = if setting.since(16, 0) {
        let forced = flags.enable_dynamic && setting.since(18, 0);
        let natural = !flags.disable_dynamic
            && flags.vram_allows_dynamic()
            && recent_torch
            && (!setting.wsl || setting.since(33, 0));
        forced || natural
    } else {
        let torch = recent_torch || setting.version < Version::new(0, 12, 2);
        setting.since(12, 0) && flags.fast_dynamic && flags.vram_leaves_choice() && torch
    };
    if on { Regime::Dynamic } else { Regime::Static }
}

impl super::setting::MemoryFlags {
    fn vram_allows_dynamic(&self) -> bool {
        matches!(self.vram, VramMode::Normal | VramMode::Low)
    }

    fn vram_leaves_choice(&self) -> bool {
        !matches!(self.vram, VramMode::High | VramMode::GpuOnly)
    }
}

/// A model that is taken out of dynamic VRAM: TorchCompileModel clones it so from v0.15.1, and the GGUF loaders have a patcher of
/// their own that knows nothing of it (ComfyUI #13953, #14204).
pub(crate) fn opts_out(step: &Step, setting: &Setting) -> bool {
    let gguf = step.model.spec.kind.listed().is_some_and(|model| model.gguf);
    gguf || (step.model.compiled && setting.since(15, 1))
}

/// The forecast of a step under dynamic VRAM.
pub(crate) fn phase<'a>(step: &'a Step, pool: &mut Pool<'a>, setting: &'a Setting) -> Phase {
    let weights = Weights::of(&step.model, setting);
    let need = need(step, setting);
    let mut phase = Phase::start(step, need.estimate, weights.listed_mib);
    if runs_on_cpu(step, setting) {
        phase.close(pool.held(), setting.available_mib());
        return phase;
    }
    let size = weights.size_mib;
    let file = &step.model.file;
    let before = pool.loaded(file).unwrap_or(0.0);
    pool.clear(1.1 * (size - before) + need.clear, file, true);
    phase.unload_lines = pool.take_unloads();
    phase.load = Load::Dynamic;
    // Which small modules of a listed model are loaded at once depends on code that its header does not show.
    let written_out = step.model.spec.kind.listed().is_none();
    phase.log_line = written_out.then(|| line::dynamic(phase.class, weights.prepared()));
    let forward = forward_batch(step, need.estimate, evictable(pool, setting, size), setting);
    phase.forward_batch = forward as u32;
    phase.activation_mib = activation(step, forward, setting);
    let sizes = Sizes { all: size, largest: weights.largest_mib() };
    settle(&mut phase, (step, pool), &sizes, setting);
    if phase.exceeds && phase.activation_mib.is_some() && step.work.is_vae() && step.tile.is_none() {
        phase.tiled = pool.held_fast() + vae_tiled(step, setting) <= setting.available_mib();
    }
    phase
}

/// `--lowvram` moves the text encoder only up to v0.16.3.
fn runs_on_cpu(step: &Step, setting: &Setting) -> bool {
    let mut setting = setting.clone();
    if setting.flags.vram == VramMode::Low && setting.since(16, 4) {
        setting.flags.vram = VramMode::Normal;
    }
    on_cpu(step, &setting)
}

/// Free memory for the batching of passes: from v0.16.0 everything evictable counts, before total less the model.
fn evictable(pool: &Pool<'_>, setting: &Setting, size: f64) -> f64 {
    if setting.since(16, 0) { setting.available_mib() - pool.held_fast() } else { setting.total_mib - size }
}

/// A model's weights and its largest module, MiB.
struct Sizes {
    all: f64,
    largest: f64,
}

/// Where the weights are during a forward pass, MiB.
struct Placed {
    resident: f64,
    buffers: f64,
}

/// Resident weights take whole pages of what the working memory leaves; the rest passes through one buffer per stream.
fn place(room: f64, sizes: &Sizes, setting: &Setting) -> Placed {
    if room >= sizes.all {
        return Placed { resident: sizes.all, buffers: 0.0 };
    }
    let buffers = sizes.largest * eras::streams(setting).max(1) as f64;
    let pages = ((room - buffers) / PAGE_MIB).floor() * PAGE_MIB;
    Placed { resident: pages.clamp(0.0, sizes.all), buffers }
}

/// Divides the card: working memory, this model's pages, what the pages of earlier models still find room for. The latter give
/// way to anything, so they are no part of the peak.
fn settle<'a>(phase: &mut Phase, (step, pool): (&'a Step, &mut Pool<'a>), sizes: &Sizes, setting: &Setting) {
    // Where the working memory is not known, nothing or everything may be streamed.
    let (least, most) = phase.activation_mib.unwrap_or((0.0, f64::INFINITY));
    let room = limit(setting) - pool.held_fast();
    let (easy, tight) = (place(room - least, sizes, setting), place(room - most, sizes, setting));
    (phase.least_streamed_mib, phase.streamed_mib) = (sizes.all - easy.resident, sizes.all - tight.resident);
    pool.put(step, sizes.all, tight.resident, true);
    pool.squeeze(most + tight.buffers, limit(setting));
    phase.resident_mib = pool.held() - tight.resident;
    let all = |placed: &Placed, activation: f64| placed.resident + placed.buffers + activation + pool.held_fast();
    let (lower, upper) = (all(&easy, least), all(&tight, most));
    phase.held_mib = if upper.is_finite() { upper - most } else { lower };
    phase.peak_mib = phase.activation_mib.map(|_| (lower.min(upper), upper));
    phase.headroom_mib = phase.peak_mib.map(|(_, upper)| setting.available_mib() - upper);
    phase.exceeds = pool.held_fast() + least + easy.buffers > setting.available_mib();
}

/// VRAM in MiB that aimdo lets this process use: total less its own margin, and total less others less a measured margin.
pub fn limit(setting: &Setting) -> f64 {
    let own = match setting.flags.reserve_gib {
        Some(gib) if setting.since(25, 0) => gib * 1024.0,
        _ => 256.0,
    };
    let measured = if setting.os == Os::Windows { 512.0 } else { 256.0 };
    let torch = if setting.since(18, 0) { 128.0 } else { 0.0 };
    let extra = if setting.since(25, 0) { setting.flags.vram_headroom_gib * 1024.0 } else { 0.0 };
    (setting.total_mib - own).min(setting.available_mib() - measured) - torch - extra
}

/// What the line of a dynamic load says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prepared {
    /// "MB Staged".
    pub staged_mib: u64,
    /// "patches attached".
    pub patches: u32,
    /// "Force pre-loaded": number of weights, and KiB.
    pub preloaded: (u32, u64),
}

/// What is said about a model.
pub(crate) fn prepared(tree: &Tree, layout: &Layout, patched: Option<&Patched>, rule: Staging) -> Prepared {
    let keys = tree.modules.iter().map(|module| patches(module, patched));
    Prepared {
        staged_mib: staged(tree, layout, rule),
        patches: keys.map(|(weight, bias)| u32::from(weight) + u32::from(bias)).sum(),
        preloaded: preloaded(tree, layout, rule),
    }
}

/// Each tensor rounded up to 1 KiB.
fn staged(tree: &Tree, layout: &Layout, rule: Staging) -> u64 {
    let counts = |module: &&Module| match rule {
        Staging::All => true,
        Staging::Castable => module.op != Op::Plain,
        Staging::Large => module.op != Op::Plain && layout.module(module) > SMALL_MODULE,
    };
    let bytes: u64 = tree.modules.iter().filter(counts).map(|module| rounded(module, layout)).sum();
    bytes / (1024 * 1024)
}

fn rounded(module: &Module, layout: &Layout) -> u64 {
    let (weight, bias) = layout.tensors(module);
    let scale = if layout.is_quantised(module) { 1024 } else { 0 };
    weight.next_multiple_of(1024) + bias.next_multiple_of(1024) + scale
}

/// Number of weights, and KiB including buffers.
fn preloaded(tree: &Tree, layout: &Layout, rule: Staging) -> (u32, u64) {
    if rule == Staging::All {
        return (0, 0);
    }
    let small = |module: &Module| rule == Staging::Large && layout.module(module) <= SMALL_MODULE;
    let (mut count, mut bytes) = (0, tree.buffer_bytes);
    for module in tree.modules.iter().filter(|module| module.op == Op::Plain || small(module)) {
        let (weight, bias) = layout.tensors(module);
        count += 1 + u32::from(module.bias > 0);
        bytes += weight + bias;
    }
    (count, bytes / 1024)
}
