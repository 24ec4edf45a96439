//! What a server said at its start.

use crate::facts::os::Os;
use crate::read::log::{Device, Fact, System};
use crate::span::Span;

/// What a server said at its start, or a report repeated later. The last word counts: a report is closer to the run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Start {
    /// ComfyUI's version as written.
    pub comfyui: Option<(String, Span)>,
    /// torch's version as written.
    pub torch: Option<(String, Span)>,
    /// Total VRAM, MiB, smallest and largest: printed without decimals, in a report to the byte.
    pub total_mib: Option<((f64, f64), Span)>,
    /// VRAM that was free at a report, MiB.
    pub free_mib: Option<(f64, Span)>,
    /// Total RAM, MiB.
    pub ram_mib: Option<(f64, Span)>,
    /// The card's name.
    pub card: Option<(String, Span)>,
    /// torch's allocator: `cudaMallocAsync` or `native`.
    pub allocator: Option<(String, Span)>,
    /// `NORMAL_VRAM` and the like.
    pub vram_state: Option<(String, Span)>,
    /// The attention that was chosen: `pytorch`, `sage`, `xformers`, ...
    pub attention: Option<(String, Span)>,
    /// The system.
    pub os: Option<(Os, Span)>,
    /// The words behind `main.py`.
    pub arguments: Option<(Vec<String>, Span)>,
    /// Whether dynamic VRAM is on.
    pub dynamic: Option<(bool, Span)>,
    /// Whether the optimised CUDA operations are there.
    pub kitchen: Option<(bool, Span)>,
    /// The VAE's data type.
    pub vae_dtype: Option<(String, Span)>,
}

impl Start {
    /// Takes a fact over.
    pub(super) fn take(&mut self, fact: &Fact, span: Span) {
        match fact {
            Fact::Comfyui(version) => self.comfyui = Some((version.clone(), span)),
            Fact::Torch(version) => self.torch = Some((version.clone(), span)),
            Fact::Memory { vram, ram } => {
                self.total_mib = Some(((vram - 0.5, vram + 0.5), span));
                self.ram_mib = ram.map(|ram| (ram, span));
            }
            Fact::Card(name, allocator) => {
                self.card = Some((name.clone(), span));
                self.allocator = allocator.clone().map(|name| (name, span)).or(self.allocator.take());
            }
            Fact::VramState(state) => self.vram_state = Some((state.clone(), span)),
            Fact::Attention(name) => self.attention = Some((name.clone(), span)),
            Fact::System(system) => self.os = Some((os(*system), span)),
            Fact::Arguments(words) => self.arguments = Some((words.clone(), span)),
            Fact::Dynamic(on) => self.dynamic = Some((*on, span)),
            Fact::Kitchen(there) => self.kitchen = Some((*there, span)),
            Fact::VaeDtype(dtype) => self.vae_dtype = Some((dtype.clone(), span)),
            Fact::WeightDtype(..) => {}
            Fact::Report(Device::Total(bytes)) => {
                let mib = in_mib(*bytes);
                self.total_mib = Some(((mib, mib), span));
            }
            Fact::Report(Device::Free(bytes)) => self.free_mib = Some((in_mib(*bytes), span)),
        }
    }
}

fn os(system: System) -> Os {
    match system {
        System::Windows => Os::Windows,
        System::Linux => Os::Linux,
    }
}

fn in_mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
