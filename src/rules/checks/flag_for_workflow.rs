//! LAUNCH015, 016, 024, 026 and 028: flags that do not go with what the paired workflows do. No card need be known.

use crate::catalog::models::ModelKind;
use crate::facts::launch::Launch;
use crate::finding::{Location, Severity};
use crate::forecast::{Step, Work};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::ProjectView;
use crate::targets::Target;

/// Video frames beyond which a decode on the CPU is a matter of minutes.
const MANY_FRAMES: u32 = 16;

/// Sampling a video on the CPU or on DirectML. Beside a start that uses the card this is a choice: info.
pub fn on_cpu(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let fits = |target: &Target| steps(target).any(|step| step.work == Work::Sample && step.frames > 1);
    let spared = |launch: &Launch| launch.flag("--quick-test-for-ci").is_some();
    let slow = |launch: &Launch| launch.flag("--cpu").or(launch.flag("--directml")).is_some();
    for target in view.targets.iter().filter(|target| fits(target)) {
        let mates = view.targets.iter().filter(|other| other.workflow == target.workflow);
        let only = mates.flat_map(|mate| mate.starts(view.files)).all(|(_, launch)| slow(launch));
        report(
            view,
            (target, &["--cpu", "--directml"]),
            |launch| !spared(launch),
            (rule, sink),
            |rule| {
                if only { rule.severity } else { Severity::Info }
            },
        );
    }
}

/// Two diffusion models that are unloaded before each other.
pub fn smart_memory(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets.iter().filter(|target| models(target).len() > 1) {
        report(view, (target, &["--disable-smart-memory"]), |_| true, (rule, sink), |rule| rule.severity);
    }
}

/// 32- or 64-bit weights for a large diffusion model.
pub fn full_precision(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let large = |step: &Step| matches!(step.model.spec.kind, ModelKind::WanDit(shape) if shape.dim >= 1536);
    let names = ["--fp32-unet", "--fp64-unet", "--force-fp32"];
    for target in view.targets.iter().filter(|target| steps(target).any(large)) {
        report(view, (target, &names), |_| true, (rule, sink), |rule| rule.severity);
    }
}

/// The VAE of Wan in fp16 on a card that has bf16.
pub fn half_vae(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let wan = |step: &Step| matches!(step.model.spec.kind, ModelKind::WanVae21 | ModelKind::WanVae22);
    let old = view.machine.compute.map(|compute| compute < (8, 0));
    for target in view.targets.iter().filter(|target| steps(target).any(wan) && old != Some(true)) {
        if old.is_none() {
            if target.starts(view.files).any(|(_, launch)| launch.flag("--fp16-vae").is_some()) {
                sink.not_checked(rule, Need::Gpu);
            }
            continue;
        }
        report(view, (target, &["--fp16-vae"]), |_| true, (rule, sink), |rule| rule.severity);
    }
}

/// A video decoded on the CPU.
pub fn cpu_vae(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let video = |step: &Step| step.work == Work::VaeDecode && step.frames > MANY_FRAMES;
    for target in view.targets.iter().filter(|target| steps(target).any(video)) {
        report(view, (target, &["--cpu-vae"]), |_| true, (rule, sink), |rule| rule.severity);
    }
}

fn steps(target: &Target) -> impl Iterator<Item = &Step> {
    target.work.iter().flat_map(|work| &work.plan.steps)
}

/// The diffusion models, each once.
fn models(target: &Target) -> Vec<&str> {
    let sampled = steps(target).filter(|step| step.work == Work::Sample);
    let mut files: Vec<&str> = sampled.map(|step| step.model.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// One finding at the flag of every start of the target that has one of the names.
fn report(
    view: &ProjectView,
    (target, names): (&Target, &[&str]),
    counts: impl Fn(&Launch) -> bool,
    (rule, sink): (&'static Rule, &mut Sink),
    grade: impl Fn(&Rule) -> Severity,
) {
    let frames = steps(target).map(|step| step.frames).max().unwrap_or_default();
    for (place, launch) in target.starts(view.files).filter(|(_, launch)| counts(launch)) {
        let Some(flag) = names.iter().find_map(|name| launch.flag(name)) else { continue };
        let fill = [
            ("flag", flag.name.unwrap_or_default().to_owned()),
            ("frames", frames.to_string()),
            ("models", models(target).len().to_string()),
        ];
        let name = target.name_on(view.files, &[place]);
        let location = Location { file: place.0, span: flag.whole };
        let said = |finding: &&mut crate::finding::Finding| finding.rule == rule && finding.primary == location;
        if let Some(finding) = sink.findings.iter_mut().find(said) {
            finding.in_target(name, place.1);
            continue;
        }
        let severity = grade(rule);
        sink.fire(rule, location, &fill).graded(severity).in_target(name, place.1);
    }
}
