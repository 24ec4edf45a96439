//! The machine: stated on the command line, in the environment or in `wanlint.toml`, or detected at a desk.
//!
//! Amounts are ranges. What nobody stated and nothing detected is unknown, and unknown never fires.

use serde::Deserialize;

use crate::catalog::gpus::{self, Match};
use crate::catalog::nodes::Catalog;
use crate::facts::host::Host;
use crate::facts::os::Os;
use crate::facts::versions::Version;
use crate::text::size_mib;

/// A range of MiB: smallest and largest possible value.
pub type Range = (f64, f64);

/// Where a fact comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag, an environment variable or `wanlint.toml`.
    Stated,
    /// Concluded from the files.
    Inferred,
    /// Read from this machine.
    Detected,
    /// Nobody knows.
    Unknown,
}

impl Origin {
    /// The word for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stated => "stated",
            Self::Inferred => "inferred",
            Self::Detected => "detected",
            Self::Unknown => "unknown",
        }
    }
}

/// What was said about the machine, as text: by flags, which win, and by `[machine]` in `wanlint.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Stated {
    /// Name of the card, an index, `auto` or `none`.
    pub gpu: Option<String>,
    /// Total VRAM.
    pub vram: Option<String>,
    /// VRAM held by other programs and the CUDA context.
    pub vram_used: Option<String>,
    /// System memory.
    pub ram: Option<String>,
    /// Operating system.
    #[cfg_attr(test, schemars(extend("enum" = ["windows", "linux", "wsl"])))]
    pub os: Option<String>,
    /// ComfyUI's version.
    pub comfyui: Option<String>,
    /// torch's version.
    pub torch: Option<String>,
    /// All cards of the machine, by the names of `nvidia-smi -L`. In `wanlint.toml` only.
    pub cards: Option<Vec<String>>,
    /// NVIDIA's driver. In `wanlint.toml` only.
    pub driver: Option<String>,
    /// The answer of the server's `/object_info`, as a file; a path in `wanlint.toml` is relative to it.
    pub object_info: Option<String>,
    /// Folders with model files. In `wanlint.toml` only.
    #[serde(default)]
    pub models: Vec<String>,
}

/// What a torch was built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TorchBuild {
    /// For CUDA: 128 is 12.8.
    Cuda(u32),
    /// For the processor alone.
    Cpu,
    /// For something else (ROCm, XPU).
    Other,
}

/// What the CUDA context and small tensors take more at a load than when the server had just started, MiB, at most.
///
/// Measured on an H100 (ComfyUI 0.3.64, torch 2.11, Wan 14B): 70.00 and 85.84 less usable than the start showed, of which 76 are the
/// context's kernels and workspaces. ComfyUI issue 10684 shows 170.12 between two loads of one start, the most that is known.
pub const GROWTH_MIB: f64 = 170.12;

/// What is known about the machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The card's name.
    pub gpu: Option<String>,
    /// Where the card comes from.
    pub origin: Origin,
    /// CUDA compute capability; `None` when only a VRAM size was stated.
    pub compute: Option<(u8, u8)>,
    /// Total VRAM when stated or detected; the catalog's range is in [`Machine::total_mib`].
    pub stated_total: Option<Range>,
    card: Option<gpus::Gpu>,
    /// VRAM held by others when stated or detected.
    pub stated_others: Option<Range>,
    /// That amount was looked at before a model was loaded, and its upper end allows for [`GROWTH_MIB`].
    pub others_may_grow: bool,
    /// System memory, MiB.
    pub ram_mib: Option<f64>,
    /// Operating system when stated; a launch script may imply another.
    pub os: Option<Os>,
    /// ComfyUI's version.
    pub comfyui: Option<Version>,
    /// torch's version.
    pub torch: Option<Version>,
    /// What torch was built for, when its version has a tag.
    pub torch_build: Option<TorchBuild>,
    /// True or false when torch's build tag says whether it was built for CUDA 13 or later.
    pub cuda13: Option<bool>,
    /// All cards, and the driver.
    pub host: Host,
    /// What is known about node classes: embedded facts, and the server's own when they were stated.
    pub catalog: Catalog,
}

