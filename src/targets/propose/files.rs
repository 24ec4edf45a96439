//! The same models with scaled 8-bit weights.

use super::{Goal, Proposal, Seeker, sampled};
use crate::catalog::models::{Storage, identify};
use crate::facts::workflow::{Loader, LoaderIx};
use crate::forecast::{Plan, Step, Work};
use crate::span::Span;
use crate::targets::fit::scaled_names;

/// Files that take the place of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Their names, as the workflow would write them.
    pub names: Vec<String>,
    /// All of them are there.
    pub present: bool,
}

/// One file: its loader, its name, whether it is there.
type Found = (LoaderIx, String, bool);

impl Seeker<'_> {
    /// [`Seeker::scaled_files`], when a goal is reached with them.
    pub fn smaller_files(&self, goal: Goal) -> Option<(Files, Proposal)> {
        self.scaled_files().filter(|(_, proposal)| self.is_sure(proposal, goal))
    }

    /// The scaled 8-bit files of everything that is sampled from 16 bits.
    pub fn scaled_files(&self) -> Option<(Files, Proposal)> {
        let found = self.siblings(self.plan()?)?;
        let mut facts = self.workflow.facts.clone();
        let mut texts: Vec<(Span, String)> = Vec::new();
        for (loader, name, _) in &found {
            let file = &mut facts.loaders.get_mut(loader.0)?.file;
            file.value = Some(name.clone());
            texts.push((file.span, name.clone()));
        }
        texts.dedup();
        let files = Files {
            present: found.iter().all(|(.., present)| *present),
            names: found.into_iter().map(|(_, name, _)| name).collect(),
        };
        Some((files, self.proposal(texts, &facts, &self.what_if())?))
    }

    fn siblings(&self, plan: &Plan) -> Option<Vec<Found>> {
        let mut all: Vec<Found> = Vec::new();
        for step in plan.steps.iter().filter(|step| step.work == Work::Sample && step.model.weight_dtype.is_none()) {
            let loader = sampled(self.workflow, step)?.0.model.loader?;
            if all.iter().all(|(known, ..)| *known != loader) {
                all.extend(self.sibling(step, loader));
            }
        }
        (!all.is_empty()).then_some(all)
    }

    /// The file that is there, else the one of an official name.
    fn sibling(&self, step: &Step, at: LoaderIx) -> Option<Found> {
        let loader = self.workflow.facts.loader(at)?;
        let names = scaled_names(step);
        let there = names.iter().find(|name| self.is_there(loader, name, step));
        let known = || names.iter().find(|name| identify(name).is_some_and(|spec| is_scaled(&spec, step)));
        let (name, present) = there.map(|name| (name, true)).or_else(|| Some((known()?, false)))?;
        Some((at, name.clone(), present))
    }

    fn is_there(&self, loader: &Loader, name: &str, step: &Step) -> bool {
        let mut renamed = loader.clone();
        renamed.file.value = Some(name.to_owned());
        let lookup = self.models.of(&self.workflow.graph, &renamed);
        let spec = lookup.recognised().and_then(|model| model.identity.spec.as_ref());
        spec.is_some_and(|spec| is_scaled(spec, step))
    }
}

fn is_scaled(spec: &crate::catalog::models::ModelSpec, step: &Step) -> bool {
    spec.kind == step.model.spec.kind && spec.storage == Storage::Fp8Scaled
}
