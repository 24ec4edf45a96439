//! MODEL014: a compiled model whose weights Triton cannot read on the card.

use crate::catalog::models::{self, Storage};
use crate::facts::machine::Machine;
use crate::facts::models::QuantForm;
use crate::facts::os::Os;
use crate::facts::versions::Version;
use crate::facts::workflow::{Loader, LoaderKind, Sampler, SamplerKind};
use crate::finding::Location;
use crate::project::WorkflowFile;
use crate::read::weights::{Dtype, Weights};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{ProjectView, called, file_of, node_ref};
use crate::targets::Target;
use crate::workflow::graph::NodeIx;
use crate::workflow::resolve::resolve;

/// Cards that compile with Triton and have no 8-bit floats: from the first to before the second.
const WITHOUT_FP8: [(u8, u8); 2] = [(7, 0), (8, 9)];

/// The first torch that reads such weights as bytes there.
const READ_AS_BYTES: Version = Version::new(2, 13, 0);

/// The last ComfyUI whose layers were read for this rule: quantised weights became another kind of tensor later.
const LAST_READ: Version = Version::new(0, 3, 75);

/// Variables that switch the compiler off, or let it fail quietly.
const SPARED: [&str; 3] = ["TORCHDYNAMO_DISABLE", "TORCH_COMPILE_DISABLE", "TORCHDYNAMO_SUPPRESS_ERRORS"];

/// Fires on Linux: the Triton of Windows is a package of its own, whose version nothing tells.
pub fn check(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets {
        let Some(workflow) = view.workflow(target) else { continue };
        let mut told = Vec::new();
        for sampler in workflow.facts.samplers.iter().filter(|sampler| sampler.kind != SamplerKind::WanVideo) {
            let Some((node, loader)) = compiled(workflow, sampler).filter(|(node, _)| !told.contains(node)) else {
                continue;
            };
            if !keeps_e4m3(view, target, workflow, loader) {
                continue;
            }
            match refused(view, target) {
                Ok(Some(fill)) => fire(view, (target, workflow), (node, loader), (rule, &fill), sink),
                Ok(None) => {}
                Err(need) => sink.not_checked(rule, need),
            }
            told.push(node);
        }
    }
}

/// The node that compiles the model of a sampler with Triton, and what loads the model.
fn compiled<'w>(workflow: &'w WorkflowFile, sampler: &Sampler) -> Option<(NodeIx, &'w Loader)> {
    let facts = &workflow.facts;
    let inductor = |node: NodeIx| {
        let backend = resolve(&workflow.graph, node, "backend");
        backend.value().and_then(|value| value.as_text().map(|text| text == "inductor")).unwrap_or_default()
    };
    let node = sampler.model.others.iter().find(|node| facts.compile_nodes.contains(node) && inductor(**node))?;
    Some((*node, facts.loader(sampler.model.loader?)?))
}

/// True when the weights are float8_e4m3fn in memory, whatever the card has room for.
fn keeps_e4m3(view: &ProjectView, target: &Target, workflow: &WorkflowFile, loader: &Loader) -> bool {
    let chosen = loader.weight_dtype.as_ref().and_then(|field| field.value.as_deref());
    match (loader.kind, chosen) {
        (LoaderKind::Unet, Some("fp8_e4m3fn" | "fp8_e4m3fn_fast")) => true,
        (LoaderKind::Unet, Some("default")) | (LoaderKind::Checkpoint, _) => stored(view, target, workflow, loader),
        _ => false,
    }
}

/// The same of a file that is loaded as it is: with scales, or so large that ComfyUI leaves it in 8 bit.
fn stored(view: &ProjectView, target: &Target, workflow: &WorkflowFile, loader: &Loader) -> bool {
    let lookup = view.models.of(&workflow.graph, loader);
    let Some(model) = lookup.recognised() else {
        let spec = file_of(loader).and_then(|file| models::identify(&file));
        return spec.is_some_and(|spec| spec.storage == Storage::Fp8Scaled);
    };
    let quant = &model.identity.quant;
    let weights = model.file.as_ref().ok().and_then(|file| file.weights.as_ref());
    let large = || weights.is_some_and(|weights| stays_packed(weights, view.machine, target.os));
    let scaled = quant.form == Some(QuantForm::Marker);
    quant.dtype == Some(Dtype::F8E4m3) && (scaled || quant.form.is_none() && large())
}

/// ComfyUI casts 8-bit weights without scales to 16 bit where 88 % of the card hold them (0.3.64, `unet_dtype`).
fn stays_packed(weights: &Weights, machine: &Machine, os: Option<Os>) -> bool {
    let elements = weights.tensors.iter().map(|tensor| tensor.elements() as f64).sum::<f64>();
    let total = machine.total_mib(os).map(|(_, most)| most);
    total.is_some_and(|most| elements * 2.0 / 1_048_576.0 > 0.88 * most)
}

/// The words for the finding where this card and this torch refuse; `None` where they do not.
fn refused(view: &ProjectView, target: &Target) -> Result<Option<[(&'static str, String); 3]>, Need> {
    let machine = view.machine;
    let spared = |name: &&str| target.starts(view.files).any(|(_, launch)| launch.env(name).is_some());
    if SPARED.iter().any(spared) {
        return Ok(None);
    }
    let compute = machine.compute.ok_or(Need::Gpu)?;
    if compute < WITHOUT_FP8[0] || compute >= WITHOUT_FP8[1] {
        return Ok(None);
    }
    match machine.os.or(target.os).ok_or(Need::Os)? {
        Os::Windows => return Ok(None),
        Os::Linux => {}
    }
    let comfyui = machine.comfyui.or(target.known.version).ok_or(Need::Comfyui)?;
    let torch = machine.torch.ok_or(Need::Torch)?;
    let fill = [
        ("gpu", machine.gpu.clone().unwrap_or_else(|| "this card".to_owned())),
        ("compute", format!("{}.{}", compute.0, compute.1)),
        ("torch", torch.to_string()),
    ];
    Ok(Some(fill).filter(|_| comfyui <= LAST_READ && torch < READ_AS_BYTES))
}

fn fire(
    view: &ProjectView,
    (target, workflow): (&Target, &WorkflowFile),
    (node, loader): (NodeIx, &Loader),
    (rule, fill): (&'static Rule, &[(&str, String)]),
    sink: &mut Sink,
) {
    let at = |span| Location { file: target.workflow, span };
    let about = node_ref(workflow, node);
    let more = [("file", file_of(loader).unwrap_or_default()), ("node", called(&about))];
    let fill: Vec<(&str, String)> = fill.iter().cloned().chain(more).collect();
    let class = workflow.graph.get(node).map(|node| node.class_span).unwrap_or_default();
    let finding = sink.fire(rule, at(class), &fill).about(about);
    finding.relate(at(loader.file.span), "the file is loaded here");
    finding.targets.push(target.name(view.files));
}
