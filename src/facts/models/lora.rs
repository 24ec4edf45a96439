//! LoRAs: which modules they change, by the names that trainers give (ComfyUI `comfy/lora.py`, `comfy/weight_adapter/`).

use std::collections::BTreeMap;

use super::Keys;
use crate::catalog::models::{DitShape, ModelKind};
use crate::forecast::modules::listed::Listed;
use crate::forecast::{Name, Tree};

/// Names in front of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Naming {
    /// `diffusion_model.` with dots: ComfyUI's generic form.
    Generic,
    /// `lora_unet_` with underscores.
    Kohya,
    /// A text encoder's.
    Encoder,
    /// Another prefix, or none.
    Other,
}

/// One module that a LoRA changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoraModule {
    /// The weight changes.
    pub weight: bool,
    /// The bias changes.
    pub bias: bool,
    /// Width that goes in, where the shapes tell it.
    pub input: Option<u64>,
    /// Rank, where the shapes tell it.
    pub rank: Option<u64>,
}

/// What a LoRA holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lora {
    /// Modules by name: without prefix, dots as underscores.
    modules: BTreeMap<(Naming, String), LoraModule>,
}

/// What the end of a key says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The matrix on the side of the input: rank x input.
    Down,
    /// Another part of what changes the weight.
    Weight,
    /// Changes the bias.
    Bias,
    /// A number beside it.
    Beside,
}

/// Ends of keys, longer ones before those that they end in.
const ENDS: [(&str, End); 30] = [
    (".lora_down.weight", End::Down),
    (".lora_up.weight", End::Weight),
    (".lora_mid.weight", End::Beside),
    (".lora_A.default.weight", End::Down),
    (".lora_B.default.weight", End::Weight),
    (".lora_A.weight", End::Down),
    (".lora_B.weight", End::Weight),
    (".lora_B.bias", End::Beside),
    (".lora_linear_layer.down.weight", End::Down),
    (".lora_linear_layer.up.weight", End::Weight),
    (".lora.down.weight", End::Down),
    (".lora.up.weight", End::Weight),
    ("_lora.down.weight", End::Down),
    ("_lora.up.weight", End::Weight),
    (".lora_A", End::Down),
    (".lora_B", End::Weight),
    (".diff_b", End::Bias),
    (".diff", End::Weight),
    (".set_weight", End::Weight),
    (".alpha", End::Beside),
    (".dora_scale", End::Beside),
    (".reshape_weight", End::Beside),
    (".lokr_w1", End::Weight),
    (".lokr_w2", End::Weight),
    (".lokr_w1_a", End::Weight),
    (".lokr_w2_a", End::Weight),
    (".hada_w1_a", End::Weight),
    (".hada_w1_b", End::Beside),
    (".oft_blocks", End::Weight),
    (".oft_diag", End::Weight),
];

impl Lora {
    /// Reads it from a header; `None` when most of the tensors have other names than those of a LoRA.
    pub(super) fn of(keys: Keys) -> Option<Self> {
        let mut lora = Self::default();
        let mut named = 0;
        for tensor in &keys.weights.tensors {
            let Some((module, end)) = split(&tensor.name) else { continue };
            named += 1;
            lora.add(module, end, &tensor.shape);
        }
        (named * 2 > keys.weights.tensors.len() && !lora.modules.is_empty()).then_some(lora)
    }

    fn add(&mut self, module: &str, end: End, shape: &[u64]) {
        if end == End::Beside {
            return;
        }
        let (naming, name) = naming(module);
        let entry = self.modules.entry((naming, name.replace('.', "_"))).or_default();
        entry.weight |= end != End::Bias;
        entry.bias |= end == End::Bias;
        if end == End::Down {
            (entry.rank, entry.input) = (shape.first().copied(), shape.get(1).copied());
        }
    }

    /// How many modules it changes, text encoders aside.
    pub fn count(&self) -> usize {
        self.modules.keys().filter(|(naming, _)| *naming != Naming::Encoder).count()
    }

    /// It changes a text encoder as well.
    pub fn has_encoder(&self) -> bool {
        self.modules.keys().any(|(naming, _)| *naming == Naming::Encoder)
    }

    /// The rank that most modules have.
    pub fn rank(&self) -> Option<u64> {
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        self.modules.values().filter_map(|module| module.rank).for_each(|rank| *counts.entry(rank).or_default() += 1);
        counts.into_iter().max_by_key(|(rank, count)| (*count, *rank)).map(|(rank, _)| rank)
    }

