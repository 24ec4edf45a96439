//! The work that a workflow asks for, in the terms of the forecast: which model does what at which size, in order.

mod models;
mod wrapped;

use std::collections::HashMap;

use super::models::Library;
use super::workflow::{Field, Frames, LoaderIx, Sampler, SizeNode, VaeOp, VaeUse, WorkflowFacts};
use super::wrapper;
use crate::catalog::models::ModelKind;
use crate::forecast::plan::ModelUse;
use crate::forecast::{Plan, Step, Tile, Work};
use crate::workflow::graph::{Graph, NodeIx};

/// Values that replace those of the workflow, for forecasts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WhatIf {
    /// Width in pixels.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Frames.
    pub frames: Option<u32>,
    /// Batch size.
    pub batch: Option<u32>,
    /// CFG scale.
    pub cfg: Option<f64>,
}

/// Why a workflow cannot be forecast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What is missing.
    pub kind: GapKind,
    /// In words.
    pub words: String,
}

/// Kinds of gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapKind {
    /// A diffusion model that the catalog does not know, or whose engine is not modelled.
    Model,
    /// A size or length that is computed only when the workflow runs.
    Value,
    /// A part of the graph that is not followed.
    Graph,
    /// Nothing is sampled.
    Nothing,
}

/// The work of a workflow.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Model uses in execution order.
    pub plan: Plan,
    /// What was left out or assumed, in words.
    pub notes: Vec<String>,
}

/// Derives the work.
///
/// # Errors
/// A [`Gap`] when what is sampled cannot be known: then there is no forecast at all rather than a wrong one.
pub fn plan(graph: &Graph, facts: &WorkflowFacts, what_if: &WhatIf, models: &Library) -> Result<Planned, Gap> {
    if !graph.unread.is_empty() {
        return Err(gap(
            GapKind::Graph,
            "a part of it is not followed: a group node, or a subgraph that cannot be read",
        ));
    }
    let wrapped = || facts.order.iter().filter(|&&node| wrapper::samples(graph, node));
    if facts.samplers.is_empty() && wrapped().next().is_none() {
        return Err(gap(GapKind::Nothing, "nothing in it samples with a sampler node that is known"));
    }
    let mut planner = Planner { graph, facts, what_if, models, plan: Plan::default(), notes: Vec::new() };
    let mut steps = planner.by_node();
    wrapped().for_each(|&node| steps.entry(node).or_default().push(Part::Wrapped(node)));
    for node in &facts.order {
        for part in steps.get(node).into_iter().flatten() {
            planner.add(*part)?;
        }
    }
    if !facts.complete {
        planner.notes.push("nodes outside the catalog are taken to use no VRAM".to_owned());
    }
    Ok(Planned { plan: planner.plan, notes: planner.notes })
}

#[derive(Clone, Copy)]
enum Part<'a> {
    Text(Option<LoaderIx>, NodeIx),
    Vision(Option<LoaderIx>, NodeIx),
    Vae(&'a VaeUse),
    Sample(&'a Sampler),
    Wrapped(NodeIx),
}

struct Planner<'a> {
    graph: &'a Graph,
    facts: &'a WorkflowFacts,
    what_if: &'a WhatIf,
    models: &'a Library,
    plan: Plan,
    notes: Vec<String>,
}

