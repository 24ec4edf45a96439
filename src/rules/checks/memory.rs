//! What the memory rules share: their answer over every fact that is not known exactly.

use crate::facts::work::{Gap, GapKind};
use crate::finding::{FileIx, Location, NodeRef};
use crate::forecast::{Forecast, Load, Phase, Verdict, Work};
use crate::project::File;
use crate::rules::Rule;
use crate::rules::sink::{Need, Sink};
use crate::rules::view::{ProjectView, node_ref};
use crate::targets::{Target, Variant};
use crate::text::mib_range;

/// A claim about a target, over the ranges and the variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// True whatever the unknown facts are.
    Always,
    /// True for some amounts of memory held by others, all other facts being known.
    Sometimes,
    /// Never true.
    Never,
    /// It depends on a fact that nobody stated.
    Unknown(Need),
}

/// Asks a claim at the best and the worst corner of every variant.
pub fn ask(target: &Target, claim: impl Fn(&Variant, &Forecast) -> bool) -> Answer {
    if target.variants.iter().any(|variant| variant.forecast.worst.verdict == Verdict::Unknown) {
        return Answer::Unknown(Need::Era);
    }
    let corners = |variant: &Variant| (claim(variant, &variant.forecast.best), claim(variant, &variant.forecast.worst));
    let answers: Vec<(bool, bool)> = target.variants.iter().map(corners).collect();
    let [first, ..] = answers.as_slice() else { return Answer::Unknown(Need::Gpu) };
    match answers.iter().all(|answer| answer == first) {
        true if *first == (true, true) => Answer::Always,
        true if *first == (false, false) => Answer::Never,
        true => Answer::Sometimes,
        false => Answer::Unknown(what_differs(target)),
    }
}

/// The fact that would decide: the version, unless all variants have the same.
fn what_differs(target: &Target) -> Need {
    let mut versions = target.variants.iter().map(|variant| variant.setting.version);
    let first = versions.next();
    match versions.all(|version| Some(version) == first) {
        false => Need::Comfyui,
        true if target.os.is_none() => Need::Os,
        true => Need::Torch,
    }
}

/// Notes that a rule could not be decided for a target without forecasts; true when that is so.
pub fn not_forecast(target: &Target, rule: &'static Rule, sink: &mut Sink) -> bool {
    match &target.work {
        Err(gap) => {
            if let Some(need) = need(gap) {
                sink.not_checked(rule, need);
            }
            true
        }
        Ok(_) if target.variants.is_empty() => {
            sink.not_checked(rule, Need::Gpu);
            true
        }
        Ok(_) => false,
    }
}

fn need(gap: &Gap) -> Option<Need> {
    match gap.kind {
        GapKind::Model => Some(Need::Model),
        GapKind::Value => Some(Need::Value),
        GapKind::Graph => Some(Need::Graph),
        GapKind::Nothing => None,
    }
}

/// Sampling phases of a forecast.
pub fn sampling(forecast: &Forecast) -> impl Iterator<Item = &Phase> {
    forecast.phases.iter().filter(|phase| phase.work == Work::Sample)
}

/// Every sampled model is loaded completely by the static loader.
pub fn loads_completely(forecast: &Forecast) -> bool {
    let all = |phase: &Phase| matches!(phase.load, Load::Complete | Load::Resident) && phase.streamed_mib == 0.0;
    sampling(forecast).next().is_some() && sampling(forecast).all(all)
}

/// Some sampled model stays partly in system memory, or does not fit at all. What WanVideoWrapper swaps is its workflow's own
/// choice.
pub fn is_short(forecast: &Forecast) -> bool {
    sampling(forecast).any(|phase| phase.load != Load::Swapped && (phase.offloads() || phase.exceeds))
}

/// A figure of the phase with the least usable memory, at the worst and the best corner, as text.
pub fn figure(variant: &Variant, value: impl Fn(&Phase) -> f64) -> String {
    mib_range(range(variant, value))
}

/// As [`figure`], as numbers.
pub fn range(variant: &Variant, value: impl Fn(&Phase) -> f64) -> (f64, f64) {
    let at = |forecast: &Forecast| tightest(forecast).map_or(0.0, &value);
    let (worst, best) = (at(&variant.forecast.worst), at(&variant.forecast.best));
    (worst.min(best), worst.max(best))
}

/// The sampling phase that has the least room.
pub fn tightest(forecast: &Forecast) -> Option<&Phase> {
    let room = |phase: &Phase| {
        phase.usable_mib.map_or(phase.headroom_mib.unwrap_or(f64::INFINITY), |usable| usable - phase.weights_mib)
    };
    sampling(forecast).min_by(|left, right| room(left).total_cmp(&room(right)))
}

/// Seconds that streaming costs in each step, at the fastest and slowest link on record: 56 GB/s (PCIe 5.0 x16, pinned,
/// tinygrad/open-gpu-kernel-modules issue 29) and 3 GB/s (synchronous copies with a cast, TurboDiffusion and DiffSynth tables).
pub fn streaming_seconds(phase: &Phase) -> (f64, f64) {
    let gigabytes = phase.streamed_mib * 1_048_576.0 / 1e9 * f64::from(forwards(phase));
    (gigabytes / 56.0, gigabytes / 3.0)
}

/// Forwards of a step: conditional and unconditional pass apart, unless they run as one batch.
fn forwards(phase: &Phase) -> u32 {
    if phase.guided && phase.forward_batch <= phase.batch.max(1) { 2 } else { 1 }
}

/// `0.04 to 0.8 s a step`.
pub fn cost(phase: &Phase) -> String {
    let (low, high) = streaming_seconds(phase);
    let shown = |seconds: f64| if seconds < 1.0 { format!("{seconds:.2}") } else { format!("{seconds:.1}") };
    format!("{} to {} s a step", shown(low), shown(high))
}

/// Where a finding about sampled sizes points: the size that a phase's node samples, else the node's class.
pub fn place(view: &ProjectView, target: &Target, phase: &Phase) -> (Location, Option<NodeRef>) {
    place_of(view, target, phase.node.as_deref())
}

/// As [`place`], by the id of the node.
pub fn place_of(view: &ProjectView, target: &Target, node: Option<&str>) -> (Location, Option<NodeRef>) {
    place_in(view.files, target.workflow, node)
}

fn place_in(files: &[File], file: FileIx, node: Option<&str>) -> (Location, Option<NodeRef>) {
    let nothing = (Location { file, span: Default::default() }, None);
    let Some(workflow) = files[file].workflow() else { return nothing };
    let Some(node) = node.and_then(|id| workflow.graph.by_id(id)) else { return nothing };
    let facts = &workflow.facts;
    let size = facts
        .samplers
        .iter()
        .find(|sampler| sampler.node == node)
        .and_then(|sampler| facts.sizes.get(sampler.size?))
        .and_then(|size| size.length.as_ref());
    let class = workflow.graph.get(node).map(|node| node.class_span).unwrap_or_default();
    let span = size.map_or(class, |length| length.span);
    (Location { file, span }, Some(node_ref(workflow, node)))
}

/// `832x1216, 81 frames`.
pub fn size(phase: &Phase) -> String {
    format!("{}x{}, {} frames", phase.width, phase.height, phase.frames)
}
