//! Explanations of a log: the start as it is known, and what else would give its lines.

use super::DRIFT_MIB;
use super::Known;
use super::align::Place;
use super::solve::Job;
use super::work;
use crate::facts::machine::Range;
use crate::facts::os::Os;
use crate::facts::versions::Version;
use crate::forecast::setting::Attention;
use crate::forecast::{Plan, Setting, reserve_default};

/// An explanation and what came of it.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What is supposed.
    pub cause: Cause,
    /// The setting it means; what others hold is that of `others_mib`.
    setting: Setting,
    /// The reserve it means, MiB.
    pub reserve_mib: f64,
    /// What others must have held, MiB.
    pub others_mib: Option<f64>,
    /// Whether it can be.
    pub verdict: Verdict,
    /// The steps that ran, where they are not those of the workflow.
    work: Option<Plan>,
}

/// What is supposed.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// A start that was named or found, by its name.
    Start(String),
    /// The default reserve, whatever the start says.
    DefaultReserve,
    /// `--reserve-vram` with this many GiB.
    Reserve(f64),
    /// The reserve of the other system.
    System(Os),
    /// Attention without the memory-efficient estimate (split, quad).
    Attention,
    /// The estimate of releases before v0.3.60.
    OldEstimate,
    /// Another length than the workflow's: all lengths that do, and the one that does best.
    Frames {
        /// The workflow's.
        stated: u32,
        /// The shortest that does.
        least: u32,
        /// The longest that does.
        most: u32,
        /// The one that does best.
        best: u32,
    },
    /// Another size than the workflow's, of the same shape.
    Size {
        /// The workflow's.
        stated: (u32, u32),
        /// The smallest that does.
        least: (u32, u32),
        /// The largest that does.
        most: (u32, u32),
        /// The one that does best.
        best: (u32, u32),
    },
    /// Other weights than those of the workflow's files: which file, and as what.
    Weights(Vec<(String, String)>),
}

impl Cause {
    /// It changes what ran, not how the server was started.
    pub fn is_work(&self) -> bool {
        matches!(self, Self::Frames { .. } | Self::Size { .. } | Self::Weights(_))
    }
}

/// Whether an explanation can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Others held what they usually do, and all lines follow.
    Fits,
    /// All lines follow, if others held this much more (or less) than they usually do, MiB.
    Unusual(f64),
    /// Others would have held less than nothing.
    Impossible,
    /// No amount gives the first line.
    NoAmount,
    /// No line of the log has a budget to solve from.
    NoLine,
    /// Another line is off by this much, MiB.
    Misses(f64, Place),
    /// The log's wording is not of that release.
    Wording,
    /// The weights of a load are not those of the workflow's file.
    Weights(Place),
}

impl Explanation {
    /// Its setting at a total, with what others hold by it, else the middle of what they usually do.
    pub fn setting(&self, total_mib: f64, usual: Range) -> Setting {
        let others_mib = self.others_mib.unwrap_or(f64::midpoint(usual.0, usual.1));
        Setting { total_mib, others_mib, ..self.setting.clone() }
    }

    /// The steps that ran, where they are not those of the workflow.
    pub fn work(&self) -> Option<&Plan> {
        self.work.as_ref()
    }

    fn is_fitting_start(&self) -> bool {
        matches!(self.cause, Cause::Start(_)) && self.verdict == Verdict::Fits
    }

    /// No load has other weights.
    pub(super) fn has_its_weights(&self) -> bool {
        !matches!(self.verdict, Verdict::Weights(_) | Verdict::Wording)
    }

    /// All lines follow from it.
    pub fn holds(&self) -> bool {
        matches!(self.verdict, Verdict::Fits | Verdict::Unusual(_))
    }
}

