//! How the steps of a target are computed: the launch's flags, and what lies between loader and sampler in the workflow.

use super::Target;
use super::Variant;
use crate::catalog::gpus::{self, Gpu, Match};
use crate::catalog::models::Storage;
use crate::facts::machine::Machine;
use crate::facts::workflow::Sampler;
use crate::forecast::plan::WeightDtype;
use crate::forecast::setting::Attention;
use crate::forecast::sweep::Sweep;
use crate::forecast::time::{Guidance, How, Kernel, Known, StepTime, calls, pass_time, step_time};
use crate::forecast::{Phase, Step};
use crate::project::File;
use crate::workflow::graph::Graph;

/// Nodes that hand the model on without a change of what a step computes. `ModelPatchTorchSettings` and the compilers change its speed.
const HARMLESS: [&str; 12] = [
    "CFGZeroStar",
    "ModelPatchTorchSettings",
    "ModelSamplingAuraFlow",
    "ModelSamplingFlux",
    "ModelSamplingSD3",
    "PatchModelPatcherOrder",
    "PathchSageAttentionKJ",
    "RescaleCFG",
    "TorchCompileModel",
    "TorchCompileModelWanVideo",
    "TorchCompileModelWanVideoV2",
    "UNetTemporalAttentionMultiply",
];

/// Nodes whose `cfg` is plain guidance: two passes unless it is 1.
const PLAIN_GUIDANCE: [&str; 5] = ["BasicGuider", "CFGGuider", "KSampler", "KSamplerAdvanced", "SamplerCustom"];

impl Target {
    /// What is known about the length of the steps of each phase of a forecast, in its order.
    pub fn step_times(
        &self,
        (variant, phases): (&Variant, &[Phase]),
        files: &[File],
        machine: &Machine,
        known: Option<&Known>,
    ) -> Vec<Option<StepTime>> {
        let (Some(card), Ok(work)) = (card(machine), &self.work) else { return vec![None; phases.len()] };
        let one = |(step, phase): (&Step, &Phase)| {
            if step.work.is_vae() {
                return pass_time(step, phase, &card);
            }
            let how = self.how(step, variant, files, &card)?;
            step_time(step, phase, &card, &how, known)
        };
        work.plan.steps.iter().zip(phases).map(one).collect()
    }

    /// A sweep of the forecast that would be shown; `None` where there is none.
    pub fn sweep<'a>(&'a self, files: &[File], machine: &Machine, known: Option<&Known>) -> Option<Sweep<'a>> {
        let (variant, work) = (self.shown()?, self.work.as_ref().ok()?);
        let (best, worst) = (&variant.forecast.best, &variant.forecast.worst);
        let (total, others) = ((worst.total_mib, best.total_mib), (best.others_mib, worst.others_mib));
        let sweep = Sweep::new(&work.plan, &variant.setting, total, others);
        let Some(card) = card(machine) else { return Some(sweep) };
        let hows = work.plan.steps.iter().map(|step| self.how(step, variant, files, &card)).collect();
        Some(sweep.timed(card, hows, known.copied()))
    }

    /// How the steps of a sampler are computed, as far as files tell.
    pub(crate) fn how(&self, step: &Step, variant: &Variant, files: &[File], card: &Gpu) -> Option<How> {
        let workflow = files.get(self.workflow)?.workflow()?;
        let graph = &workflow.graph;
        let node = graph.by_id(step.node.as_deref()?)?;
        let sampler = workflow.facts.samplers.iter().find(|sampler| sampler.node == node)?;
        let classes: Vec<&str> = sampler.model.others.iter().map(|&other| graph.class(other)).collect();
        let name = sampler.sampler_name.as_ref().and_then(|name| name.value.as_deref());
        Some(How {
            attention: attention(variant.setting.flags.attention, &classes),
            fp8: fp8(step, variant.setting.flags.fast_fp8, card),
            accumulates_16bit: classes.contains(&"ModelPatchTorchSettings") || self.accumulates_16bit(files),
            guidance: guidance(graph, sampler, name),
            calls: name.and_then(calls),
            changed: changed(&classes, sampler),
        })
    }

    fn accumulates_16bit(&self, files: &[File]) -> bool {
        self.starts(files)
            .filter_map(|(_, launch)| launch.flag("--fast"))
            .any(|flag| flag.values.is_empty() || flag.values.iter().any(|word| word.text == "fp16_accumulation"))
    }
}

fn card(machine: &Machine) -> Option<Gpu> {
    match gpus::find(machine.gpu.as_deref()?) {
        Match::One(card) => Some(card),
        _ => None,
    }
}

/// What computes attention: a node wins over the flag.
fn attention(flag: Attention, classes: &[&str]) -> Kernel {
    match flag {
        _ if classes.contains(&"PathchSageAttentionKJ") => Kernel::Unknown,
        Attention::Default | Attention::Pytorch | Attention::Flash => Kernel::Full,
        Attention::Sage => Kernel::Sage,
        Attention::Ck | Attention::Split | Attention::Quad => Kernel::Unknown,
    }
}

/// Whether linear layers may run as fp8 matrix products: the card has them, and the file or the launch asks for them.
fn fp8(step: &Step, fast: bool, card: &Gpu) -> bool {
    let asked = match step.model.spec.storage {
        Storage::Fp8Scaled => !step.model.spec.full_precision_marker,
        Storage::Fp8 => fast,
        _ => fast && step.model.weight_dtype.is_some(),
    };
    card.compute >= (8, 9) && (asked || step.model.weight_dtype == Some(WeightDtype::Fp8E4m3fnFast))
}

/// How guidance is applied. The samplers named `..._cfg_pp` need the unconditional pass at any cfg.
fn guidance(graph: &Graph, sampler: &Sampler, name: Option<&str>) -> Guidance {
    let class = sampler.cfg.as_ref().map(|cfg| graph.class(cfg.node));
    if class.is_none_or(|class| !PLAIN_GUIDANCE.contains(&class)) {
        return Guidance::Unknown;
    }
    if name.is_some_and(|name| name.contains("cfg_pp")) { Guidance::Always } else { Guidance::Plain }
}

/// Why what is counted may not be what is computed.
fn changed(classes: &[&str], sampler: &Sampler) -> Option<String> {
    if let Some(class) = classes.iter().find(|class| HARMLESS.binary_search(class).is_err()) {
        return Some(format!("{class} may change what a step computes"));
    }
    (!sampler.model.schedule_certain).then(|| "the way from loader to sampler is not known in full".to_owned())
}

#[cfg(test)]
mod tests {
    use super::HARMLESS;

    #[test]
    fn the_list_can_be_searched() {
        assert!(HARMLESS.is_sorted());
    }
}
