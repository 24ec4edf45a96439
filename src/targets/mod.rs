//! Which launch goes with which workflow, and the forecast of each pair.
//!
//! Explicit pairs win (`--launch`, `[[target]]`); else a workflow goes with the starts found under the nearest folder above it
//! that holds any; starts that do not differ in memory facts count as one; without a start the default launch is assumed.

pub mod cards;
pub mod fit;
mod pairing;
mod partners;
pub mod propose;
mod setting;
mod time;

use std::path::Path;

pub use partners::add_partners;
pub use setting::flags as memory_flags;

use crate::Options;
use crate::facts::checkout;
use crate::facts::launch::Launch;
use crate::facts::machine::{Machine, Range};
use crate::facts::models::Library;
use crate::facts::os::Os;
use crate::facts::versions::Version;
use crate::facts::work::{self, Gap, Planned, WhatIf};
use crate::finding::FileIx;
use crate::forecast::{MemoryFlags, Plan, RangedForecast, Setting, over_range};
use crate::project::File;

/// A start in a script: the file and which of its starts.
pub type LaunchIx = (FileIx, usize);

/// A workflow under one class of starts.
#[derive(Debug)]
pub struct Target {
    /// The workflow's file.
    pub workflow: FileIx,
    /// Other files with the same graph.
    pub same_graph: Vec<FileIx>,
    /// The starts of this class; empty for the default launch.
    pub launches: Vec<LaunchIx>,
    /// What the starts say about memory.
    pub flags: MemoryFlags,
    /// The system that the starts run on.
    pub os: Option<Os>,
    /// What the starts say about ComfyUI's version.
    pub known: Known,
    /// Values that were stated in place of the workflow's.
    pub what_if: WhatIf,
    /// The work, or why it is not known.
    pub work: Result<Planned, Gap>,
    /// One forecast for every combination of facts that is consistent with what is known; none without a card or work.
    pub variants: Vec<Variant>,
}

/// What a start says about ComfyUI's version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// That of the checkout beside the script.
    pub version: Option<Version>,
    /// The first release that accepts all flags.
    pub since: Option<Version>,
    /// The first release after it that no longer does.
    pub until: Option<Version>,
}

impl Known {
    fn of(launch: &Launch) -> Self {
        let (since, until) = checkout::bounds(launch);
        Self { version: launch.checkout.as_ref().map(|found| found.version), since, until }
    }
}

/// A forecast under one choice of the facts that nobody stated.
#[derive(Debug)]
pub struct Variant {
    /// The facts; total and others are those of each forecast.
    pub setting: Setting,
    /// VRAM held by others, least and most, MiB.
    pub others: Range,
    /// Best, middle and worst.
    pub forecast: RangedForecast,
}

impl Target {
    /// `scripts/launch.bat + workflow.json`.
    pub fn name(&self, files: &[File]) -> String {
        self.name_on(files, &self.launches)
    }

    /// As [`Target::name`], for some of its starts.
    pub fn name_on(&self, files: &[File], launches: &[LaunchIx]) -> String {
        format!("{} on {}", files[self.workflow].name(), words(files, launches))
    }

    /// Its starts: `scripts/launch.bat (and 1 more)`.
    pub fn starts_in_words(&self, files: &[File]) -> String {
        words(files, &self.launches)
    }

    /// The starts of this class.
    pub fn starts<'a>(&'a self, files: &'a [File]) -> impl Iterator<Item = (LaunchIx, &'a Launch)> {
        self.launches.iter().filter_map(|&(file, index)| Some(((file, index), files[file].launches().get(index)?)))
    }

    /// The forecast to show on another machine.
    pub fn on(&self, machine: &Machine) -> Option<Variant> {
        self.with(&self.work.as_ref().ok()?.plan, &self.flags, machine).next()
    }

    /// The forecasts of other work, or under other flags, made as they are asked for.
    pub fn with<'a>(
        &self,
        plan: &'a Plan,
        flags: &MemoryFlags,
        machine: &'a Machine,
    ) -> impl Iterator<Item = Variant> + use<'a> {
        each(plan, setting::settings(flags, self.os, &self.known, machine), machine)
    }

    /// The forecast to show: that of the newest version that is consistent with what is known.
    pub fn shown(&self) -> Option<&Variant> {
        self.variants.first()
    }
}

