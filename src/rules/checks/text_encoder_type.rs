//! WF032: the type of a text encoder loader does not go with its file.

use crate::catalog::models::{self, ModelKind};
use crate::facts::workflow::{Loader, LoaderKind};
use crate::fix::{Act, Verb};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::{WorkflowView, called, file_of, lower, words};

/// Only loaders of one file: the loaders of two and more have other types.
pub fn check(view: &WorkflowView, rule: &'static Rule, sink: &mut Sink) {
    let single = |loader: &&Loader| loader.kind == LoaderKind::Clip && loader.more_files.is_empty();
    for loader in view.workflow.facts.loaders.iter().filter(single) {
        let Some((file, stated)) = file_of(loader).zip(loader.clip_type.as_ref().and_then(|kind| kind.value.clone()))
        else {
            continue;
        };
        let Some((wanted, what)) = wrong(&file, &stated) else { continue };
        let here = view.node(loader.node);
        let fill = [
            ("node", called(&here)),
            ("file", file),
            ("value", stated),
            ("wanted", wanted.to_owned()),
            ("what", what.to_owned()),
        ];
        let place = loader.clip_type.as_ref().map(|kind| kind.span).unwrap_or_default();
        let finding = sink.fire(rule, view.at(place), &fill).about(here).relate(view.at(loader.file.span), "the file");
        if wanted == "wan" {
            finding.offer("wan", vec![Act::At(Verb::Replace, view.at(place), wanted.to_owned())], &[]);
        }
    }
}

/// The type that a file needs and what happens instead.
fn wrong(file: &str, stated: &str) -> Option<(&'static str, &'static str)> {
    match (is_umt5(file), stated == "wan") {
        (true, false) => {
            Some(("wan", "is read with the tokenizer of another T5, so the prompt turns into other words"))
        }
        (false, true) if is_t5(file) => Some(("that of its own model", "has another vocabulary and will not load")),
        _ => None,
    }
}

fn is_umt5(file: &str) -> bool {
    let name = lower(file);
    let words = words(&name);
    let named = words.windows(2).any(|pair| pair[0] == "umt5" && pair[1] == "xxl");
    named || models::identify(file).is_some_and(|spec| spec.kind == ModelKind::Umt5Xxl)
}

/// The T5-XXL of Flux, SD3 and LTX, by its usual names.
fn is_t5(file: &str) -> bool {
    let name = lower(file);
    let words = words(&name);
    words.contains(&"t5xxl") || words.windows(2).any(|pair| pair[0] == "t5" && pair[1] == "xxl")
}

#[cfg(test)]
mod tests {
    use super::{is_t5, is_umt5};

    #[test]
    fn encoders_by_name() {
        assert!(is_umt5("umt5_xxl_fp8_e4m3fn_scaled.safetensors") && is_umt5("umt5-xxl-encoder-Q8_0.gguf"));
        assert!(!is_umt5("umt5_base.safetensors") && !is_umt5("t5xxl_fp16.safetensors"));
        assert!(is_t5("t5xxl_fp16.safetensors") && is_t5("t5-xxl-encoder.safetensors"));
        assert!(!is_t5("umt5_xxl_fp16.safetensors") && !is_t5("t5_base.safetensors"));
    }
}
