//! Models on the GPU and what gives way before a load (ComfyUI free_memory).

use std::cmp::Ordering;

use super::load::unload;
use super::plan::Step;
use super::setting::{Setting, VramMode};

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
    /// Its pages give way by themselves (dynamic VRAM).
    pub dynamic: bool,
}

/// The models on the GPU, the one loaded last at the end.
pub(crate) struct Pool<'a> {
    setting: &'a Setting,
    models: Vec<Resident<'a>>,
    unloads: Vec<String>,
}

impl<'a> Pool<'a> {
    pub fn new(setting: &'a Setting) -> Self {
        Self { setting, models: Vec::new(), unloads: Vec::new() }
    }

    /// VRAM held by our models, MiB.
    pub fn held(&self) -> f64 {
        self.models.iter().map(|model| model.loaded).sum()
    }

    /// VRAM held by those of our models that do not give way by themselves, MiB.
    pub fn held_fast(&self) -> f64 {
        self.models.iter().filter(|model| !model.dynamic).map(|model| model.loaded).sum()
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
    pub fn put(&mut self, step: &'a Step, size: f64, loaded: f64, dynamic: bool) {
        self.models.retain(|model| model.step.model.file != step.model.file);
        self.models.push(Resident { step, size, loaded, pinned: pinned(step, self.setting), dynamic });
    }

    /// Unloads other models until `want` MiB are free. A dynamic model is not unloaded for another dynamic one, as its pages
    /// give way on demand: what it holds is taken off what is wanted.
    pub fn clear(&mut self, mut want: f64, keep: &str, for_dynamic: bool) {
        let all = self.setting.flags.disable_smart_memory;
        let mut order: Vec<usize> = (0..self.models.len()).filter(|at| self.evictable(*at, keep)).collect();
        order.sort_by(|a, b| self.first_to_go(*a, *b));
        for at in order {
            let yields = self.models.get(at).filter(|model| model.dynamic && for_dynamic && !all);
            if let Some(model) = yields {
                want -= model.loaded;
                continue;
            }
            let short = want - self.free();
            if !all && short < 0.0 {
                break;
            }
            self.unload(at, short);
        }
        self.models.retain(|model| model.loaded > 0.0);
    }

    /// Pages of dynamic models give way to `needed` MiB beside what stays below `limit`: those loaded first go first, the model
    /// in use last.
    pub fn squeeze(&mut self, needed: f64, limit: f64) {
        let mut over = self.held() + needed - limit;
        for model in self.models.iter_mut().filter(|model| model.dynamic) {
            let gives = over.clamp(0.0, model.loaded);
            model.loaded -= gives;
            over -= gives;
        }
    }

    /// The lines that unloading has logged since they were last taken.
    pub fn take_unloads(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unloads)
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
        if whole {
            model.loaded = 0.0;
            return;
        }
        let (left, line) = after_partial_unload(model, short, setting);
        model.loaded = left;
        self.unloads.extend(line);
    }
}

/// What stays of a model when `short` MiB are to be freed (ModelPatcher.partially_unload), and the line about it.
///
/// Exact for a completely loaded model; a partly loaded one, and pages, are assumed to give exactly what is asked.
pub(crate) fn after_partial_unload(model: &Resident<'_>, short: f64, setting: &Setting) -> (f64, Option<String>) {
    if model.dynamic || model.loaded < model.size {
        return ((model.loaded - short).max(0.0), None);
    }
    let unload = unload(&model.step.model, short, setting);
    ((model.loaded - unload.freed).max(0.0), super::line::unload(setting.version, &unload))
}

/// `--highvram` keeps diffusion models on the GPU, `--gpu-only` everything.
fn pinned(step: &Step, setting: &Setting) -> bool {
    match setting.flags.vram {
        VramMode::GpuOnly => true,
        VramMode::High => step.work == super::plan::Work::Sample,
        _ => false,
    }
}
