//! The part of the work that WanVideoWrapper samples.

use super::{Gap, GapKind, Planner, gap, pixels};
use crate::catalog::models::ModelKind;
use crate::facts::wrapper;
use crate::forecast::plan::ModelUse;
use crate::forecast::{Step, Work};
use crate::workflow::graph::NodeIx;

impl Planner<'_> {
    /// Sampling with WanVideoWrapper, which decodes and encodes with nodes of its own.
    pub(super) fn wrapped(&mut self, node: NodeIx) -> Result<(), Gap> {
        let found = wrapper::sampling(self.graph, node)?;
        let loader = self.facts.loader_at(found.loader);
        let loader = loader.ok_or_else(|| gap(GapKind::Model, "the loader of the sampled model was not found"))?;
        let file = loader.file.value.clone();
        let file = file.ok_or_else(|| gap(GapKind::Value, "the model's file name is not known"))?;
        if file.ends_with(".gguf") {
            return Err(gap(GapKind::Model, "GGUF weights in WanVideoWrapper are not modelled"));
        }
        let spec = self.diffusion(loader, &file)?;
        if !matches!(spec.kind, ModelKind::WanDit(_)) {
            return Err(gap(GapKind::Model, "in WanVideoWrapper only the models of Wan itself are modelled"));
        }
        let model = ModelUse { loras: u32::from(found.loras), swap: Some(found.swap), ..ModelUse::new(&file, spec) };
        let size = (
            self.stated(node, (self.what_if.width, found.width), "width")?,
            self.stated(node, (self.what_if.height, found.height), "height")?,
            self.stated(node, (self.what_if.frames, found.frames), "number of frames")?,
        );
        let step = self.step(Work::Sample, node, model, size, 1);
        self.plan.steps.push(Step { cfg: self.what_if.cfg.or(found.cfg), steps: found.steps, ..step });
        self.note("text encoding and the VAE of WanVideoWrapper are left out".to_owned());
        for class in found.additions {
            self.note(format!("what {class} adds to what is sampled is not counted"));
        }
        Ok(())
    }

    fn stated(&self, node: NodeIx, (what_if, value): (Option<u32>, Option<i64>), name: &str) -> Result<u32, Gap> {
        let unknown = || gap(GapKind::Value, &format!("the {name} of node {} is not known", self.id(node)));
        what_if.or_else(|| value.map(pixels)).ok_or_else(unknown)
    }
}
