//! MEM003, MODEL015: two experts in system memory, and 16-bit files beside smaller ones.

use std::collections::BTreeMap;

use super::flag_for_ram;
use super::memory::{self, Answer};
use super::proposals;
use super::quantised_file;
use crate::facts::versions::Version;
use crate::facts::workflow::Loader;
use crate::finding::Finding;
use crate::fix::{Act, Verb};
use crate::forecast::Work;
use crate::project::WorkflowFile;
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{ProjectView, file_of};
use crate::targets::Target;
use crate::targets::propose::Seeker;
use crate::text::gib;

/// What system and ComfyUI itself take besides models, MiB.
const REST_MIB: f64 = 6144.0;

/// From here on models stay in their files until they are used (dynamic VRAM is the default).
const DYNAMIC: Version = Version::new(0, 16, 0);

/// MEM003: models that stay loaded between the stages are more than the memory holds.
pub fn experts(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets {
        let experts = sampled(target);
        let frees = target.starts(view.files).any(|(_, launch)| {
            ["--cache-none", "--cache-ram"].iter().any(|flag| launch.flag(flag).is_some()) || launch.unknown_args
        });
        if experts.len() < 2 || frees {
            continue;
        }
        let version = view.machine.comfyui.or(target.known.version);
        match (view.machine.ram_mib, version) {
            (None, _) => sink.not_checked(rule, Need::Ram),
            (_, None) => sink.not_checked(rule, Need::Comfyui),
            (Some(ram), Some(version)) if version < DYNAMIC => {
                let sizes = flag_for_ram::sizes(target);
                let models: f64 = sizes.iter().sum();
                if ram < models + REST_MIB {
                    let fill = [("ram", gib(ram)), ("models", gib(models)), ("count", experts.len().to_string())];
                    if let Some(finding) = fire(view, target, experts.last().copied(), rule, &fill, sink) {
                        offer(view, target, ram, finding);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Scaled 8-bit files with which all models fit, and the flag that lets go of each after its use.
fn offer(view: &ProjectView, target: &Target, ram: f64, finding: &mut Finding) {
    let Some(workflow) = view.workflow(target) else { return };
    let seeker = Seeker { workflow, targets: &[target], machine: view.machine, models: view.models };
    if let Some((files, proposal)) = seeker.scaled_files() {
        let models: f64 = flag_for_ram::sizes_of(&proposal.plan).iter().sum();
        let fill = [("files", files.names.join(" and ")), ("models", gib(models))];
        let name = if files.present { "files" } else { "other-files" };
        if ram >= models + REST_MIB {
            finding.offer(name, proposals::acts(target, &proposal), &fill);
        }
    }
    finding.offer("cache", Vec::new(), &[]);
}

/// Files of the sampled models, in order.
fn sampled(target: &Target) -> Vec<&str> {
    let mut files = Vec::new();
    for step in target.work.iter().flat_map(|work| &work.plan.steps).filter(|step| step.work == Work::Sample) {
        if !files.contains(&step.model.file.as_str()) {
            files.push(step.model.file.as_str());
        }
    }
    files
}

/// MODEL015: the weights do not all fit on the card, and the folder holds the same model with half the bytes.
pub fn smaller_sibling(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets {
        let Some(workflow) = view.workflow(target) else { continue };
        let siblings: BTreeMap<&str, String> = sampled(target)
            .into_iter()
            .filter_map(|file| Some((file, sibling(view, workflow, loader_of(workflow, file)?, file)?)))
            .collect();
        if siblings.is_empty() || memory::not_forecast(target, rule, sink) {
            continue;
        }
        match memory::ask(target, |_, forecast| memory::is_short(forecast)) {
            Answer::Always => {
                for (file, sibling) in siblings {
                    let other = file.replace(crate::read::script::base_name(file), &sibling);
                    let fill = [("file", file.to_owned()), ("sibling", sibling)];
                    if let Some(finding) = fire(view, target, Some(file), rule, &fill, sink) {
                        let load = Act::At(Verb::Replace, finding.primary, other);
                        finding.offer("sibling", vec![load], &fill);
                    }
                }
            }
            Answer::Unknown(need) => sink.not_checked(rule, need),
            Answer::Sometimes | Answer::Never => {}
        }
    }
}

/// `wan_fp16.safetensors` beside `wan_fp8_scaled.safetensors`.
fn sibling(view: &ProjectView, workflow: &WorkflowFile, loader: &Loader, file: &str) -> Option<String> {
    let lookup = view.models.of(&workflow.graph, loader);
    let model = lookup.model()?;
    let half = model.identity.quant.dtype.is_some_and(|dtype| dtype.is_16_bit()) && !model.identity.quant.has_scales();
    let name = crate::read::script::base_name(file);
    let tag = ["_fp16", "_bf16"].into_iter().find(|tag| name.contains(tag)).filter(|_| half)?;
    let sibling = name.replace(tag, "_fp8_scaled");
    view.models.beside(model, &sibling).then_some(sibling)
}

fn loader_of<'a>(workflow: &'a WorkflowFile, file: &str) -> Option<&'a Loader> {
    workflow.facts.loaders.iter().find(|loader| file_of(loader).as_deref() == Some(file))
}

fn fire<'s>(
    view: &ProjectView,
    target: &Target,
    file: Option<&str>,
    rule: &'static Rule,
    fill: &[(&str, String)],
    sink: &'s mut Sink,
) -> Option<&'s mut Finding> {
    let workflow = view.workflow(target)?;
    let loader = file.and_then(|file| loader_of(workflow, file))?;
    Some(quantised_file::fire(view, (target, workflow, loader), rule, fill, sink))
}
