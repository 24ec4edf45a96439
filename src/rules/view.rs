//! What a rule is shown: facts, never raw text.

use crate::catalog::models::{self, ModelKind};
use crate::facts::launch::{self, Launch};
use crate::facts::machine::Machine;
use crate::facts::versions::Version;
use crate::facts::workflow::{Field, Loader, ModelChain};
use crate::finding::{FileIx, Location, NodeRef};
use crate::project::{Content, File, ScriptFile, WorkflowFile};
use crate::span::Span;
use crate::targets::Target;
use crate::workflow::graph::NodeIx;

/// One file.
#[derive(Clone, Copy)]
pub struct FileView<'a> {
    /// Its index.
    pub index: FileIx,
    /// The file.
    pub file: &'a File,
    /// The machine.
    pub machine: &'a Machine,
}

/// One start of ComfyUI.
pub struct LaunchView<'a> {
    /// The file it stands in.
    pub of: FileView<'a>,
    /// The script it stands in.
    pub script: &'a ScriptFile,
    /// The start.
    pub launch: &'a Launch,
}

/// One workflow.
pub struct WorkflowView<'a> {
    /// Its file.
    pub of: FileView<'a>,
    /// Graph and facts.
    pub workflow: &'a WorkflowFile,
}

/// Everything: for rules about pairs of launch and workflow.
pub struct ProjectView<'a> {
    /// All files.
    pub files: &'a [File],
    /// All targets.
    pub targets: &'a [Target],
    /// The machine.
    pub machine: &'a Machine,
}

impl FileView<'_> {
    /// A place in this file.
    pub fn at(&self, span: Span) -> Location {
        Location { file: self.index, span }
    }

    /// The script, when it starts ComfyUI or describes a container for it: other scripts are none of our business.
    pub fn script(&self) -> Option<&ScriptFile> {
        match &self.file.content {
            Content::Script(script) if !script.launches.is_empty() || launch::is_container_of_comfy(&script.script) => {
                Some(script)
            }
            _ => None,
        }
    }
}

impl LaunchView<'_> {
    /// ComfyUI's version: stated, else that of the checkout beside the script.
    pub fn comfyui(&self) -> Option<Version> {
        self.of.machine.comfyui.or_else(|| self.launch.checkout.as_ref().map(|found| found.version))
    }

    /// A place in the script.
    pub fn at(&self, span: Span) -> Location {
        self.of.at(span)
    }
}

impl WorkflowView<'_> {
    /// A place in the workflow's file.
    pub fn at(&self, span: Span) -> Location {
        self.of.at(span)
    }

    /// The node as the user knows it.
    pub fn node(&self, node: NodeIx) -> NodeRef {
        node_ref(self.workflow, node)
    }

    /// Latent channels (16 or 48) of the Wan model that samples the size of a node; `None` when unknown or not Wan.
    pub fn channels_at(&self, size_node: NodeIx) -> Option<u32> {
        let facts = &self.workflow.facts;
        let size = facts.sizes.iter().position(|size| size.node == size_node)?;
        let samplers = facts.samplers.iter().filter(|sampler| sampler.size == Some(size));
        let mut channels =
            samplers.map(|sampler| self.loader(&sampler.model).and_then(|loader| channels(&file_of(loader)?)));
        let first = channels.next()??;
        channels.all(|other| other == Some(first)).then_some(first)
    }

    /// The file that a loader node loads.
    pub fn model_file(&self, node: NodeIx) -> Option<String> {
        file_of(self.workflow.facts.loaders.iter().find(|loader| loader.node == node)?)
    }

    /// The loader of a model chain.
    pub fn loader(&self, chain: &ModelChain) -> Option<&Loader> {
        self.workflow.facts.loader(chain.loader?)
    }
}

/// A node for findings.
pub fn node_ref(workflow: &WorkflowFile, node: NodeIx) -> NodeRef {
    match workflow.graph.get(node) {
        Some(node) => NodeRef { id: node.id.clone(), class: node.class.clone(), title: node.title.clone() },
        None => NodeRef { id: String::new(), class: String::new(), title: None },
    }
}

/// How messages call a node: its title, else its class, and its id.
pub fn called(node: &NodeRef) -> String {
    let name = node.title.as_deref().filter(|title| !title.is_empty()).unwrap_or(&node.class);
    format!("{name} ({})", node.id)
}

/// The file that a loader loads, when it is known.
pub fn file_of(loader: &Loader) -> Option<String> {
    loader.file.value.clone()
}

