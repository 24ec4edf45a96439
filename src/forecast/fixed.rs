//! The static loader: budget, complete or partial load (ComfyUI load_models_gpu without dynamic VRAM).

use std::rc::Rc;

use super::activation::{activation, vae_tiled};
use super::budget::{Need, need, sampling_estimate, usable};
use super::dynamic::limit;
use super::eras::{self, Loader};
use super::evict::{Pool, Resident, after_partial_unload};
use super::line;
use super::load::{Split, split};
use super::phase::{Load, Phase};
use super::plan::{Step, Work};
use super::setting::{Setting, VramMode};
use super::sizes::MIB;
use super::weights::Weights;

/// A step with what its load needs to know.
struct Job<'a> {
    step: &'a Step,
    setting: &'a Setting,
    weights: Rc<Weights>,
    need: Need,
    /// All tensors, MiB.
    size: f64,
}

/// Loads the step's model, runs it, and leaves it in the pool.
pub(crate) fn phase<'a>(step: &'a Step, pool: &mut Pool<'a>, setting: &'a Setting) -> Phase {
    let weights = Weights::of(&step.model, setting);
    let job = Job { size: weights.size_mib, need: need(step, setting), step, setting, weights };
    let mut phase = Phase::start(step, job.need.estimate, job.weights.listed_mib);
    if on_cpu(step, setting) {
        phase.close(pool.held(), setting.available_mib());
        return phase;
    }
    job.load(&mut phase, pool);
    job.run(&mut phase, pool);
    phase
}

/// The model runs on the CPU (text_encoder_device, vae_device).
pub(crate) fn on_cpu(step: &Step, setting: &Setting) -> bool {
    let mode = setting.flags.vram;
    let encoder = step.model.spec.kind.is_encoder();
    step.model.device_cpu
        || mode == VramMode::Cpu
        || (encoder && matches!(mode, VramMode::Low | VramMode::No))
        || (step.work.is_vae() && setting.flags.cpu_vae)
}

impl<'a> Job<'a> {
    fn load(&self, phase: &mut Phase, pool: &mut Pool<'a>) {
        let before = pool.loaded(&self.step.model.file);
        let file = &self.step.model.file;
        pool.clear(1.1 * (self.size - before.unwrap_or(0.0)) + self.need.clear, file, false);
        if pool.free() < self.need.minimum {
            pool.clear(self.need.minimum, file, false);
        }
        phase.unload_lines = pool.take_unloads();
        match self.budget(pool, before.unwrap_or(0.0)) {
            None => self.complete(phase, pool, None),
            Some(budget) => self.place(phase, pool, budget, before),
        }
    }

    /// "usable"; `None` where no budget applies.
    fn budget(&self, pool: &Pool<'_>, before: f64) -> Option<f64> {
        match self.setting.flags.vram {
            VramMode::High | VramMode::GpuOnly => None,
            VramMode::No => Some(0.1 / MIB),
            _ if before == 0.0 && self.built_on_gpu(pool) => None,
            _ => Some(usable(pool.free() + before, self.need.minimum, self.setting.version)),
        }
    }

    /// The text encoder is built on the GPU when it surely fits and free system memory is below twice the free VRAM
    /// (text_encoder_initial_device). Free system memory is not known, but total memory bounds it.
    fn built_on_gpu(&self, pool: &Pool<'_>) -> bool {
        let ram = self.setting.ram_mib.unwrap_or(f64::INFINITY);
        let gguf = self.step.model.spec.kind.listed().is_some_and(|model| model.gguf);
        let surely = || 1.2 * self.weights.in_16bit_mib() < pool.free();
        !gguf && self.step.work == Work::TextEncode && pool.free() > 0.5 * ram && surely()
    }

    fn place(&self, phase: &mut Phase, pool: &mut Pool<'a>, budget: f64, before: Option<f64>) {
        phase.usable_mib = Some(budget);
        match before {
            Some(loaded) if loaded >= self.size => self.keep(phase, pool, budget, loaded),
            _ if budget > self.size => self.complete(phase, pool, Some(budget)),
            _ => self.partial(phase, pool, budget),
        }
    }

