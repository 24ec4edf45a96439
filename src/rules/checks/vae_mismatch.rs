//! MODEL001: a VAE of the other latent size than the model that samples.

use super::siblings;
use crate::catalog::models::{self, ModelKind};
use crate::facts::workflow::{Loader, LoaderKind, VaeOp, VaeUse};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, file_of, lower, words};

/// Looks at every decode of a latent that samplers with a known Wan model made.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let facts = &view.workflow.facts;
    let mut seen = Vec::new();
    for decode in facts.vae_uses.iter().filter(|one| matches!(one.op, VaeOp::Decode | VaeOp::DecodeTiled)) {
        let Some(source) = sampled_by(view, decode) else { continue };
        let Some(loader) = decode.vae.and_then(|vae| facts.loader(vae)) else { continue };
        let (Some(model), Some(vae)) = (file_of(source), file_of(loader)) else { continue };
        let (Some(wanted), Some(found)) = (view.channels(source), channels_of_vae(view, loader)) else { continue };
        if wanted == found || seen.contains(&loader.node) {
            continue;
        }
        seen.push(loader.node);
        let expected = if wanted == 48 { "the Wan 2.2 VAE (wan2.2_vae)" } else { "the Wan 2.1 VAE (wan_2.1_vae)" };
        let fill = [("model", model), ("vae", vae), ("expected", expected.to_owned())];
        let finding = sink.fire(rule, view.at(loader.file.span), &fill).about(view.node(loader.node));
        finding.relate(view.at(source.file.span), "the model is loaded here");
        let right = if wanted == 48 { "wan2.2_vae.safetensors" } else { "wan_2.1_vae.safetensors" };
        if let Some(file) = siblings::loadable(view, loader, right).filter(|_| loader.kind == LoaderKind::Vae) {
            siblings::offer(view, finding, "vae", loader, file);
        }
    }
}

/// The loader of the model that made a latent: that of the last sampler of the same size, if all of them agree on the
/// number of channels.
fn sampled_by<'a>(view: &'a WorkflowView, decode: &VaeUse) -> Option<&'a Loader> {
    let size = decode.size?;
    let of_size = view.workflow.facts.samplers.iter().filter(|sampler| sampler.size == Some(size));
    let loaders: Vec<&Loader> = of_size.map(|sampler| view.loader(&sampler.model)).collect::<Option<_>>()?;
    let agree = loaders.windows(2).all(|pair| view.channels(pair[0]) == view.channels(pair[1]));
    loaders.last().copied().filter(|_| agree)
}

/// By the header where that is at hand, else by the name.
fn channels_of_vae(view: &WorkflowView, loader: &Loader) -> Option<u32> {
    match view.lookup(loader).recognised() {
        Some(model) => model.identity.channels,
        None => vae_channels(&file_of(loader)?),
    }
}

/// Latent channels of a Wan VAE by its file: from the catalog, else from a version in a name that says Wan and VAE.
fn vae_channels(file: &str) -> Option<u32> {
    match models::identify(file).map(|spec| spec.kind) {
        Some(ModelKind::WanVae21) => return Some(16),
        Some(ModelKind::WanVae22) => return Some(48),
        Some(_) => return None,
        None => {}
    }
    let name = lower(file);
    let words = words(&name);
    let named = words.contains(&"vae") && words.iter().any(|word| word.starts_with("wan"));
    let joined = words.join(".").replace("wan.", "wan");
    let wan22 = joined.contains("wan2.2") || joined.contains("wan22");
    let wan21 = joined.contains("wan2.1") || joined.contains("wan21");
    // "wan22_14b_vae" is most likely the 2.1 VAE, named after the models it is used with.
    let mixed = words.iter().any(|word| matches!(*word, "14b" | "a14b")) || joined.contains("2.1");
    match (named, wan22, wan21) {
        (true, true, false) if !mixed => Some(48),
        (true, false, true) => Some(16),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::vae_channels;

    #[test]
    fn vaes_by_name() {
        for (file, expected) in [
            ("wan_2.1_vae.safetensors", Some(16)),
            ("Wan2_1_VAE_bf16.safetensors", Some(16)),
            ("wan2.2_vae.safetensors", Some(48)),
            ("Wan2.2_VAE_fp16.safetensors", Some(48)),
            ("ae.safetensors", None),
            ("wan22_14B_vae.safetensors", None),
            ("Wan2.2_vae_(2.1).safetensors", None),
        ] {
            assert_eq!(vae_channels(file), expected, "{file}");
        }
    }
}
