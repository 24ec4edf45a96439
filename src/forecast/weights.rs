//! A model's weights as a release keeps them. They do not depend on sizes, lengths or free memory, so a sweep computes them once.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::dynamic::{Prepared, prepared};
use super::eras::{self, Loader, Staging};
use super::load::{Candidate, candidates};
use super::modules::{Op, Tree};
use super::plan::{ModelUse, Patched};
use super::setting::Setting;
use super::sizes::{Layout, MIB};
use crate::catalog::models::ModelKind;

/// What the weights follow from.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    kind: ModelKind,
    layout: Layout,
    patched: Option<Patched>,
    loader: Loader,
    staging: Staging,
}

/// A model's weights as a release keeps them.
pub(crate) struct Weights {
    key: Key,
    tree: Arc<Tree>,
    /// Bytes of the loaded modules, as the complete load line counts them, MiB.
    pub listed_mib: f64,
    /// All tensors (`model_size`), MiB.
    pub size_mib: f64,
    order: OnceCell<Vec<Candidate>>,
    largest_mib: OnceCell<f64>,
    prepared: OnceCell<Prepared>,
}

/// More models than one workflow uses.
const MOST_RECENT: usize = 12;

thread_local! {
    /// Weights asked for last on this thread, newest first.
    static RECENT: RefCell<Vec<Rc<Weights>>> = const { RefCell::new(Vec::new()) };
}

impl Weights {
    /// The weights of a model under a setting.
    pub fn of(model: &ModelUse, setting: &Setting) -> Rc<Self> {
        let layout = Layout::of(model, setting);
        let (loader, staging) = (eras::loader(setting.version), eras::staging(setting.version));
        let patched = (model.loras > 0).then_some(&model.patched);
        let same = |key: &Key| {
            (key.layout, key.loader, key.staging) == (layout, loader, staging)
                && key.kind == model.spec.kind
                && key.patched.as_ref() == patched
        };
        RECENT.with_borrow_mut(|recent| {
            if let Some(known) = recent.iter().find(|known| same(&known.key)) {
                return Rc::clone(known);
            }
            let key = Key { kind: model.spec.kind.clone(), layout, patched: patched.cloned(), loader, staging };
            let weights = Rc::new(Self::build(key));
            recent.truncate(MOST_RECENT - 1);
            recent.insert(0, Rc::clone(&weights));
            weights
        })
    }

    fn build(key: Key) -> Self {
        let tree = Tree::of(&key.kind);
        Self {
            listed_mib: key.layout.listed(&tree) as f64 / MIB,
            size_mib: key.layout.model_size(&tree) as f64 / MIB,
            key,
            tree,
            order: OnceCell::new(),
            largest_mib: OnceCell::new(),
            prepared: OnceCell::new(),
        }
    }

    /// The modules in the loader's order.
    pub fn order(&self) -> &[Candidate] {
        let Key { layout, patched, loader, .. } = &self.key;
        self.order.get_or_init(|| candidates(&self.tree, layout, patched.as_ref(), *loader))
    }

    /// The largest module that can be streamed, MiB.
    pub fn largest_mib(&self) -> f64 {
        *self.largest_mib.get_or_init(|| {
            let castable = self.tree.modules.iter().filter(|module| module.op != Op::Plain);
            castable.map(|module| self.key.layout.module(module)).max().unwrap_or(0) as f64 / MIB
        })
    }

    /// What the dynamic loader says about them.
    pub fn prepared(&self) -> &Prepared {
        let Key { layout, patched, staging, .. } = &self.key;
        self.prepared.get_or_init(|| prepared(&self.tree, layout, patched.as_ref(), *staging))
    }

    /// All weights in 16 bit, MiB.
    pub fn in_16bit_mib(&self) -> f64 {
        2.0 * self.tree.modules.iter().map(|module| module.weight + module.bias).sum::<u64>() as f64 / MIB
    }
}