    fn complete(&self, phase: &mut Phase, pool: &mut Pool<'a>, budget: Option<f64>) {
        let again = pool.loaded(&self.step.model.file).is_some_and(|loaded| loaded >= self.size);
        phase.load = if again { Load::Resident } else { Load::Complete };
        phase.loaded_mib = Some(phase.weights_mib);
        phase.offloaded_mib = Some(0.0);
        phase.log_line = (!again).then(|| line::complete(self.setting.version, budget, phase.weights_mib, true));
        pool.put(self.step, self.size, self.size, false);
    }

    /// The model is there already. From v0.3.69 it gives way itself when its budget has shrunk.
    fn keep(&self, phase: &mut Phase, pool: &mut Pool<'a>, budget: f64, loaded: f64) {
        phase.load = Load::Resident;
        let short = loaded - budget;
        let whole = Resident { step: self.step, size: self.size, loaded, pinned: false, dynamic: false };
        let gives_way = short > 0.0 && self.setting.since(3, 69);
        let (stays, line) = if gives_way { after_partial_unload(&whole, short, self.setting) } else { (loaded, None) };
        phase.log_line = line;
        phase.loaded_mib = Some(stays.min(phase.weights_mib));
        phase.offloaded_mib = Some(loaded - stays);
        phase.streams(loaded - stays);
        pool.put(self.step, self.size, stays, false);
    }

    fn partial(&self, phase: &mut Phase, pool: &mut Pool<'a>, budget: f64) {
        let split = split(&self.step.model, self.setting, budget);
        let version = self.setting.version;
        phase.loaded_mib = Some(split.loaded);
        phase.offloaded_mib = Some(split.offloaded);
        phase.streams(split.offloaded);
        if split.modules_out == 0 {
            phase.load = Load::Complete;
            phase.log_line = Some(line::complete(version, Some(budget), split.loaded, false));
        } else {
            phase.load = Load::Partial;
            phase.buffer_mib = (eras::loader(version) != Loader::Size).then_some(split.buffer);
            phase.lowvram_patches = Some(split.lowvram_patches);
            phase.log_line = Some(line::partial(version, budget, &split));
        }
        pool.put(self.step, self.size, split.loaded, false);
        phase.resident_mib = self.streaming(&split);
    }

    /// Buffers that weights pass through on their way, MiB.
    fn streaming(&self, split: &Split) -> f64 {
        split.largest_out * (eras::streams(self.setting) + 1) as f64
    }

    fn run(&self, phase: &mut Phase, pool: &mut Pool<'_>) {
        let buffers = std::mem::take(&mut phase.resident_mib);
        let own = pool.loaded(&self.step.model.file).unwrap_or(0.0);
        let forward = forward_batch(self.step, self.need.estimate, pool.free(), self.setting);
        phase.forward_batch = forward as u32;
        phase.activation_mib = activation(self.step, forward, self.setting);
        let activation = phase.activation_mib.map_or(0.0, |(_, most)| most);
        pool.squeeze(buffers + activation, limit(self.setting));
        phase.resident_mib = pool.held() - own;
        phase.close(pool.held_fast() + buffers, self.setting.available_mib());
        if phase.exceeds && phase.activation_mib.is_some() && self.step.work.is_vae() && self.step.tile.is_none() {
            let tiled = pool.held_fast() + buffers + vae_tiled(self.step, self.setting);
            phase.tiled = tiled <= self.setting.available_mib();
        }
    }
}

/// Videos through the model at once. Conditional and unconditional pass share a forward if 1.5 times their estimate is free
/// (samplers.calc_cond_batch); a VAE takes as many videos as the estimate allows (sd.py VAE.decode).
pub(crate) fn forward_batch(step: &Step, estimate: f64, free: f64, setting: &Setting) -> f64 {
    let batch = f64::from(step.batch.max(1));
    match step.work {
        Work::Sample => {
            let both = sampling_estimate(step, 2.0 * batch, setting).is_some_and(|estimate| 1.5 * estimate < free);
            if step.cfg != Some(1.0) && both { 2.0 * batch } else { batch }
        }
        work if work.is_vae() && step.tile.is_some() => 1.0,
        work if work.is_vae() && estimate > 0.0 => (free / estimate).floor().clamp(1.0, batch),
        _ => batch,
    }
}
