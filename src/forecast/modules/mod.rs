//! Module trees: every module that owns weights, by its name in ComfyUI's `named_modules`, with the sizes of its weight and bias.
//!
//! The load decision works on this list, so it is derived from the architecture constants and not from a file.

mod dit;
mod encoders;
pub mod listed;
mod vae;

use std::cell::RefCell;
use std::cmp::Ordering;
use std::sync::Arc;

use crate::catalog::models::ModelKind;
use listed::Kept;

/// A module's place in the tree. Compares like the dotted name does as a string, without building it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    stem: &'static str,
    index: u16,
    middle: &'static str,
    inner: u16,
    leaf: &'static str,
}

impl Name {
    /// A name without numbers to sort by.
    pub const fn flat(stem: &'static str) -> Self {
        Self { stem, index: 0, middle: "", inner: 0, leaf: "" }
    }

    /// `stem.index.leaf`
    pub const fn at(stem: &'static str, index: u32, leaf: &'static str) -> Self {
        Self { stem, index: rank(index), middle: "", inner: 0, leaf }
    }

    /// `stem.index.middle.inner.leaf`
    pub const fn deep(stem: &'static str, index: u32, middle: &'static str, inner: u32, leaf: &'static str) -> Self {
        Self { stem, index: rank(index), middle, inner: rank(inner), leaf }
    }

    /// A place in a list of names that are in order.
    pub const fn listed(place: u32) -> Self {
        Self { stem: "", index: (place >> 16) as u16, middle: "", inner: place as u16, leaf: "" }
    }

    /// The dotted name; that of a place in a list is kept beside the list.
    pub fn text(&self) -> String {
        let mut text = self.stem.to_owned();
        for (part, number) in [(self.middle, self.index), (self.leaf, self.inner)] {
            if let Some(number) = number.checked_sub(1) {
                text += &format!(".{}", unrank(number));
            }
            if !part.is_empty() {
                text += &format!(".{part}");
            }
        }
        text
    }

    /// The part before the first number.
    pub const fn stem(&self) -> &'static str {
        self.stem
    }
}

/// The number at a place among decimal strings: the inverse of [`rank`].
const fn unrank(place: u16) -> u16 {
    if place.is_multiple_of(11) { place / 11 } else { (place / 11) * 10 + place % 11 - 1 }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let parts = texts(self.stem, other.stem).then(self.index.cmp(&other.index));
        let inner = || texts(self.middle, other.middle).then(self.inner.cmp(&other.inner));
        parts.then_with(inner).then_with(|| texts(self.leaf, other.leaf))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Sorting a model's modules compares names most of the time, and mostly one constant with itself.
fn texts(a: &'static str, b: &'static str) -> Ordering {
    if std::ptr::eq(a, b) { Ordering::Equal } else { a.cmp(b) }
}

/// Place of a number below 100 among decimal strings: 0, 1, 10, 11, ..., 19, 2, 20, ...
const fn rank(index: u32) -> u16 {
    let place = if index < 10 { index * 11 } else { (index / 10) * 11 + 1 + index % 10 };
    (place + 1) as u16
}

/// How a module stores and casts its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// A Linear: the only kind fp8_scaled files quantise.
    Linear,
    /// A convolution, norm or embedding in the model's dtype.
    Castable,
    /// Declared fp32 whatever the model's dtype (patch embeddings, CLIP's outer norms).
    Fp32,
    /// Parameters on a module that cannot cast: it can only be loaded, never streamed.
    Plain,
}

/// A module that owns weights and has no children with weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
    /// Where it sits.
    pub name: Name,
    /// How it stores its weights.
    pub op: Op,
    /// Elements of the weight.
    pub weight: u64,
    /// Elements of the bias, 0 when absent.
    pub bias: u64,
    /// What the file decides about its tensors.
    pub kept: Kept,
}

/// The weights of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Modules that the loader lists.
    pub modules: Vec<Module>,
    /// Elements of parameters on modules with children: counted in the model's size, in no load line.
    pub loose: u64,
    /// Bytes of buffers and of parameters with a fixed dtype, likewise outside the load line.
    pub buffer_bytes: u64,
}

/// More models than one workflow uses.
const MOST_RECENT: usize = 8;

thread_local! {
    /// Trees asked for last on this thread, newest first.
    static RECENT: RefCell<Vec<(ModelKind, Arc<Tree>)>> = const { RefCell::new(Vec::new()) };
}

impl Tree {
    /// The tree of a model. A sweep asks for the same ones thousands of times: each thread keeps those it asked for last.
    pub fn of(kind: &ModelKind) -> Arc<Self> {
        RECENT.with_borrow_mut(|recent| {
            if let Some((_, tree)) = recent.iter().find(|(known, _)| known == kind) {
                return Arc::clone(tree);
            }
            recent.truncate(MOST_RECENT - 1);
            let tree = Self::build(kind);
            recent.insert(0, (kind.clone(), Arc::clone(&tree)));
            tree
        })
    }

    fn build(kind: &ModelKind) -> Arc<Self> {
        Arc::new(match kind {
            ModelKind::WanDit(shape) => dit::tree(shape),
            ModelKind::Umt5Xxl => encoders::umt5_xxl(),
            ModelKind::ClipVisionH => encoders::clip_vision_h(),
            ModelKind::WanVae21 => vae::wan21(),
            ModelKind::WanVae22 => vae::wan22(),
            ModelKind::Listed(model) => return Arc::clone(&model.tree),
        })
    }

    /// Elements of all parameters; buffers do not count.
    pub fn elements(&self) -> u64 {
        self.modules.iter().map(|module| module.weight + module.bias).sum::<u64>() + self.loose
    }

    fn push(&mut self, name: Name, op: Op, weight: u64, bias: u64) {
        self.modules.push(Module { name, op, weight, bias, kept: Kept::ByModel });
    }

    fn linear(&mut self, name: Name, input: u64, output: u64) {
        self.push(name, Op::Linear, input * output, output);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for index in 0..99 {
            assert_eq!(Name::at("blocks", index, "ffn.0").text(), format!("blocks.{index}.ffn.0"));
            let deep = Name::deep("encoder.block", index, "layer", 0, "q").text();
            assert_eq!(deep, format!("encoder.block.{index}.layer.0.q"));
        }
        assert_eq!(Name::flat("head.head").text(), "head.head");
        assert_eq!(Name::at("vace_blocks", 7, "after_proj").text(), "vace_blocks.7.after_proj");
    }

    #[test]
    fn names_order_as_strings_do() {
        let by_rank = |i| Name::at("blocks", i, "ffn.0");
        let by_text = |i: u32| format!("blocks.{i}.ffn.0");
        for a in 0..40 {
            for b in 0..40 {
                assert_eq!(by_rank(a).cmp(&by_rank(b)), by_text(a).cmp(&by_text(b)), "{a} {b}");
            }
        }
        assert!(Name::flat("time_embedding.2") > Name::at("blocks", 9, "ffn.0"));
    }
}
