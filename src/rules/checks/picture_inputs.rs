//! WF033, WF034, WF035, WF036: pictures that do not reach the model, and pictures that the model cannot take.

use std::collections::HashSet;

use crate::catalog::models;
use crate::facts::workflow::{Sampler, SizeNode};
use crate::finding::Finding;
use crate::fix::Act;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{Task, WorkflowView, called, task};
use crate::span::Span;
use crate::workflow::graph::NodeIx;
use crate::workflow::resolve::link;

/// A sampler, the node that conditions it, and the file of its model.
type Sampled<'a> = (&'a Sampler, &'a SizeNode, &'a str);

/// Inputs that take the first, last or only picture.
const PICTURES: [&str; 2] = ["start_image", "end_image"];
/// Inputs that take what a CLIP vision model made of a picture.
const VISION: [&str; 3] = ["clip_vision_output", "clip_vision_start_image", "clip_vision_end_image"];

/// WF035: an image-to-video model without a picture.
pub fn missing_picture(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for (sampler, size, file) in sampled(view) {
        if !is_for(view, sampler, file, Task::I2v) || linked(view, size.node, &PICTURES).is_some() {
            continue;
        }
        let plain_text = size.is_hunyuan_latent && conditioned_by_text(view, sampler);
        if (takes_picture(&size.class) && conditions(sampler, size)) || plain_text {
            report(view, rule, (sampler, size, file), None, sink);
        }
    }
}

/// WF036: a text-to-video model with a picture.
pub fn dropped_picture(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for (sampler, size, file) in sampled(view).filter(|(_, size, _)| takes_picture(&size.class)) {
        let Some((place, _)) = linked(view, size.node, &PICTURES) else { continue };
        if is_for(view, sampler, file, Task::T2v) && sampler.model.certain && conditions(sampler, size) {
            report(view, rule, (sampler, size, file), Some(place), sink);
        }
    }
}

/// WF033: CLIP vision for a model without a place for it, by its header or the catalogue: names do not tell.
pub fn idle_vision(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for (sampler, size, file) in sampled(view) {
        let without = view.shape_of(&sampler.model).is_some_and(|shape| !shape.img_emb);
        let Some((place, _)) = linked(view, size.node, &VISION).filter(|_| without) else { continue };
        let finding = report(view, rule, (sampler, size, file), Some(place), sink);
        // The conditioning may go to other samplers too, whose models use what this one ignores.
        let all = view.workflow.facts.samplers.iter();
        if all.into_iter().all(|other| view.shape_of(&other.model).is_some_and(|shape| !shape.img_emb)) {
            let graph = &view.workflow.graph;
            let linked = VISION.iter().filter(|name| link(graph, size.node, name).is_some());
            let places = linked.filter_map(|name| graph.input(size.node, name)).map(|input| view.at(input.span));
            finding.offer("cut", vec![Act::Cut(places.collect())], &[]);
        }
    }
}

/// WF034: a model with an image branch gets nothing for it.
pub fn missing_vision(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for (sampler, size, file) in sampled(view) {
        // By the catalogue only: the official InfiniteTalk workflow leaves it out on a plain model in another form.
        let shape = view.shape_of(&sampler.model);
        let has_branch = models::identify(file).is_some() && shape.is_some_and(|shape| shape.img_emb);
        let takes = VISION
            .iter()
            .any(|input| view.workflow.graph.spec(size.node).is_some_and(|spec| spec.socket(input).is_some()));
        let pictured = linked(view, size.node, &PICTURES).is_some();
        if has_branch && takes && pictured && conditions(sampler, size) && linked(view, size.node, &VISION).is_none() {
            report(view, rule, (sampler, size, file), None, sink);
        }
    }
}

/// Samplers whose latent comes straight from a node that decides a size; one per such node and file.
fn sampled<'a>(view: &'a WorkflowView) -> impl Iterator<Item = Sampled<'a>> {
    let facts = &view.workflow.facts;
    let mut seen = HashSet::new();
    facts.samplers.iter().filter_map(move |sampler| {
        let new = seen.insert((sampler.direct_size?, sampler.model.loader?));
        Some((sampler, facts.direct_size(sampler)?, view.file(&sampler.model)?)).filter(|_| new)
    })
}

/// What the file was made for, by its name, which its input channels must not contradict where they are known.
fn is_for(view: &WorkflowView, sampler: &Sampler, file: &str, wanted: Task) -> bool {
    if task(file) != Some(wanted) {
        return false;
    }
    let extra = |in_dim: u32| if in_dim > 16 { Task::I2v } else { Task::T2v };
    view.shape_of(&sampler.model).is_none_or(|shape| shape.vace_layers == 0 && extra(shape.in_dim) == wanted)
}

fn takes_picture(class: &str) -> bool {
    matches!(class, "WanImageToVideo" | "WanFirstLastFrameToVideo")
}

/// The node that gives the latent gives the conditioning too, with nothing between.
fn conditions(sampler: &Sampler, size: &SizeNode) -> bool {
    sampler.positive == Some(size.node)
}

fn conditioned_by_text(view: &WorkflowView, sampler: &Sampler) -> bool {
    let spec = sampler.positive.and_then(|node| view.workflow.graph.spec(node));
    spec.is_some_and(|spec| {
        spec.inputs.iter().any(|socket| socket.kind == "CLIP")
            && spec.inputs.iter().all(|socket| socket.kind != "CONDITIONING")
    })
}

/// The first of these inputs that is linked: where, and from which node.
fn linked(view: &WorkflowView, node: NodeIx, inputs: &[&str]) -> Option<(Span, NodeIx)> {
    let graph = &view.workflow.graph;
    inputs.iter().find_map(|name| {
        let (from, _) = link(graph, node, name)?;
        graph.input(node, name).map(|input| (input.span, from))
    })
}

fn report<'s>(
    view: &WorkflowView,
    rule: &'static Rule,
    (sampler, size, file): Sampled,
    place: Option<Span>,
    sink: &'s mut Sink,
) -> &'s mut Finding {
    let here = view.node(size.node);
    let how = if size.is_hunyuan_latent { "makes an empty latent and nothing else" } else { "has none linked" };
    let fill = [("node", called(&here)), ("model", file.to_owned()), ("how", how.to_owned())];
    let at = place.map_or_else(|| view.at_class(size.node), |span| view.at(span));
    let loader = view.loader(&sampler.model).map(|loader| loader.file.span).unwrap_or_default();
    sink.fire(rule, at, &fill).about(here).relate(view.at(loader), "the model is loaded here")
}
