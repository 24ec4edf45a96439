//! Everything besides the work that the numbers depend on, at one point.

use crate::facts::versions::Version;

pub use crate::facts::os::Os;

/// A machine, a ComfyUI version and its launch flags.
#[derive(Clone, Debug)]
pub struct Setting {
    /// ComfyUI release.
    pub version: Version,
    /// Operating system.
    pub os: Os,
    /// Linux inside Windows: no dynamic VRAM before v0.33.0.
    pub wsl: bool,
    /// Total VRAM in MiB as `cudaMemGetInfo` reports it.
    pub total_mib: f64,
    /// VRAM in MiB held by other programs, the desktop and this process's CUDA context.
    pub others_mib: f64,
    /// Total system memory in MiB.
    pub ram_mib: Option<f64>,
    /// CUDA compute capability.
    pub compute: (u8, u8),
    /// torch release.
    pub torch: Version,
    /// torch is built for CUDA 13 or later. `None`: unknown, the activation becomes a range.
    pub cuda13: Option<bool>,
    /// Launch flags.
    pub flags: MemoryFlags,
}

impl Setting {
    /// A setting without flags: torch 2.8, an RTX 40 class card, CUDA build unknown.
    pub fn new(version: Version, os: Os, total_mib: f64, others_mib: f64) -> Self {
        Self {
            version,
            os,
            wsl: false,
            total_mib,
            others_mib,
            ram_mib: None,
            compute: (8, 9),
            torch: Version::new(2, 8, 0),
            cuda13: None,
            flags: MemoryFlags::default(),
        }
    }

    /// The release is this one or a later one.
    pub fn since(&self, minor: u32, patch: u32) -> bool {
        self.version >= Version::new(0, minor, patch)
    }

    /// VRAM in MiB that this process can have: total less what others hold.
    pub fn available_mib(&self) -> f64 {
        self.total_mib - self.others_mib
    }
}

/// Launch flags that enter a number. The default is a launch without flags.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryFlags {
    /// `--reserve-vram`, GiB: replaces the default reserve.
    pub reserve_gib: Option<f64>,
    /// `--lowvram`, `--novram`, `--highvram`, `--gpu-only`, `--cpu`.
    pub vram: VramMode,
    /// `--use-...-attention`.
    pub attention: Attention,
    /// xformers can be imported and is not disabled. `None`: unknown, taken as no.
    pub xformers: Option<bool>,
    /// `--cpu-vae`
    pub cpu_vae: bool,
    /// `--disable-smart-memory`
    pub disable_smart_memory: bool,
    /// `--disable-dynamic-vram` (v0.16.0 and later)
    pub disable_dynamic: bool,
    /// `--enable-dynamic-vram` (v0.18.0 and later)
    pub enable_dynamic: bool,
    /// `--fast dynamic_vram` or a bare `--fast` (v0.12.0 to v0.15.1)
    pub fast_dynamic: bool,
    /// `--async-offload N`; `Some(0)` is `--disable-async-offload`.
    pub async_offload: Option<u32>,
    /// `--vram-headroom`, GiB (v0.25.0 and later)
    pub vram_headroom_gib: f64,
    /// `--fp16-vae`, `--bf16-vae`, `--fp32-vae`
    pub vae_dtype: Option<Dtype>,
    /// `--fast fp8_matrix_mult` or a bare `--fast`
    pub fast_fp8: bool,
    /// `--cache-classic`, `--cache-lru`, `--cache-none`, `--cache-ram`
    pub cache: Cache,
}

/// How long outputs of nodes are kept, models among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cache {
    /// No flag.
    #[default]
    Default,
    /// `--cache-classic`, `--high-ram`
    Classic,
    /// `--cache-lru`
    Lru,
    /// `--cache-none`
    None,
    /// `--cache-ram`
    Ram,
}

/// Floating-point types a model computes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    /// torch.float16
    Fp16,
    /// torch.bfloat16
    Bf16,
    /// torch.float32
    Fp32,
}

impl Dtype {
    /// Bytes of one element.
    pub const fn bytes(self) -> u64 {
        match self {
            Self::Fp16 | Self::Bf16 => 2,
            Self::Fp32 => 4,
        }
    }
}

/// ComfyUI's VRAM state (`model_management.VRAMState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VramMode {
    /// No flag, or `--normalvram`, which is never read.
    #[default]
    Normal,
    /// `--lowvram`
    Low,
    /// `--novram`
    No,
    /// `--highvram`
    High,
    /// `--gpu-only`
    GpuOnly,
    /// `--cpu`
    Cpu,
}

/// The attention that the launch asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attention {
    /// No flag.
    #[default]
    Default,
    /// `--use-pytorch-cross-attention`
    Pytorch,
    /// `--use-sage-attention`
    Sage,
    /// `--use-flash-attention`
    Flash,
    /// `--use-ck-attention`
    Ck,
    /// `--use-split-cross-attention`
    Split,
    /// `--use-quad-cross-attention`
    Quad,
}
