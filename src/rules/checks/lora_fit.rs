//! MODEL005, MODEL006: a LoRA whose shapes or names do not go with the model, by both headers.

use std::collections::HashSet;

use crate::catalog::models::DitShape;
use crate::facts::models::{Lookup, Lora};
use crate::facts::workflow::{LoraUse, Sampler, SamplerKind};
use crate::finding::Severity;
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{WorkflowView, file_of};

/// MODEL005: made for a model of another width.
pub fn other_size(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    each(view, rule, sink, |shape, lora| {
        let width = lora.wan_width().filter(|width| *width != u64::from(shape.dim))?;
        Some((format!("a model of width {width} ({})", size(width)), Severity::Error))
    });
}

/// MODEL006: nothing in it has a name that ComfyUI would look up for the model.
pub fn no_match(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    each(view, rule, sink, |shape, lora| {
        let other_size = lora.wan_width().is_some_and(|width| width != u64::from(shape.dim));
        if lora.count() == 0 || lora.has_encoder() || other_size || !lora.patches(shape).is_empty() {
            return None;
        }
        match lora.family()? {
            // The names in front may be known to a later ComfyUI.
            "Wan" if lora.is_unprefixed() => {
                Some(("Wan, but under names that ComfyUI does not look up".to_owned(), Severity::Warning))
            }
            // Modules that only some Wan models have.
            "Wan" => None,
            other => Some((other.to_owned(), Severity::Error)),
        }
    });
}

fn size(width: u64) -> &'static str {
    match width {
        5120 => "14B",
        3072 => "5B",
        _ => "1.3B",
    }
}

/// Asks about every LoRA on a Wan model whose shape is known. At strength 0 nothing is applied.
fn each(
    view: &WorkflowView,
    rule: &'static Rule,
    sink: &mut Sink,
    ask: impl Fn(&DitShape, &Lora) -> Option<(String, Severity)>,
) {
    let mut seen = HashSet::new();
    // WanVideoWrapper renames what it finds in a LoRA in a way of its own.
    let own = |sampler: &&Sampler| sampler.kind != SamplerKind::WanVideo;
    for sampler in view.workflow.facts.samplers.iter().filter(own) {
        let Some(loader) = view.loader(&sampler.model) else { continue };
        let (Some(shape), Some(model)) = (view.wan_shape(loader), file_of(loader)) else { continue };
        for lora in sampler.model.active_loras() {
            let lookup = of_lora(view, lora);
            if lookup.is_unknown() {
                sink.not_checked(rule, Need::Models);
            }
            let Some(header) = lookup.model().and_then(|model| model.identity.lora.as_ref()) else { continue };
            let Some((made_for, severity)) = ask(&shape, header).filter(|_| seen.insert(lora.loader)) else { continue };
            let file = lora.file.value.clone().unwrap_or_default();
            let fill = [
                ("lora", file),
                ("model", model.clone()),
                ("made_for", made_for),
                ("width", format!("{} ({})", shape.dim, size(u64::from(shape.dim)))),
            ];
            let finding = sink.fire(rule, view.at(lora.file.span), &fill).about(view.node(lora.node)).graded(severity);
            finding.relate(view.at(loader.file.span), "the model is loaded here");
            if let Some(act) = bypass(view, lora) {
                finding.offer("bypass", vec![act], &[]);
            }
        }
    }
}

/// A node that loads several LoRAs must stay for the others.
fn bypass(view: &WorkflowView, lora: &LoraUse) -> Option<Act> {
    let alone = view.workflow.facts.loaders.iter().filter(|loader| loader.node == lora.node).count() == 1;
    let act = Act::At(Verb::Bypass, view.at_class(lora.node), String::new());
    alone.then_some(act)
}

fn of_lora(view: &WorkflowView, lora: &LoraUse) -> Lookup {
    let loader = view.workflow.facts.loader(lora.loader);
    loader.map_or(Lookup::Unknown, |loader| view.lookup(loader))
}
