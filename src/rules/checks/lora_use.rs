//! MODEL003, MODEL007, MODEL008: LoRAs of another task, at no strength, and at a strength beyond all use.

use std::collections::HashSet;

use super::siblings::{self, for_task};
use crate::catalog::names::{is_distilled, wan_version};
use crate::facts::workflow::{LoraUse, Sampler};
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, task};
use crate::workflow::format::Format;
use crate::workflow::graph::NodeIx;
use crate::workflow::resolve::{link, resolve};

/// Official workflows use up to 3.
const STRONGEST: f64 = 4.0;

/// MODEL003: a distilled LoRA of Wan 2.2 on the model for the other task of Wan 2.2.
pub fn other_task(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let mut seen = HashSet::new();
    for (sampler, lora, file) in loras(view) {
        let Some(model) = view.file(&sampler.model) else { continue };
        let same_age = wan_version(file) == Some((2, 2)) && wan_version(model) == Some((2, 2));
        let (Some(this), Some(that)) = (task(file), task(model)) else { continue };
        let idle = lora.strength.value == Some(0.0);
        if this == that || !same_age || !is_distilled(file) || idle || !seen.insert(lora.loader) {
            continue;
        }
        let fill = [
            ("lora", file.to_owned()),
            ("model", model.to_owned()),
            ("task", this.words().to_owned()),
            ("other_task", that.words().to_owned()),
        ];
        let loader = view.loader(&sampler.model).map(|loader| loader.file.span).unwrap_or_default();
        let finding = sink.fire(rule, view.at(lora.file.span), &fill).about(view.node(lora.node));
        finding.relate(view.at(loader), "the model is loaded here");
        let Some(loader) = view.workflow.facts.loader(lora.loader) else { continue };
        // The official pairs have other versions: v1 for image to video, v1.1 for text to video.
        let name = for_task(file, that).unwrap_or_default();
        let names = [name.clone(), name.replace("_v1.1_", "_v1_"), name.replace("_v1_", "_v1.1_")];
        if let Some(file) = names.iter().find_map(|name| siblings::loadable(view, loader, name)) {
            siblings::offer(view, finding, "task", loader, file);
        }
    }
}

/// MODEL007: a LoRA that the server reads and does not apply.
pub fn no_strength(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let mut seen = HashSet::new();
    for (_, lora, file) in loras(view) {
        // rgthree's loaders and WanVideoWrapper do not even read it.
        if view.workflow.graph.spec(lora.node).is_some_and(|spec| spec.custom) {
            continue;
        }
        if lora.strength.value != Some(0.0) || works_on_text(view, lora.node) || !seen.insert(lora.loader) {
            continue;
        }
        let here = view.node(lora.node);
        let fill = [("node", called(&here)), ("lora", file.to_owned())];
        let bypass = if view.workflow.graph.format == Format::Api { "take-out" } else { "bypass" };
        let act = Act::At(Verb::Bypass, view.at_class(lora.node), String::new());
        sink.fire(rule, view.at(lora.strength.span), &fill).about(here).offer(bypass, vec![act], &fill);
    }
}

/// The node may still change the text encoder.
fn works_on_text(view: &WorkflowView, node: NodeIx) -> bool {
    let graph = &view.workflow.graph;
    let strength = resolve(graph, node, "strength_clip").value().and_then(|value| value.to_f64());
    link(graph, node, "clip").is_some() && strength != Some(0.0)
}

/// MODEL008: a strength that is most likely a slip of the pen, on a Wan model.
pub fn extreme(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let mut seen = HashSet::new();
    for (sampler, lora, file) in loras(view) {
        let Some(strength) = lora.strength.value else { continue };
        let wan = view.channels_of(&sampler.model).is_some();
        let backwards = strength < 0.0 && is_distilled(file);
        if !wan || !(strength.abs() > STRONGEST || backwards) || !seen.insert(lora.loader) {
            continue;
        }
        let here = view.node(lora.node);
        let why = if backwards { "takes the distillation out again" } else { "is more than any LoRA is trained for" };
        let fill = [
            ("node", called(&here)),
            ("lora", file.to_owned()),
            ("value", strength.to_string()),
            ("why", why.to_owned()),
        ];
        sink.fire(rule, view.at(lora.strength.span), &fill).about(here);
    }
}

/// The LoRAs of all samplers whose file is known.
fn loras<'a>(view: &'a WorkflowView) -> impl Iterator<Item = (&'a Sampler, &'a LoraUse, &'a str)> {
    let of = |sampler: &'a Sampler| {
        let named = move |lora: &'a LoraUse| Some((sampler, lora, lora.file.value.as_deref()?));
        sampler.model.loras.iter().filter_map(named)
    };
    view.workflow.facts.samplers.iter().flat_map(of)
}
