//! `/system_stats`: versions, arguments and memory of a server that runs.

use serde::Deserialize;

use crate::facts::os::Os;

/// Bytes in a MiB.
const MIB: f64 = 1_048_576.0;

/// What a server says about itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Answer")]
pub struct Stats {
    /// Its release: `0.3.64`; servers before 0.3.8 did not say.
    pub comfyui: Option<String>,
    /// PyTorch's, with its build: `2.8.0+cu129`.
    pub torch: Option<String>,
    /// Python's, with its compiler.
    pub python: Option<String>,
    /// Its system; `None` where the word may mean several.
    pub os: Option<Os>,
    /// Whether it runs in the Python of the portable package.
    pub embedded_python: bool,
    /// What it was started with: the script first, then its flags.
    pub argv: Vec<String>,
    /// Memory of the machine, MiB.
    pub ram_total_mib: Option<f64>,
    /// What of it is free now, MiB.
    pub ram_free_mib: Option<f64>,
    /// The main device first; before 0.23 it is the only one.
    pub devices: Vec<Device>,
}

/// A device that a server computes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// As the server names it: `cuda:0 NVIDIA GeForce RTX 5090 : cudaMallocAsync`.
    pub name: String,
    /// `cuda`, `cpu`, `mps`, ...
    pub kind: String,
    /// Which of its kind.
    pub index: Option<u64>,
    /// Its memory, MiB.
    pub total_mib: f64,
    /// What nobody holds of it, with what PyTorch holds for itself and does not use, MiB.
    pub free_mib: f64,
    /// What PyTorch holds of it, MiB.
    pub torch_total_mib: f64,
    /// What PyTorch holds and does not use, MiB.
    pub torch_free_mib: f64,
}

impl Device {
    /// The name of the card alone: `NVIDIA GeForce RTX 5090`.
    pub fn card(&self) -> &str {
        let name = self.name.split(" : ").next().unwrap_or_default();
        match name.split_once(' ') {
            Some((device, card)) if device.starts_with("cuda:") || device.starts_with("xpu:") => card.trim(),
            _ => name.trim(),
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    system: System,
    devices: Vec<Listed>,
}

#[derive(Deserialize)]
struct System {
    os: Option<String>,
    ram_total: Option<f64>,
    ram_free: Option<f64>,
    comfyui_version: Option<String>,
    python_version: Option<String>,
    pytorch_version: Option<String>,
    #[serde(default)]
    embedded_python: bool,
    #[serde(default)]
    argv: Vec<String>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    index: Option<u64>,
    #[serde(default)]
    vram_total: f64,
    #[serde(default)]
    vram_free: f64,
    #[serde(default)]
    torch_vram_total: f64,
    #[serde(default)]
    torch_vram_free: f64,
}

impl From<Answer> for Stats {
    fn from(answer: Answer) -> Self {
        let system = answer.system;
        let devices: Vec<Device> = answer.devices.into_iter().map(Device::from).collect();
        Self {
            comfyui: system.comfyui_version,
            torch: system.pytorch_version,
            python: system.python_version,
            os: system.os.as_deref().and_then(|word| os(word, &devices)),
            embedded_python: system.embedded_python,
            argv: system.argv,
            ram_total_mib: system.ram_total.map(|bytes| bytes / MIB),
            ram_free_mib: system.ram_free.map(|bytes| bytes / MIB),
            devices,
        }
    }
}

impl From<Listed> for Device {
    fn from(listed: Listed) -> Self {
        Self {
            name: listed.name,
            kind: listed.kind,
            index: listed.index,
            total_mib: listed.vram_total / MIB,
            free_mib: listed.vram_free / MIB,
            torch_total_mib: listed.torch_vram_total / MIB,
            torch_free_mib: listed.torch_vram_free / MIB,
        }
    }
}

/// Servers before 0.4 give Python's `os.name`, newer ones `sys.platform`. `posix` may be a Mac, but none with CUDA.
fn os(word: &str, devices: &[Device]) -> Option<Os> {
    match word {
        "nt" | "win32" => Some(Os::Windows),
        "linux" => Some(Os::Linux),
        "posix" if devices.iter().any(|device| device.kind == "cuda") => Some(Os::Linux),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(os: &str, device: &str) -> Stats {
        let text = format!(
            r#"{{"system": {{"os": "{os}"}}, "devices": [{{"name": "{device}", "type": "cuda", "index": 0}}]}}"#
        );
        serde_json::from_str(&text).expect("stats")
    }

    #[test]
    fn both_eras() {
        let text = r#"{"system": {"os": "nt", "ram_total": 68719476736, "ram_free": 1048576, "comfyui_version": "0.3.64",
            "python_version": "3.12.10", "pytorch_version": "2.8.0+cu129", "embedded_python": true, "argv": ["main.py", "--lowvram"],
            "something_new": {}}, "devices": [{"name": "cuda:0 NVIDIA GeForce RTX 5090 : cudaMallocAsync", "type": "cuda", "index": 0,
            "vram_total": 34190917632, "vram_free": 32212254720, "torch_vram_total": 0, "torch_vram_free": 0}]}"#;
        let stats: Stats = serde_json::from_str(text).expect("stats");
        assert_eq!((stats.os, stats.ram_total_mib), (Some(Os::Windows), Some(65536.0)));
        assert_eq!(stats.argv, ["main.py", "--lowvram"]);
        assert_eq!((stats.devices[0].card(), stats.devices[0].free_mib), ("NVIDIA GeForce RTX 5090", 30720.0));
        let cpu = r#"{"system": {"os": "darwin"}, "devices": [{"name": "cpu", "type": "cpu", "index": null}]}"#;
        let stats: Stats = serde_json::from_str(cpu).expect("stats");
        assert_eq!((stats.os, stats.devices[0].card()), (None, "cpu"));
        let old = super::tests::stats("posix", "cuda:0 NVIDIA GeForce RTX 3090 : native");
        assert_eq!((old.os, old.devices[0].card()), (Some(Os::Linux), "NVIDIA GeForce RTX 3090"));
        assert!(serde_json::from_str::<Stats>("{}").is_err());
    }
}
