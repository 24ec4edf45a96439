//! The forecast of one step.

use super::activation::Range;
use super::flop;
use super::plan::{Step, Work};
use super::sizes::MIB;
use super::tiles::Tile;

/// How a model gets onto the GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// All weights.
    Complete,
    /// As many modules as the budget holds; the others are streamed at every use.
    Partial,
    /// By pages on demand (dynamic VRAM).
    Dynamic,
    /// Still there from an earlier step: nothing is logged.
    Resident,
    /// WanVideoWrapper keeps a stated number of blocks in system memory, maybe none.
    Swapped,
    /// It runs on the CPU.
    Cpu,
}

/// The forecast of one step. All amounts in MiB; ComfyUI's names.
#[derive(Clone, Debug)]
pub struct Phase {
    /// What is done.
    pub work: Work,
    /// Id of the workflow's node.
    pub node: Option<String>,
    /// The model file.
    pub file: String,
    /// The class in "Requested to load ...".
    pub class: &'static str,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Pixel frames.
    pub frames: u32,
    /// Videos in the step.
    pub batch: u32,
    /// The tiles that the node asks for.
    pub tile: Option<Tile>,
    /// Videos through the model at once; twice the batch when conditional and unconditional pass run together.
    pub forward_batch: u32,
    /// A conditional and an unconditional pass are needed: cfg is not 1.
    pub guided: bool,
    /// Floating-point operations of one forward pass; `None` outside sampling.
    pub forward_flop: Option<f64>,
    /// What ComfyUI asks for beside the weights (memory_required); 0 for text encoders and CLIP vision.
    pub estimate_mib: f64,
    /// The budget for weights; `None` where there is none.
    pub usable_mib: Option<f64>,
    /// All weights of the model, as a complete load logs them.
    pub weights_mib: f64,
    /// The least that they may be, where the file's name leaves that open; else the same.
    pub least_weights_mib: f64,
    /// Weights on the GPU; `None` in the dynamic regime.
    pub loaded_mib: Option<f64>,
    /// Weights left in system memory; `None` in the dynamic regime.
    pub offloaded_mib: Option<f64>,
    /// "buffer reserved", v0.3.76 and later.
    pub buffer_mib: Option<f64>,
    /// Patched keys among offloaded modules.
    pub lowvram_patches: Option<u32>,
    /// How the model is loaded.
    pub load: Load,
    /// The lines about other models that are partly unloaded before.
    pub unload_lines: Vec<String>,
    /// The line that this release logs.
    pub log_line: Option<String>,
    /// True working memory; `None` where it is not modelled.
    pub activation_mib: Option<Range>,
    /// Other models of ours that stay on the GPU meanwhile.
    pub resident_mib: f64,
    /// Weights, streaming buffers and other models of ours together: the peak without the working memory.
    pub held_mib: f64,
    /// Weights, working memory, streaming buffers and other models of ours together, except pages that give way; `None` where the working memory is not
    /// modelled.
    pub peak_mib: Option<Range>,
    /// What remains of the card at the upper peak: total - others - peak. Negative when it does not fit.
    pub headroom_mib: Option<f64>,
    /// Weights that pass the bus at every forward: at most.
    pub streamed_mib: f64,
    /// The same at the lower working memory. Differs only in the dynamic regime.
    pub least_streamed_mib: f64,
    /// Pictures that the step takes or makes, in system memory.
    pub pictures_mib: f64,
    /// System memory for weights and frames, without what ComfyUI itself, the system and other nodes take.
    pub ram_mib: Range,
    /// The untiled VAE pass fails and ComfyUI retries with tiles. The other figures are those of the untiled attempt.
    pub tiled: bool,
    /// Even the lower peak exceeds the card and nothing can give way.
    pub exceeds: bool,
}

impl Phase {
    /// A phase that uses no VRAM yet.
    pub(crate) fn start(step: &Step, estimate_mib: f64, weights_mib: f64) -> Self {
        Self {
            work: step.work,
            node: step.node.clone(),
            file: step.model.file.clone(),
            class: step.model.spec.class,
            width: step.width,
            height: step.height,
            frames: step.frames,
            batch: step.batch,
            tile: step.tile,
            forward_batch: step.batch.max(1),
            guided: step.work == Work::Sample && step.cfg != Some(1.0),
            forward_flop: if step.work == Work::Sample { flop::forward(step) } else { None },
            estimate_mib,
            usable_mib: None,
            weights_mib,
            least_weights_mib: weights_mib,
            loaded_mib: None,
            offloaded_mib: None,
            buffer_mib: None,
            lowvram_patches: None,
            load: Load::Cpu,
            unload_lines: Vec::new(),
            log_line: None,
            activation_mib: Some((0.0, 0.0)),
            resident_mib: 0.0,
            held_mib: 0.0,
            peak_mib: None,
            headroom_mib: None,
            streamed_mib: 0.0,
            least_streamed_mib: 0.0,
            pictures_mib: Self::pictures_mib(step),
            ram_mib: (0.0, 0.0),
            tiled: false,
            exceeds: false,
        }
    }

    /// Sets peak and headroom from what is held besides the working memory.
    pub(crate) fn close(&mut self, held_mib: f64, available_mib: f64) {
        self.held_mib = held_mib;
        self.peak_mib = self.activation_mib.map(|(low, high)| (held_mib + low, held_mib + high));
        self.headroom_mib = self.peak_mib.map(|(_, high)| available_mib - high);
        self.exceeds = self.least_peak_mib() > available_mib && self.load != Load::Cpu;
    }

    /// Pictures of a VAE pass in system memory, MiB: three fp32 values a pixel (model_management.intermediate_device).
    pub fn pictures_mib(step: &Step) -> f64 {
        let videos = f64::from(step.frames) * f64::from(step.batch.max(1));
        if step.work.is_vae() { videos * f64::from(step.width) * f64::from(step.height) * 12.0 / MIB } else { 0.0 }
    }

    /// The lower peak, MiB; what is held where the working memory is not modelled.
    pub fn least_peak_mib(&self) -> f64 {
        self.peak_mib.map_or(self.held_mib, |(low, _)| low)
    }

    /// Weights that pass the bus at every forward, the same at both ends of the working memory.
    pub(crate) fn streams(&mut self, mib: f64) {
        (self.streamed_mib, self.least_streamed_mib) = (mib, mib);
    }

    /// Sampling with weights that cannot all stay on the GPU.
    pub fn offloads(&self) -> bool {
        self.work == Work::Sample
            && self.least_streamed_mib > 0.0
            && matches!(self.load, Load::Partial | Load::Dynamic | Load::Resident)
    }
}
