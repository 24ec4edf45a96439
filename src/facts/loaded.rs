//! What the files of a loader hold, as far as memory is concerned: by their headers where they are at hand, else by name.

use std::sync::Arc;

use super::models::folders::places;
use super::models::{Library, Model, Parts, Quant, listed_spec};
use super::workflow::{Loader, LoaderKind};
use crate::catalog::models::{self, ModelSpec};
use crate::forecast::modules::listed::Listed;
use crate::forecast::{Module, Name, Tree, Work};
use crate::read::weights::Format;
use crate::workflow::graph::Graph;

/// The model that a loader makes of its files; of a checkpoint the part that does this work.
pub fn spec(library: &Library, graph: &Graph, loader: &Loader, work: Work) -> Option<ModelSpec> {
    if loader.kind == LoaderKind::Checkpoint {
        return part(library.of(graph, loader).model()?.identity.parts.as_ref()?, work);
    }
    let file = loader.file.value.as_deref()?;
    let lookup = library.of(graph, loader);
    let alone = loader.more_files.is_empty();
    match lookup.recognised() {
        Some(model) if alone && model.identity.spec.is_some() => model.identity.spec.clone(),
        Some(_) if loader.kind == LoaderKind::Clip => encoder(library, graph, loader),
        Some(_) => None,
        None if alone => models::identify(file).or_else(|| by_name(library, loader, file)),
        None => None,
    }
}

/// What a file of a usual scheme of names holds, in the loader that takes such files.
fn by_name(library: &Library, loader: &Loader, file: &str) -> Option<ModelSpec> {
    let gguf = Format::of_name(file) == Some(Format::Gguf);
    let fits = match loader.kind {
        LoaderKind::Unet | LoaderKind::WanVideoModel => !gguf,
        LoaderKind::UnetGguf => gguf,
        _ => false,
    };
    if fits { library.by_name(file)?.spec.clone() } else { None }
}

/// The part of a checkpoint that does this work.
fn part(parts: &Parts, work: Work) -> Option<ModelSpec> {
    match work {
        Work::Sample => parts.diffusion.clone(),
        Work::VaeEncode | Work::VaeDecode => parts.vae.clone(),
        Work::TextEncode if parts.encoder.is_some() => parts.encoder.clone(),
        Work::TextEncode => {
            let encoders = parts.encoders.iter().map(|(listed, quant)| (&**listed, quant)).collect();
            joined(encoders, parts.clip_type)
        }
        Work::ClipVision => None,
    }
}

/// A text encoder of one or more files.
fn encoder(library: &Library, graph: &Graph, loader: &Loader) -> Option<ModelSpec> {
    let kinds = places(loader.kind, graph.class(loader.node));
    let names = std::iter::once(&loader.file).chain(&loader.more_files);
    let files: Vec<Arc<Model>> =
        names.map(|name| library.find(kinds, name.value.as_deref()?).recognised().cloned()).collect::<Option<_>>()?;
    let parts = files.iter().map(|file| Some((&**file.identity.encoder.as_ref()?, &file.identity.quant)));
    joined(parts.collect::<Option<_>>()?, loader.clip_type.as_ref().and_then(|kind| kind.value.as_deref()))
}

/// What ComfyUI makes of these text encoders together.
fn joined(mut parts: Vec<(&Listed, &Quant)>, clip_type: Option<&str>) -> Option<ModelSpec> {
    parts.sort_by_key(|(part, _)| kind(part));
    let found: Vec<&str> = parts.iter().map(|(part, _)| kind(part)).collect();
    let class = class(clip_type, &found)?;
    let stored = parts
        .iter()
        .map(|(_, quant)| *quant)
        .find(|quant| quant.form.is_some())
        .or(parts.first().map(|part| part.1))?;
    let working = parts.first().filter(|_| parts.len() == 1).and_then(|(part, _)| part.working);
    Some(listed_spec(merged(&parts), class, stored, working))
}

/// `clip_l`, `clip_g`, `t5xxl`, `umt5xxl`, `qwen3_4b`.
fn kind(part: &Listed) -> &str {
    part.names.first().and_then(|name| name.split('.').next()).unwrap_or_default()
}

/// The class that the log names (comfy/sd.py, load_text_encoder_state_dicts); only those whose members are known.
fn class(clip_type: Option<&str>, found: &[&str]) -> Option<&'static str> {
    Some(match (clip_type, found) {
        (Some("wan"), ["umt5xxl"]) => "WanTEModel",
        (Some("flux"), ["clip_l", "t5xxl"]) => "FluxClipModel_",
        (Some("sdxl"), ["clip_g", "clip_l"]) => "SDXLClipModel",
        (Some("sd3"), ["clip_l" | "clip_g" | "t5xxl", ..]) | (None, ["clip_g", "clip_l", "t5xxl"]) => "SD3ClipModel_",
        (Some("ltxv" | "mochi"), ["t5xxl"]) => "MochiTEModel_",
        (Some("pixart" | "chroma"), ["t5xxl"]) => "PixArtTEModel_",
        (Some("flux" | "flux2"), ["qwen3_4b"]) => "Flux2TEModel_",
        (Some(_), ["qwen3_4b"]) => "ZImageTEModel_",
        (Some("stable_diffusion"), ["clip_l"]) => "SD1ClipModel",
        _ => return None,
    })
}

/// One tree of several, in the order of the names.
fn merged(parts: &[(&Listed, &Quant)]) -> Listed {
    let mut all: Vec<(&str, Module)> = Vec::new();
    let mut tree = Tree::default();
    for (part, _) in parts {
        tree.loose += part.tree.loose;
        tree.buffer_bytes += part.tree.buffer_bytes;
        all.extend(part.names.iter().map(|name| &**name).zip(part.tree.modules.iter().copied()));
    }
    all.sort_by(|left, right| left.0.cmp(right.0));
    let mut names: Vec<Box<str>> = Vec::new();
    for (place, (name, module)) in (0_u32..).zip(all) {
        names.push(name.into());
        tree.modules.push(Module { name: Name::listed(place), ..module });
    }
    let gguf = parts.iter().any(|(part, _)| part.gguf);
    let part = crate::forecast::modules::listed::Part::Encoder;
    Listed { part, tree: Arc::new(tree), names, class: None, working: None, gguf, lighter: None }
}