impl<'a> Planner<'a> {
    fn by_node(&self) -> HashMap<NodeIx, Vec<Part<'a>>> {
        let mut parts: HashMap<NodeIx, Vec<Part<'a>>> = HashMap::new();
        let mut put = |node: NodeIx, part: Part<'a>| parts.entry(node).or_default().push(part);
        self.facts.text_encodes.iter().for_each(|one| put(one.node, Part::Text(one.clip, one.node)));
        self.facts.clip_vision.iter().for_each(|one| put(one.node, Part::Vision(one.loader, one.node)));
        self.facts.vae_uses.iter().for_each(|one| put(one.node, Part::Vae(one)));
        let core = self.facts.samplers.iter().filter(|one| !wrapper::samples(self.graph, one.node));
        core.for_each(|one| put(one.node, Part::Sample(one)));
        parts
    }

    fn add(&mut self, part: Part) -> Result<(), Gap> {
        match part {
            Part::Text(loader, node) => self.encoder(Work::TextEncode, loader, node),
            Part::Vision(loader, node) => self.encoder(Work::ClipVision, loader, node),
            Part::Vae(vae) => return self.vae(vae),
            Part::Sample(sampler) => return self.sample(sampler),
            Part::Wrapped(node) => return self.wrapped(node),
        }
        Ok(())
    }

    /// A second prompt through the same encoder changes nothing, so it is not listed again.
    fn encoder(&mut self, work: Work, loader: Option<LoaderIx>, node: NodeIx) {
        let Some(model) = self.side_model(work, loader) else { return };
        let again = self.plan.steps.iter().any(|step| step.work == work && step.model.file == model.file);
        if !again {
            let step = self.step(work, node, model, (512, 512, 1), 1);
            self.plan.steps.push(step);
        }
    }

    fn vae(&mut self, vae: &VaeUse) -> Result<(), Gap> {
        let Some(size) = vae.size.and_then(|index| self.facts.sizes.get(index)) else { return Ok(()) };
        let (work, lengths) = match vae.op {
            VaeOp::Condition => (Work::VaeEncode, size.encodes.clone()),
            VaeOp::Decode | VaeOp::DecodeTiled => (Work::VaeDecode, vec![Frames::Length]),
            VaeOp::Encode | VaeOp::EncodeTiled => return Ok(()),
        };
        if lengths.is_empty() {
            return Ok(());
        }
        let Some(model) = self.side_model(work, vae.vae) else { return Ok(()) };
        let Ok(tile) = tile(vae, &model.spec.kind) else {
            let id = self.id(vae.node);
            self.notes.push(format!("the {} phase of node {id} is left out: its tile size is not known", work.name()));
            return Ok(());
        };
        let (width, height, frames) = self.size(size)?;
        for length in lengths {
            let frames = match length {
                Frames::Fixed(frames) => frames,
                // A picture as a start is one frame; a control video has all of them.
                Frames::OfInput if size.start_image => 1,
                Frames::OfInput | Frames::Length | Frames::Unlisted => frames,
            };
            let step = self.step(work, vae.node, model.clone(), (width, height, frames), self.batch(size));
            self.plan.steps.push(Step { tile, ..step });
        }
        Ok(())
    }

    fn sample(&mut self, sampler: &Sampler) -> Result<(), Gap> {
        let model = self.sampled_model(sampler)?;
        let size = sampler.size.and_then(|index| self.facts.sizes.get(index));
        let size = size.ok_or_else(|| gap(GapKind::Value, "the size of the sampled latent is not known"))?;
        if size.class == "WanPhantomSubjectToVideo" && self.graph.input(size.node, "images").is_some() {
            return Err(gap(
                GapKind::Value,
                "pictures of subjects are sampled beside the video, and their number is not known",
            ));
        }
        let dimensions = self.size(size)?;
        let mut step = self.step(Work::Sample, sampler.node, model, dimensions, self.batch(size));
        step.cfg = self.what_if.cfg.or_else(|| sampler.cfg.as_ref().and_then(|cfg| cfg.value));
        step.steps = sampler.step_count();
        self.plan.steps.push(step);
        Ok(())
    }

    fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn size(&self, size: &SizeNode) -> Result<(u32, u32, u32), Gap> {
        let number = |stated: Option<u32>, value: Option<i64>, name: &str| {
            let unknown = || gap(GapKind::Value, &format!("the {name} of node {} is not known", self.id(size.node)));
            stated.or_else(|| value.map(pixels)).ok_or_else(unknown)
        };
        let length = size.length.as_ref().map_or(Some(1), |length| length.value);
        Ok((
            number(self.what_if.width, size.width.value, "width")?,
            number(self.what_if.height, size.height.value, "height")?,
            number(self.what_if.frames, length, "length")?,
        ))
    }

    fn batch(&self, size: &SizeNode) -> u32 {
        let written = size.batch.as_ref().and_then(|batch| batch.value).map_or(1, pixels);
        self.what_if.batch.unwrap_or(written.max(1))
    }

    fn step(&self, work: Work, node: NodeIx, model: ModelUse, size: (u32, u32, u32), batch: u32) -> Step {
        let (width, height, frames) = size;
        Step {
            work,
            node: Some(self.id(node)),
            model,
            width,
            height,
            frames,
            batch,
            cfg: None,
            steps: None,
            tile: None,
        }
    }

    fn id(&self, node: NodeIx) -> String {
        self.graph.get(node).map_or_else(String::new, |node| node.id.clone())
    }
}

/// The tiles that a node asks for; an error where they are computed only when the workflow runs. Workflows from before the
/// input existed have no `temporal_size`: the server takes 64.
fn tile(vae: &VaeUse, kind: &ModelKind) -> Result<Option<Tile>, ()> {
    if !matches!(vae.op, VaeOp::DecodeTiled | VaeOp::EncodeTiled) {
        return Ok(None);
    }
    let number = |field: &Option<Field<i64>>| field.as_ref().map(|field| field.value.ok_or(())).transpose();
    let edge = number(&vae.tile_size)?.ok_or(())?;
    let frames = number(&vae.temporal_size)?.unwrap_or(64);
    Ok(Some(Tile::of_node(pixels(edge), pixels(frames), kind)))
}

fn pixels(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

fn gap(kind: GapKind, words: &str) -> Gap {
    Gap { kind, words: words.to_owned() }
}
