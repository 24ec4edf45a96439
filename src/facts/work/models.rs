//! Which model does a piece of work: by the header of its file where it is at hand, else by name.

use std::collections::BTreeMap;

use super::{Gap, GapKind, Planner, gap};
use crate::catalog::models::{ModelKind, ModelSpec};
use crate::facts::loaded;
use crate::facts::workflow::{Loader, LoaderIx, LoaderKind, ModelChain, Sampler};
use crate::forecast::plan::{ModelUse, Patched, WeightDtype};
use crate::forecast::{Name, Work};

impl Planner<'_> {
    /// A model besides the sampler's: one that is not in the catalog leaves its phase out, and the notes say so.
    pub(super) fn side_model(&mut self, work: Work, loader: Option<LoaderIx>) -> Option<ModelUse> {
        let loader = loader.and_then(|index| self.facts.loader(index));
        let file = loader.and_then(|loader| loader.file.value.clone());
        let found = loader.and_then(|loader| self.spec(loader, work));
        let (Some(loader), Some(file), Some(spec)) = (loader, &file, found) else {
            let read = loader.is_some_and(|loader| self.models.of(self.graph, loader).recognised().is_some());
            let why = if read { "its modules are not modelled" } else { "not in the catalog" };
            let name = file.map_or("of an unknown file".to_owned(), |file| format!("{file} ({why})"));
            self.note(format!("the {} phase {name} is left out", work.name()));
            return None;
        };
        let mut model = ModelUse::new(&named(loader, file, work), spec);
        model.device_cpu = loader.device.as_ref().and_then(|device| device.value.as_deref()) == Some("cpu");
        Some(model)
    }

    pub(super) fn sampled_model(&self, sampler: &Sampler) -> Result<ModelUse, Gap> {
        let chain = &sampler.model;
        let loader = chain.loader.and_then(|index| self.facts.loader(index));
        let loader = loader.ok_or_else(|| gap(GapKind::Model, "the loader of the sampled model was not found"))?;
        let file =
            loader.file.value.clone().ok_or_else(|| gap(GapKind::Value, "the model's file name is not known"))?;
        let spec = self.modelled(loader, &file)?;
        let loras = u32::try_from(chain.loras.len()).unwrap_or(u32::MAX);
        let classes = || chain.others.iter().map(|&node| self.graph.class(node));
        Ok(ModelUse {
            weight_dtype: weight_dtype(loader),
            loras,
            patched: self.patched(chain, &spec).unwrap_or_else(|| assumed(&spec)),
            compiled: classes().any(|class| class == "TorchCompileModel"),
            ..ModelUse::new(&file, spec)
        })
    }

    pub(super) fn spec(&self, loader: &Loader, work: Work) -> Option<ModelSpec> {
        loaded::spec(self.models, self.graph, loader, work)
    }

    /// What is sampled with or counted in an estimate besides the latent and is not followed.
    fn uncounted(&self, spec: &ModelSpec) -> Option<&'static str> {
        if self.facts.loaders.iter().any(|loader| loader.kind == LoaderKind::Patch) {
            return Some("a control net or model patch is loaded beside the model, which is not modelled");
        }
        let class = spec.kind.listed()?.class.as_ref()?.class;
        let runs = |part: &str| self.facts.order.iter().any(|&node| self.graph.class(node).contains(part));
        let references = ["ReferenceLatent", "TextEncodeQwenImageEdit", "WanSoundImageToVideo", "SCAIL"];
        let counted = class.references.is_some() && references.iter().any(|part| runs(part));
        counted.then_some("ComfyUI's estimate counts reference latents, whose size is not followed")
    }

    fn modelled(&self, loader: &Loader, file: &str) -> Result<ModelSpec, Gap> {
        match loader.kind {
            LoaderKind::WanVideoModel => {
                Err(gap(GapKind::Model, "a model of WanVideoWrapper in ComfyUI's own sampler is not modelled"))
            }
            _ => self.diffusion(loader, file),
        }
    }

    pub(super) fn diffusion(&self, loader: &Loader, file: &str) -> Result<ModelSpec, Gap> {
        let shown = crate::read::script::base_name(file);
        let lookup = self.models.of(self.graph, loader);
        let name = lookup.model().map(|model| model.identity.name.as_str()).filter(|name| !name.is_empty());
        let why = name.map_or_else(
            || match loader.kind {
                LoaderKind::UnetGguf => format!("{shown} is known by its header only: state --models"),
                _ => format!("{shown} is not in the catalog of models: state --models to have its header read"),
            },
            |name| format!("{shown} holds {name}, whose modules are not modelled"),
        );
        let spec = self.spec(loader, Work::Sample).ok_or_else(|| gap(GapKind::Model, &why))?;
        match self.uncounted(&spec) {
            Some(why) => Err(gap(GapKind::Model, why)),
            None => Ok(spec),
        }
    }

    /// Which weights the LoRAs of a chain patch, when all their files are at hand. At strength 0 nothing is applied.
    fn patched(&self, chain: &ModelChain, spec: &ModelSpec) -> Option<Patched> {
        let mut all: BTreeMap<Name, (bool, bool)> = BTreeMap::new();
        for lora in chain.active_loras() {
            let loader = self.facts.loader(lora.loader)?;
            let lookup = self.models.of(self.graph, loader);
            let lora = lookup.model()?.identity.lora.as_ref()?;
            let patches = match &spec.kind {
                ModelKind::WanDit(shape) => lora.patches(shape),
                kind => lora.patches_listed(kind.listed()?)?,
            };
            for (name, weight, bias) in patches {
                let entry = all.entry(name).or_default();
                *entry = (entry.0 || weight, entry.1 || bias);
            }
        }
        Some(Patched::Listed(all.into_iter().map(|(name, (weight, bias))| (name, weight, bias)).collect()))
    }
}

/// The name under which a model is loaded: the parts of a checkpoint are models of their own.
fn named(loader: &Loader, file: &str, work: Work) -> String {
    match (loader.kind, work) {
        (LoaderKind::Checkpoint, Work::TextEncode) => format!("{file} (text encoder)"),
        (LoaderKind::Checkpoint, Work::VaeEncode | Work::VaeDecode) => format!("{file} (VAE)"),
        _ => file.to_owned(),
    }
}

/// Which weights LoRAs patch when their files are not at hand.
fn assumed(spec: &ModelSpec) -> Patched {
    if spec.kind.listed().is_some() { Patched::AllLinear } else { Patched::default() }
}

fn weight_dtype(loader: &Loader) -> Option<WeightDtype> {
    match loader.weight_dtype.as_ref()?.value.as_deref()? {
        "fp8_e4m3fn" => Some(WeightDtype::Fp8E4m3fn),
        "fp8_e4m3fn_fast" => Some(WeightDtype::Fp8E4m3fnFast),
        "fp8_e5m2" => Some(WeightDtype::Fp8E5m2),
        _ => None,
    }
}