/// Latent channels of a Wan diffusion model by its file: from the catalog, else from the size in its name.
pub fn channels(file: &str) -> Option<u32> {
    if let Some(ModelKind::WanDit(shape)) = models::identify(file).map(|spec| spec.kind) {
        return Some(shape.out_dim);
    }
    let words = words(file);
    let has = |word: &str| words.iter().any(|found| found == word);
    match words.iter().any(|word| word.starts_with("wan")) {
        true if has("5b") => Some(48),
        true if has("14b") || has("a14b") || words.windows(2).any(|pair| pair == ["1", "3b"]) => Some(16),
        _ => None,
    }
}

/// The words of a file name in lower case: `wan2.2_i2v_high_noise_14B` has `high`, `flow` does not hold `low`.
pub fn words(file: &str) -> Vec<String> {
    let name = crate::read::script::base_name(file).to_lowercase();
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The value of an optional field, when it is known.
pub fn value<T: Copy>(field: &Option<Field<T>>) -> Option<T> {
    field.as_ref()?.value
}

/// Where an optional field is written.
pub fn span<T>(field: &Option<Field<T>>) -> Span {
    field.as_ref().map_or(Span::default(), |field| field.span)
}

/// The noise stage that a file name claims: exactly one of `high` and `low`, and as the name of an expert.
pub fn stage(file: &str) -> Option<Stage> {
    let words = words(file);
    let has = |stage: &str| {
        words.iter().enumerate().any(|(at, word)| match word.strip_prefix(stage) {
            Some("noise" | "n") => true,
            Some("") => words.get(at + 1).is_none_or(|next| follows_an_expert(next)),
            _ => false,
        })
    };
    match (has("high"), has("low")) {
        (true, false) => Some(Stage::High),
        (false, true) => Some(Stage::Low),
        _ => None,
    }
}

/// What may stand behind `high` or `low` when it names an expert: the end of the name or a technical word. Anything else may
/// make an adjective of it, as in `low_light`, `high_quality` and `low_rank16`.
fn follows_an_expert(word: &str) -> bool {
    const WORDS: [&str; 24] = [
        "noise",
        "model",
        "expert",
        "lora",
        "loras",
        "safetensors",
        "sft",
        "gguf",
        "pt",
        "pth",
        "ckpt",
        "14b",
        "a14b",
        "i2v",
        "t2v",
        "fp8",
        "fp16",
        "bf16",
        "fp32",
        "int8",
        "e4m3fn",
        "e5m2",
        "scaled",
        "kj",
    ];
    let numbered =
        |mark: &str| word.strip_prefix(mark).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let number = word.bytes().all(|byte| byte.is_ascii_digit());
    WORDS.contains(&word) || number || ["v", "q", "e", "wan"].into_iter().any(numbered)
}

/// The two experts of Wan 2.2 14B.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// For the early, noisy steps.
    High,
    /// For the late steps.
    Low,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_words_of_the_name() {
        assert_eq!(stage("Wan2.2/wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors"), Some(Stage::High));
        assert_eq!(stage("Wan22_LowNoise.safetensors"), Some(Stage::Low));
        assert_eq!(stage("wan22-lownoise-q8.gguf"), Some(Stage::Low));
        assert_eq!(stage("slow_motion_glow.safetensors"), None);
        assert_eq!(stage("high_v1_and_low_v1.safetensors"), None);
        assert_eq!(stage("Wan2_2-I2V-A14B-HIGH_fp8_e4m3fn_scaled_KJ.safetensors"), Some(Stage::High));
        assert_eq!(stage("wan2.2-i2v-high-Q8_0.gguf"), Some(Stage::High));
        assert_eq!(stage("Wan2.2\\low.safetensors"), Some(Stage::Low));
    }

    #[test]
    fn adjectives_name_no_stage() {
        for file in
            ["low_light_film", "high_quality_wan22", "detail-low-res-fix", "lightx2v_low_rank16", "high_heels_v2"]
        {
            assert_eq!(stage(&format!("{file}.safetensors")), None, "{file}");
        }
    }

    #[test]
    fn channels_by_name() {
        assert_eq!(channels("wan2.2_ti2v_5B_fp16.safetensors"), Some(48));
        assert_eq!(channels("Wan2_2-T2V-A14B-LOW_fp8_KJ.safetensors"), Some(16));
        assert_eq!(channels("my_wan2.1_14B_merge.safetensors"), Some(16));
        assert_eq!(channels("flux1-dev.safetensors"), None);
    }
}