    /// A module as ComfyUI looks it up for Wan: the generic form and kohya's, nothing else.
    fn loaded(&self, flat: &str) -> Option<&LoraModule> {
        let of = |naming| self.modules.get(&(naming, flat.to_owned()));
        of(Naming::Generic).or_else(|| of(Naming::Kohya))
    }

    /// A module under any prefix.
    fn named(&self, flat: &str) -> Option<&LoraModule> {
        let others = || {
            let names = self.modules.iter().filter(|((naming, _), _)| *naming == Naming::Other);
            names.into_iter().find(|((_, name), _)| name.ends_with(flat)).map(|(_, module)| module)
        };
        self.loaded(flat).or_else(others)
    }

    /// Modules of a Wan model that it changes, with weight and bias, by name.
    pub fn patches(&self, shape: &DitShape) -> Vec<(Name, bool, bool)> {
        let tree = Tree::of(&ModelKind::WanDit(*shape));
        let patched = tree.modules.iter().filter_map(|module| {
            let change = self.loaded(&module.name.text().replace('.', "_"))?;
            Some((module.name, change.weight, change.bias && module.bias > 0))
        });
        patched.collect()
    }

    /// The same for a model that its header lists; `None` when some of the names belong to none of its modules.
    pub fn patches_listed(&self, model: &Listed) -> Option<Vec<(Name, bool, bool)>> {
        let modules = model.names.iter().zip(&model.tree.modules);
        let patched: Vec<(Name, bool, bool)> = modules
            .filter_map(|(name, module)| {
                let change = self.loaded(&name.replace('.', "_"))?;
                Some((module.name, change.weight, change.bias && module.bias > 0))
            })
            .collect();
        (patched.len() == self.count() || model.working.is_some()).then_some(patched)
    }

    /// Width of the Wan model that it was made for: 5120 (14B), 3072 (5B), 1536 (1.3B), by a query of the first blocks.
    pub fn wan_width(&self) -> Option<u64> {
        let queries = (0..60).map(|block| format!("blocks_{block}_self_attn_q"));
        queries.into_iter().find_map(|name| self.named(&name)?.input).filter(|width| [5120, 3072, 1536].contains(width))
    }

    /// The names of the modules are Wan's, whatever stands in front of them.
    pub fn is_wan(&self) -> bool {
        const LEAVES: [&str; 6] =
            ["self_attn_q", "self_attn_v", "self_attn_o", "cross_attn_q", "cross_attn_v", "ffn_2"];
        let leaf =
            |name: &str| LEAVES.iter().any(|leaf| name.strip_suffix(leaf).is_some_and(|rest| rest.ends_with('_')));
        self.modules.keys().any(|(_, name)| name.contains("blocks_") && leaf(name))
    }

    /// Every name has a prefix that ComfyUI does not look up for Wan.
    pub fn is_unprefixed(&self) -> bool {
        !self.modules.is_empty() && self.modules.keys().all(|(naming, _)| *naming == Naming::Other)
    }

    /// The family whose module names these are.
    pub fn family(&self) -> Option<&'static str> {
        const FAMILIES: [(&str, &str); 7] = [
            ("transformer_blocks_0_img_mlp", "Qwen-Image"),
            ("double_blocks_", "Flux or Hunyuan"),
            ("single_blocks_", "Flux or Hunyuan"),
            ("single_transformer_blocks_", "Flux"),
            ("down_blocks_", "Stable Diffusion"),
            ("input_blocks_", "Stable Diffusion"),
            ("layers_0_attention_", "Z-Image or Lumina"),
        ];
        if self.is_wan() {
            return Some("Wan");
        }
        let has = |part: &str| self.modules.keys().any(|(_, name)| name.contains(part));
        FAMILIES.into_iter().find(|(part, _)| has(part)).map(|(_, family)| family)
    }
}

fn split(key: &str) -> Option<(&str, End)> {
    ENDS.iter().find_map(|(end, what)| key.strip_suffix(end).map(|module| (module, *what)))
}

/// The prefix, and the module without it. The Fun LoRAs have one underscore more (ComfyUI `lora_convert.py`).
fn naming(module: &str) -> (Naming, &str) {
    const PREFIXES: [(&str, Naming); 6] = [
        ("diffusion_model.", Naming::Generic),
        ("lora_unet__", Naming::Kohya),
        ("lora_unet_", Naming::Kohya),
        ("lora_te", Naming::Encoder),
        ("text_encoders.", Naming::Encoder),
        ("text_encoder.", Naming::Encoder),
    ];
    let found = PREFIXES.into_iter().find_map(|(prefix, naming)| Some((naming, module.strip_prefix(prefix)?)));
    found.unwrap_or((Naming::Other, module))
}
