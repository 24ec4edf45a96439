//! What a server says about itself and its machine when it starts, and what error reports repeat.

use super::memory::Device;
use super::{after, number, word};

/// Something about the machine or the start.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// `ComfyUI version: 0.3.70`
    Comfyui(String),
    /// `pytorch version: 2.8.0+cu128`
    Torch(String),
    /// `Total VRAM 32607 MB, total RAM 65277 MB`
    Memory {
        /// Total VRAM as printed, without decimals.
        vram: f64,
        /// Total RAM as printed.
        ram: Option<f64>,
    },
    /// `Device: cuda:0 NVIDIA GeForce RTX 5090 : cudaMallocAsync`: the card, and the allocator.
    Card(String, Option<String>),
    /// `Set vram state to: NORMAL_VRAM`
    VramState(String),
    /// `Using pytorch attention`: the name.
    Attention(String),
    /// The system.
    System(System),
    /// The words behind `main.py` in an echoed command or a report.
    Arguments(Vec<String>),
    /// DynamicVRAM is on, or ComfyUI falls back.
    Dynamic(bool),
    /// Optimised CUDA operations are there (or not): the start-up lines of v0.8.1 and later.
    Kitchen(bool),
    /// `VAE load device: ... dtype: torch.bfloat16`
    VaeDtype(String),
    /// `model weight dtype torch.float16, manual cast: None`
    WeightDtype(String, String),
    /// What an error report says about the card.
    Report(Device),
}

/// The system that a log comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Native Windows.
    Windows,
    /// Linux, WSL included.
    Linux,
}

/// A line about the start or the machine.
pub(super) fn read(text: &str) -> Option<Fact> {
    let plain = text.trim_start_matches(['#', '-', '*', ' ']);
    version(plain).or_else(|| card(plain)).or_else(|| settings(plain)).or_else(|| command(text))
}

/// The value of `Name: value`, `**Name:** value`; names are compared without case.
fn value<'a>(plain: &'a str, name: &str) -> Option<&'a str> {
    let head = plain.get(..name.len())?;
    let rest = plain.get(name.len()..)?.trim_start_matches('*').trim_start();
    let rest = rest.strip_prefix(':')?;
    head.eq_ignore_ascii_case(name).then(|| rest.trim_start_matches(['*', ' ']).trim())
}

fn version(plain: &str) -> Option<Fact> {
    if let Some(version) = value(plain, "ComfyUI version").and_then(word) {
        return Some(Fact::Comfyui(version.to_owned()));
    }
    let torch = value(plain, "pytorch version").or_else(|| value(plain, "Torch version")).and_then(word);
    if let Some(version) = torch {
        return Some(Fact::Torch(version.to_owned()));
    }
    let system = value(plain, "Platform").or_else(|| value(plain, "OS")).or_else(|| value(plain, "Python version"))?;
    system_of(system).map(Fact::System)
}

/// `Windows`, `nt`, and the compiler in Python's version; Clang builds Python on several systems and says nothing.
fn system_of(text: &str) -> Option<System> {
    let is = |names: &[&str]| names.iter().any(|name| text.starts_with(name));
    match text {
        _ if text.contains("[MSC v.") || text == "nt" || is(&["Windows", "win32"]) => Some(System::Windows),
        _ if text.contains("[GCC") || is(&["Linux", "linux"]) => Some(System::Linux),
        _ => None,
    }
}

fn card(plain: &str) -> Option<Fact> {
    if let Some(rest) = plain.strip_prefix("Total VRAM ") {
        let (vram, rest) = number(rest)?;
        let ram = after(rest, "total RAM ").and_then(number).map(|(ram, _)| ram);
        return Some(Fact::Memory { vram, ram });
    }
    let device = value(plain, "Device").or_else(|| value(plain, "Name").filter(|name| name.starts_with("cuda:")))?;
    let (_, name) = device.split_once(' ').filter(|(index, _)| index.starts_with("cuda"))?;
    match name.rsplit_once(" : ") {
        Some((name, allocator)) => Some(Fact::Card(name.trim().to_owned(), Some(allocator.trim().to_owned()))),
        None => Some(Fact::Card(name.trim().to_owned(), None)),
    }
}