impl Machine {
    /// Joins what was stated with what this machine shows; `detect` is asked only for a card that nobody stated.
    ///
    /// # Errors
    /// A sentence for the user: an unknown or ambiguous card, a size or version that is none.
    pub fn new(stated: &Stated, detect: impl FnOnce(Option<u32>) -> Option<Detected>) -> Result<Self, String> {
        let exact = |text: &Option<String>, flag: &str| {
            text.as_deref().map(size_mib).transpose().map_err(|error| format!("{flag}: {error}"))
        };
        let mut machine = Self {
            gpu: None,
            origin: Origin::Unknown,
            compute: None,
            stated_total: exact(&stated.vram, "--vram")?.map(|mib| (mib, mib)),
            card: None,
            stated_others: exact(&stated.vram_used, "--vram-used")?.map(whole_pages).map(|mib| (mib, mib)),
            others_may_grow: false,
            ram_mib: exact(&stated.ram, "--ram")?,
            os: stated.os.as_deref().map(str::parse).transpose()?,
            comfyui: version(&stated.comfyui, "--comfyui")?,
            torch: version(&stated.torch, "--torch")?,
            torch_build: stated.torch.as_deref().and_then(torch_build),
            cuda13: stated.torch.as_deref().and_then(built_for_cuda13),
            host: Host { cards: stated.cards.clone(), driver: stated.driver.clone() },
            catalog: Catalog::default(),
        };
        machine.host.check()?;
        machine.find_card(stated.gpu.as_deref(), detect)?;
        match machine.stated_total {
            Some((total, _)) if total <= 0.0 => Err("--vram: a card has more than 0 MiB".to_owned()),
            _ => Ok(machine),
        }
    }

    fn find_card(
        &mut self,
        name: Option<&str>,
        detect: impl FnOnce(Option<u32>) -> Option<Detected>,
    ) -> Result<(), String> {
        match name {
            Some("none") => Ok(()),
            Some("auto") | None => {
                if self.stated_total.is_some() && name.is_none() {
                    self.origin = Origin::Stated;
                } else if let Some(found) = detect(None) {
                    self.take(found);
                }
                Ok(())
            }
            Some(index) if index.parse::<u32>().is_ok_and(|index| index < 64) => match detect(index.parse().ok()) {
                Some(found) => {
                    self.take(found);
                    Ok(())
                }
                None => Err(format!("--gpu {index}: this machine shows no NVIDIA card of that index")),
            },
            Some(name) => self.state(name),
        }
    }

    fn state(&mut self, name: &str) -> Result<(), String> {
        match gpus::find(name) {
            Match::One(card) => {
                self.gpu = Some(card.name.to_owned());
                self.compute = Some(card.compute);
                self.card = Some(card);
                self.origin = Origin::Stated;
                Ok(())
            }
            Match::Ambiguous(names) => Err(format!("--gpu '{name}' could be {}: write one of these", names.join(", "))),
            Match::Unknown(near) if near.is_empty() => Err(format!(
                "--gpu '{name}' is not in the catalog of NVIDIA cards: write a name such as \"RTX 5090\", or state --vram alone"
            )),
            Match::Unknown(near) => {
                Err(format!("--gpu '{name}' is not in the catalog; did you mean {}?", near.join(" or ")))
            }
        }
    }

    fn take(&mut self, found: Detected) {
        self.origin = Origin::Detected;
        self.compute = found.compute;
        self.stated_total = self.stated_total.or(Some(found.total_mib));
        self.stated_others = self.stated_others.or(Some(found.others_mib));
        self.gpu = Some(found.name);
        self.host = std::mem::take(&mut self.host).or(found.host);
    }

    /// Takes over what others hold as a server tells it that runs: at least that, and as much more as its context may grow by.
    pub fn see_others(&mut self, held_mib: f64) {
        self.stated_others = Some((held_mib, held_mib + GROWTH_MIB));
        self.others_may_grow = true;
    }

    /// Total VRAM under a system, MiB; `None` when no card is known.
    pub fn total_mib(&self, os: Option<Os>) -> Option<Range> {
        self.stated_total.or_else(|| self.card.as_ref().map(|card| card.total_mib(self.os.or(os))))
    }

    /// VRAM held by other programs and by the CUDA context, MiB: stated, detected, or a usual range for the system.
    ///
    /// Measured on a Windows desktop with an RTX 5090: 1679.56 MiB at idle (ComfyUI issue 11186); the ranges around it
    /// and for headless Linux are estimates, and reports say so.
    pub fn others_mib(&self, os: Option<Os>) -> Range {
        self.stated_others.unwrap_or_else(|| self.usual_others_mib(os))
    }

