//! MODEL018, MODEL023: a file in a loader that cannot use it.

use super::siblings;
use crate::catalog::models::{self, ModelKind, Storage};
use crate::facts::models::{Identity, Model, QuantForm, Role};
use crate::facts::workflow::LoaderKind;
use crate::read::script::base_name;
use crate::read::weights::Format;
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{WorkflowView, file_of};

/// MODEL018: by the header; GGUF and core loaders do not even list each other's files, which the name tells.
pub fn wrong_loader(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for loader in &view.workflow.facts.loaders {
        let Some(file) = file_of(loader) else { continue };
        let class = view.workflow.graph.class(loader.node);
        let lookup = view.lookup(loader);
        let found = by_name(class, &file).or_else(|| by_header(loader.kind, &lookup.model()?.identity));
        match found {
            Some((what, help)) => {
                let fill = [("file", file), ("loader", class.to_owned()), ("what", what), ("remedy", help)];
                sink.fire(rule, view.at(loader.file.span), &fill).about(view.node(loader.node));
            }
            None if lookup.is_unknown() && Format::of_name(&file).is_some() => sink.not_checked(rule, Need::Models),
            None => {}
        }
    }
}

fn by_name(class: &str, file: &str) -> Option<(String, String)> {
    let gguf = Format::of_name(file) == Some(Format::Gguf);
    let answer = |what: &str, loader: &str| Some((what.to_owned(), format!("Load it with {loader}.")));
    match class {
        "UNETLoader" if gguf => answer("a GGUF file", "UnetLoaderGGUF (ComfyUI-GGUF)"),
        "CLIPLoader" if gguf => answer("a GGUF file", "CLIPLoaderGGUF (ComfyUI-GGUF)"),
        "UnetLoaderGGUF" | "UnetLoaderGGUFAdvanced" if !gguf && Format::of_name(file).is_some() => {
            answer("no GGUF file", "UNETLoader")
        }
        _ => None,
    }
}

/// Roles that a loader can make nothing of. A diffusion model in a checkpoint loader, and the other way round, still loads.
fn by_header(kind: LoaderKind, identity: &Identity) -> Option<(String, String)> {
    use Role::{Checkpoint, ClipVision, Diffusion, Lora, TextEncoder, Vae};
    let useless: &[Role] = match kind {
        LoaderKind::Unet | LoaderKind::UnetGguf | LoaderKind::WanVideoModel => &[TextEncoder, ClipVision, Vae, Lora],
        LoaderKind::Clip | LoaderKind::WanVideoTextEncoder => &[Diffusion, ClipVision, Vae, Lora],
        LoaderKind::Vae | LoaderKind::WanVideoVae => &[Diffusion, TextEncoder, ClipVision, Lora],
        LoaderKind::ClipVision => &[Diffusion, Vae, Lora],
        LoaderKind::Lora | LoaderKind::WanVideoLora => &[Diffusion, Checkpoint, TextEncoder, ClipVision, Vae],
        LoaderKind::Checkpoint => &[TextEncoder, ClipVision, Vae, Lora],
        LoaderKind::Patch | LoaderKind::AudioEncoder | LoaderKind::Upscaler => &[],
    };
    let role = identity.role.filter(|role| useless.contains(role))?;
    let loader = match role {
        Diffusion => "UNETLoader (Load Diffusion Model), from models/diffusion_models",
        Checkpoint => "CheckpointLoaderSimple (Load Checkpoint), from models/checkpoints",
        TextEncoder => "CLIPLoader (Load CLIP), from models/text_encoders",
        ClipVision => "CLIPVisionLoader (Load CLIP Vision), from models/clip_vision",
        Vae => "VAELoader (Load VAE), from models/vae",
        Lora => "a LoRA loader, from models/loras",
    };
    let name = if identity.name.is_empty() { String::new() } else { format!(" ({})", identity.name) };
    Some((format!("{}{name}", role.words()), format!("Load it with {loader}.")))
}

/// MODEL023: text encoders of WanVideoWrapper in a core loader, scaled ones of core in the wrapper's.
pub fn wrapper_encoder(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    for loader in &view.workflow.facts.loaders {
        let Some(file) = file_of(loader) else { continue };
        let lookup = view.lookup(loader);
        let model = lookup.recognised();
        let class = view.workflow.graph.class(loader.node);
        let found = match loader.kind {
            LoaderKind::Clip if is_of_the_wrapper(model.map(|model| &**model), &file) => Some((
                "WanVideoWrapper's form of the encoder, whose names core does not know",
                "Load umt5_xxl_fp8_e4m3fn_scaled or umt5_xxl_fp16 from Comfy-Org's repackaged files.",
            )),
            LoaderKind::WanVideoTextEncoder if is_scaled(model.map(|model| &**model), &file) => Some((
                "an encoder with scales, which the wrapper refuses",
                "Load umt5-xxl-enc-bf16 (or umt5_xxl_fp16), or encode with CLIPLoader and WanVideoTextEmbedBridge.",
            )),
            _ => None,
        };
        if let Some((what, remedy)) = found {
            let fill = [
                ("file", file),
                ("loader", class.to_owned()),
                ("what", what.to_owned()),
                ("remedy", remedy.to_owned()),
            ];
            let finding = sink.fire(rule, view.at(loader.file.span), &fill).about(view.node(loader.node));
            let names = match loader.kind {
                LoaderKind::Clip => ["umt5_xxl_fp8_e4m3fn_scaled.safetensors", "umt5_xxl_fp16.safetensors"],
                _ => ["umt5-xxl-enc-bf16.safetensors", "umt5_xxl_fp16.safetensors"],
            };
            if let Some(file) = names.iter().find_map(|name| siblings::loadable(view, loader, name)) {
                siblings::offer(view, finding, "encoder", loader, file);
            }
        }
    }
}

/// `umt5-xxl-enc-bf16` and its relatives are the names of Kijai's files.
fn is_of_the_wrapper(model: Option<&Model>, file: &str) -> bool {
    let named = || base_name(file).to_ascii_lowercase().starts_with("umt5-xxl-enc-");
    model.map_or_else(named, |model| model.identity.wrapper)
}

fn is_scaled(model: Option<&Model>, file: &str) -> bool {
    let named = || {
        let spec = models::identify(file);
        spec.is_some_and(|spec| spec.kind == ModelKind::Umt5Xxl && spec.storage == Storage::Fp8Scaled)
    };
    model.map_or_else(named, |model| model.identity.quant.form == Some(QuantForm::Marker))
}
