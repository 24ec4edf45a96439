//! ENV017: a switch for torch.compile in the environment of a start.

use crate::facts::launch::EnvVar;
use crate::finding::{Location, Severity};
use crate::rules::Rule;
use crate::rules::sink::Sink;
use crate::rules::view::ProjectView;
use crate::rules::when::truthy;
use crate::targets::{LaunchIx, Target};

/// Names that scripts and custom nodes use for the switch.
const NAMES: [&str; 3] = ["TORCH_COMPILE", "USE_TORCH_COMPILE", "COMPILE"];

/// A run of this many sampling steps or fewer does not earn a compile back.
const FEW_STEPS: u32 = 8;

/// Headroom below which a compile's own memory may push weights off the card, MiB.
const NARROW_MIB: f64 = 2560.0;

/// A warning for short runs, narrow headroom or no paired workflow; else info.
pub fn check(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for (file, script) in view.files.iter().enumerate().filter(|(_, file)| file.checked) {
        for (index, launch) in script.launches().iter().enumerate() {
            let switches = launch.env.iter().filter(|var| NAMES.contains(&var.name.text.as_str()));
            for var in switches.filter(|var| var.value.known && truthy(var.value.text.trim())) {
                let targets = view.targets.iter().filter(|target| target.launches.contains(&(file, index)));
                report(view, ((file, index), var), &targets.collect::<Vec<_>>(), rule, sink);
            }
        }
    }
}

fn report(
    view: &ProjectView,
    (start, var): (LaunchIx, &EnvVar),
    targets: &[&Target],
    rule: &'static Rule,
    sink: &mut Sink,
) {
    let steps: Vec<Option<u32>> = targets.iter().map(|target| steps(view, target)).collect();
    let shown: Vec<String> = steps.iter().flatten().map(u32::to_string).collect();
    let fill = [
        ("name", var.name.text.clone()),
        ("value", var.value.text.trim().to_owned()),
        ("steps", if shown.is_empty() { "unknown".to_owned() } else { shown.join(", ") }),
    ];
    let short = steps.iter().flatten().any(|&steps| steps <= FEW_STEPS);
    let narrow = targets.iter().any(|target| headroom(target).is_some_and(|mib| mib < NARROW_MIB));
    let finding = sink.fire(rule, Location { file: start.0, span: var.span }, &fill);
    if !(short || narrow || targets.is_empty()) {
        finding.graded(Severity::Info);
    }
    finding.targets = targets.iter().map(|target| target.name_on(view.files, &[start])).collect();
}

fn steps(view: &ProjectView, target: &Target) -> Option<u32> {
    view.files[target.workflow].workflow()?.facts.total_steps
}

/// The least that is left over the whole range.
fn headroom(target: &Target) -> Option<f64> {
    target.shown().and_then(|variant| variant.forecast.best.headroom_mib)
}
