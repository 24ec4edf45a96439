//! MODEL002: a LoRA made for one expert on the other.

use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, file_of, stage};

/// Only where both names carry exactly one of "high" and "low": the official S2V template puts a high-noise LoRA on a model
/// without either word.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let mut seen = Vec::new();
    for sampler in &view.workflow.facts.samplers {
        let Some(loader) = view.loader(&sampler.model) else { continue };
        let Some((model, expert)) = file_of(loader).and_then(|file| stage(&file).map(|expert| (file, expert))) else {
            continue;
        };
        // A LoRA at strength 0 is not applied: a usual way to switch one off.
        for lora in sampler.model.active_loras() {
            let Some(file) = &lora.file.value else { continue };
            if stage(file).is_none_or(|made_for| made_for == expert) || seen.contains(&lora.loader) {
                continue;
            }
            seen.push(lora.loader);
            let fill = [("lora", file.clone()), ("model", model.clone())];
            let beside = view.at(loader.file.span);
            sink.fire(rule, view.at(lora.file.span), &fill)
                .about(view.node(lora.node))
                .relate(beside, "the expert is loaded here");
        }
    }
}
