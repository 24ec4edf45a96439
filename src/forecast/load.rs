//! Which modules of a model are loaded when not all fit (ComfyUI ModelPatcher.load).

use std::cmp::Reverse;

use super::eras::{self, Loader};
use super::modules::{Module, Op, Tree};
use super::plan::{ModelUse, Patched};
use super::setting::Setting;
use super::sizes::{Layout, MIB};
use super::weights::Weights;

/// The outcome of a load, in MiB as the log counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Split {
    /// Weights on the GPU.
    pub loaded: f64,
    /// Castable weights left in system memory.
    pub offloaded: f64,
    /// "buffer reserved".
    pub buffer: f64,
    /// Patched weight and bias keys among the offloaded modules ("lowvram patches").
    pub lowvram_patches: u32,
    /// Modules left in system memory.
    pub modules_out: u32,
    /// The largest module left in system memory.
    pub largest_out: f64,
}

/// A module in the loader's order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// What the loader sorts by: size, or offload cost from v0.3.76.
    pub key: u64,
    /// Bytes.
    pub size: u64,
    castable: bool,
    patches: u32,
}

/// Patched keys of a module: weight and bias. `None`: no LoRA is there.
pub(crate) fn patches(module: &Module, patched: Option<&Patched>) -> (bool, bool) {
    let Some(patched) = patched.filter(|_| module.op != Op::Plain) else { return (false, false) };
    let linear = module.op == Op::Linear;
    match patched {
        Patched::Blocks => (linear && module.name.stem() == "blocks", false),
        Patched::AllLinear => (linear, false),
        Patched::Everything => (true, module.bias > 0),
        Patched::Listed(list) => {
            let at = list.binary_search_by(|(name, ..)| name.cmp(&module.name)).ok();
            at.and_then(|at| list.get(at)).map_or((false, false), |&(_, weight, bias)| (weight, bias))
        }
    }
}

/// The model's modules, largest key first; ties fall to the larger size, then to the greater name.
pub(crate) fn candidates(tree: &Tree, layout: &Layout, patched: Option<&Patched>, loader: Loader) -> Vec<Candidate> {
    let of = |module: &Module| (module.name, candidate(module, layout, patches(module, patched), loader));
    let mut list: Vec<_> = tree.modules.iter().map(of).collect();
    list.sort_unstable_by_key(|(name, entry)| Reverse((entry.key, entry.size, *name)));
    list.into_iter().map(|(_, entry)| entry).collect()
}

fn candidate(module: &Module, layout: &Layout, patched: (bool, bool), loader: Loader) -> Candidate {
    let size = layout.module(module);
    let key = if loader == Loader::Size { size } else { size + cost(module, layout, patched, loader) };
    let patches = u32::from(patched.0) + u32::from(patched.1);
    Candidate { key, size, castable: module.op != Op::Plain, patches }
}

/// Bytes that using the module from system memory needs on top of it: room for patching, or for a cast.
fn cost(module: &Module, layout: &Layout, patched: (bool, bool), loader: Loader) -> u64 {
    let patch = if loader == Loader::Cost { 12 } else { 2 * layout.compute };
    let (weight, bias) = layout.tensors(module);
    let (weights, biases) = layout.counts(module);
    let of = |count: u64, bytes: u64, patched: bool, quantised: bool| {
        let cast = layout.cast.filter(|cast| quantised || bytes != count * cast);
        if patched { count * patch } else { count * cast.unwrap_or(0) }
    };
    let quantised = layout.is_quantised(module);
    let plain = if module.op == Op::Plain { 0 } else { of(weights, weight, patched.0, quantised) };
    plain + if module.op == Op::Plain { 0 } else { of(biases, bias, patched.1, false) }
}

/// Fills `usable_mib` with modules.
pub fn split(model: &ModelUse, setting: &Setting, usable_mib: f64) -> Split {
    let weights = Weights::of(model, setting);
    let mut split = fill(weights.order(), usable_mib * MIB, eras::loader(setting.version), eras::streams(setting));
    if model.spec.kind.listed().is_some_and(|listed| listed.gguf) {
        // The GGUF patcher puts patches beside the weights wherever they are: none is counted.
        split.lowvram_patches = 0;
    }
    split
}

fn fill(list: &[Candidate], budget: f64, loader: Loader, streams: usize) -> Split {
    let (mut loaded, mut buffer) = (0_u64, 0_u64);
    let mut out = Split::default();
    for (place, entry) in list.iter().enumerate() {
        let potential = buffer.max(lookahead(list, place, loader, streams));
        if ((loaded + entry.size + potential) as f64) < budget {
            loaded += entry.size;
            continue;
        }
        buffer = potential;
        if entry.castable {
            out.offloaded += entry.size as f64 / MIB;
            out.lowvram_patches += entry.patches;
            out.modules_out += 1;
            out.largest_out = out.largest_out.max(entry.size as f64 / MIB);
        }
    }
    out.loaded = loaded as f64 / MIB;
    out.buffer = buffer as f64 / MIB;
    out
}

/// The outcome of a partial unload, in MiB as the log counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Unload {
    /// Weights moved to system memory.
    pub freed: f64,
    /// Weights that stay on the GPU.
    pub remains: f64,
    /// "buffer reserved".
    pub buffer: f64,
    /// Patched weight and bias keys among the moved modules.
    pub lowvram_patches: u32,
}

/// Moves modules of a completely loaded model to system memory, the cheapest first, until more than `short_mib` are free. From
/// v0.3.76 the buffer for streaming them has to be freed as well (ModelPatcher.partially_unload).
pub(crate) fn unload(model: &ModelUse, short_mib: f64, setting: &Setting) -> Unload {
    let weights = Weights::of(model, setting);
    let list = weights.order();
    let (loader, streams) = (eras::loader(setting.version), eras::streams(setting));
    let mut out = Unload::default();
    let mut moved: Vec<u64> = Vec::new();
    for entry in list.iter().rev() {
        if short_mib + out.buffer < out.freed {
            break;
        }
        let ahead = match loader {
            Loader::Size => 0,
            Loader::Cost => entry.key.saturating_mul(streams as u64 + 1),
            Loader::CostAhead => entry.key + moved.iter().rev().take(streams).sum::<u64>(),
        };
        out.buffer = out.buffer.max(ahead as f64 / MIB);
        out.freed += entry.size as f64 / MIB;
        out.lowvram_patches += entry.patches;
        moved.push(entry.size);
    }
    out.remains = weights.listed_mib - out.freed;
    out
}

/// The buffer that offloading this module would need.
fn lookahead(list: &[Candidate], place: usize, loader: Loader, streams: usize) -> u64 {
    let own = list.get(place).map_or(0, |entry| entry.key);
    match loader {
        Loader::Size => 0,
        Loader::Cost => own.saturating_add(own.saturating_mul(streams as u64)),
        Loader::CostAhead => own + list.iter().skip(place + 1).take(streams).map(|next| next.size).sum::<u64>(),
    }
}