    /// What other programs and the CUDA context usually hold, whatever was stated: the ranges of [`Machine::others_mib`].
    pub fn usual_others_mib(&self, os: Option<Os>) -> Range {
        match self.os.or(os) {
            Some(Os::Windows) if self.total_mib(os).is_some_and(|(low, _)| low > 15_360.0) => (1400.0, 1900.0),
            Some(Os::Windows) => (700.0, 1900.0),
            Some(Os::Linux) => (500.0, 700.0),
            None => (500.0, 1900.0),
        }
    }

    /// The same machine with another card, by the catalog.
    pub fn on_card(&self, card: &gpus::Gpu) -> Self {
        Self {
            gpu: Some(card.name.to_owned()),
            origin: Origin::Stated,
            compute: Some(card.compute),
            stated_total: None,
            card: Some(card.clone()),
            ..self.clone()
        }
    }

    /// True when a card (or a VRAM size) is known.
    pub fn has_gpu(&self) -> bool {
        self.stated_total.is_some() || self.card.is_some()
    }
}

/// What NVML says about one card.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    /// The driver's name for it.
    pub name: String,
    /// CUDA compute capability.
    pub compute: Option<(u8, u8)>,
    /// Total VRAM as CUDA may report it, MiB.
    pub total_mib: Range,
    /// VRAM in use now plus what a CUDA context takes, MiB.
    pub others_mib: Range,
    /// All cards, and the driver.
    pub host: Host,
}

/// GPU memory is handed out in pages, the smallest of 4 KiB: what is in use is a whole number of them.
fn whole_pages(mib: f64) -> f64 {
    (mib * 256.0).ceil() / 256.0
}

fn version(text: &Option<String>, flag: &str) -> Result<Option<Version>, String> {
    text.as_deref().map(str::parse).transpose().map_err(|error| format!("{flag}: {error}"))
}

/// `2.9.1+cu128`, `2.9.1+cpu`, `2.9.1+rocm6.4`; a version without a tag says nothing.
fn torch_build(torch: &str) -> Option<TorchBuild> {
    let tag = torch.split_once('+')?.1;
    let cuda = tag.strip_prefix("cu").and_then(|digits| digits.parse().ok());
    Some(match cuda {
        Some(number) => TorchBuild::Cuda(number),
        None if tag == "cpu" => TorchBuild::Cpu,
        None => TorchBuild::Other,
    })
}

/// `2.9.1+cu130` says CUDA 13, `2.9.1+cu128` says it does not; without a tag nobody knows.
fn built_for_cuda13(torch: &str) -> Option<bool> {
    let digits = torch.split_once("+cu")?.1;
    let tag: u32 = digits.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()?;
    Some(tag >= 130)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(gpu: &str, vram: Option<&str>) -> Result<Machine, String> {
        let stated = Stated { gpu: Some(gpu.into()), vram: vram.map(Into::into), ..Stated::default() };
        Machine::new(&stated, |_| None)
    }

    #[test]
    fn a_stated_card_has_a_range_and_an_exact_total_wins() {
        let card = machine("RTX 5090", None).unwrap();
        assert_eq!(card.total_mib(Some(Os::Windows)), Some((32606.5, 32607.5)));
        assert_eq!(card.others_mib(Some(Os::Windows)), (1400.0, 1900.0));
        let exact = machine("RTX 5090", Some("32606.5625MiB")).unwrap();
        assert_eq!(exact.total_mib(None), Some((32606.5625, 32606.5625)));
        assert!(!machine("none", None).unwrap().has_gpu());
    }

    #[test]
    fn mistakes_say_what_to_do() {
        assert!(machine("foo", None).unwrap_err().contains("not in the catalog"));
        assert!(machine("RTX 5091", None).unwrap_err().contains("RTX 5090"));
        assert!(machine("4060 Ti", None).unwrap_err().contains("RTX 4060 Ti 16GB"));
        assert!(machine("RTX 5090", Some("-3")).unwrap_err().contains("--vram"));
        assert!(machine("RTX 5090", Some("0")).is_err());
        assert!(machine("0", None).unwrap_err().contains("index"));
    }

    #[test]
    fn torch_build_tags() {
        assert_eq!(built_for_cuda13("2.9.1+cu130"), Some(true));
        assert_eq!(built_for_cuda13("2.9.1+cu128"), Some(false));
        assert_eq!(built_for_cuda13("2.9.1"), None);
        assert_eq!(torch_build("2.9.1+cu128"), Some(TorchBuild::Cuda(128)));
        assert_eq!(torch_build("2.9.1+cpu"), Some(TorchBuild::Cpu));
        assert_eq!(torch_build("2.9.1+rocm6.4"), Some(TorchBuild::Other));
    }
}
