//! MODEL011, 012, 022, 024, 025, 026: the type of a file's weights against card, version and choice of the loader.

use super::siblings;
use crate::catalog::models::{self, ModelKind, Storage};
use crate::facts::machine::Machine;
use crate::facts::models::Quant;
use crate::facts::workflow::{Loader, LoaderKind};
use crate::finding::{Finding, Location};
use crate::fix::{Act, Verb};
use crate::project::WorkflowFile;
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{LaunchView, ProjectView, WorkflowView, file_of, lower, node_ref, words};
use crate::targets::Target;
use crate::text::gib;

/// The first compute capability with products of 8-bit floats, and with those of 4-bit floats.
const FP8: (u8, u8) = (8, 9);
const FP4: (u8, u8) = (10, 0);

/// MODEL024: a format that came with a later ComfyUI.
pub fn too_new(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for (target, workflow) in workflows(view) {
        for loader in &workflow.facts.loaders {
            let lookup = view.models.of(&workflow.graph, loader);
            let Some(model) = lookup.model() else { continue };
            let Some(since) = model.identity.quant.since() else { continue };
            let Some(version) = view.machine.comfyui.or(target.known.version) else {
                sink.not_checked(rule, Need::Comfyui);
                continue;
            };
            if version < since {
                let fill = [
                    ("format", format(&model.identity.quant)),
                    ("since", since.to_string()),
                    ("version", version.to_string()),
                ];
                fire(view, (target, workflow, loader), rule, &fill, sink);
            }
        }
    }
}

/// The form that the version does not know: the map in the header, the tensors beside the weights, or the format itself.
fn format(quant: &Quant) -> String {
    quant.format.map_or_else(|| "quantised layers".to_owned(), |format| format!("layers quantised as {format}"))
}