fn settings(plain: &str) -> Option<Fact> {
    let starts = |phrase: &str| plain.strip_prefix(phrase);
    if let Some(state) = starts("Set vram state to: ").and_then(word) {
        return Some(Fact::VramState(state.to_owned()));
    }
    if let Some(name) = starts("Using ").and_then(|rest| rest.strip_suffix(" attention")) {
        return Some(Fact::Attention(name.to_owned()));
    }
    if starts("Using sub quadratic optimization for attention").is_some() {
        return Some(Fact::Attention("sub quadratic".to_owned()));
    }
    if plain.contains("DynamicVRAM support detected and enabled") {
        return Some(Fact::Dynamic(true));
    }
    if plain.contains("Falling back to legacy ModelPatcher") {
        return Some(Fact::Dynamic(false));
    }
    if plain.contains("pytorch with cu130 or higher to use optimized CUDA operations") {
        return Some(Fact::Kitchen(false));
    }
    if let Some(rest) = after(plain, "Found comfy_kitchen backend cuda: ") {
        return Some(Fact::Kitchen(rest.contains("'available': True") && !rest.contains("'disabled': True")));
    }
    dtypes(plain)
}

fn dtypes(plain: &str) -> Option<Fact> {
    if let Some(dtype) = plain.strip_prefix("VAE load device").and_then(|rest| after(rest, "dtype: ")).and_then(word) {
        return Some(Fact::VaeDtype(dtype.to_owned()));
    }
    let rest = plain.strip_prefix("model weight dtype ")?;
    let (dtype, cast) = rest.split_once(", manual cast: ")?;
    Some(Fact::WeightDtype(dtype.to_owned(), word(cast)?.to_owned()))
}

/// `...\python.exe -s ComfyUI\main.py --windows-standalone-build`, as cmd echoes it and reports repeat it.
fn command(text: &str) -> Option<Fact> {
    let rest = after(text, "main.py")?;
    let rest = rest.trim_start_matches(['"', '\'']);
    if !rest.is_empty() && !rest.starts_with(' ') {
        return None;
    }
    let words: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
    let is_command = words.first().is_none_or(|word| word.starts_with("--"));
    let echoed = text.contains("python") || value(text.trim_start_matches(['-', '*', ' ']), "Arguments").is_some();
    // A line of a traceback names main.py as well: File "main.py", line 12.
    (is_command && echoed && !text.trim_start().starts_with("File ")).then_some(Fact::Arguments(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_start() {
        let card = |name: &str, allocator: &str| Some(Fact::Card(name.to_owned(), Some(allocator.to_owned())));
        for (line, fact) in [
            ("Total VRAM 32607 MB, total RAM 65277 MB", Some(Fact::Memory { vram: 32607.0, ram: Some(65277.0) })),
            (
                "Device: cuda:0 NVIDIA GeForce RTX 5090 : cudaMallocAsync",
                card("NVIDIA GeForce RTX 5090", "cudaMallocAsync"),
            ),
            ("- **ComfyUI Version:** 0.3.76", Some(Fact::Comfyui("0.3.76".to_owned()))),
            ("### ComfyUI Version: v0.3.70 | Released on '2025-11-18'", Some(Fact::Comfyui("v0.3.70".to_owned()))),
            ("ComfyUI frontend version: 1.28.9", None),
            ("Using pytorch attention in VAE", None),
            ("Using pytorch attention", Some(Fact::Attention("pytorch".to_owned()))),
            ("** Platform: Windows", Some(Fact::System(System::Windows))),
            ("- **OS:** nt", Some(Fact::System(System::Windows))),
            ("Python version: 3.12.3 (main, Jun 18 2025) [GCC 13.3.0]", Some(Fact::System(System::Linux))),
            ("Python version: 3.12.3 (main) [Clang 20.1.4 ]", None),
            ("  File \"/x/python/main.py\", line 12", None),
            ("python main.py\u{e9}", None),
        ] {
            assert_eq!(read(line), fact, "{line}");
        }
        let Some(Fact::Arguments(words)) = read(r".\python_embeded\python.exe -s ComfyUI\main.py --reserve-vram 4")
        else {
            panic!("no arguments")
        };
        assert_eq!(words, ["--reserve-vram", "4"]);
    }
}
