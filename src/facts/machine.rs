//! The machine: stated on the command line, in the environment or in `wanlint.toml`, or detected at a desk.
//!
//! Amounts are ranges. What nobody stated and nothing detected is unknown, and unknown never fires.

mod memory;
mod torch;

use serde::Deserialize;

use crate::catalog::gpus::{self, Match};
use crate::catalog::nodes::Catalog;
use crate::facts::host::Host;
use crate::facts::os::Os;
use crate::facts::versions::Version;
use crate::text::size_mib;

pub use memory::GROWTH_MIB;
use memory::whole_pages;
pub use torch::TorchBuild;
use torch::{built_for_cuda13, torch_build};

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

fn version(text: &Option<String>, flag: &str) -> Result<Option<Version>, String> {
    text.as_deref().map(str::parse).transpose().map_err(|error| format!("{flag}: {error}"))
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
}
