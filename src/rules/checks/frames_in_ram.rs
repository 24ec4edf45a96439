//! MEM009: the decoded frames of a clip fill a large part of system memory.

use super::memory;
use crate::forecast::{Phase, Step, Work};
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{ProjectView, called};
use crate::targets::Target;
use crate::text::gib;

/// Share of system memory above which it is worth knowing.
const LARGE: f64 = 0.25;

/// Needs no card: the frames are on the CPU.
pub fn check(view: &ProjectView, rule: &'static Rule, sink: &mut Sink) {
    for target in view.targets {
        let Some((step, frames)) = largest(target) else { continue };
        match view.machine.ram_mib {
            None => sink.not_checked(rule, Need::Ram),
            Some(ram) if frames > LARGE * ram => report(view, (target, step), (frames, ram), (rule, sink)),
            Some(_) => {}
        }
    }
}

/// The decoding whose pictures take most, MiB.
fn largest(target: &Target) -> Option<(&Step, f64)> {
    let steps = target.work.iter().flat_map(|work| &work.plan.steps).filter(|step| step.work == Work::VaeDecode);
    let sized = steps.map(|step| (step, Phase::pictures_mib(step)));
    sized.max_by(|left, right| left.1.total_cmp(&right.1))
}

fn report(
    view: &ProjectView,
    (target, step): (&Target, &Step),
    (frames, ram): (f64, f64),
    (rule, sink): (&'static Rule, &mut Sink),
) {
    let (place, node) = memory::place_of(view, target, step.node.as_deref());
    let fill = [
        ("node", node.as_ref().map(called).unwrap_or_default()),
        ("size", format!("{}x{}, {} frames", step.width, step.height, step.frames)),
        ("taken", gib(frames)),
        ("ram", gib(ram)),
    ];
    let name = target.name(view.files);
    let finding = sink.fire(rule, place, &fill);
    finding.node = node;
    finding.targets.push(name);
}