fn words(files: &[File], launches: &[LaunchIx]) -> String {
    let mut scripts: Vec<String> = launches.iter().map(|&(file, index)| start(&files[file], index, launches)).collect();
    scripts.dedup();
    match scripts.as_slice() {
        [] => "a default launch".to_owned(),
        [script] => script.clone(),
        [script, rest @ ..] => format!("{script} (and {} more)", rest.len()),
    }
}

/// The path of a script, and when it starts ComfyUI in one of these ways.
fn start(file: &File, index: usize, launches: &[LaunchIx]) -> String {
    let path = file.source.shown_path();
    let (Some(script), Some(launch)) = (file.script(), file.launches().get(index)) else { return path };
    let all = script.launches.iter().enumerate().filter(|(_, other)| other.span == launch.span);
    let covered = all.clone().all(|(other, _)| launches.iter().any(|&(_, listed)| listed == other));
    match script.paths.of(launch, &script.launches).filter(|_| !covered || all.count() == 1) {
        Some(when) => format!("{path} ({when})"),
        None => path,
    }
}

/// Pairs workflows with starts and forecasts each pair.
pub fn pair(files: &[File], options: &Options, models: &Library) -> Vec<Target> {
    let pairs = pairing::pairs(files, options);
    pairs.into_iter().flat_map(|pair| classes(files, pair, options, models)).collect()
}

/// Divides the starts of one workflow into classes that do not differ in memory facts.
fn classes(files: &[File], pair: pairing::Pair, options: &Options, models: &Library) -> Vec<Target> {
    let Some(workflow) = files[pair.workflow].workflow() else { return Vec::new() };
    let work = work::plan(&workflow.graph, &workflow.facts, &options.what_if, models);
    let mut targets: Vec<Target> = Vec::new();
    let default = pair.launches.is_empty().then_some((None, MemoryFlags::default(), None, Known::default()));
    let starts = pair.launches.iter().filter_map(|&(file, index)| {
        let launch = files[file].launches().get(index)?;
        Some((Some((file, index)), setting::flags(launch), launch.os, Known::of(launch)))
    });
    for (launch, flags, os, known) in starts.chain(default) {
        let os = options.machine.os.or(os);
        let same = |target: &&mut Target| target.flags == flags && target.os == os && target.known == known;
        match targets.iter_mut().find(same) {
            Some(target) => target.launches.extend(launch),
            None => targets.push(Target {
                workflow: pair.workflow,
                same_graph: pair.same_graph.clone(),
                launches: launch.into_iter().collect(),
                variants: variants(&work, &flags, os, &known, &options.machine),
                known,
                flags,
                os,
                what_if: options.what_if,
                work: work.clone(),
            }),
        }
    }
    targets
}

fn variants(
    work: &Result<Planned, Gap>,
    flags: &MemoryFlags,
    os: Option<Os>,
    known: &Known,
    machine: &Machine,
) -> Vec<Variant> {
    let plan = work.as_ref().ok().map(|planned| &planned.plan);
    let each = |plan| each(plan, setting::settings(flags, os, known, machine), machine).collect();
    plan.map(each).unwrap_or_default()
}

/// The forecasts under some settings; none without a card.
fn each<'a>(plan: &'a Plan, settings: Vec<Setting>, machine: &'a Machine) -> impl Iterator<Item = Variant> + use<'a> {
    settings.into_iter().filter_map(move |setting| {
        let total = machine.total_mib(Some(setting.os))?;
        let others = machine.others_mib(Some(setting.os));
        Some(Variant { forecast: over_range(plan, &setting, total, others), others, setting })
    })
}

/// True when `path` lies in `folder` (both as given, compared in absolute form).
pub fn lies_in(path: &Path, folder: &Path) -> bool {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    absolute(path).starts_with(absolute(folder))
}