/// The card and what it can, for the messages.
fn card(machine: &Machine, compute: (u8, u8)) -> [(&'static str, String); 2] {
    let name = machine.gpu.clone().unwrap_or_else(|| "this card".to_owned());
    [("gpu", name), ("compute", format!("{}.{}", compute.0, compute.1))]
}

/// MODEL011: fp8 products asked of a card that has none.
pub fn fast_without_fp8(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for (target, workflow) in workflows(view) {
        let forced = target.starts(view.files).any(|(_, launch)| launch.flag("--supports-fp8-compute").is_some());
        for loader in fast(workflow).filter(|_| !forced) {
            match view.machine.compute {
                Some(compute) if compute < FP8 => {
                    let finding = fire(view, (target, workflow, loader), rule, &card(view.machine, compute), sink);
                    if let Some(dtype) = &loader.weight_dtype {
                        let place = Location { file: target.workflow, span: dtype.span };
                        finding.offer("plain", vec![Act::At(Verb::Replace, place, "fp8_e4m3fn".to_owned())], &[]);
                    }
                }
                Some(_) => {}
                None => sink.not_checked(rule, Need::Gpu),
            }
        }
    }
}

/// MODEL013: a flag that claims what the card cannot.
pub fn forced(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let Some(flag) = view.launch.flag("--supports-fp8-compute") else { return };
    let machine = view.of.machine;
    match machine.compute {
        Some(compute) if compute < FP8 => {
            sink.fire(rule, view.at(flag.whole), &card(machine, compute));
        }
        Some(_) => {}
        None => sink.not_checked(rule, Need::Gpu),
    }
}

/// MODEL012: fp8 products of weights that were never scaled for them.
pub fn fast_without_scales(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for (target, workflow) in workflows(view) {
        for loader in fast(workflow) {
            let half = match view.models.of(&workflow.graph, loader).recognised() {
                Some(model) => {
                    !model.identity.quant.has_scales()
                        && model.identity.quant.dtype.is_some_and(|dtype| dtype.is_16_bit())
                }
                None => {
                    file_of(loader).and_then(|file| models::identify(&file)).is_some_and(|spec| is_16_bit(spec.storage))
                }
            };
            match view.machine.compute {
                Some(compute) if compute >= FP8 && half => {
                    let finding = fire(view, (target, workflow, loader), rule, &[], sink);
                    if let (Some(file), Some(dtype)) = (scaled(view, workflow, loader), &loader.weight_dtype) {
                        let at = |span| Location { file: target.workflow, span };
                        let set = |span, text: &str| Act::At(Verb::Replace, at(span), text.to_owned());
                        let acts = vec![set(loader.file.span, &file), set(dtype.span, "default")];
                        finding.offer("scaled", acts, &[("sibling", file)]);
                    }
                }
                None if half => sink.not_checked(rule, Need::Gpu),
                _ => {}
            }
        }
    }
}

/// The file with scales of the same model, where there is one.
fn scaled(view: &ProjectView, workflow: &WorkflowFile, loader: &Loader) -> Option<String> {
    let file = file_of(loader)?;
    let name = crate::read::script::base_name(&file);
    let tag = ["_fp16", "_bf16"].into_iter().find(|tag| name.contains(tag))?;
    let sibling = file.replace(name, &name.replace(tag, "_fp8_scaled"));
    siblings::found((view.models, view.machine.os), &workflow.graph, loader, &sibling)
}

fn fast(workflow: &WorkflowFile) -> impl Iterator<Item = &Loader> {
    let chosen = |loader: &&Loader| {
        let dtype = loader.weight_dtype.as_ref().and_then(|field| field.value.as_deref());
        loader.kind == LoaderKind::Unet && dtype == Some("fp8_e4m3fn_fast")
    };
    workflow.facts.loaders.iter().filter(chosen)
}

fn is_16_bit(storage: Storage) -> bool {
    matches!(storage, Storage::Fp16 | Storage::Bf16)
}

/// MODEL025: 4-bit floats on a card that multiplies none.
pub fn fp4_without_cores(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for loader in &view.workflow.facts.loaders {
        let Some(file) = file_of(loader) else { continue };
        let packed = match view.lookup(loader).recognised() {
            Some(model) => model.identity.quant.format == Some("nvfp4"),
            None => words(&lower(&file)).contains(&"nvfp4"),
        };
        match view.of.machine.compute {
            Some(compute) if packed && compute < FP4 => {
                let [gpu, compute] = card(view.of.machine, compute);
                let fill = [("file", file), gpu, compute];
                sink.fire(rule, view.at(loader.file.span), &fill).about(view.node(loader.node));
            }
            None if packed => sink.not_checked(rule, Need::Gpu),
            _ => {}
        }
    }
}

/// MODEL026: two or three bits for a 14B model.
pub fn few_bits(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    const FEW: [&str; 6] = ["Q2_K", "Q3_K", "IQ1", "IQ2", "IQ3", "TQ"];
    for loader in view.workflow.facts.loaders.iter().filter(|loader| loader.kind == LoaderKind::UnetGguf) {
        let Some(file) = file_of(loader) else { continue };
        let lookup = view.lookup(loader);
        let header =
            lookup.model().and_then(|model| Some((model.identity.quant.dtype?.name(), model.identity.shape()?.dim)));
        let name = crate::read::script::base_name(&file).to_uppercase();
        let form = match header {
            Some((form, 5120)) => FEW.into_iter().find(|few| form.starts_with(few)),
            Some(_) => None,
            None if name.contains("14B") => FEW
                .into_iter()
                .take(5)
                .find(|few| name.contains(&format!("-{few}")) || name.contains(&format!("_{few}"))),
            None => None,
        };
        if let Some(form) = form {
            let fill = [("file", file), ("form", form.to_owned())];
            sink.fire(rule, view.at(loader.file.span), &fill).about(view.node(loader.node));
        }
    }
}

/// MODEL022: the text encoder in 16 bit on a small machine.
pub fn large_encoder(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for loader in view.workflow.facts.loaders.iter().filter(|loader| loader.kind == LoaderKind::Clip) {
        let Some(file) = file_of(loader) else { continue };
        let lookup = view.lookup(loader);
        let spec = match lookup.recognised() {
            Some(model) => model.identity.spec.clone(),
            None => models::identify(&file),
        };
        if !spec.is_some_and(|spec| spec.kind == ModelKind::Umt5Xxl && is_16_bit(spec.storage)) {
            continue;
        }
        let machine = view.of.machine;
        let vram = machine.total_mib(machine.os).map(|(_, high)| high);
        let small =
            [(vram, 16.0, "VRAM"), (machine.ram_mib, 48.0, "RAM")].into_iter().find_map(|(mib, limit, what)| {
                mib.filter(|mib| *mib < limit * 1024.0 - 1.0).map(|mib| format!("{} of {what}", gib(mib)))
            });
        match small {
            Some(small) => {
                let fill = [("file", file), ("small", small)];
                let finding = sink.fire(rule, view.at(loader.file.span), &fill).about(view.node(loader.node));
                if let Some(file) = siblings::loadable(view, loader, "umt5_xxl_fp8_e4m3fn_scaled.safetensors") {
                    siblings::offer(view, finding, "scaled", loader, file);
                }
            }
            None if vram.is_none() => sink.not_checked(rule, Need::Gpu),
            None if machine.ram_mib.is_none() => sink.not_checked(rule, Need::Ram),
            None => {}
        }
    }
}

fn workflows<'a>(view: &'a ProjectView) -> impl Iterator<Item = (&'a Target, &'a WorkflowFile)> {
    let of = |target: &'a Target| Some((target, view.workflow(target)?));
    view.targets.iter().filter_map(of)
}

/// A finding at the file of a loader, for a target.
pub(super) fn fire<'s>(
    view: &ProjectView,
    (target, workflow, loader): (&Target, &WorkflowFile, &Loader),
    rule: &'static Rule,
    fill: &[(&str, String)],
    sink: &'s mut Sink,
) -> &'s mut Finding {
    let file = ("file", file_of(loader).unwrap_or_default());
    let fill: Vec<(&str, String)> = fill.iter().cloned().chain([file]).collect();
    let place = Location { file: target.workflow, span: loader.file.span };
    let finding = sink.fire(rule, place, &fill);
    finding.node = Some(node_ref(workflow, loader.node));
    finding.targets.push(target.name(view.files));
    finding
}
