//! What would make a workflow fit on the starts and the card it goes with, as changes of its files.
//!
//! A proposal holds for every start of the workflow that does not fit now, over everything that is not known exactly. Its forecast
//! is made from the facts of the changed files, so that `wanlint vram` says the same once the change is made.

mod files;
mod flags;
mod frames;
mod swap;
mod tiles;

pub use flags::without;
pub use swap::with_blocks;
pub use tiles::TILE;

use super::{Target, Variant};
use crate::facts::machine::Machine;
use crate::facts::models::Library;
use crate::facts::work::{self, WhatIf};
use crate::facts::workflow::{Sampler, SizeNode, WorkflowFacts};
use crate::forecast::{Forecast, MemoryFlags, Phase, Plan, RangedForecast, Setting, Step, Verdict, Work, forecast};
use crate::project::WorkflowFile;
use crate::span::Span;

/// What a change must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Nothing fails or pages; weights may be streamed.
    Runs,
    /// All sampled weights stay on the card.
    Fits,
}

impl Goal {
    /// It does, even at the upper peak.
    pub fn is_reached(self, at: &Forecast) -> bool {
        let best = match self {
            Self::Runs => at.verdict <= Verdict::Offloads,
            Self::Fits => at.verdict == Verdict::Fits,
        };
        best && at.headroom_mib.is_some_and(|room| room >= 0.0)
    }

    /// Sampling alone does: what a search asks, since few frames leave models on the card that are in the VAE's way.
    fn is_sampled(self, at: &Forecast) -> bool {
        let fits = |phase: &Phase| {
            let room = phase.headroom_mib.is_some_and(|room| room >= 0.0);
            room && !phase.exceeds && (self == Self::Runs || !phase.offloads())
        };
        at.phases.iter().filter(|phase| phase.work == Work::Sample).all(fits) && at.verdict != Verdict::Unknown
    }

    fn is_sure(self, variant: &Variant) -> bool {
        let RangedForecast { best, middle, worst } = &variant.forecast;
        [worst, middle, best].into_iter().all(|at| self.is_reached(at))
    }
}

/// A change of the workflow.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What is written where.
    pub texts: Vec<(Span, String)>,
    /// The work of the changed workflow.
    pub plan: Plan,
}

/// A workflow and its starts that do not fit.
#[derive(Clone, Copy)]
pub struct Seeker<'a> {
    /// The workflow.
    pub workflow: &'a WorkflowFile,
    /// Its targets.
    pub targets: &'a [&'a Target],
    /// The machine.
    pub machine: &'a Machine,
    /// The model files that are known.
    pub models: &'a Library,
}

impl<'a> Seeker<'a> {
    /// The work as it is: the same for all starts.
    fn plan(&self) -> Option<&'a Plan> {
        self.targets.first()?.work.as_ref().ok().map(|work| &work.plan)
    }

    fn what_if(&self) -> WhatIf {
        self.targets.first().map(|target| target.what_if).unwrap_or_default()
    }

    /// The least room in which each of the targets may have to do.
    fn corners(&self) -> Vec<Setting> {
        let variants = self.targets.iter().flat_map(|target| &target.variants);
        let corner = |variant: &Variant| Setting {
            total_mib: variant.forecast.worst.total_mib,
            others_mib: variant.forecast.worst.others_mib,
            ..variant.setting.clone()
        };
        variants.map(corner).collect()
    }

    /// The claim that a search asks about: cheaper than [`Self::proposal`], which has the last word.
    fn reaches(&self, goal: Goal) -> impl Fn(&Plan) -> bool + use<> {
        let corners = self.corners();
        move |plan| corners.iter().all(|setting| goal.is_sampled(&forecast(plan, setting)))
    }

    /// The change with its work.
    fn proposal(&self, texts: Vec<(Span, String)>, facts: &WorkflowFacts, what_if: &WhatIf) -> Option<Proposal> {
        let plan = work::plan(&self.workflow.graph, facts, what_if, self.models).ok()?.plan;
        Some(Proposal { texts, plan })
    }

    /// A change reaches the goal for every target, whatever is not known exactly.
    pub fn is_sure(&self, proposal: &Proposal, goal: Goal) -> bool {
        let sure = |target: &&Target| {
            let mut variants = target.with(&proposal.plan, &target.flags, self.machine).peekable();
            variants.peek().is_some() && variants.all(|variant| goal.is_sure(&variant))
        };
        self.targets.iter().all(sure)
    }

    /// The smaller size of the same shape that reaches a goal; with half of the width it would be another picture.
    pub fn smaller(&self, goal: Goal) -> Option<((u32, u32), Proposal)> {
        let plan = self.plan()?;
        let before = frames::video(plan)?;
        let size = crate::forecast::fit::largest_size_of(plan, self.reaches(goal))?;
        if size.0 * 2 < before.width {
            return None;
        }
        let what_if = WhatIf { width: Some(size.0), height: Some(size.1), ..self.what_if() };
        let proposal = self.proposal(Vec::new(), &self.workflow.facts, &what_if)?;
        self.is_sure(&proposal, goal).then_some((size, proposal))
    }
}

impl Proposal {
    /// What `wanlint vram` shows for a target with this change.
    pub fn on(&self, target: &Target, machine: &Machine) -> Option<Variant> {
        shown(target, &self.plan, &target.flags, machine)
    }
}

fn shown(target: &Target, plan: &Plan, flags: &MemoryFlags, machine: &Machine) -> Option<Variant> {
    target.with(plan, flags, machine).next()
}

/// What a sampling step samples; `None` for other engines than ComfyUI's own.
fn sampled<'a>(workflow: &'a WorkflowFile, step: &Step) -> Option<(&'a Sampler, &'a SizeNode)> {
    let node = workflow.graph.by_id(step.node.as_deref()?)?;
    let sampler = workflow.facts.samplers.iter().find(|sampler| sampler.node == node)?;
    (step.work == Work::Sample && step.model.swap.is_none()).then_some(())?;
    Some((sampler, workflow.facts.sizes.get(sampler.size?)?))
}
