//! Models on the GPU and what gives way before a load (ComfyUI free_memory).

use std::cmp::Ordering;

use super::load::candidates;
use super::modules::Tree;
use super::plan::Step;
use super::setting::{Setting, VramMode};
use super::sizes::{Layout, MIB};

/// A model on the GPU.
#[derive(Clone, Debug)]
pub(crate) struct Resident<'a> {
    /// The step that loaded it.
    pub step: &'a Step,
    /// All its tensors, MiB.
    pub size: f64,
    /// Tensors on the GPU, MiB.
    pub loaded: f64,
    /// Its offload device is the GPU: unloading frees nothing.
    pub pinned: bool,
}

/// The models on the GPU.
pub(crate) struct Pool<'a> {
    setting: &'a Setting,
    models: Vec<Resident<'a>>,
}

impl<'a> Pool<'a> {
    pub fn new(setting: &'a Setting) -> Self {
        Self { setting, models: Vec::new() }
    }

    /// VRAM held by our models, MiB.
    pub fn held(&self) -> f64 {
        self.models.iter().map(|model| model.loaded).sum()
    }

    /// What ComfyUI takes for free, MiB.
    pub fn free(&self) -> f64 {
        self.setting.available_mib() - self.held()
    }

    /// The part of a file's model that is on the GPU, MiB, if any was loaded.
    pub fn loaded(&self, file: &str) -> Option<f64> {
        self.models.iter().find(|model| model.step.model.file == file).map(|model| model.loaded)
    }

    /// Records what a load left on the GPU.
    pub fn put(&mut self, step: &'a Step, size: f64, loaded: f64) {
        self.models.retain(|model| model.step.model.file != step.model.file);
        self.models.push(Resident { step, size, loaded, pinned: pinned(step, self.setting) });
    }

    /// Unloads other models until `want` MiB are free.
    pub fn clear(&mut self, want: f64, keep: &str) {
        let mut order: Vec<usize> = (0..self.models.len()).filter(|at| self.evictable(*at, keep)).collect();
        order.sort_by(|a, b| self.first_to_go(*a, *b));
        for at in order {
            let short = want - self.free();
            if !self.setting.flags.disable_smart_memory && short < 0.0 {
                break;
            }
            self.unload(at, short);
        }
        self.models.retain(|model| model.loaded > 0.0);
    }

    fn evictable(&self, at: usize, keep: &str) -> bool {
        self.models.get(at).is_some_and(|model| model.step.model.file != keep && !model.pinned)
    }

    /// Most offloaded bytes first, then the smaller model.
    fn first_to_go(&self, a: usize, b: usize) -> Ordering {
        let key = |at: usize| self.models.get(at).map_or((0.0, 0.0), |model| (model.loaded - model.size, model.size));
        let (a, b) = (key(a), key(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    }

    fn unload(&mut self, at: usize, short: f64) {
        let setting = self.setting;
        let Some(model) = self.models.get_mut(at) else { return };
        let whole = setting.flags.disable_smart_memory || short >= model.loaded;
        model.loaded = if whole { 0.0 } else { after_partial_unload(model, short, setting) };
    }
}

/// What stays of a model when `short` MiB are to be freed (ModelPatcher.partially_unload): the least modules go first.
///
/// Exact for a completely loaded model; a partly loaded one is assumed to give exactly what is asked.
pub(crate) fn after_partial_unload(model: &Resident<'_>, short: f64, setting: &Setting) -> f64 {
    if model.loaded < model.size {
        return (model.loaded - short).max(0.0);
    }
    let usage = &model.step.model;
    let layout = Layout::of(usage, setting);
    let mut freed = 0.0;
    for entry in candidates(&Tree::of(&usage.spec.kind), &layout, usage, setting).iter().rev() {
        if short < freed {
            break;
        }
        freed += entry.size as f64 / MIB;
    }
    (model.loaded - freed).max(0.0)
}

/// `--highvram` keeps diffusion models on the GPU, `--gpu-only` everything.
fn pinned(step: &Step, setting: &Setting) -> bool {
    match setting.flags.vram {
        VramMode::GpuOnly => true,
        VramMode::High => step.work == super::plan::Work::Sample,
        _ => false,
    }
}
