//! ENV009, ENV030: variables that ComfyUI does not read.

use crate::finding::Finding;
use crate::fix::{Act, Verb};
use crate::project::ScriptFile;
use crate::read::script::{Assign, Dialect, Step};
use crate::redact::masked_under;
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::FileView;
use crate::rules::when::truthy;

/// Names under which other programs and some images expect arguments.
const ARGUMENTS: [&str; 6] =
    ["COMMANDLINE_ARGS", "WEBUI_ARGS", "COMFYUI_ARGS", "COMFY_ARGS", "CLI_ARGS", "COMFYUI_FLAGS"];

/// Names that look like a choice of attention.
const ATTENTION: [&str; 8] = [
    "SAGE_ATTENTION",
    "USE_SAGE",
    "USE_SAGE_ATTENTION",
    "USE_SAGEATTENTION",
    "USE_FLASH_ATTENTION",
    "USE_FLASH_ATTN",
    "USE_XFORMERS",
    "ENABLE_XFORMERS",
];

/// Arguments in a variable that no command expands.
pub fn arguments(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    report(view, rule, sink, &ARGUMENTS);
}

/// Attention chosen in the environment.
pub fn attention(view: &FileView, rule: &'static Rule, sink: &mut Sink) {
    report(view, rule, sink, &ATTENTION);
}

fn report(view: &FileView, rule: &'static Rule, sink: &mut Sink, names: &[&str]) {
    // In containers the start may be the image's own, and such images do read them.
    let own_start = |dialect| !matches!(dialect, Dialect::Compose | Dialect::Dockerfile | Dialect::Dotenv);
    let Some(script) = view.script().filter(|script| own_start(script.script.dialect)) else { return };
    for step in &script.script.steps {
        if let Step::Assign(assign) = step
            && !assign.value.text.trim().is_empty()
            && names.iter().any(|name| name.eq_ignore_ascii_case(&assign.name.text))
            && !named_again(view, assign)
        {
            let fill = [
                ("name", assign.name.text.clone()),
                ("value", masked_under(&assign.name.text, assign.value.text.trim())),
            ];
            let finding = sink.fire(rule, view.at(assign.span), &fill);
            if names == ATTENTION {
                by_flag(view, script, assign, finding);
            }
        }
    }
}

/// What the variable seems to be for has a flag; xformers are used wherever they are installed.
fn by_flag(view: &FileView, script: &ScriptFile, assign: &Assign, finding: &mut Finding) {
    let delete = Act::At(Verb::RemoveVariable, view.at(assign.span), String::new());
    let name = assign.name.text.to_ascii_uppercase();
    let flag = match name {
        _ if !assign.value.known => return,
        _ if !truthy(assign.value.text.trim()) => None,
        name if name.contains("SAGE") => Some("--use-sage-attention"),
        name if name.contains("FLASH") => Some("--use-flash-attention"),
        _ => None,
    };
    let starts: Vec<_> = script.starts().collect();
    match (flag, starts.as_slice()) {
        (None, _) => drop(finding.offer("delete", vec![delete], &[("name", assign.name.text.clone())])),
        (Some(flag), [[launch, ..]]) => {
            let add = Act::At(Verb::AddFlag, view.at(launch.span), flag.to_owned());
            finding.offer("flag", vec![add, delete], &[("flag", flag.to_owned())]);
        }
        _ => {}
    }
}

/// A script that names the variable a second time reads it itself: in a command, a condition, another variable.
fn named_again(view: &FileView, assign: &Assign) -> bool {
    let text = view.file.source.text().to_ascii_lowercase();
    text.matches(&assign.name.text.to_ascii_lowercase()).count() > 1
}