/// Everything that is tried, the known starts first.
pub fn explanations(job: &Job, (starts, known): (&[(String, Setting)], &Known), usual: Range) -> Vec<Explanation> {
    let total = f64::midpoint(known.total.0, known.total.1);
    let one = |cause: Cause, setting: Setting| judged(job, cause, setting, total, usual);
    let mut all: Vec<Explanation> =
        starts.iter().map(|(name, setting)| one(Cause::Start(name.clone()), setting.clone())).collect();
    let Some((_, base)) = starts.first() else { return all };
    let with = |change: &dyn Fn(&mut Setting)| {
        let mut setting = base.clone();
        change(&mut setting);
        setting
    };
    if starts.iter().all(|(_, setting)| setting.flags.reserve_gib.is_some()) {
        all.push(one(Cause::DefaultReserve, with(&|setting| setting.flags.reserve_gib = None)));
    }
    let fits = all.iter().any(|found| found.verdict == Verdict::Fits);
    if let (Some(first), false) = (all.first(), fits) {
        for gib in reserves(first, usual) {
            let tried = starts.iter().any(|(_, setting)| setting.flags.reserve_gib == Some(gib));
            if !tried {
                all.push(one(Cause::Reserve(gib), with(&|setting| setting.flags.reserve_gib = Some(gib))));
            }
        }
    }
    let base = best(&all, known.shown).and_then(|at| all.get(at)).map_or(base, |found| &found.setting).clone();
    let with = |change: &dyn Fn(&mut Setting)| {
        let mut setting = base.clone();
        change(&mut setting);
        setting
    };
    if known.os_open {
        let other = if base.os == Os::Windows { Os::Linux } else { Os::Windows };
        all.push(one(Cause::System(other), with(&|setting| setting.os = other)));
    }
    if !matches!(base.flags.attention, Attention::Split | Attention::Quad) {
        all.push(one(Cause::Attention, with(&|setting| setting.flags.attention = Attention::Split)));
    }
    if base.version >= FIRST_LOWER_ESTIMATE {
        all.push(one(Cause::OldEstimate, with(&|setting| setting.version = LAST_HIGHER_ESTIMATE)));
    }
    if let Some(first) = all.first().filter(|_| !all.iter().any(Explanation::is_fitting_start)) {
        let start = first.setting.clone();
        match first.verdict {
            Verdict::Weights(_) => all.extend(work::other_weights(job, &start, total, usual)),
            Verdict::Wording | Verdict::NoLine => {}
            _ => all.extend(work::other_sizes(job, &start, total, usual)),
        }
    }
    all
}

/// The estimate of Wan's samplers was lowered here (memory_usage_factor, v0.3.60).
const FIRST_LOWER_ESTIMATE: Version = Version::new(0, 3, 60);
const LAST_HIGHER_ESTIMATE: Version = Version::new(0, 3, 59);

/// Reserves in whole halves of a GiB that leave others with what they usually hold. Usable falls one to one with both.
fn reserves(found: &Explanation, usual: Range) -> Vec<f64> {
    let Some(others) = found.others_mib else { return Vec::new() };
    let (low, high) = (found.reserve_mib + others - usual.1, found.reserve_mib + others - usual.0);
    let first = (low.max(0.0) / 512.0).ceil() as u32;
    let last = (high / 512.0).floor().clamp(0.0, 256.0) as u32;
    (first..=last).map(|halves| f64::from(halves) / 2.0).take(4).collect()
}

pub(super) fn judged(job: &Job, cause: Cause, setting: Setting, total: f64, usual: Range) -> Explanation {
    let default = reserve_default(setting.os, total, setting.version);
    let reserve_mib = setting.flags.reserve_gib.map_or(default, |gib| gib * 1024.0);
    let others_mib = job.others(&setting);
    let verdict = verdict(job, &setting, others_mib, usual);
    let work = cause.is_work().then(|| job.plan.clone());
    Explanation { cause, setting, reserve_mib, others_mib, verdict, work }
}

fn verdict(job: &Job, setting: &Setting, others: Option<f64>, usual: Range) -> Verdict {
    if !job.session().bounds.allow(setting.version) {
        return Verdict::Wording;
    }
    if let Some(place) = job.other_weights(setting) {
        return Verdict::Weights(place);
    }
    let Some(others) = others else {
        return if job.anchor(setting).is_some() { Verdict::NoAmount } else { Verdict::NoLine };
    };
    if others < 0.0 {
        return Verdict::Impossible;
    }
    let (off, place) = job.worst(&Setting { others_mib: others, ..setting.clone() });
    match place {
        Some(place) if off.abs() > DRIFT_MIB => Verdict::Misses(off, place),
        _ if others > usual.1 => Verdict::Unusual(others - usual.1),
        _ if others < usual.0 => Verdict::Unusual(others - usual.0),
        _ => Verdict::Fits,
    }
}

/// A start that the log shows counts if it can be; else the first that fits, else the first that can be.
pub fn best(all: &[Explanation], shown: bool) -> Option<usize> {
    if shown && all.first().is_some_and(Explanation::holds) {
        return Some(0);
    }
    let fits = all.iter().position(|found| found.verdict == Verdict::Fits);
    fits.or_else(|| all.iter().position(Explanation::holds))
}
