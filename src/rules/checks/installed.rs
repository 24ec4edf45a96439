//! GPU009, GPU010: packages that pip installs, and the system and card they are for.

use crate::facts::packages::{self, Install, Package};
use crate::fix::{Act, Verb};
use crate::project::{Content, ScriptFile};
use crate::read::script::{Dialect, Step, base_name};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::FileView;

/// From this compute capability on SageAttention 2 has kernels of its own that 1.x lacks (fp8).
const WITH_FP8: (u8, u8) = (8, 9);

/// GPU009: the SageAttention of PyPI, which is 1.x.
pub fn old_sage(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    for (install, package) in packages(view, "sageattention") {
        let old = package.wanted.is_empty() || package.wanted.starts_with("==1");
        if !old || install.elsewhere {
            continue;
        }
        match view.machine.compute {
            None => sink.not_checked(rule, Need::Gpu),
            Some(compute) if compute < WITH_FP8 => {}
            Some(_) => {
                let gpu = view.machine.gpu.clone().unwrap_or_default();
                sink.fire(rule, view.at(package.span), &[("gpu", gpu)]);
            }
        }
    }
}

/// GPU010: Triton under a name that has no files for the system.
pub fn wrong_triton(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    let Content::Script(script) = &view.file.content else { return };
    let (wrong, right, system) = match script.script.dialect {
        Dialect::Batch | Dialect::PowerShell => ("triton", "triton-windows", "Windows"),
        Dialect::Dockerfile | Dialect::Compose => ("triton-windows", "triton", "Linux"),
        _ => return,
    };
    // Both in one script: one is tried after the other.
    if packages(view, right).next().is_some() {
        return;
    }
    for (install, package) in packages(view, wrong) {
        if !install.elsewhere && !package.wanted.contains(';') {
            let fill = [("wrong", wrong.to_owned()), ("right", right.to_owned()), ("system", system.to_owned())];
            let finding = sink.fire(rule, view.at(package.span), &fill);
            // A version of the one is none of the other.
            if package.wanted.is_empty() {
                let write = Act::At(Verb::Replace, view.at(package.span), right.to_owned());
                finding.offer("other-name", vec![write], &fill);
            }
        }
    }
}

/// The installations of a package in a script that is about ComfyUI, outside WSL.
fn packages(view: &FileView, name: &'static str) -> impl Iterator<Item = (Install, Package)> {
    let script = match &view.file.content {
        Content::Script(script) if is_for_comfy(script) => Some(script),
        _ => None,
    };
    let steps = script.into_iter().flat_map(|script| {
        let built = script.script.containers.iter().flat_map(|container| &container.building);
        script.script.steps.iter().chain(built)
    });
    let installs = steps.filter_map(|step| match step {
        Step::Command(command)
            if command.words.first().is_some_and(|first| !base_name(&first.text).starts_with("wsl")) =>
        {
            packages::install(command)
        }
        _ => None,
    });
    installs.filter_map(move |mut install| {
        let at = install.packages.iter().position(|package| package.name == name)?;
        let package = install.packages.swap_remove(at);
        Some((install, package))
    })
}

/// It starts ComfyUI, or names it, or the attention that only such programs use.
fn is_for_comfy(script: &ScriptFile) -> bool {
    let names = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("comfy") || text.contains("sageattention")
    };
    let built = script.script.containers.iter().flat_map(|container| &container.building);
    !script.launches.is_empty()
        || script.script.steps.iter().chain(built).any(|step| match step {
            Step::Assign(assign) => names(&assign.value.text),
            Step::Command(command) => command.words.iter().any(|word| names(&word.text)),
        })
}
