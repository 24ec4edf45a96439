//! The runs of a variant that count, and those that do not, each with the reason.

use std::collections::BTreeSet;

use super::measured::{Measured, Node};
use super::record::Record;
use super::run::{End, Role, Run};
use super::stats;

/// The runs of one variant.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// Measured runs that count, with their places in the order of the bench.
    pub counted: Vec<(usize, &'a Run)>,
    /// Measured runs that do not count.
    pub left_out: Vec<LeftOut>,
    /// Cold runs that ended well.
    pub cold: Vec<(usize, &'a Run)>,
}

/// A measured run that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its place in the order of the bench.
    pub order: usize,
    /// Why.
    pub why: Why,
}

/// Why a run does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It did not end well.
    End(End),
    /// Nobody noted how long it took.
    NoTime,
    /// This node did not run: its result was in ComfyUI's cache.
    Cached(String),
    /// The same prompt had run on the same server before, and it took a small part of the time.
    Repeated,
}

/// A repeated prompt that takes less than this part of the others came from the cache.
const CACHED_PART: f64 = 0.5;

impl<'a> Series<'a> {
    /// The runs of a variant.
    pub fn of(record: &'a Record, variant: &'a str) -> Self {
        let needed = needed(record, variant);
        let usual = usual(record, variant);
        let (mut counted, mut left_out) = (Vec::new(), Vec::new());
        for (order, run) in record.runs_for(variant, Role::Measured) {
            match flaw(run, &needed).or_else(|| repeated(record, (order, run), usual)) {
                None => counted.push((order, run)),
                Some(why) => left_out.push(LeftOut { order, why }),
            }
        }
        let well = |(_, run): &(usize, &Run)| run.end == End::Success && run.measured.seconds.is_some();
        let cold = record.runs_for(variant, Role::Cold).filter(well).collect();
        Self { counted, left_out, cold }
    }

    /// Some figure of the runs that count.
    pub fn values(&self, of: impl Fn(&Measured) -> Option<f64>) -> Vec<f64> {
        self.counted.iter().filter_map(|(_, run)| of(&run.measured)).collect()
    }

    /// The mean length of its runs, seconds.
    pub fn seconds(&self) -> Option<f64> {
        stats::mean(&self.values(|measured| measured.seconds))
    }

    /// The mean length of its cold runs, seconds.
    pub fn cold_seconds(&self) -> Option<f64> {
        let all: Vec<f64> = self.cold.iter().filter_map(|(_, run)| run.measured.seconds).collect();
        stats::mean(&all)
    }

    /// What its runs say of loads: those of the first one that logged any, warm before cold.
    pub fn logged(&self) -> Option<&'a Measured> {
        let all = self.counted.iter().chain(&self.cold);
        all.map(|(_, run)| &run.measured).find(|measured| !measured.loads.is_empty())
    }
}

/// The nodes that every run must compute: those that sample in any run, and those that ran in most measured ones.
fn needed(record: &Record, variant: &str) -> BTreeSet<String> {
    let well = || record.runs_of(variant).map(|(_, run)| run).filter(|run| run.end == End::Success);
    let samples = |node: &&Node| node.phase == "sample" || !node.steps.is_empty() || node.bar.is_some();
    let mut needed: BTreeSet<String> =
        well().flat_map(|run| run.measured.nodes.iter().filter(samples)).map(|node| node.node.clone()).collect();
    let measured: Vec<&Run> =
        well().filter(|run| run.role == Role::Measured && !run.measured.nodes.is_empty()).collect();
    let ran = |run: &Run, id: &str| run.measured.nodes.iter().any(|node| node.node == id);
    let all: BTreeSet<&str> =
        measured.iter().flat_map(|run| run.measured.nodes.iter().map(|node| node.node.as_str())).collect();
    let most = all.into_iter().filter(|id| measured.iter().filter(|run| ran(run, id)).count() * 2 > measured.len());
    needed.extend(most.map(str::to_owned));
    needed
}

/// The usual length of a measured run.
fn usual(record: &Record, variant: &str) -> Option<f64> {
    let all: Vec<f64> = record.runs_of(variant).filter_map(|(_, run)| run.measured.seconds).collect();
    stats::median(&all)
}

fn flaw(run: &Run, needed: &BTreeSet<String>) -> Option<Why> {
    let measured = &run.measured;
    if run.end != End::Success {
        return Some(Why::End(run.end));
    }
    if measured.seconds.is_none_or(|seconds| seconds <= 0.0) {
        return Some(Why::NoTime);
    }
    if measured.nodes.is_empty() && measured.cached.is_empty() {
        return None;
    }
    let missing = |id: &&String| !measured.nodes.iter().any(|node| node.node == **id);
    let cached = |id: &&String| measured.cached.contains(id);
    let nothing_ran = measured.cached.first().filter(|_| measured.nodes.is_empty());
    needed.iter().filter(missing).find(cached).or(nothing_ran).map(|id| Why::Cached(id.clone()))
}

/// The same prompt ran on the same server, and now it took next to nothing.
fn repeated(record: &Record, (order, run): (usize, &Run), usual: Option<f64>) -> Option<Why> {
    let same = |earlier: &Run| earlier.server.is_some() && earlier.server == run.server && earlier.sha256 == run.sha256;
    let known = run.sha256.is_some() && record.runs.iter().take(order).any(same);
    let short = run.measured.seconds.zip(usual).is_some_and(|(seconds, usual)| seconds < usual * CACHED_PART);
    (known && short).then_some(Why::Repeated)
}
