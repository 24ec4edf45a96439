//! Explanations that change the work: another length, another size, other weights. They say what would have to be so, never what is.

use super::DRIFT_MIB;
use super::explain::{Cause, Explanation, judged};
use super::solve::Job;
use super::weigh::{same_weights, weights_of};
use crate::catalog::models::{ModelSpec, official};
use crate::facts::machine::Range;
use crate::forecast::fit::{is_video, with_frames, with_size};
use crate::forecast::plan::WeightDtype;
use crate::forecast::{ModelUse, Plan, Setting, Step, Work};

/// Longest video looked at: 4 x 80 + 1 frames.
const MOST_GROUPS: u32 = 80;

/// Largest width looked at, in steps of 16 pixels.
const MOST_TILES: u32 = 128;

/// Lines that a length or a size is tried on; what passes is then held to all lines.
const TRIED: usize = 40;

/// Lengths and sizes that give all lines with what others usually hold.
pub(super) fn other_sizes(job: &Job, base: &Setting, total: f64, usual: Range) -> Vec<Explanation> {
    let found = [frames(job, base, usual), size(job, base, usual)];
    let judge = |(cause, plan)| judged(&job.with(plan), cause, base.clone(), total, usual);
    found.into_iter().flatten().map(judge).filter(Explanation::holds).collect()
}

fn frames(job: &Job, base: &Setting, usual: Range) -> Option<(Cause, Plan)> {
    let stated = same(&job.plan, |step| is_video(step).then_some(step.frames))?;
    let lengths = (0..=MOST_GROUPS).map(|group| 4 * group + 1).filter(|frames| *frames != stated);
    let fitting = fitting(job, base, usual, lengths, |frames| with_frames(&job.plan, frames))?;
    let Fitting { least, most, best, plan } = fitting;
    Some((Cause::Frames { stated, least, most, best }, plan))
}

/// Other sizes of the workflow's shape: only the area enters what is asked for.
fn size(job: &Job, base: &Setting, usual: Range) -> Option<(Cause, Plan)> {
    let stated = same(&job.plan, |step| (step.work == Work::Sample).then_some((step.width, step.height)))?;
    let shape = f64::from(stated.1) / f64::from(stated.0.max(1));
    let height = |width: u32| ((f64::from(width) * shape / 16.0).round().clamp(1.0, 1024.0) as u32) * 16;
    let widths = (1..=MOST_TILES).map(|tile| tile * 16).filter(|width| *width != stated.0);
    let fitting = fitting(job, base, usual, widths, |width| with_size(&job.plan, width, height(width)))?;
    let Fitting { least, most, best, plan } = fitting;
    let of = |width: u32| (width, height(width));
    Some((Cause::Size { stated, least: of(least), most: of(most), best: of(best) }, plan))
}

/// What all steps say that say anything.
fn same<T: PartialEq>(plan: &Plan, of: impl Fn(&Step) -> Option<T>) -> Option<T> {
    let mut all = plan.steps.iter().filter_map(of);
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

struct Fitting {
    least: u32,
    most: u32,
    best: u32,
    plan: Plan,
}

/// The values for which the lines follow, and the one for which they follow best.
fn fitting(
    job: &Job,
    base: &Setting,
    usual: Range,
    values: impl Iterator<Item = u32>,
    plan: impl Fn(u32) -> Plan,
) -> Option<Fitting> {
    let tried = values.filter_map(|value| Some((value, off(&job.with(plan(value)).head(TRIED), base, usual)?)));
    let fits: Vec<(u32, f64)> = tried.collect();
    let (best, _) = fits.iter().min_by(|one, other| one.1.total_cmp(&other.1))?;
    Some(Fitting { least: fits.first()?.0, most: fits.last()?.0, best: *best, plan: plan(*best) })
}

/// How far the lines are off, and what others held off the middle of what is usual, MiB; `None` when one of both is too far.
fn off(job: &Job, base: &Setting, usual: Range) -> Option<f64> {
    let others = job.others_within(base, usual).filter(|others| usual.0 <= *others && *others <= usual.1)?;
    let (worst, _) = job.worst(&Setting { others_mib: others, ..base.clone() });
    let unusual = (others - f64::midpoint(usual.0, usual.1)).abs();
    (worst.abs() <= DRIFT_MIB).then_some(worst.abs() + unusual)
}

/// Files or data types whose weights are those that were logged, where the workflow's are not.
pub(super) fn other_weights(job: &Job, base: &Setting, total: f64, usual: Range) -> Option<Explanation> {
    let mut plan = job.plan.clone();
    let mut changes: Vec<(String, String)> = Vec::new();
    for (load, step) in job.pairs().filter(|(load, step)| !same_weights(load, step, base)) {
        if changes.iter().any(|(file, _)| *file == step.model.file) {
            continue;
        }
        let (word, model) = alternatives(&step.model).find(|(_, model)| {
            let step = Step { model: model.clone(), ..step.clone() };
            load.weights().is_some() && same_weights(load, &step, base)
        })?;
        changes.push((step.model.file.clone(), format!("{word} ({:.2} MiB)", weights_of(&model, base))));
        for other in plan.steps.iter_mut().filter(|other| other.model.file == step.model.file) {
            other.model = model.clone();
        }
    }
    let found = judged(&job.with(plan), Cause::Weights(changes), base.clone(), total, usual);
    found.has_its_weights().then_some(found)
}

/// The same model in other types: as the loader can cast it, then as other official files of its kind, those of the likest name first.
fn alternatives(model: &ModelUse) -> impl Iterator<Item = (String, ModelUse)> {
    let dtypes = [(None, "default"), (Some(WeightDtype::Fp8E4m3fn), "fp8_e4m3fn")];
    let own = model.weight_dtype;
    let cast = dtypes.into_iter().filter(move |(dtype, _)| *dtype != own && model.spec.kind.wan().is_some());
    let cast = cast
        .map(|(weight_dtype, word)| (format!("with weight_dtype {word}"), ModelUse { weight_dtype, ..model.clone() }));
    let mut files: Vec<(String, ModelSpec)> = official().filter(|(_, spec)| spec.kind == model.spec.kind).collect();
    files.sort_by_key(|(file, _)| std::cmp::Reverse(alike(file, &model.file)));
    let files = files
        .into_iter()
        .map(|(file, spec)| (format!("as {file}"), ModelUse { spec, weight_dtype: None, ..model.clone() }));
    cast.chain(files)
}

/// Leading bytes that both names have.
fn alike(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
}
