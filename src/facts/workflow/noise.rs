//! The noise level at a step of a schedule, as ComfyUI computes it for flow models.
//!
//! Sources: ComfyUI 0.33.0, comfy/model_sampling.py (ModelSamplingDiscreteFlow, time_snr_shift), comfy/samplers.py
//! (simple_scheduler, normal_scheduler, KSampler.calculate_sigmas), comfy/k_diffusion/sampling.py, comfy/supported_models.py (shift 8.0 of WAN21_T2V, which
//! all Wan 2.1 and 2.2 models inherit but the two newest); the same in 0.3.64.

use super::chain::ModelChain;
use super::field::{Field, float};
use super::samplers::Sampler;
use crate::workflow::graph::{Graph, NodeIx};

/// The shift of a Wan model that no node changes.
pub const WAN_SHIFT: f64 = 8.0;

/// The exponent of the `karras` scheduler.
const KARRAS_RHO: f64 = 7.0;

/// The shift of the schedule that a model chain sets.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Shift {
    /// No node sets it: the model's own.
    #[default]
    Model,
    /// ModelSamplingSD3 sets it.
    Node(NodeIx, Field<f64>),
    /// Another node changes the schedule.
    Unknown,
}

impl Shift {
    /// Of the nodes between loader and sampler the last one counts.
    pub(super) fn of(graph: &Graph, others: &[NodeIx]) -> Self {
        let sets = |&&node: &&NodeIx| graph.class(node).starts_with("ModelSampling");
        match others.iter().rev().find(sets) {
            None => Self::Model,
            Some(&node) if graph.class(node) == "ModelSamplingSD3" => Self::Node(node, float(graph, node, "shift")),
            Some(_) => Self::Unknown,
        }
    }

    /// The value of the node that sets it.
    pub fn field(&self) -> Option<&Field<f64>> {
        match self {
            Self::Node(_, field) => Some(field),
            Self::Model | Self::Unknown => None,
        }
    }
}

impl ModelChain {
    /// The shift of the schedule, if the model is one of Wan's; `None` when it cannot be told.
    pub fn wan_shift(&self) -> Option<f64> {
        match &self.shift {
            Shift::Model => Some(WAN_SHIFT),
            Shift::Node(_, field) => field.value,
            Shift::Unknown => None,
        }
        .filter(|_| self.schedule_certain)
    }
}

impl Sampler {
    /// The noise level (1 is all noise, 0 none) at a step of the schedule of a Wan model; `None` for schedulers whose
    /// arithmetic is not known here.
    pub fn wan_noise(&self, step: i64) -> Option<f64> {
        self.wan_noise_as(self.scheduler.as_ref()?.value.as_deref()?, step)
    }

    /// As [`Self::wan_noise`], with another scheduler.
    pub fn wan_noise_as(&self, scheduler: &str, step: i64) -> Option<f64> {
        let name = self.sampler_name.as_ref()?.value.as_deref()?;
        let discards = ["dpm_2", "dpm_2_ancestral", "uni_pc", "uni_pc_bh2"].contains(&name);
        let steps = self.steps.as_ref()?.value?;
        level(scheduler, self.model.wan_shift()?, (steps, discards), step)
    }
}

/// `discards`: some samplers compute one step more and leave the last but one out.
fn level(scheduler: &str, shift: f64, (steps, discards): (i64, bool), step: i64) -> Option<f64> {
    if step < 0 || !(1..=10_000).contains(&steps) {
        return None;
    }
    let (step, last, count) = (step as f64, steps as f64, (steps + i64::from(discards)) as f64);
    if step >= last {
        return Some(0.0);
    }
    let shifted = |part: f64| shift * part / (1.0 + (shift - 1.0) * part);
    let smallest = shifted(0.001);
    let between = |parts: f64| Some(shifted(1.0 - step * (1.0 - smallest) / parts));
    match scheduler {
        "simple" => Some(shifted(1.0 - (step * 1000.0 / count).floor() / 1000.0)),
        "sgm_uniform" => between(count),
        "normal" if count > 1.0 => between(count - 1.0),
        "karras" if count > 1.0 => {
            let root = smallest.powf(1.0 / KARRAS_RHO);
            Some((1.0 + step / (count - 1.0) * (root - 1.0)).powf(KARRAS_RHO))
        }
        "exponential" if count > 1.0 => Some(smallest.powf(step / (count - 1.0))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::level;

    fn rounded(scheduler: &str, shift: f64, steps: i64, step: i64) -> Option<f64> {
        level(scheduler, shift, (steps, false), step).map(|level| (level * 1e4).round() / 1e4)
    }

    /// Values of ComfyUI's own functions for a flow model with 1000 timesteps.
    #[test]
    fn levels_are_comfyuis() {
        assert_eq!(rounded("simple", 5.0, 20, 10), Some(0.8333));
        assert_eq!(rounded("simple", 8.0, 20, 10), Some(0.8889));
        assert_eq!(rounded("simple", 5.0, 4, 2), Some(0.8333));
        assert_eq!(rounded("simple", 8.0, 3, 1), Some(0.9413));
        assert_eq!(rounded("simple", 8.0, 3, 3), Some(0.0));
        assert_eq!(rounded("simple", 1.0, 20, 0), Some(1.0));
        assert_eq!(level("simple", 5.0, (4, true), 2).map(|level| (level * 1e4).round()), Some(8824.0));
        assert_eq!(rounded("karras", 8.0, 4, 1), Some(0.28));
        assert_eq!(rounded("karras", 5.0, 20, 19), Some(0.005));
        assert_eq!(rounded("exponential", 8.0, 20, 1), Some(0.7753));
        assert_eq!(rounded("beta", 5.0, 4, 2), None);
        assert_eq!(rounded("simple", 5.0, 0, 0), None);
    }

    #[test]
    fn half_of_the_steps_is_the_same_level_whatever_their_number() {
        for steps in [2, 4, 8, 20, 40] {
            assert_eq!(rounded("simple", 5.0, steps, steps / 2), Some(0.8333), "{steps}");
        }
    }
}
