//! LAUNCH029, GPU005: fp16 for models that ComfyUI runs in bf16 or fp32, and such models on cards without bf16.

use crate::catalog::precision::is_without_fp16;
use crate::facts::launch::Launch;
use crate::facts::workflow::{Loader, LoaderKind};
use crate::finding::Location;
use crate::read::script::base_name;
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{ProjectView, called, node_ref};
use crate::targets::Target;

/// The first cards that compute in bf16.
const FIRST_WITH_BF16: (u8, u8) = (8, 0);

/// Flags by which fp16 is asked for.
const FP16: [&str; 2] = ["--force-fp16", "--fp16-unet"];

/// LAUNCH029: fp16 forced on a family that does not list it.
pub fn forced(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets {
        let Some((_, file)) = model(view, target) else { continue };
        for (place, launch) in target.starts(view.files) {
            let Some(flag) = FP16.iter().find_map(|name| launch.flag(name)) else { continue };
            let fill = [("flag", flag.name.unwrap_or_default().to_owned()), ("model", base_name(file).to_owned())];
            let location = Location { file: place.0, span: flag.whole };
            sink.fire(rule, location, &fill).in_target(target.name_on(view.files, &[place]), place.1);
        }
    }
}

/// GPU005: such a model on a card without bf16.
pub fn without_bf16(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    let otherwise = |launch: &Launch| {
        let flags = FP16.iter().chain(&["--bf16-unet", "--fp32-unet", "--force-fp32", "--cpu", "--directml"]);
        launch.unknown_args || flags.into_iter().any(|flag| launch.flag(flag).is_some())
    };
    for target in view.targets {
        let Some((loader, file)) = model(view, target) else { continue };
        if target.starts(view.files).any(|(_, launch)| otherwise(launch)) {
            continue;
        }
        match view.machine.compute {
            None => sink.not_checked(rule, Need::Gpu),
            Some(compute) if compute >= FIRST_WITH_BF16 => {}
            Some(_) => {
                let Some(workflow) = view.files[target.workflow].workflow() else { continue };
                let node = node_ref(workflow, loader.node);
                let gpu = view.machine.gpu.clone().unwrap_or_default();
                let fill = [("model", base_name(file).to_owned()), ("gpu", gpu), ("node", called(&node))];
                let location = Location { file: target.workflow, span: loader.file.span };
                sink.fire(rule, location, &fill).about(node).targets.push(target.name(view.files));
            }
        }
    }
}

/// The first diffusion model of a workflow whose family does without fp16.
fn model<'a>(view: &'a ProjectView, target: &Target) -> Option<(&'a Loader, &'a str)> {
    let loaders = &view.files[target.workflow].workflow()?.facts.loaders;
    let files = loaders.iter().filter_map(|loader| Some((loader, loader.file.value.as_deref()?)));
    let mut diffusion = files
        .filter(|(loader, _)| matches!(loader.kind, LoaderKind::Unet | LoaderKind::Checkpoint | LoaderKind::UnetGguf));
    diffusion.find(|(_, file)| is_without_fp16(file))
}
