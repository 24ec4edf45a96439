//! MODEL002: a LoRA made for one expert on the other.

use crate::fix::Act;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{Stage, WorkflowView, file_of, stage};
use crate::span::Span;

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
            let finding = sink.fire(rule, view.at(lora.file.span), &fill).about(view.node(lora.node));
            finding.relate(beside, "the expert is loaded here");
            let lone = stage(file).and_then(|made_for| mirrored(view, made_for)) == Some(lora.file.span);
            if let Some(other) = mirrored(view, expert).filter(|_| lone) {
                finding.offer("swap", vec![Act::Swap(view.at(lora.file.span), view.at(other))], &[]);
            }
        }
    }
}

/// The place of the one LoRA that was made for `expert` and stands on the other one. Of several nobody can tell which belongs where.
fn mirrored(view: &WorkflowView, expert: Stage) -> Option<Span> {
    let mut places = Vec::new();
    for sampler in &view.workflow.facts.samplers {
        let on = view.loader(&sampler.model).and_then(file_of).and_then(|file| stage(&file));
        for lora in sampler.model.active_loras().filter(|_| on.is_some_and(|on| on != expert)) {
            let misplaced = lora.file.value.as_deref().and_then(stage) == Some(expert);
            if misplaced && !places.contains(&lora.file.span) {
                places.push(lora.file.span);
            }
        }
    }
    if let [only] = places[..] { Some(only) } else { None }
}
