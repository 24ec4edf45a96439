//! LAUNCH022, LAUNCH023, ENV022: packages that a start needs, in images that are described to the last line.

use crate::facts::image;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::LaunchView;
use crate::rules::when::truthy;

/// Flags and the packages without which ComfyUI stops while it loads.
const NEEDED: [(&str, &str); 2] = [("--use-sage-attention", "sageattention"), ("--use-flash-attention", "flash-attn")];

/// Parts of names of packages that bring one of these along.
const BRINGS: [&str; 2] = ["sage", "flash"];

/// LAUNCH022: attention without its package.
pub fn attention(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    for (name, package) in NEEDED {
        let Some(flag) = view.launch.flag(name) else { continue };
        let Some(packages) = image::packages(&view.script.script) else { continue };
        if !packages.iter().any(|known| BRINGS.iter().any(|part| known.contains(part))) {
            let fill = [("flag", name.to_owned()), ("package", package.to_owned())];
            sink.fire(rule, view.at(flag.whole), &fill);
        }
    }
}

/// LAUNCH023: xformers switched off where there is none.
pub fn xformers(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let Some(flag) = view.launch.flag("--disable-xformers") else { return };
    let Some(packages) = image::packages(&view.script.script) else { return };
    if !packages.iter().any(|known| known.contains("xformers")) {
        sink.fire(rule, view.at(flag.whole), &[]);
    }
}

/// ENV022: the fast download of old versions of huggingface_hub without its package.
pub fn hf_transfer(view: &LaunchView, rule: &'static Rule, sink: &mut Sink) {
    let on = |name: &str| view.launch.env(name).filter(|var| var.value.known && truthy(var.value.text.trim()));
    let Some(var) = on("HF_HUB_ENABLE_HF_TRANSFER") else { return };
    let Some(packages) = image::packages(&view.script.script) else { return };
    if !packages.iter().any(|known| known.contains("hf-transfer")) {
        sink.fire(rule, view.at(var.span), &[]);
    }
}
